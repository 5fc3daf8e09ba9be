"""A past day as the API shows it: the same tables and lists as today's, with the day and whose knowledge it is."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fastapi import Request

from server.api import views
from server.api.gate import Caller, caller_of, crossing
from server.api.parts import Parts
from server.api.places import unit_within
from server.api.problems import ApiError, Code
from server.api.scopes import scopes_of
from server.api.show import ms_or_none
from server.api.tallies import Tallies
from server.audit.days import DAY_MS, start_of
from server.core.indicator import Group
from server.core.indicators import INDICATORS
from server.core.verdict import Judgement
from server.registry.sheets.scope import IndicatorScope
from server.snapshots.calendar import as_date, as_day
from server.snapshots.frozen import FrozenDay, FrozenIndicator, FrozenUnit
from server.snapshots.judging import Progress
from server.snapshots.keeper import BY_MS
from server.snapshots.past import Past

ITEMIZED = frozenset(one.name for one in INDICATORS if one.items)
Known = Literal["then", "now"]
FIGURES: tuple[views.Figure, views.Figure] = ("ledger", "live")
GAPS = (Judgement.NOT_MET, Judgement.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Told:
    """A past day, or why there is none."""

    day: FrozenDay | None
    basis: views.CoverageBasis


class Everyone(Container[str]):
    """The reach of who sees the whole city: schools of a past day too, which are no more."""

    def __contains__(self, _school: object) -> bool:
        """Say yes."""
        return True


def past_of(parts: Parts) -> Past:
    """Give who knows past days."""
    if parts.past is None:
        raise ApiError(Code.UNAVAILABLE, "past days are not kept here")
    return parts.past


def parse_day(text: str, name: str = "on") -> int:
    """Read a day of a question."""
    try:
        return as_day(date.fromisoformat(text))
    except ValueError:
        raise ApiError(Code.INVALID, f"{name}: a day such as 2026-09-01") from None


def is_today(parts: Parts, on: str | None) -> bool:
    """Say whether a question is about the present; one about the future is refused."""
    if not on:
        return True
    day, today = parse_day(on), past_of(parts).today()
    if day > today:
        raise ApiError(Code.INVALID, "on: that day has not come yet")
    return day == today


async def past_day(parts: Parts, on: str, known: Known) -> Told:
    """Give a day that is over, as it was known then or as it is known now."""
    past, day = past_of(parts), parse_day(on)
    if day >= past.today():
        raise ApiError(Code.INVALID, "that day is not over yet")
    answer = await past.then(day) if known == "then" else past.now(day)
    frozen = answer.day.frozen if answer.day else None
    progress = answer.progress or Progress("")
    basis = views.CoverageBasis(
        on=as_date(day).isoformat(),
        known=known,
        state=answer.state.value,
        taken_at=frozen.taken_ms if frozen else None,
        late=known == "then" and frozen is not None and is_late(day, frozen.taken_ms),
        source=("engine" if frozen.source == "engine" else "journal") if frozen else None,
        notes=frozen.notes if frozen else [],
        stage=progress.stage,
        done=progress.done,
        total=progress.total,
        detail=answer.detail,
        indicators=[_indicator(one) for one in frozen.indicators] if frozen else [],
    )
    return Told(answer.day, basis)


def is_late(day: int, taken_ms: int) -> bool:
    """Say whether a day was missed and frozen afterwards."""
    return taken_ms - start_of(day) - DAY_MS > BY_MS


def _indicator(one: FrozenIndicator) -> views.IndicatorView:
    return views.IndicatorView(
        id=one.name,
        label=one.label,
        label_en=one.label_en,
        formula=one.formula,
        formula_en=one.formula_en,
        source=one.source,
        source_en=one.source_en,
        headline=one.group == Group.HEADLINE.value,
        group=one.group,
        counts=one.counts[0],
        counts_en=one.counts[1],
        believed=one.believed[0],
        believed_en=one.believed[1],
        ledger_only=one.ledger_only,
        made_of_items=one.name in ITEMIZED,
    )


class _BranchThen(Container[str]):
    """Schools of a branch of today, and those that were in it on a day and are in no branch any more."""

    def __init__(self, today: Container[str], there: Container[str], then: Container[str]) -> None:
        self._today, self._there, self._then = today, there, then

    def __contains__(self, school: object) -> bool:
        return school in self._today or (school not in self._there and school in self._then)


def reach_then(parts: Parts, caller: Caller, day: FrozenDay) -> Container[str]:
    """Give the schools within reach on a past day: what has gone to another branch since is that branch's."""
    tree, scope = parts.registry.tree, caller.reach.scope
    if tree.is_root(scope):
        return Everyone()
    then = frozenset(day.under.get(scope.id, ())) if scope.kind == "unit" else frozenset[str]()
    return _BranchThen(tree.branch(scope), tree.schools, then)


async def unit_then(parts: Parts, request: Request, unit: str | None, told: Told) -> str:
    """Give a unit within reach of a past day: one of today that was there, or one of then that is gone.

    404 for one that was not there; while the day itself is not there (yet), nobody can say, and one of today passes.
    """
    tree, scope, day = parts.registry.tree, caller_of(request).reach.scope, told.day
    if unit is None or unit in tree.units:
        within = await unit_within(parts, request, unit)
        if day is not None and within not in day.units:
            raise ApiError(Code.NOT_FOUND, "unit: it was not there on that day")
        return within
    whole = tree.is_root(scope)
    below = day is not None and scope.kind == "unit" and scope.id in day.path(unit)
    if not (whole and (day is None or unit in day.units)) and not below:
        raise await crossing(parts, request, "unit", unit)
    return unit


async def unit_of_either(parts: Parts, request: Request, unit: str | None, before: Told, after: Told) -> str:
    """Give a unit within reach that was there on at least one of two days."""
    known = [told for told in (after, before) if told.day is None or unit is None or unit in told.day.units]
    return await unit_then(parts, request, unit, known[0] if known else after)


def seen_below(parts: Parts, caller: Caller, unit: str, day: FrozenDay | None) -> Sequence[str]:
    """List the schools that were below a unit on a day and are within reach."""
    mine = reach_then(parts, caller, day) if day else ()
    return [school for school in day.under.get(unit, ()) if school in mine] if day else []


def past_figures(
    parts: Parts, caller: Caller, parent: str, told: Told, scopes: Sequence[views.IndicatorScopeView] = ()
) -> views.Coverage:
    """Draw the table of one unit as it was; empty where the day is not there, which `basis` says."""
    day = told.day
    if day is None:
        return views.Coverage(as_of=parts.now_ms(), parent=parent, indicators=[], scopes=[], rows=[], basis=told.basis)
    mine, tallies = reach_then(parts, caller, day), Tallies(day, day.names)
    visible = {one.id for one in parts.registry.tree.visible(caller.reach.scope)[0]}

    def within(unit: FrozenUnit) -> bool:
        gone = unit.id not in parts.registry.tree.units
        return isinstance(mine, Everyone) or unit.id in visible or (gone and any(one in mine for one in day.under[unit.id]))

    children = [unit for unit in day.frozen.units if unit.parent == parent and within(unit)]
    rows = [tallies.unit_row(unit, day.under[unit.id], mine) for unit in (day.units[parent], *children)]
    rows += [
        tallies.school_row(day.schools[school])
        for school in day.under[parent]
        if school in mine and day.schools[school].unit == parent
    ]
    return views.Coverage(
        as_of=day.frozen.taken_ms,
        parent=parent,
        indicators=day.names,
        scopes=list(scopes),
        rows=rows,
        basis=told.basis,
    )


async def scopes_then(parts: Parts, unit: str, day: FrozenDay | None) -> list[views.IndicatorScopeView]:
    """Say whom each indicator asked about; nothing where the day has an indicator that this version does not know."""
    known = {one.name: one for one in INDICATORS}
    if day is None or not all(name in known for name in day.names):
        return []
    told = await parts.reports.records.lines("scope", day.frozen.day, day.frozen.registry_sequence)
    lines = [line for line in told if isinstance(line, IndicatorScope)]
    return scopes_of([known[name] for name in day.names], lines, unit, day.path)


def past_gaps(
    day: FrozenDay | None, schools: Iterable[str], indicator: str | None, figure: views.Figure | None, judgement: str | None
) -> Iterator[views.Gap]:
    """List what was not met or unknown."""
    if day is None:
        return
    unheard = {one.name for one in day.frozen.indicators if one.ledger_only}
    names = [name for name in day.names if indicator in (None, name)]
    wanted = [one for one in GAPS if judgement in (None, one.value)]
    for school in schools:
        verdicts, known = day.verdicts(school), day.schools[school]
        unit = day.units.get(known.unit)
        for name in names:
            pair = verdicts.get(name)
            for place, which in enumerate(FIGURES):
                if pair is None or figure not in (None, which) or pair[place].judgement not in wanted:
                    continue
                if which == "live" and name in unheard:
                    continue
                yield views.Gap(
                    school=school,
                    school_name=known.name,
                    unit=known.unit,
                    unit_name=unit.name if unit else "",
                    indicator=name,
                    figure=which,
                    judgement=pair[place].judgement,
                    reasons=list(pair[place].reasons),
                    proof_at=ms_or_none(pair[place].proof_at),
                )
