"""Check-ins by telephone: each is kept in the journal before it is accepted, and may be sent again without harm."""

from fastapi import APIRouter, Request, Response

from contract.errors import Refused, StorageError
from contract.identity import parse_device_id, parse_gateway_id, parse_press_id
from server.api import asks, views
from server.api.gate import Caller, caller_of, read_body
from server.api.parts import Parts
from server.api.problems import Code
from server.api.replies import answers, body, reply
from server.core.events import CheckInArrived

AHEAD_SECONDS_MAX = 300.0  # A telephone's clock, where it does not say how it stands; beyond it, the time says nothing.
BACK_SECONDS_MAX = 7 * 86_400.0  # How long a telephone may keep a queue without network.
LATE_SECONDS = 300.0  # What waited longer on the telephone is late: nobody could have known of it at the time.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.post(
        "/api/v1/checkins",
        responses=answers(views.CheckIns, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.INVALID),
        openapi_extra=body(asks.AskCheckIns),
    )
    async def check_in(request: Request) -> Response:
        """Take check-ins; each gets a status of its own, so that one bad line does not hold up the rest."""
        asked = await read_body(request, asks.AskCheckIns)
        caller, now_ms = caller_of(request), parts.now_ms()
        skew_ms = asked.sent - now_ms if asked.sent else None
        items = [await _take(parts, caller, item, skew_ms) for item in asked.items]
        return reply(views.CheckIns(items=items, skew_ms=skew_ms, server_ms=now_ms))


async def _take(parts: Parts, caller: Caller, item: asks.AskCheckIn, skew_ms: int | None) -> views.CheckInResult:
    now = parts.clock()
    t = (item.t - (skew_ms or 0)) / 1000  # As our clock showed when it was tapped.
    try:
        event = CheckInArrived(
            id=parse_press_id(item.id),
            gateway=parse_gateway_id(item.post.gateway),
            device=parse_device_id(item.post.device),
            t=t,
            rx=now,
            guard=caller.user.name,
            act=item.act,
            point=item.point,
            method="phone",
            skew_ms=skew_ms or 0,
        )
    except Refused as refusal:
        return _refused(item, refusal.reason.value)
    device = parts.registry.tree.device(event.gateway, event.device)
    branch = parts.registry.tree.branch(caller.reach.scope)
    if device is None or device.kind != "guard_post" or device.school not in branch:
        return _refused(item, "unknown_post")
    if not now - BACK_SECONDS_MAX <= t <= now + AHEAD_SECONDS_MAX:
        return _refused(item, "bad_time")
    try:
        await parts.check_in(event)
    except StorageError:
        return _refused(item, "unavailable")
    late = now - t > LATE_SECONDS
    return views.CheckInResult(id=item.id, status="accepted", reason="", rx=round(now * 1000), late=late)


def _refused(item: asks.AskCheckIn, reason: str) -> views.CheckInResult:
    return views.CheckInResult(id=item.id, status="refused", reason=reason, rx=0, late=False)
