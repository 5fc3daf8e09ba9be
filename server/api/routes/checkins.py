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

AHEAD_SECONDS_MAX = 300.0  # A telephone's clock; beyond it, the time says nothing about the shift.
BACK_SECONDS_MAX = 7 * 86_400.0  # How long a telephone may keep a queue without network.


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
        caller = caller_of(request)
        return reply(views.CheckIns(items=[await _take(parts, caller, item) for item in asked.items]))


async def _take(parts: Parts, caller: Caller, item: asks.AskCheckIn) -> views.CheckInResult:
    now, t = parts.clock(), item.t / 1000
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
    return views.CheckInResult(id=item.id, status="accepted", reason="")


def _refused(item: asks.AskCheckIn, reason: str) -> views.CheckInResult:
    return views.CheckInResult(id=item.id, status="refused", reason=reason)
