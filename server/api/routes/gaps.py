"""The ledger of gaps: lists, and the figures of rectification."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from server.api import views
from server.api.gate import caller_of, crossing
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.places import schools_below, unit_within
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers, reply
from server.api.show_gaps import Show
from server.gaps.model import GapState
from server.gaps.rates import Rates
from server.gaps.store import Counted, Wanted
from server.spreadsheet import csv_text

CSV_COLUMNS = (
    *("id", "school", "school_name", "county", "unit", "indicator", "figure", "state", "judgement", "reasons", "clause"),
    *("severity", "owner", "due", "overdue", "first", "opened", "closed", "reopened"),
)
CSV_ROWS_MAX = 50_000  # Beyond it a spreadsheet is no help; the last line says that there is more.
CSV_AT_ONCE = 1_000
OWNERS_MAX = 200
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)

Short = Annotated[str, Query(max_length=80)]
States = Annotated[list[GapState], Query(max_length=4)]
Figures = Literal["", "ledger", "live", "visit"]
Due = Literal["", "overdue", "soon", "none"]


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    async def wanted(  # One for each filter of the list.
        request: Request, unit: str, school: str, state: list[GapState], owner: str, indicator: str, figure: str, due: str
    ) -> Wanted:
        schools = [one.id for one in await schools_below(parts, request, unit or None)]
        if school:
            if school not in schools:
                raise await crossing(parts, request, "school", school)
            schools = [one for one in schools if one == school]
        return Wanted(schools, state, owner, indicator, figure, due)

    @router.get("/api/v1/gaps", responses=answers(views.GapLines, *_READ))
    async def lines(  # noqa: PLR0913  # One for each filter of the list.
        request: Request,
        *,
        unit: Short = "",
        school: Short = "",
        state: States = [],  # noqa: B006  # FastAPI copies it.
        owner: Short = "",
        indicator: Short = "",
        figure: Figures = "",
        due: Due = "",
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List gaps within reach, those due first before the others; without `state` those that are not closed."""
        schools = await _schools(parts, request, unit, school)
        asked = Wanted(schools, state, owner, indicator, figure, due)
        start = int(read_cursor(cursor)[0]) if cursor else 0
        if start < 0:
            raise ApiError(Code.INVALID, "cursor: not one of ours")
        gaps, total = await parts.gaps.page(asked, parts.now_ms(), start, limit)
        end = start + len(gaps)
        more = write_cursor(end, "") if gaps and end < total else None
        show = Show(parts, caller_of(request))
        return reply(views.GapLines(items=[show.line(gap) for gap in gaps], next=more, total=total))

    @router.get(
        "/api/v1/gaps.csv",
        responses={200: {"description": "UTF-8 with a byte order mark", "content": {"text/csv": {}}}},
    )
    async def spreadsheet(  # One for each filter of the list.
        request: Request,
        *,
        unit: Short = "",
        school: Short = "",
        state: States = [],  # noqa: B006  # FastAPI copies it.
        owner: Short = "",
        indicator: Short = "",
        figure: Figures = "",
        due: Due = "",
    ) -> Response:
        """Give the same list for a spreadsheet."""
        schools = await _schools(parts, request, unit, school)
        asked = Wanted(schools, state, owner, indicator, figure, due)
        now_ms, show = parts.now_ms(), Show(parts, caller_of(request))
        found: list[views.GapLine] = []
        while len(found) < CSV_ROWS_MAX:
            gaps, total = await parts.gaps.page(asked, now_ms, len(found), CSV_AT_ONCE)
            found += [show.line(gap) for gap in gaps]
            if not gaps or len(found) >= total:
                break
        text = _csv(found, more=total - len(found))
        headers = {**NO_STORE, "Content-Disposition": 'attachment; filename="gap-ledger.csv"'}
        return Response(text.encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")

    @router.get("/api/v1/gaps/summary", responses=answers(views.GapSummary, *_READ))
    async def summary(request: Request, unit: Short = "") -> Response:
        """Count the gaps of a unit and of each of its child units: by state, and as 整改率 and 超期率."""
        return reply(await _summary(parts, request, unit))


async def _schools(parts: Parts, request: Request, unit: str, school: str) -> list[str]:
    schools = [one.id for one in await schools_below(parts, request, unit or None)]
    if school and school not in schools:
        raise await crossing(parts, request, "school", school)
    return [one for one in schools if school in ("", one)]


async def _summary(parts: Parts, request: Request, unit: str) -> views.GapSummary:
    tree = parts.registry.tree
    mine = tree.branch(caller_of(request).reach.scope)
    top = await unit_within(parts, request, unit or None)
    below = [school for school in tree.branch_of_unit(top).schools if school in mine]
    counted = await parts.gaps.counts(below, parts.now_ms())
    visible = {one.id for one in tree.visible(caller_of(request).reach.scope)[0]}
    units = [top, *(one.id for one in tree.roster.units if one.parent == top and one.id in visible)]
    rows = []
    for one in units:
        place = tree.units[one]
        of_unit = [counted[school] for school in tree.branch_of_unit(one).schools if school in counted]
        rows.append(_counts(one, place.name, place.name_en, of_unit))
    owners = await parts.gaps.owners(below, OWNERS_MAX)
    return views.GapSummary(as_of=parts.now_ms(), rows=rows, young=await parts.gaps.young(below), owners=list(owners))


def _counts(unit: str, name: str, name_en: str, counted: Iterable[Counted]) -> views.GapCounts:
    states, figures = dict.fromkeys(GapState, 0), Rates()
    for one in counted:
        figures += one.rates
        for state, count in one.states.items():
            states[state] += count
    return views.GapCounts(
        unit=unit,
        name=name,
        name_en=name_en,
        open=states[GapState.OPEN],
        in_progress=states[GapState.IN_PROGRESS],
        to_verify=states[GapState.TO_VERIFY],
        closed=states[GapState.CLOSED],
        overdue=figures.overdue,
        due_soon=figures.due_soon,
        due=figures.due,
        on_time=figures.on_time,
        rectified_bp=figures.rectified_bp,
        overdue_bp=figures.overdue_bp,
    )


def _csv(lines: Sequence[views.GapLine], more: int) -> str:
    rows: list[Iterable[object]] = [[getattr(line, column) for column in CSV_COLUMNS] for line in lines]
    return csv_text(CSV_COLUMNS, [*rows, [f"… {more} more"]] if more > 0 else rows)
