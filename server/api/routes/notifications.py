"""Who was told of alerts by other ways than the screens, how the channels do, and what the other side reports later."""

import base64
import binascii
import hmac
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from contract.mode import Mode
from server.api import asks, views
from server.api.gate import alert_within, caller_of, crossing, read_body
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.places import schools_below
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_notifications import channel_views, due_view, masked
from server.channels.opening import Opened
from server.notify.composing import trial
from server.notify.model import DueState
from server.notify.reading import Wanted

RECEIPT_BYTES_MAX = 256 * 1024
ROWS_MAX = 2_000  # Of one alert: a hundred ringings with every step.
TRY_SECONDS = 5.0  # Between two tries of one channel by hand.

Short = Annotated[str, Query(max_length=80)]
States = Annotated[list[DueState], Query(max_length=4)]
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    _add_channels(router, parts)
    _add_receipts(router, parts)

    @router.get("/api/v1/alerts/{alert_id}/notifications", responses=answers(views.Notifications, *_READ))
    async def of_alert(alert_id: str, request: Request) -> Response:
        """List whom an alert told, or had to tell, with every try and receipt, oldest first."""
        alert = await alert_within(parts, request, alert_id)
        told = await parts.notifying.log.of_alert(alert.id, ROWS_MAX)
        items = [due_view(one, parts.registry.tree) for one in told]
        return reply(views.Notifications(items=items, next=None, total=len(items)))

    @router.get("/api/v1/notifications", responses=answers(views.Notifications, *_READ))
    async def lines(  # noqa: PLR0913  # One for each filter of the list.
        request: Request,
        *,
        unit: Short = "",
        school: Short = "",
        state: States = [],  # noqa: B006  # FastAPI copies it.
        channel: Short = "",
        audience: Short = "",
        rule: Short = "",
        mode: Mode | None = None,
        start: Annotated[int, Query(alias="from", ge=0)] = 0,
        end: Annotated[int, Query(alias="to", ge=0)] = 0,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List due steps within reach, the newest first."""
        reach = caller_of(request).reach
        schools = [one.id for one in await schools_below(parts, request, unit or None)]
        if school and school not in schools:
            raise await crossing(parts, request, "school", school)
        unplaced = [""] if reach.unplaced and not unit and not school else []
        wanted = Wanted(
            schools=[*(one for one in schools if school in ("", one)), *unplaced],
            covert=reach.covert,
            states=[one.value for one in state],
            channel=channel,
            audience=audience,
            mode=mode.value if mode is not None else "",
            rule=rule,
            from_ms=start,
            to_ms=end,
        )
        first = int(read_cursor(cursor)[0]) if cursor else 0
        if first < 0:
            raise ApiError(Code.INVALID, "cursor: not one of ours")
        found, total = await parts.notifying.log.page(wanted, first, limit)
        after = first + len(found)
        more = write_cursor(after, "") if found and after < total else None
        items = [due_view(one, parts.registry.tree) for one in found]
        return reply(views.Notifications(items=items, next=more, total=total))


def _add_channels(router: APIRouter, parts: Parts) -> None:
    tried: dict[str, float] = {}

    @router.get("/api/v1/channels", responses=answers(views.Channels, *_READ))
    async def channels() -> Response:
        """List every configured channel with how it does."""
        items = channel_views(parts.notifying, await parts.notifying.healths.all(), parts.now_ms())
        return reply(views.Channels(items=items, rotas=parts.notifying.rotas()))

    @router.post(
        "/api/v1/channels/{channel}/try",
        responses=answers(views.ChannelTried, *_READ, Code.CSRF, Code.TOO_MANY),
        openapi_extra=body(asks.AskTry),
    )
    async def try_it(channel: str, request: Request) -> Response:
        """Send one message that says it is a test, to an address given for it, and say what became of it."""
        asked = await read_body(request, asks.AskTry)
        if channel not in parts.notifying.channels:
            raise ApiError(Code.NOT_FOUND)
        now = parts.clock()
        if now - tried.get(channel, float("-inf")) < TRY_SECONDS:
            raise ApiError(Code.TOO_MANY, "one try in five seconds", headers={"Retry-After": "5"})
        tried[channel] = now
        receipt = await parts.notifying.try_channel(channel, trial(asked.address, asked.language, now))
        who = caller_of(request).user.name
        detail = f"{receipt.outcome.value} {masked(asked.address)}"
        await parts.registry.audit.append(now, who, "channel_tried", f"channel:{channel}", detail)
        return reply(
            views.ChannelTried(
                outcome=receipt.outcome.value,
                at=round(receipt.at * 1_000),
                reference=receipt.reference,
                detail=receipt.detail,
            )
        )


def _add_receipts(router: APIRouter, parts: Parts) -> None:
    @router.post(
        "/api/v1/receipts/{channel}",
        responses=answers(views.ReceiptTaken, Code.UNAUTHENTICATED, Code.INVALID, Code.TOO_LARGE, Code.UNAVAILABLE),
        openapi_extra=body(asks.AskReceipts),
    )
    async def take(channel: str, request: Request) -> Response:
        """Take what became of messages later, by the channel's report key; told again, it changes nothing."""
        opened = _proven(parts.notifying.channels.get(channel), request)
        if int(request.headers.get("content-length", RECEIPT_BYTES_MAX + 1) or 0) > RECEIPT_BYTES_MAX:
            raise ApiError(Code.TOO_LARGE, f"allowed: {RECEIPT_BYTES_MAX} bytes, announced")
        told = _read(opened, await request.body())
        known = 0
        for one in told:
            id_ = one.id or await parts.notifying.store.by_reference(channel, one.reference)
            at = one.at / 1_000 if one.at is not None else parts.clock()
            if id_ and await parts.notifying.receipt(id_, one.state, at, channel, one.reference, one.detail):
                known += 1
        return reply(views.ReceiptTaken(known=known))


def _proven(opened: Opened | None, request: Request) -> Opened:
    """Let through who knows the channel's key, as a bearer or as the password of basic authorisation."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    key = opened.report_key if opened is not None else ""
    if opened is None or not key or not hmac.compare_digest(given.encode(), key.encode()):
        raise ApiError(Code.UNAUTHENTICATED)
    return opened


def _read(opened: Opened, raw: bytes) -> list[asks.AskReceipt]:
    try:
        if opened.reports is not None:
            return msgspec.convert(opened.reports(msgspec.json.decode(raw)), list[asks.AskReceipt])
        return msgspec.json.decode(raw, type=asks.AskReceipts).receipts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(Code.INVALID, "the body is not as the channel has it", errors=[str(error)[:200]]) from None
