"""Readings and incidents as JSON lines, for administrators: the same as the command gives, from a running server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from server.api.gate import caller_of, crossing, school_within
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import NO_STORE, answers
from server.export.export import What
from server.export.lines import Wanted
from server.security.access import sees, sees_alert

SPAN_MS_MAX = 400 * 86_400_000  # As of a curve: a school year and its summer.
AT_ONCE = 1  # An export reads the disk that alarms are written to.
MEDIA_TYPE = "application/x-ndjson"
From = Annotated[int, Query(alias="from", ge=0, lt=2**53)]
To = Annotated[int, Query(alias="to", ge=0, lt=2**53)]
School = Annotated[str, Query(max_length=10)]
Gateway = Annotated[str, Query(max_length=40)]


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    slots = asyncio.Semaphore(AT_ONCE)
    told = answers(None, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.TOO_MANY, Code.UNAVAILABLE)
    told[200]["content"] = {MEDIA_TYPE: {}}
    told[200]["description"] = "JSON lines; the last is of kind `end`, and without it the export was cut off"

    @router.get("/api/v1/export/readings", responses=told)
    async def readings(
        request: Request, start: From, end: To, school: School = "", gateway: Gateway = ""
    ) -> StreamingResponse:
        """Give the readings received in [from, to), with declared holes."""
        return await _answer(parts, slots, request, "readings", (start, end), (school, gateway))

    @router.get("/api/v1/export/incidents", responses=told)
    async def incidents(
        request: Request, start: From, end: To, school: School = "", gateway: Gateway = ""
    ) -> StreamingResponse:
        """Give the incidents raised in [from, to), each with its presses and its history."""
        return await _answer(parts, slots, request, "incidents", (start, end), (school, gateway))


async def _answer(
    parts: Parts, slots: asyncio.Semaphore, request: Request, what: What, interval: tuple[int, int], place: tuple[str, str]
) -> StreamingResponse:
    caller, tree, (start, end), (school, gateway) = caller_of(request), parts.registry.tree, interval, place
    if not 0 < end - start <= SPAN_MS_MAX:
        raise ApiError(Code.INVALID, f"from {start} to {end}; allowed: a span of 1 ms to {SPAN_MS_MAX} ms")
    if school:
        await school_within(parts, request, school)
    if gateway and not sees(caller.reach, tree, tree.school_of(gateway) or ""):
        raise await crossing(parts, request, "gateway", gateway)
    if parts.export is None:
        raise ApiError(Code.UNAVAILABLE, "this server exports nothing")
    if slots.locked():
        raise ApiError(Code.TOO_MANY, "another export is running")
    wanted = Wanted(
        start,
        end,
        school,
        gateway,
        sees=lambda one: sees(caller.reach, tree, one),
        sees_alert=lambda alert: sees_alert(caller.reach, tree, alert),
    )
    target = f"{what} {start} to {end}"
    await parts.registry.audit.append(parts.clock(), caller.user.name, "export", target, f"{school} {gateway}".strip())
    pieces = parts.export.stream(what, wanted, tree)

    async def guarded() -> AsyncIterator[bytes]:
        async with slots:
            async for piece in pieces:
                yield piece

    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{what}.jsonl"'}
    return StreamingResponse(guarded(), 200, headers, MEDIA_TYPE)
