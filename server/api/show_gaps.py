"""From gaps to what the API says of them: as they and their cells stand now, with the moves that the caller may ask for."""

from server.api import views
from server.api.gate import Caller
from server.api.parts import Parts
from server.api.show import ms_or_none
from server.core.verdict import Verdict
from server.gaps.cells import FIGURES
from server.gaps.lifecycle import legal_moves
from server.gaps.model import Entry, Gap
from server.gaps.rates import due_soon, overdue
from server.gaps.store import today_of
from server.registry.model import School, UnitKind
from server.security.access import may_move


class Show:
    """Shows gaps to one caller."""

    def __init__(self, parts: Parts, caller: Caller) -> None:
        self._parts = parts
        self._caller = caller
        self._today = today_of(parts.now_ms())
        self._indicators = {one.name: one for one in parts.engine.indicators}

    def line(self, gap: Gap) -> views.GapLine:
        """Show one gap as it and its cell stand now."""
        tree = self._parts.registry.tree
        school = tree.schools.get(gap.school)
        verdict = verdict_of(self._parts, gap)
        indicator = self._indicators.get(gap.indicator)
        clause = indicator.source if indicator and gap.of_cell else gap.clause
        may = [move for move in legal_moves(gap) if may_move(self._caller.user, move)]
        return views.GapLine(
            id=gap.id,
            ver=gap.version,
            school=gap.school,
            school_name=school.name if school else gap.school,
            school_name_en=school.name_en if school else gap.school,
            unit=school.unit if school else "",
            county=county_of(self._parts, school) if school else "",
            indicator=gap.indicator,
            figure=gap.figure,
            state=gap.state,
            judgement=verdict.judgement if verdict else None,
            reasons=list(verdict.reasons if verdict else gap.reasons if not gap.of_cell else ()),
            found_reasons=list(gap.reasons),
            clause=clause,
            clause_en=indicator.source_en if indicator and gap.of_cell else "",
            severity=gap.severity,
            visit=gap.visit,
            owner=gap.owner,
            due=gap.due.isoformat() if gap.due else None,
            overdue=overdue(gap, self._today),
            due_soon=due_soon(gap, self._today),
            first=gap.first_ms,
            opened=gap.opened_ms,
            closed=gap.closed_ms or None,
            reopened=gap.reopened,
            proof_at=ms_or_none(verdict.proof_at) if verdict else None,
            may=may,
        )

    def entry(self, entry: Entry) -> views.GapEntry:
        """Show one move."""
        return views.GapEntry(
            number=entry.number,
            at=entry.at_ms,
            move=entry.move,
            state=entry.state,
            by=entry.by,
            by_display=self._parts.registry.accounts.display(entry.by) if entry.by else "",
            role=entry.role,
            note=entry.note,
            owner=entry.owner,
            due=entry.due.isoformat() if entry.due else None,
            evidence=[views.GapEvidence(reference=one.reference, sha256=one.sha256) for one in entry.evidence],
        )


def verdict_of(parts: Parts, gap: Gap) -> Verdict | None:
    """Give what a gap's cell says now; nothing for a finding, and where the indicator asks about the school no more."""
    pair = parts.engine.verdicts(gap.school).get(gap.indicator) if gap.of_cell else None
    return None if pair is None else pair[FIGURES.index(gap.figure)]


def county_of(parts: Parts, school: School) -> str:
    """Name the county-level unit of a school; empty where it has none."""
    units = parts.registry.tree.units
    above = (scope.id for scope in parts.registry.tree.above(school.id) if scope.kind == "unit")
    return next((unit for unit in above if units[unit].kind is UnitKind.COUNTY), "")
