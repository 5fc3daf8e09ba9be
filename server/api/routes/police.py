"""What the police's own systems say of our calls: told by each with its own key, shown with the alert."""

import hmac

from fastapi import APIRouter, Request, Response

from contract.errors import StorageError
from server.api import asks, views
from server.api.gate import alert_within, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_police import messages_of
from server.channels.opening import Opened
from server.police.lifecycle import Told, digest_of

BYTES_MAX = 128 * 1024
AUDITED_SECONDS = 60.0  # One line a minute of a channel: who knocks with a false key must not fill the audit log.
AUDITED_CHANNELS_MAX = 200

_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    audited: dict[str, float] = {}

    @router.get("/api/v1/alerts/{alert_id}/police", responses=answers(views.PoliceMessages, *_READ))
    async def of_alert(alert_id: str, request: Request) -> Response:
        """List what the police's side has said of an alert."""
        alert = await alert_within(parts, request, alert_id)
        try:
            receipts = await parts.notifying.desk.receipts.of_alert(alert.id)
        except StorageError as error:
            raise ApiError(Code.UNAVAILABLE, "the database does not answer") from error
        return reply(views.PoliceMessages(items=messages_of(receipts, parts.notifying.channels)))

    @router.post(
        "/api/v1/police/{channel}/receipts",
        responses=answers(views.PoliceTaken, Code.UNAUTHENTICATED, Code.INVALID, Code.TOO_LARGE, Code.UNAVAILABLE),
        openapi_extra=body(asks.AskPoliceReceipts),
    )
    async def take(channel: str, request: Request) -> Response:
        """Take receipts in, of messages that went by this channel; told again, they change nothing."""
        await _prove(parts, parts.notifying.channels.get(channel), request, channel, audited)
        if int(request.headers.get("content-length", BYTES_MAX + 1) or 0) > BYTES_MAX:
            raise ApiError(Code.TOO_LARGE, f"allowed: {BYTES_MAX} bytes, announced")
        asked = await read_body(request, asks.AskPoliceReceipts)
        digest = digest_of(await request.body())
        outcomes: list[str] = []
        try:
            for one in asked.receipts:
                told = Told(
                    state=one.state,
                    at_ms=one.at if one.at is not None else parts.now_ms(),
                    by=channel,
                    reference=one.number,
                    reason=one.reason,
                    digest=digest,
                )
                taken = await parts.notifying.desk.take(channel, one.message, one.reference, told)
                outcomes.append(taken.effect.value if taken is not None else "unknown")
        except StorageError as error:
            raise ApiError(Code.UNAVAILABLE, "the database does not answer") from error
        return reply(views.PoliceTaken(outcomes=outcomes))


async def _prove(parts: Parts, opened: Opened | None, request: Request, channel: str, audited: dict[str, float]) -> None:
    """Let through who knows the key of a police link; a false one is counted and audited, for somebody has tried."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    key = opened.report_key if opened is not None and opened.kind.police else ""
    if key and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), key.encode()):
        return
    parts.notifying.desk.counts["forged"] += 1
    name, now = channel if opened is not None else "unknown", parts.clock()
    if len(audited) < AUDITED_CHANNELS_MAX and now - audited.get(name, float("-inf")) >= AUDITED_SECONDS:
        audited[name] = now
        await parts.registry.audit.append(now, "police", "police_receipt_forged", f"channel:{name}", "wrong key")
    raise ApiError(Code.UNAUTHENTICATED)
