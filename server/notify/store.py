"""Keeps due steps and their messages, so that each is told at least once and by one server at a time.

Whoever claims a message has it for the time of a lease, by the database's own clock; when the holder dies another takes it.
Every method raises `StorageError` where the database does not answer.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs
from sqlalchemy import Connection, delete, insert, select, text, update

from server.channels.channel import Earlier, Outcome, Receipt
from server.evidence.tables import held_alerts
from server.journal.database import Database
from server.notify import sql, tables
from server.notify.health import note_health
from server.notify.model import TOLD, Due, DueState, Hop, MessageState, Sending
from server.notify.plan import Next, advance
from server.notify.rows import due_row, hop_row, read_due, read_sending, sending_row
from server.notify.timing import next_try

LEASE_SECONDS = 30.0  # Longer than any try may take, so that nobody sends what another still does.
PURGED_AT_ONCE = 1_000
IDS_AT_ONCE = 5_000  # In one question; SQLite takes 32,766.
EARLIER_MAX = 20  # Messages that one of the same alert says it follows: the newest.

Make = Callable[[Due, Next, int], Sending]
Beside = Callable[[Connection, Due, Sending, Receipt, int], None]  # What else is noted of a try, in its transaction.


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send, until the lease ends."""

    due: Due
    sending: Sending
    until: float  # On this server's monotonic clock.


class Notifications:
    """The notifications in the database. `owner`, as `name:start`, tells this start of this server from every other."""

    def __init__(
        self,
        database: Database,
        owner: str,
        make: Make,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        beside: Beside | None = None,
        follows: Collection[str] = (),
    ) -> None:
        self._beside = beside
        self._follows = follows  # Channels whose messages name the earlier ones of their alert.
        self._database = database
        self._owner = owner
        self._make = make
        self._clock = clock
        self._monotonic = monotonic

    async def begin(self) -> None:
        """Let go of what earlier starts of this server had claimed: they are dead, and it is sent again."""
        row = tables.notification.c
        name = self._owner.partition(":")[0]
        former = row.owner.startswith(f"{name}:", autoescape=True) if self._database.dialect != "sqlite" else row.owner != ""
        back = update(tables.notification).where(former, row.owner != self._owner).values(owner="", lease_ms=0)

        def work(connection: Connection) -> None:
            connection.execute(back)

        await self._database.run(work)

    async def put(self, dues: Sequence[Due]) -> Sequence[str]:
        """Put due steps on record with the first messages of their plans; gives the ids of those that were news."""

        def work(connection: Connection) -> Sequence[str]:
            rows = {due.id: due for due in dues}
            fresh = sql.insert_new(connection, tables.notification_due, [due_row(rows[id_]) for id_ in sorted(rows)])
            for id_ in fresh:
                self._step(connection, rows[id_], self._now_ms())
            return fresh

        return await self._database.run(work)

    async def known(self, ids: Collection[str]) -> frozenset[str]:
        """Say which due steps are on record."""
        due, asked = tables.notification_due.c, list(ids)

        def work(connection: Connection) -> frozenset[str]:
            found: set[str] = set()
            for start in range(0, len(asked), IDS_AT_ONCE):
                some = asked[start : start + IDS_AT_ONCE]
                found.update(connection.execute(select(due.id).where(due.id.in_(some))).scalars())
            return frozenset(found)

        return await self._database.run(work)

    async def claim(self, free: Mapping[str, int]) -> Sequence[Claimed]:
        """Take messages that are to be tried now: of each channel at most so many, the gravest and oldest first."""
        began = self._monotonic()
        row = tables.notification.c

        def work(connection: Connection) -> Sequence[Claimed]:
            now_ms, lease_now = self._now_ms(), self._lease_clock(connection)
            taken: list[Sending] = []
            for channel, slots in free.items():
                query = (
                    select(tables.notification)
                    .where(row.state == MessageState.WAITING.value, row.channel == channel, row.next_ms <= now_ms)
                    .where(row.lease_ms <= lease_now)
                    .order_by(row.severity, row.next_ms, row.id)
                    .limit(slots)
                    .with_for_update(skip_locked=True)
                )
                taken += [read_sending(one) for one in connection.execute(query)]
            if not taken:
                return []
            lease = {"owner": self._owner, "lease_ms": lease_now + round(LEASE_SECONDS * 1_000)}
            connection.execute(update(tables.notification).where(row.id.in_([one.id for one in taken])).values(lease))
            dues = sql.dues(connection, {one.due for one in taken})
            return [Claimed(dues[one.due], one, began + LEASE_SECONDS) for one in taken]

        return await self._database.run(work)

    async def release(self, ids: Collection[str]) -> None:
        """Give messages back that were claimed and not tried."""
        row = tables.notification.c
        back = update(tables.notification).where(row.id.in_(ids), row.owner == self._owner).values(owner="", lease_ms=0)

        def work(connection: Connection) -> None:
            connection.execute(back)

        await self._database.run(work)

    async def settle(self, sending: Sending, receipt: Receipt, report_seconds: float | None) -> DueState:
        """Note what became of a try of ours, and make the messages that follow from it."""

        def work(connection: Connection) -> DueState:
            due, now_ms = sql.locked(connection, sending.due), self._now_ms()
            before = sql.read(connection, sending.id)
            values = _after(before, receipt, report_seconds, now_ms)
            free = {"tries": before.tries + 1, "owner": "", "lease_ms": 0}
            sql.change(connection, before.id, free | values)
            what = str(values.get("state", Outcome.FAILED.value))
            sql.note(connection, before, now_ms, what, self._owner, receipt.reference, receipt.detail)
            if self._beside is not None:
                self._beside(connection, due, before, receipt, now_ms)
            if receipt.outcome is not Outcome.ACCEPTED or report_seconds is None:  # Else only the report says how it does.
                note_health(connection, before.channel, receipt, now_ms)
            return self._step(connection, due, now_ms)

        return await self._database.run(work)

    async def overdue(self, channels: Collection[str]) -> Sequence[Due]:
        """List due steps for which another way is to begin: one fails, its report has not come, its channel is not there."""

        def work(connection: Connection) -> Sequence[Due]:
            return list(
                sql.dues(connection, set(connection.execute(sql.overdue(channels, self._now_ms())).scalars())).values()
            )

        return await self._database.run(work)

    async def go_on(self, dues: Collection[str], channels: Collection[str]) -> None:
        """Begin other ways for due steps that are overdue."""

        def work(connection: Connection) -> None:
            for id_ in sorted(dues):
                due, now_ms = sql.locked(connection, id_), self._now_ms()
                for one in sql.sendings(connection, id_):
                    if one.state is MessageState.ACCEPTED and 0 < one.next_ms <= now_ms:
                        sql.change(connection, one.id, {"state": MessageState.UNREPORTED.value, "next_ms": 0})
                        silent = Receipt(Outcome.FAILED, now_ms / 1_000, detail="accepted, and no report of delivery")
                        note_health(connection, one.channel, silent, now_ms)
                        sql.note(connection, one, now_ms, MessageState.UNREPORTED.value, self._owner)
                    elif one.state is MessageState.WAITING and one.channel not in channels:
                        sql.change(connection, one.id, {"state": MessageState.REFUSED.value})
                        sql.note(connection, one, now_ms, MessageState.REFUSED.value, self._owner, "", "no such channel")
                    elif one.state is MessageState.WAITING and 0 < one.over_ms <= now_ms:
                        sql.change(connection, one.id, {"over_ms": 0})
                        sql.note(connection, one, now_ms, "overdue", self._owner)
                self._step(connection, due, now_ms)

        await self._database.run(work)

    async def stop(self, dues: Collection[str], why: str) -> None:
        """Stop what was not sent of some due steps."""

        def work(connection: Connection) -> None:
            for id_ in sorted(dues):
                due, now_ms = sql.locked(connection, id_), self._now_ms()
                told = False
                for one in sql.sendings(connection, id_):
                    told |= one.state in TOLD
                    if one.state is MessageState.WAITING:
                        sql.change(connection, one.id, {"state": MessageState.STOPPED.value})
                        sql.note(connection, one, now_ms, MessageState.STOPPED.value, self._owner, "", why)
                    elif one.state is MessageState.ACCEPTED:
                        sql.change(connection, one.id, {"next_ms": 0})  # Without a report nobody else is told now.
                self._set(connection, due, DueState.TOLD if told else DueState.STOPPED, now_ms, why)

        await self._database.run(work)

    async def open_dues(self, limit: int = sql.DUES_AT_ONCE) -> Sequence[Due]:
        """List due steps of which something may still be sent, oldest first."""
        row, due = tables.notification.c, tables.notification_due
        waiting = select(row.due).where(row.state == MessageState.WAITING.value)
        query = select(due).where(due.c.id.in_(waiting)).order_by(due.c.at_ms).limit(limit)
        return await self._database.run(lambda connection: [read_due(one) for one in connection.execute(query)])

    async def later(self, id_: str, what: str, at_ms: int, by: str, reference: str = "", detail: str = "") -> bool:
        """Note what the other side tells of a message afterwards, in whatever order and however often; False if unknown.

        A message that was delivered stays so; one that is told to have failed after all goes another way.
        """

        def work(connection: Connection) -> bool:
            row = tables.notification
            found = connection.execute(select(row.c.due).where(row.c.id == id_)).scalar_one_or_none()
            if found is None:
                return False
            due, now_ms, before = sql.locked(connection, found), self._now_ms(), sql.read(connection, id_)
            if sql.told_before(connection, before, what, by, reference):
                return True
            sql.note(connection, before, at_ms, what, by, reference, detail)
            if (changed := _afterwards(before, what, at_ms)) is not None:
                sql.change(connection, id_, changed)
            if what == Outcome.DELIVERED.value:
                note_health(connection, before.channel, Receipt(Outcome.DELIVERED, now_ms / 1_000), now_ms)
            self._step(connection, due, now_ms)
            return True

        return await self._database.run(work)

    async def by_reference(self, channel: str, reference: str) -> str | None:
        """Find the message that the other side knows by a number of its own."""
        row = tables.notification.c
        query = (
            select(row.id).where(row.channel == channel, row.reference == reference).order_by(row.made_ms.desc()).limit(1)
        )
        return await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none())

    async def purge(self, before_ms: int) -> int:
        """Forget due steps that are older than an instant, with all that belongs to them; some at a time.

        What belongs to an incident whose evidence is held stays.
        """

        def work(connection: Connection) -> int:
            due = tables.notification_due.c
            query = select(due.id).where(
                due.at_ms < before_ms, due.state != DueState.OPEN.value, due.alert.not_in(held_alerts())
            )
            query = query.limit(PURGED_AT_ONCE)
            ids = list(connection.execute(query).scalars())
            connection.execute(delete(tables.notification_hop).where(tables.notification_hop.c.due.in_(ids)))
            connection.execute(delete(tables.notification).where(tables.notification.c.due.in_(ids)))
            connection.execute(delete(tables.notification_due).where(due.id.in_(ids)))
            return len(ids)

        return await self._database.run(work)

    def _step(self, connection: Connection, due: Due, now_ms: int) -> DueState:
        """Do what follows from the messages of a due step as they stand."""
        sendings = sql.sendings(connection, due.id)
        if due.state is DueState.STOPPED:
            if any(one.state in TOLD for one in sendings):  # It was on its way already.
                self._set(connection, due, DueState.TOLD, now_ms, due.why)
            return due.state
        then = advance(due, sendings, now_ms)
        made = [self._following(connection, due, self._make(due, one, now_ms)) for one in then.new]
        sql.insert_new(connection, tables.notification, [sending_row(one, due.severity) for one in made])
        for one in sendings:
            if one.id in then.spare:
                sql.change(connection, one.id, {"state": MessageState.STOPPED.value})
                sql.note(connection, one, now_ms, MessageState.STOPPED.value, self._owner, "", "told another way")
        why = "" if then.state is not DueState.DEAD else "nobody_on_duty" if not due.plan else "every_way_failed"
        self._set(connection, due, then.state, now_ms, why)
        return then.state

    def _following(self, connection: Connection, due: Due, sending: Sending) -> Sending:
        """Let a message name the earlier ones of its alert that its channel has taken, oldest first."""
        if sending.channel not in self._follows:
            return sending
        row, step = tables.notification, tables.notification_due
        query = (
            select(row.c.id, row.c.made_ms)
            .join(step, step.c.id == row.c.due)
            .where(step.c.alert == due.alert, row.c.channel == sending.channel, row.c.id != sending.id)
            .where(row.c.state.in_([state.value for state in TOLD]))
            .order_by(row.c.made_ms.desc(), row.c.id)
            .limit(EARLIER_MAX)
        )
        earlier = tuple(Earlier(id_, made_ms / 1_000) for id_, made_ms in connection.execute(query))[::-1]
        return structs.replace(sending, message=structs.replace(sending.message, earlier=earlier))

    def _set(self, connection: Connection, due: Due, state: DueState, now_ms: int, why: str) -> None:
        if (state, why) == (due.state, due.why):
            return
        row = tables.notification_due
        connection.execute(update(row).where(row.c.id == due.id).values(state=state.value, why=why, updated_ms=now_ms))
        if state is not DueState.OPEN:
            hop = Hop(due=due.id, at_ms=now_ms, what=state.value, by=self._owner, detail=why)
            connection.execute(insert(tables.notification_hop), hop_row(hop))

    def _now_ms(self) -> int:
        return round(self._clock() * 1_000)

    def _lease_clock(self, connection: Connection) -> int:
        """Give the instant by the clock that all holders of leases share."""
        if connection.dialect.name == "sqlite":
            return self._now_ms()
        return int(connection.execute(text("select extract(epoch from clock_timestamp()) * 1000")).scalar_one())


def _after(before: Sending, receipt: Receipt, report_seconds: float | None, now_ms: int) -> dict[str, object]:
    """Say what a try changes. A good one always counts, even of a message that was not wanted any more."""
    told = {"told_ms": round(receipt.at * 1_000), "reference": receipt.reference}
    if receipt.outcome is Outcome.DELIVERED:
        return told | {"state": MessageState.DELIVERED.value, "next_ms": 0}
    if receipt.outcome is Outcome.ACCEPTED:
        if before.state is MessageState.DELIVERED:  # Its report was quicker.
            return {"reference": receipt.reference}
        until = now_ms + round(report_seconds * 1_000) if report_seconds is not None else 0
        return told | {"state": MessageState.ACCEPTED.value, "next_ms": until}
    if before.state is not MessageState.WAITING:
        return {}
    if receipt.outcome is Outcome.REFUSED or now_ms >= before.until_ms:
        refused = receipt.outcome is Outcome.REFUSED
        return {"state": (MessageState.REFUSED if refused else MessageState.GIVEN_UP).value}
    return {"next_ms": next_try(before.tries + 1, now_ms, receipt.retry_seconds)}


def _afterwards(before: Sending, what: str, at_ms: int) -> dict[str, object] | None:
    """Say what the other side's later word changes: what was delivered stays so, whatever comes after it."""
    if before.state is MessageState.DELIVERED:
        return None
    if what == Outcome.DELIVERED.value:
        return {"state": MessageState.DELIVERED.value, "told_ms": at_ms, "next_ms": 0}
    if what == Outcome.ACCEPTED.value and before.state is not MessageState.ACCEPTED:
        return {"state": MessageState.ACCEPTED.value, "told_ms": at_ms, "next_ms": 0}
    if what in (Outcome.REFUSED.value, Outcome.FAILED.value) and before.state in (
        MessageState.ACCEPTED,
        MessageState.WAITING,
    ):
        return {"state": MessageState.REFUSED.value, "next_ms": 0}
    return None
