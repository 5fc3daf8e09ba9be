"""Keeps police receipts beside the messages they are about. Every method raises `StorageError` where it cannot."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from server.channels.channel import Outcome, Receipt
from server.evidence.tables import held_alerts
from server.journal.database import Database
from server.notify import sql
from server.notify.model import Due, Sending
from server.notify.tables import notification
from server.police.lifecycle import TAKEN, Effect, PoliceReceipt, PoliceState, Told, effect_of
from server.police.tables import police_receipt

OF_ONE_MESSAGE_MAX = 200  # A system that says the same for ever fills no disk; what is beyond moves nothing either.
REASON_CHARACTERS_MAX = 500
PURGED_AT_ONCE = 1_000


class PoliceReceipts:
    """The receipts in the database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def take(self, channel: str, message: str, reference: str, told: Told) -> PoliceReceipt | None:
        """Append what is told of a message, by our id or by the number that the other side has given it.

        None for a message that was never given to this channel: its key lets nobody speak of what others were told. Beyond
        the limit of one message what moves nothing is taken and not kept; `effect` is `repeated` then.
        """
        row = notification.c
        by = row.id == message if message else row.reference == reference
        query = select(row.id, row.due).where(row.channel == channel, by).order_by(row.made_ms.desc()).limit(1)

        def work(connection: Connection) -> PoliceReceipt | None:
            if not (message or reference):
                return None
            found = connection.execute(query).one_or_none()
            if found is None:
                return None
            due = sql.locked(connection, found.due)
            return self._append(connection, due.alert, found.id, channel, told)

        return await self._database.run(work)

    def beside(self, connection: Connection, due: Due, sending: Sending, receipt: Receipt, now_ms: int) -> None:
        """Append what a channel's own answer says of the police's side, in the transaction that notes the try."""
        if receipt.police is None:
            return
        told = Told(
            state=receipt.police,
            at_ms=round(receipt.at * 1_000),
            by=sending.channel,
            reference=receipt.reference,
            reason=receipt.detail if receipt.police is PoliceState.REJECTED else "",
            digest=receipt.digest,
        )
        if receipt.outcome is not Outcome.FAILED:
            sent = Told(state=PoliceState.SENT, at_ms=now_ms, by=sending.channel, digest=receipt.digest)
            self._append(connection, due.alert, sending.id, sending.channel, sent)
        if told.state is not PoliceState.SENT:
            self._append(connection, due.alert, sending.id, sending.channel, told)

    async def of_alert(self, alert: str) -> Sequence[PoliceReceipt]:
        """List every receipt of an alert, in the order in which they came."""
        table = police_receipt
        query = select(table).where(table.c.alert == alert).order_by(table.c.number)
        return await self._database.run(lambda connection: [_receipt(row) for row in connection.execute(query)])

    async def taken_since(self, since_ms: int, limit: int) -> Sequence[PoliceReceipt]:
        """List the newest receipts by which somebody of the police's side answers for a call, oldest first."""
        table = police_receipt
        states = [state.value for state in TAKEN]
        query = (
            select(table)
            .where(table.c.rx_ms >= since_ms, table.c.state.in_(states))
            .order_by(table.c.number.desc())
            .limit(limit)
        )
        return await self._database.run(lambda connection: [_receipt(row) for row in connection.execute(query)][::-1])

    async def purge(self, before_ms: int) -> None:
        """Forget receipts that came before an instant, but for incidents whose evidence is held; some at a time."""
        table = police_receipt.c
        old = select(table.number).where(table.rx_ms < before_ms, table.alert.not_in(held_alerts())).limit(PURGED_AT_ONCE)

        def work(connection: Connection) -> None:
            connection.execute(delete(police_receipt).where(table.number.in_(list(connection.execute(old).scalars()))))

        await self._database.run(work)

    def _append(self, connection: Connection, alert: str, message: str, channel: str, told: Told) -> PoliceReceipt:
        table = police_receipt
        query = select(table).where(table.c.message == message).order_by(table.c.number)
        before = [_receipt(row) for row in connection.execute(query)]
        fitted = Told(
            state=told.state,
            at_ms=told.at_ms,
            by=told.by[:64],
            reference=_text(told.reference, 120),
            reason=_text(told.reason, REASON_CHARACTERS_MAX),
            digest=told.digest,
        )
        effect = effect_of(fitted, [(one.told, one.effect) for one in before])
        if len(before) >= OF_ONE_MESSAGE_MAX and effect is not Effect.MOVED:  # The six moves always have room.
            effect = Effect.REPEATED
        receipt = PoliceReceipt(
            message=message, alert=alert, channel=channel, told=fitted, effect=effect, rx_ms=round(self._clock() * 1_000)
        )
        if len(before) < OF_ONE_MESSAGE_MAX or effect is Effect.MOVED:
            connection.execute(insert(table), _row(receipt))
        return receipt


def standings(receipts: Collection[PoliceReceipt]) -> dict[str, PoliceReceipt]:
    """Give the receipt that says how far each message is."""
    return {one.message: one for one in receipts if one.effect is Effect.MOVED}


def _row(receipt: PoliceReceipt) -> dict[str, object]:
    told = receipt.told
    return {
        "message": receipt.message,
        "alert": receipt.alert,
        "channel": receipt.channel,
        "state": told.state.value,
        "effect": receipt.effect.value,
        "at_ms": told.at_ms,
        "rx_ms": receipt.rx_ms,
        "told_by": told.by,
        "reference": told.reference,
        "reason": told.reason,
        "digest": told.digest,
    }


def _receipt(row: Row[Any]) -> PoliceReceipt:
    told = Told(
        state=PoliceState(row.state),
        at_ms=row.at_ms,
        by=row.told_by,
        reference=row.reference,
        reason=row.reason,
        digest=row.digest,
    )
    return PoliceReceipt(
        message=row.message,
        alert=row.alert,
        channel=row.channel,
        told=told,
        effect=Effect(row.effect),
        rx_ms=row.rx_ms,
    )


def _text(value: str, characters_max: int) -> str:
    """Fit a text into its column; PostgreSQL's text holds no NUL."""
    return value[:characters_max].replace("\x00", "\ufffd")
