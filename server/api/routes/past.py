"""Past days: which are frozen, what changed between two and why, and at which pace a target is reached."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import caller_of
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.past import Known, Told, is_late, parse_day, past_day, past_of, seen_below, unit_of_either
from server.api.places import unit_within
from server.api.problems import ApiError, Code
from server.api.replies import answers, reply
from server.api.show import ms_or_none
from server.core.verdict import Judgement, Tally, Verdict
from server.snapshots.calendar import as_date
from server.snapshots.compare import Difference, differences
from server.snapshots.frozen import FrozenDay
from server.snapshots.pace import Point, pace_of
from server.snapshots.reasons import Between, Why

DAYS_MAX = 1_100
Text = Annotated[str | None, Query(max_length=40)]
Day = Annotated[str, Query(max_length=10)]


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    problems = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)

    @router.get("/api/v1/days", responses=answers(views.Days, *problems))
    async def days(last: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 400) -> Response:
        """List the frozen days of the last so many, oldest first."""
        past = past_of(parts)
        today = past.today()
        heads = await past.snapshots.heads(today - last, today)
        items = [
            views.DayView(
                on=as_date(head.day).isoformat(),
                taken_at=head.taken_ms,
                late=is_late(head.day, head.taken_ms),
                month_end=head.month_end,
                schools=head.schools,
                hash=head.hash,
            )
            for head in heads
        ]
        return reply(views.Days(today=as_date(today).isoformat(), items=items))

    @router.get("/api/v1/coverage/changes", responses=answers(views.ChangePage, *problems))
    async def changes(  # noqa: PLR0913, PLR0917  # Each is a parameter of the question.
        request: Request,
        from_day: Annotated[str, Query(max_length=10, alias="from")],
        to_day: Annotated[str, Query(max_length=10, alias="to")],
        from_known: Known = "then",
        to_known: Known = "then",
        unit: Text = None,
        indicator: Text = None,
        figure: views.Figure | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """Say what is judged otherwise on a later day, or on the same as it is known now, and what happened in between."""
        before, after = await past_day(parts, from_day, from_known), await past_day(parts, to_day, to_known)
        within = await unit_of_either(parts, request, unit, before, after)
        if parse_day(from_day) > parse_day(to_day):
            raise ApiError(Code.INVALID, "from: later than to")
        found: list[Difference] = []
        if before.day and after.day:
            schools = dict.fromkeys(
                school for told in (before, after) for school in seen_below(parts, caller_of(request), within, told.day)
            )
            found = list(differences(before.day, after.day, schools, indicator, figure))
        start = int(read_cursor(cursor)[0]) if cursor else 0
        if not 0 <= start <= len(found):
            raise ApiError(Code.INVALID, "cursor: not one of ours")
        end = start + limit
        items, cut = await _explained(parts, before, after, found[start:end])
        more = write_cursor(end, "") if end < len(found) else None
        return reply(
            views.ChangePage(
                before=before.basis,
                after=after.basis,
                sums=_sums(found),
                items=items,
                next=more,
                total=len(found),
                cut=cut,
            )
        )

    @router.get("/api/v1/coverage/pace", responses=answers(views.Pace, *problems))
    async def pace(
        request: Request,
        unit: Text = None,
        indicator: Text = None,
        figure: views.Figure = "ledger",
        days: Annotated[int, Query(ge=7, le=DAYS_MAX)] = 90,
    ) -> Response:
        """Say for a unit and its children when each indicator reaches 100 % at the pace of the last days."""
        past, tree = past_of(parts), parts.registry.tree
        parent = await unit_within(parts, request, unit)
        mine = tree.branch(caller_of(request).reach.scope)
        visible = [one.id for one in tree.visible(caller_of(request).reach.scope)[0]]
        wanted = [one for one in visible if one == parent or tree.units[one].parent == parent]
        wanted = [one for one in wanted if all(school in mine for school in tree.branch_of_unit(one).schools)]
        names = [one.name for one in parts.engine.indicators if indicator in (None, one.name)]
        today = past.today()
        rows: list[views.PaceRow] = []
        points: list[views.PacePoint] = []
        newest: int | None = None
        for one in sorted(wanted, key=lambda place: place != parent):
            series = await past.snapshots.series(one, today - days, today)
            newest = max(series, default=newest)
            for name in names:
                known = _points(series, name, figure)
                rows.append(_pace_row(parts, one, name, known))
                if one == parent and indicator == name:
                    points = [
                        views.PacePoint(on=as_date(point.day).isoformat(), met=point.met, basis=point.basis)
                        for point in known
                    ]
        as_of = None if newest is None else as_date(newest).isoformat()
        return reply(views.Pace(parent=parent, figure=figure, days=days, as_of=as_of, rows=rows, points=points))


def _points(series: Mapping[int, Mapping[str, tuple[Tally, Tally]]], name: str, figure: views.Figure) -> list[Point]:
    place = 0 if figure == "ledger" else 1
    tallies = [(day, tallies[name][place]) for day, tallies in series.items() if name in tallies]
    return [Point(day, tally.met, tally.required - tally.exempt) for day, tally in tallies]


def _pace_row(parts: Parts, unit: str, name: str, points: Sequence[Point]) -> views.PaceRow:
    told, place = pace_of(points), parts.registry.tree.units[unit]

    def on(day: int | None) -> str | None:
        return None if day is None else as_date(day).isoformat()

    return views.PaceRow(
        unit=unit,
        name=place.name,
        name_en=place.name_en,
        indicator=name,
        met=points[-1].met if points else 0,
        basis=points[-1].basis if points else 0,
        outcome=told.outcome.value,
        per_week=round(told.per_week, 3),
        on=on(told.day),
        earliest=on(told.earliest),
        latest=on(told.latest),
    )


def _sums(found: Sequence[Difference]) -> list[views.ChangeSum]:
    sums: dict[tuple[str, str], list[int]] = {}
    for one in found:
        counted = sums.setdefault((one.indicator, one.figure), [0, 0, 0])
        met = [verdict is not None and verdict.judgement is Judgement.MET for verdict in (one.before, one.after)]
        counted[0 if met[1] and not met[0] else 1 if met[0] and not met[1] else 2] += 1
    return [
        views.ChangeSum(
            indicator=name,
            figure="ledger" if which == "ledger" else "live",
            gained=counted[0],
            lost=counted[1],
            other=counted[2],
        )
        for (name, which), counted in sums.items()
    ]


async def _explained(
    parts: Parts, before: Told, after: Told, found: Sequence[Difference]
) -> tuple[list[views.Change], bool]:
    if not (before.day and after.day and found):
        return [], False
    old, new = before.day.frozen, after.day.frozen
    between = Between(
        (min(old.registry_sequence, new.registry_sequence), max(old.registry_sequence, new.registry_sequence)),
        (min(old.judged_ms, new.judged_ms), max(old.judged_ms, new.judged_ms)),
    )
    schools = {one.school for one in found}
    why, cut = await past_of(parts).reasons.of(schools, between, parts.registry.tree)
    return [_change(before.day, after.day, one, why[one.school]) for one in found], cut


def _change(before: FrozenDay, after: FrozenDay, one: Difference, why: Sequence[Why]) -> views.Change:
    day = after if one.school in after.schools else before
    school = day.schools[one.school]
    unit = day.units.get(school.unit)
    return views.Change(
        school=one.school,
        school_name=school.name,
        school_name_en=school.name_en,
        unit=school.unit,
        unit_name=unit.name if unit else "",
        unit_name_en=unit.name_en if unit else "",
        indicator=one.indicator,
        figure="ledger" if one.figure == "ledger" else "live",
        before=_verdict(one.before),
        after=_verdict(one.after),
        why=[
            views.WhyView(
                kind="registry" if each.kind == "registry" else "alert",
                at=each.at_ms,
                what=each.what,
                target=each.target,
                by=each.by,
                reason=each.reason,
                effective="" if each.effective == date.min.isoformat() else each.effective,
            )
            for each in why
        ],
    )


def _verdict(verdict: Verdict | None) -> views.VerdictView:
    if verdict is None:
        return views.VerdictView(judgement=None, reasons=[], proof_at=None)
    return views.VerdictView(
        judgement=verdict.judgement, reasons=list(verdict.reasons), proof_at=ms_or_none(verdict.proof_at)
    )
