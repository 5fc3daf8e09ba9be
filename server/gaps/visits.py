"""What a supervision visit is, what may be done with it, and how its findings become gaps. Pure."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from contract.identity import SchoolId
from server.gaps.lifecycle import found
from server.gaps.model import VISIT, Entry, Evidence, Gap, GapState, NotMoved, finding_id

FINDINGS_MAX = 50  # Of one visit; more are another visit.
DRAWN_MAX = 500  # Schools of one draw: more than a city's inspectors visit in a term.


class VisitState(StrEnum):
    """How far a visit has got."""

    PLANNED = "planned"  # Known to those who visit, and to nobody at the school.
    BEGUN = "begun"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Severity(StrEnum):
    """How bad a finding is."""

    MINOR = "minor"
    SERIOUS = "serious"
    GRAVE = "grave"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. `draw` names the draw that chose the school; empty where a person did."""

    id: str
    school: SchoolId
    day: date
    state: VisitState
    planned_by: str
    planned_ms: int
    draw: str = ""
    begun_by: str = ""
    begun_ms: int = 0
    ended_ms: int = 0
    findings: int = 0
    note: str = ""

    @property
    def hidden(self) -> bool:
        """Say whether the school must not know of it: it has not begun."""
        return self.begun_ms == 0


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw with its proof: whoever has the list can draw again by `server.gaps.sampling` and compare."""

    id: str
    seed: str
    unit: str
    count: int
    list_hash: str
    list_size: int
    by: str
    at_ms: int
    schools: tuple[SchoolId, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a visit found."""

    words: str
    clause: str
    severity: Severity
    indicator: str = ""
    evidence: tuple[Evidence, ...] = ()


ACTS: dict[tuple[VisitState, str], VisitState] = {
    (VisitState.PLANNED, "begin"): VisitState.BEGUN,
    (VisitState.PLANNED, "cancel"): VisitState.CANCELLED,
    (VisitState.BEGUN, "end"): VisitState.ENDED,
}


def acted(visit: Visit, act: str, by: str, note: str, now_ms: int) -> Visit:
    """Begin, end or cancel a visit. Raises `NotMoved`."""
    state = ACTS.get((visit.state, act))
    if state is None:
        raise NotMoved("illegal_move", f"{act[:20]!r} of a visit that is {visit.state.value}")
    after = replace(visit, state=state, note=note.strip() or visit.note)
    if state is VisitState.BEGUN:
        return replace(after, begun_by=by, begun_ms=now_ms)
    return replace(after, ended_ms=now_ms)


def with_finding(visit: Visit, finding: Finding, number: int, by: str, role: str, now_ms: int) -> tuple[Visit, Gap, Entry]:
    """Add a finding, which is a gap at once. `number` is the one it is to have: sent twice, it is refused once."""
    if visit.state is not VisitState.BEGUN:
        raise NotMoved("illegal_move", f"a finding of a visit that is {visit.state.value}")
    if number != visit.findings + 1:
        raise NotMoved("version_conflict", f"{visit.findings} findings are on record")
    if number > FINDINGS_MAX:
        raise NotMoved("too_many", f"{FINDINGS_MAX} findings are on record")
    if not finding.words.strip():
        raise NotMoved("invalid", "words: say what was found")
    gap = Gap(
        id=finding_id(visit.id, number),
        school=visit.school,
        indicator=finding.indicator,
        figure=VISIT,
        state=GapState.OPEN,
        bad=True,
        reasons=(finding.words.strip(),),
        clause=finding.clause.strip(),
        severity=finding.severity.value,
        first_ms=now_ms,
        opened_ms=now_ms,
        visit=visit.id,
    )
    entry = replace(found(gap, now_ms, by, role), evidence=finding.evidence)
    return replace(visit, findings=number), gap, entry
