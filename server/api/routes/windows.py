"""Declared tests and drills: the only thing by which a press may be other than real, so the police alone declare them."""

import uuid

from fastapi import APIRouter, Request, Response

from contract.identity import DeviceId, GatewayId, SchoolId
from server.api import asks, views
from server.api.gate import caller_of, read_body, school_within
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show import ms
from server.core.events import WindowDeclared
from server.core.windows import WINDOW_SECONDS_MAX

AHEAD_SECONDS_MAX = 90 * 86_400.0  # A term's plan of drills.
BACK_SECONDS_MAX = 300.0  # Clocks differ, and a form takes time to fill; more would turn past presses into tests.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/windows", responses=answers(views.Windows, Code.UNAUTHENTICATED, Code.FORBIDDEN))
    async def list_windows(request: Request) -> Response:
        """List the tests and drills within reach that have not ended."""
        branch = parts.registry.tree.branch(caller_of(request).reach.scope)
        found = await parts.registry.windows.current(parts.clock())
        return reply(views.Windows(items=[_view(window) for window in found if window.school in branch]))

    @router.post(
        "/api/v1/windows",
        status_code=201,
        responses=answers(
            views.WindowView, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, status=201
        ),
        openapi_extra=body(asks.AskWindow),
    )
    async def declare(request: Request) -> Response:
        """Declare a test or drill of some buttons of one school, for at most two hours."""
        asked = await read_body(request, asks.AskWindow)
        await school_within(parts, request, asked.school)
        now, caller = parts.clock(), caller_of(request)
        _check_span(asked, now)
        _check_devices(parts, asked)
        window = WindowDeclared(
            id=str(uuid.uuid4()),
            mode=asked.mode,
            school=SchoolId(asked.school),
            devices=frozenset((GatewayId(gateway), DeviceId(device)) for gateway, device in asked.devices),
            start=asked.start / 1000,
            end=asked.end / 1000,
            approved_by=caller.user.name,
        )
        await parts.registry.windows.declare(window)
        span = f"{asked.mode} {asked.start}..{asked.end} {len(asked.devices)} devices"
        await parts.registry.audit.append(now, caller.user.name, "window_declared", f"school:{asked.school}", span)
        parts.declare(window)
        return reply(_view(window), 201)


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


def _view(window: WindowDeclared) -> views.WindowView:
    return views.WindowView(
        id=window.id,
        mode=window.mode,  # type: ignore[arg-type]  # Declared through this API, or checked by the core.
        school=window.school,
        devices=[(gateway, device) for gateway, device in sorted(window.devices)],
        start=ms(window.start),
        end=ms(window.end),
        approved_by=window.approved_by,
    )
