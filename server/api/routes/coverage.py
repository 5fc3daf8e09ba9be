"""Coverage: the figures of a unit and its children, and the list of gaps behind every number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import Caller, caller_of
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.past import Told, is_today, past_day, past_figures, past_gaps, scopes_then, seen_below, unit_then
from server.api.places import schools_below, unit_within
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers, reply
from server.api.scopes import scopes_of
from server.api.seams import EngineLike
from server.api.show import ms_or_none
from server.api.tallies import Tallies
from server.core.verdict import Judgement
from server.gaps.model import Gap, cell_id
from server.gaps.rates import overdue
from server.gaps.store import today_of
from server.registry.model import School
from server.registry.sheets.scope import IndicatorScope
from server.spreadsheet import csv_text

CSV_COLUMNS = ("school", "school_name", "unit", "unit_name", "indicator", "figure", "judgement", "reasons", "proof_at")
FIGURES: tuple[views.Figure, views.Figure] = ("ledger", "live")
GAPS = (Judgement.NOT_MET, Judgement.UNKNOWN)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    problems = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)

    @router.get("/api/v1/coverage", responses=answers(views.Coverage, *problems))
    async def coverage(
        request: Request,
        parent: Annotated[str | None, Query(max_length=32)] = None,
        on: Annotated[str | None, Query(max_length=10)] = None,
        known: Literal["then", "now"] = "then",
    ) -> Response:
        """Give a unit's figures and its children's; without `parent`, of the highest unit within reach.

        `on` is a past day, as it was frozen then or judged anew by what is known now; that may have to be asked for again.
        """
        caller = caller_of(request)
        if is_today(parts, on):
            return reply(figures(parts, caller, await unit_within(parts, request, parent)))
        told = await past_day(parts, on or "", known)
        within = await unit_then(parts, request, parent, told)
        return reply(past_figures(parts, caller, within, told, await scopes_then(parts, within, told.day)))

    @router.get("/api/v1/coverage/gaps", responses=answers(views.GapPage, *problems))
    async def gaps(  # noqa: PLR0913, PLR0917  # Each is a parameter of the question.
        request: Request,
        unit: Annotated[str | None, Query(max_length=32)] = None,
        indicator: Annotated[str | None, Query(max_length=40)] = None,
        figure: views.Figure | None = None,
        judgement: Literal["not_met", "unknown"] | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
        on: Annotated[str | None, Query(max_length=10)] = None,
        known: Literal["then", "now"] = "then",
    ) -> Response:
        """List what is not met or unknown within reach, in the order of schools; `on` is a past day, as for the figures."""
        chosen = (indicator, figure, judgement)
        told = None if is_today(parts, on) else await past_day(parts, on or "", known)
        if told is None:
            schools = await schools_below(parts, request, unit)
            found = list(_gaps(parts, schools, *chosen))
        else:
            found = await _then(parts, request, unit, told, chosen)
        start = int(read_cursor(cursor)[0]) if cursor else 0
        if not 0 <= start <= len(found):
            raise ApiError(Code.INVALID, "cursor: not one of ours")
        end = start + limit
        more = write_cursor(end, "") if end < len(found) else None
        items = await _lines_of(parts, found[start:end], told)
        basis = told.basis if told else None
        return reply(views.GapPage(items=items, next=more, total=len(found), basis=basis))

    @router.get(
        "/api/v1/coverage/gaps.csv",
        responses={200: {"description": "UTF-8 with a byte order mark", "content": {"text/csv": {}}}},
    )
    async def gaps_csv(
        request: Request,
        unit: Annotated[str | None, Query(max_length=32)] = None,
        indicator: Annotated[str | None, Query(max_length=40)] = None,
        figure: views.Figure | None = None,
        judgement: Literal["not_met", "unknown"] | None = None,
        on: Annotated[str | None, Query(max_length=10)] = None,
        known: Literal["then", "now"] = "then",
    ) -> Response:
        """Give the same list for a spreadsheet; of a past day only once that is ready."""
        chosen, name = (indicator, figure, judgement), "gaps.csv"
        if is_today(parts, on):
            text = _csv(_gaps(parts, await schools_below(parts, request, unit), *chosen))
        else:
            told = await past_day(parts, on or "", known)
            rows = await _then(parts, request, unit, told, chosen)
            if told.day is None:
                raise ApiError(Code.UNAVAILABLE, f"on: that day is not there (yet): {told.basis.state}")
            text, name = _csv(rows), f"gaps-{told.basis.on}-{known}.csv"
        headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text.encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


def figures(parts: Parts, caller: Caller, parent: str) -> views.Coverage:
    """Draw the table of one unit: itself first, then its child units within reach, then the schools directly under it."""
    tree = parts.registry.tree
    mine = tree.branch(caller.reach.scope)
    unit = tree.units[parent]
    names = [one.name for one in parts.engine.indicators]
    tallies = Tallies(parts.engine, names)
    rows = [tallies.unit_row(unit, tree.branch_of_unit(parent).schools, mine)]
    visible = {one.id for one in tree.visible(caller.reach.scope)[0]}
    rows += [
        tallies.unit_row(child, tree.branch_of_unit(child.id).schools, mine)
        for child in tree.roster.units
        if child.parent == parent and child.id in visible
    ]
    rows += [
        tallies.school_row(tree.schools[school])
        for school in tree.branch_of_unit(parent).schools
        if school in mine and tree.schools[school].unit == parent
    ]
    return views.Coverage(
        as_of=parts.now_ms(), parent=parent, indicators=names, scopes=_scopes(parts.engine, parent), rows=rows
    )


async def _then(
    parts: Parts,
    request: Request,
    unit: str | None,
    told: Told,
    chosen: tuple[str | None, views.Figure | None, str | None],
) -> list[views.Gap]:
    """List the gaps of a past day."""
    within = await unit_then(parts, request, unit, told)
    return list(past_gaps(told.day, seen_below(parts, caller_of(request), within, told.day), *chosen))


def _scopes(engine: EngineLike, unit: str) -> list[views.IndicatorScopeView]:
    index = engine.roster
    lines = [line for line in index.unit_lines if isinstance(line, IndicatorScope)]
    return scopes_of(engine.indicators, lines, unit, index.unit_path)


def _gaps(
    parts: Parts,
    schools: Iterable[School],
    indicator: str | None,
    figure: views.Figure | None,
    judgement: str | None,
) -> Iterator[views.Gap]:
    names = [one.name for one in parts.engine.indicators if indicator in (None, one.name)]
    unheard = {one.name for one in parts.engine.indicators if one.ledger_only}  # No work closes a live gap of theirs.
    wanted = [one for one in GAPS if judgement in (None, one.value)]
    units = parts.registry.tree.units
    for school in schools:
        verdicts = parts.engine.verdicts(school.id)
        unit = units.get(school.unit)
        for name in names:
            pair = verdicts.get(name)
            for place, which in enumerate(FIGURES):
                if pair is None or figure not in (None, which) or pair[place].judgement not in wanted:
                    continue
                if which == "live" and name in unheard:
                    continue
                yield views.Gap(
                    school=school.id,
                    school_name=school.name,
                    unit=school.unit,
                    unit_name=unit.name if unit else "",
                    indicator=name,
                    figure=which,
                    judgement=pair[place].judgement,
                    reasons=list(pair[place].reasons),
                    proof_at=ms_or_none(pair[place].proof_at),
                )


async def _lines_of(parts: Parts, cells: Sequence[views.Gap], told: Told | None) -> list[views.Gap]:
    """Say where the lines stand: now, or as their moves up to the end of a past day left them."""
    if told is None:
        return await _with_lines(parts, cells)
    if told.day is None:
        return []
    judged_ms = told.day.frozen.judged_ms
    schools = list(dict.fromkeys(cell.school for cell in cells))
    then = {gap.id: gap for gap in await parts.gaps.as_of(schools, judged_ms)}
    return _standing(cells, then, {}, today_of(judged_ms))


async def _with_lines(parts: Parts, cells: Sequence[views.Gap]) -> list[views.Gap]:
    """Say of each cell where its line in the ledger of gaps stands, or since when it is watched."""
    ids = [cell_id(cell.school, cell.indicator, cell.figure) for cell in cells]
    lines, watches = await parts.gaps.of_ids(ids), await parts.gaps.watches(ids)
    return _standing(cells, lines, watches, today_of(parts.now_ms()))


def _standing(
    cells: Sequence[views.Gap], lines: Mapping[str, Gap], watches: Mapping[str, int], today: date
) -> list[views.Gap]:
    found = []
    for cell in cells:
        id_ = cell_id(cell.school, cell.indicator, cell.figure)
        gap = lines.get(id_)
        open_ = gap is not None and gap.open  # A closed one whose cell has just turned is watched, or opens in a moment.
        standing = views.GapStanding(
            id=id_,
            state=gap.state if gap is not None and open_ else None,
            owner=gap.owner if gap is not None and open_ else "",
            due=gap.due.isoformat() if gap is not None and open_ and gap.due else None,
            overdue=gap is not None and overdue(gap, today),
            watched_since=watches.get(id_),
        )
        found.append(msgspec.structs.replace(cell, line=standing))
    return found


def _csv(gaps: Iterable[views.Gap]) -> str:
    return csv_text(CSV_COLUMNS, ((getattr(gap, column) for column in CSV_COLUMNS) for gap in gaps))
