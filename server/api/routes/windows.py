"""Tests and drills: a school asks and its police approve, or the police declare; nothing else makes a press not real."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from contract.identity import DeviceId, GatewayId
from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body, school_within
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_windows import window_detail, window_view
from server.core.windows import WINDOW_SECONDS_MAX
from server.drills.window import Asked, NotMoved, Rehearsal, WindowMove, WindowState
from server.security.access import Permission, may_move_window, sees

AHEAD_SECONDS_MAX = 90 * 86_400.0  # A term's plan of drills.
BACK_SECONDS_MAX = 300.0  # Clocks differ, and a form takes time to fill; more would turn past presses into tests.
FROM_THE_END = (2**53, "~")  # Later than every window.
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)
_REFUSALS = (
    *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, Code.VERSION_CONFLICT),
    *(Code.ILLEGAL_MOVE, Code.SECOND_PERSON_REQUIRED, Code.TOO_MANY, Code.UNAVAILABLE),
)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    _add_reading(router, parts)

    @router.post(
        "/api/v1/windows",
        status_code=201,
        responses=answers(views.WindowView, *_REFUSALS, status=201),
        openapi_extra=body(asks.AskWindow),
    )
    async def ask(request: Request) -> Response:
        """Ask for a test or drill of some buttons of one school, for at most two hours; the police declare it at once."""
        asked = await read_body(request, asks.AskWindow)
        await school_within(parts, request, asked.school)
        now, user = parts.clock(), caller_of(request).user
        _check_span(asked, now)
        _check_devices(parts, asked)
        declares = caller_of(request).may(Permission.DECLARE)
        now_ms = parts.now_ms()
        window = Rehearsal(
            id=_id(asked.id),
            mode=asked.mode,
            school=asked.school,
            devices=frozenset((GatewayId(gateway), DeviceId(device)) for gateway, device in asked.devices),
            start_ms=asked.start,
            end_ms=asked.end,
            state=WindowState.APPROVED if declares else WindowState.ASKED,
            until_ms=asked.end,
            asked_by=user.name,
            asked_ms=now_ms,
            approved_by=user.name if declares else "",
            approved_ms=now_ms if declares else 0,
            moved_ms=now_ms,
            note=asked.note.strip(),
        )
        try:
            kept = await parts.windows.add(window, user.role.value)
        except NotMoved as error:
            raise ApiError(Code(error.code), error.detail) from None
        parts.declare(kept.declared())
        return reply(window_view(kept, parts, user), 201)

    @router.post(
        "/api/v1/windows/{window_id}/moves",
        responses=answers(views.WindowDetail, *_REFUSALS),
        openapi_extra=body(asks.AskWindowMove),
    )
    async def move(window_id: str, request: Request) -> Response:
        """Approve, refuse or take back a test or drill; who, when and why are on record before this answers."""
        asked = await read_body(request, asks.AskWindowMove)
        window, user = await _within(parts, request, window_id), caller_of(request).user
        wish = Asked(WindowMove(asked.move), user.name, user.role.value, asked.version, asked.note)
        if not may_move_window(user, wish.move, window.asked_by):
            raise ApiError(Code.FORBIDDEN, f"{user.role.value} may not {asked.move} this")
        try:
            after = await parts.windows.move(window.id, wish, parts.now_ms())
        except NotMoved as error:
            raise ApiError(Code(error.code), error.detail) from None
        parts.declare(after.declared())
        return reply(await _detail(parts, request, after))


def _add_reading(router: APIRouter, parts: Parts) -> None:
    @router.get("/api/v1/windows", responses=answers(views.Windows, *_READ))
    async def list_windows(
        request: Request,
        *,
        past: bool = False,
        school: Annotated[str, Query(max_length=10)] = "",
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List the tests and drills within reach that stand (asked for, approved, under way), or with `past` the others."""
        caller, now = caller_of(request), parts.clock()
        if school:
            await school_within(parts, request, school)
        schools = [school] if school else [*parts.registry.tree.branch(caller.reach.scope).schools]
        more = None
        if past:
            before = _before(cursor)
            found = list(await parts.windows.past(schools, before, limit + 1, now))
            if len(found) > limit:
                found = found[:limit]
                more = write_cursor(found[-1].start_ms, found[-1].id)
        else:
            found = list(await parts.windows.standing(now, schools))
        return reply(views.Windows(items=[window_view(one, parts, caller.user) for one in found], next=more))

    @router.get("/api/v1/windows/{window_id}", responses=answers(views.WindowDetail, *_READ))
    async def one(window_id: str, request: Request) -> Response:
        """Show one test or drill with its history and what was pressed in it."""
        return reply(await _detail(parts, request, await _within(parts, request, window_id)))


async def _within(parts: Parts, request: Request, window_id: str) -> Rehearsal:
    window = await parts.windows.find(window_id[:36])
    if window is None or not sees(caller_of(request).reach, parts.registry.tree, window.school):
        raise await crossing(parts, request, "window", window_id)
    return window


async def _detail(parts: Parts, request: Request, window: Rehearsal) -> views.WindowDetail:
    caller = caller_of(request)
    history = await parts.windows.history(window.id)
    return window_detail(window, history, parts, caller.user, caller.reach)


def _before(cursor: str | None) -> tuple[int, str]:
    if not cursor:
        return FROM_THE_END
    start, id_ = read_cursor(cursor)
    return round(start), id_


def _id(asked: str) -> str:
    if not asked:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(asked))
    except ValueError:
        raise ApiError(Code.INVALID, "id: not a UUID") from None


def _check_span(asked: asks.AskWindow, now: float) -> None:
    start, end = asked.start / 1000, asked.end / 1000
    if not 0 < end - start <= WINDOW_SECONDS_MAX:
        raise ApiError(Code.INVALID, f"span of {end - start:.0f} s; allowed: up to {WINDOW_SECONDS_MAX:.0f} s")
    if end <= now or start < now - BACK_SECONDS_MAX or start > now + AHEAD_SECONDS_MAX:
        raise ApiError(Code.INVALID, "start; allowed: from 5 minutes ago to 90 days ahead, and not over already")


def _check_devices(parts: Parts, asked: asks.AskWindow) -> None:
    """Refuse devices of other schools: their presses would be played down by a window nobody there knows of."""
    mine = {(device.gateway, device.id) for device in parts.registry.tree.devices_of(asked.school)}
    strange = [f"{gateway}/{device}" for gateway, device in asked.devices if (gateway, device) not in mine]
    if strange:
        raise ApiError(Code.INVALID, "devices that are not of this school", errors=strange[:20])
