"""Supervision visits: drawn or planned, then begun, with findings that are gaps at once; hidden until they begin."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from contract.errors import Refused
from contract.identity import parse_press_id
from server.api import asks, views
from server.api.gate import Caller, caller_of, crossing, read_body, school_within
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.places import schools_below, unit_within
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_gaps import Show, county_of
from server.core.indicator import in_service
from server.gaps.model import Evidence, GapState, NotMoved
from server.gaps.sampling import Candidate, draw, list_hash
from server.gaps.store import Wanted, today_of
from server.gaps.visits import ACTS, FINDINGS_MAX, Draw, Finding, Severity, Visit, VisitState
from server.registry.model import School
from server.security.access import Permission, sees

_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)
_WRITE = (*_READ, Code.CSRF, Code.VERSION_CONFLICT, Code.ILLEGAL_MOVE, Code.TOO_MANY)
SEED_BYTES = 16


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/visits", responses=answers(views.Visits, *_READ))
    async def page(
        request: Request,
        unit: Annotated[str | None, Query(max_length=32)] = None,
        state: Annotated[list[VisitState], Query(max_length=4)] = [],  # noqa: B006  # FastAPI copies it.
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List visits within reach; those that have not begun only for whoever may see them."""
        caller = caller_of(request)
        schools = [school.id for school in await schools_below(parts, request, unit)]
        start = int(read_cursor(cursor)[0]) if cursor else 0
        found = await parts.visits.page(schools, state, hidden=sees_planned(caller), offset=max(0, start), limit=limit + 1)
        more = write_cursor(start + limit, "") if len(found) > limit else None
        return reply(views.Visits(items=[_view(parts, caller, one) for one in found[:limit]], next=more))

    @router.post(
        "/api/v1/visits",
        status_code=201,
        responses=answers(views.VisitDetail, *_WRITE, status=201),
        openapi_extra=body(asks.AskVisit),
    )
    async def plan(request: Request) -> Response:
        """Plan a visit of one school."""
        asked = await read_body(request, asks.AskVisit)
        school, caller, now_ms = await school_within(parts, request, asked.school), caller_of(request), parts.now_ms()
        if asked.day < today_of(now_ms):
            raise ApiError(Code.INVALID, "day: it has passed already")
        visit = Visit(_id(asked.id), school.id, asked.day, VisitState.PLANNED, caller.user.name, now_ms)
        with _refusals():
            await parts.visits.plan([visit])
        return reply(await _detail(parts, caller, visit), 201)

    @router.get("/api/v1/visits/{visit_id}", responses=answers(views.VisitDetail, *_READ))
    async def one(visit_id: str, request: Request) -> Response:
        """Give one visit with its findings."""
        return reply(await _detail(parts, caller_of(request), await _within(parts, request, visit_id)))

    @router.post(
        "/api/v1/visits/{visit_id}/acts", responses=answers(views.VisitDetail, *_WRITE), openapi_extra=body(asks.AskVisitAct)
    )
    async def act(visit_id: str, request: Request) -> Response:
        """Begin, end or cancel a visit."""
        asked = await read_body(request, asks.AskVisitAct)
        visit, caller = await _within(parts, request, visit_id), caller_of(request)
        with _refusals():
            after = await parts.visits.act(visit.id, asked.act, caller.user.name, asked.note, parts.now_ms())
        return reply(await _detail(parts, caller, after))

    @router.post(
        "/api/v1/visits/{visit_id}/findings",
        status_code=201,
        responses=answers(views.VisitDetail, *_WRITE, status=201),
        openapi_extra=body(asks.AskFinding),
    )
    async def add_finding(visit_id: str, request: Request) -> Response:
        """Write down a finding of a visit that has begun: it is a gap at once."""
        asked = await read_body(request, asks.AskFinding)
        visit, caller = await _within(parts, request, visit_id), caller_of(request)
        if asked.indicator and asked.indicator not in {one.name for one in parts.engine.indicators}:
            raise ApiError(Code.INVALID, "indicator: there is none of that name")
        evidence = tuple(Evidence(item.reference, item.sha256) for item in asked.evidence)
        finding = Finding(asked.words, asked.clause, Severity(asked.severity), asked.indicator, evidence)
        user = caller.user
        with _refusals():
            after, _ = await parts.visits.add_finding(
                visit.id, finding, asked.number, user.name, user.role.value, parts.now_ms()
            )
        return reply(await _detail(parts, caller, after), 201)


def add_draws(router: APIRouter, parts: Parts) -> None:
    """Add the routes of draws; before the others, whose addresses take whatever name they have not."""

    @router.get("/api/v1/visits/draws", responses=answers(views.Draws, *_READ))
    async def draws(request: Request) -> Response:
        """List the newest draws of the caller's units, each with its proof."""
        caller = caller_of(request)
        if not sees_planned(caller):
            raise ApiError(Code.FORBIDDEN)
        below = [unit for unit in parts.registry.tree.units if _reaches(parts, caller, unit)]
        return reply(views.Draws(items=[_draw_view(parts, one) for one in await parts.visits.draws(below)]))

    @router.post(
        "/api/v1/visits/draws",
        status_code=201,
        responses=answers(views.DrawView, *_WRITE, status=201),
        openapi_extra=body(asks.AskDraw),
    )
    async def drawn(request: Request) -> Response:
        """Draw schools below a unit, by county and kind, and plan a visit of each; the seed is ours unless one is given."""
        asked = await read_body(request, asks.AskDraw)
        caller, now_ms = caller_of(request), parts.now_ms()
        unit = await unit_within(parts, request, asked.unit or None)
        if asked.day < today_of(now_ms):
            raise ApiError(Code.INVALID, "day: it has passed already")
        candidates = [
            Candidate(school.id, county_of(parts, school), school.kind.value)
            for school in await schools_below(parts, request, unit)
            if in_service(school, parts.clock())
        ]
        seed = asked.seed.strip() or secrets.token_hex(SEED_BYTES)
        schools = draw(candidates, seed, asked.count)
        if not schools:
            raise ApiError(Code.INVALID, "unit: there is no school to draw")
        proof = Draw(
            _id(asked.id), seed, unit, asked.count, list_hash(candidates), len(candidates), caller.user.name, now_ms, schools
        )
        visits = [
            Visit(visit_id(proof.id, number), school, asked.day, VisitState.PLANNED, caller.user.name, now_ms, proof.id)
            for number, school in enumerate(schools, 1)
        ]
        with _refusals():
            await parts.visits.plan(visits, proof)
        return reply(_draw_view(parts, proof), 201)


def visit_id(drawn: str, number: int) -> str:
    """Name a visit of a draw: the draw's id with its number in place of the last four digits."""
    return f"{drawn[:-4]}{number:04d}"


def sees_planned(caller: Caller) -> bool:
    """Say whether somebody may know of a visit before it begins: by role, and nobody of the school itself."""
    return caller.may(Permission.PLANNED) and caller.user.scope.kind != "school"


class _refusals:  # noqa: N801  # Read as a word: with refusals.
    """Turn what is not done into the API's refusal."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, NotMoved):
            raise ApiError(Code(error.code), error.detail) from None


def _id(text: str) -> str:
    try:
        return parse_press_id(text)
    except Refused as refusal:
        raise ApiError(Code.INVALID, refusal.detail) from None


def _reaches(parts: Parts, caller: Caller, unit: str) -> bool:
    """Say whether every school below a unit is within reach: a draw names them all."""
    mine = parts.registry.tree.branch(caller.reach.scope)
    below = parts.registry.tree.branch_of_unit(unit).schools
    return bool(below) and all(school in mine for school in below)


async def _within(parts: Parts, request: Request, id_: str) -> Visit:
    caller = caller_of(request)
    visit = await parts.visits.find(id_[:36])
    if (
        visit is None
        or not sees(caller.reach, parts.registry.tree, visit.school)
        or (visit.hidden and not sees_planned(caller))
    ):
        raise await crossing(parts, request, "visit", id_)
    return visit


async def _detail(parts: Parts, caller: Caller, visit: Visit) -> views.VisitDetail:
    every = Wanted([visit.school], tuple(GapState), visit=visit.id)
    gaps, _ = await parts.gaps.page(every, parts.now_ms(), 0, FINDINGS_MAX)
    show = Show(parts, caller)
    found = sorted(gaps, key=lambda gap: int(gap.id.rpartition(".")[2]))
    return views.VisitDetail(visit=_view(parts, caller, visit), findings=[show.line(gap) for gap in found])


def _view(parts: Parts, caller: Caller, visit: Visit) -> views.VisitView:
    school: School | None = parts.registry.tree.schools.get(visit.school)
    display = parts.registry.accounts.display
    may = [act for (state, act) in ACTS if state is visit.state] if caller.may(Permission.VISIT) else []
    if visit.state is VisitState.BEGUN and may:
        may.append("find")
    return views.VisitView(
        id=visit.id,
        school=visit.school,
        school_name=school.name if school else visit.school,
        school_name_en=school.name_en if school else visit.school,
        unit=school.unit if school else "",
        county=county_of(parts, school) if school else "",
        day=visit.day.isoformat(),
        state=visit.state,
        draw=visit.draw,
        planned_by_display=display(visit.planned_by),
        planned=visit.planned_ms,
        begun_by_display=display(visit.begun_by) if visit.begun_by else "",
        begun=visit.begun_ms or None,
        ended=visit.ended_ms or None,
        findings=visit.findings,
        note=visit.note,
        hidden=visit.hidden,
        may=may,
    )


def _draw_view(parts: Parts, drawn: Draw) -> views.DrawView:
    return views.DrawView(
        id=drawn.id,
        seed=drawn.seed,
        unit=drawn.unit,
        count=drawn.count,
        list_hash=drawn.list_hash,
        list_size=drawn.list_size,
        by_display=parts.registry.accounts.display(drawn.by),
        at=drawn.at_ms,
        schools=list(drawn.schools),
    )
