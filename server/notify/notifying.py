"""Notifications as one part of the server: what the engine says is due goes in, and receipts come back."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from contract.errors import StorageError
from server.channels.channel import Message, Outcome, Receipt
from server.channels.kind import Kept
from server.channels.opening import Opened
from server.core.alert import Alert
from server.core.effects import NotificationDue
from server.core.events import NotificationsJudged, ServiceJudged
from server.journal.database import Database
from server.notify.composing import FOLLOWING_KINDS, compose
from server.notify.dispatcher import Dispatcher, Neighbours
from server.notify.health import Healths
from server.notify.judging import Judging
from server.notify.reading import NotificationLog
from server.notify.sending import SEND_SECONDS, Sender
from server.notify.store import Notifications
from server.police.desk import Desk, Receipted
from server.police.store import PoliceReceipts

PURGE_SECONDS = 600.0  # For some of the oldest each time.
KEEP_AGAIN_SECONDS = 5.0  # After a line's keeper ended by a mistake of ours.

log = structlog.get_logger("notify")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What notifications need of the rest of the server, each answered at once from memory."""

    neighbours: Neighbours
    alert: Callable[[str], Alert | None]
    rotas: Callable[[], bool]  # Whether there is any rota at all.
    tell: Callable[[NotificationsJudged | ServiceJudged], None]
    kept_seconds: float
    receipted: Receipted = lambda _alert, _by, _at: None  # Told of each call that the police's side has taken.


class Notifying:
    """One per server. `start` it once the alerts are known, `tell` it what is due, `run` it until cancelled."""

    def __init__(
        self,
        database: Database,
        owner: str,
        channels: Mapping[str, Opened],
        around: Surroundings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        kinds = {name: opened.kind.name for name, opened in channels.items()}
        ways = {name: opened.channel for name, opened in channels.items()}
        self.channels = channels
        self.rotas = around.rotas
        self.log = NotificationLog(database)
        self.healths = Healths(database)
        receipts = PoliceReceipts(database, clock)
        self.store = Notifications(
            database,
            owner,
            lambda due, one, now_ms: compose(due, one, now_ms, kinds),
            clock,
            beside=receipts.beside,
            follows=frozenset(name for name, kind in kinds.items() if kind in FOLLOWING_KINDS),
        )
        self.desk = Desk(receipts, self.receipt, around.receipted, clock)
        self.sender = Sender(self.store, ways, around.alert, clock, settled=self.desk.answered)
        self.dispatcher = Dispatcher(self.store, around.neighbours, self.sender.wake, clock)
        self._leads = around.neighbours.leads
        self._judging = Judging(
            self.log, self.healths, channels, around.alert, around.rotas, around.tell, self._leads, clock
        )
        self._kept_seconds = around.kept_seconds
        self._clock = clock

    async def start(self) -> None:
        """Let go of what an earlier start of this server had claimed. Raises `StorageError`."""
        await self.store.begin()
        await self.desk.begin()

    def tell(self, due: NotificationDue) -> None:
        """Take note of what is due; never waits."""
        self.dispatcher.tell(due)

    async def receipt(  # One for each thing that is told.
        self, message_id: str, state: str, at: float, by: str, reference: str = "", detail: str = ""
    ) -> bool:
        """Note what became of a message later: delivered, failed, or a state of the police's own. False if unknown.

        It may come late, twice or out of order. Raises `StorageError`; then it is to be told again.
        """
        known = await self.store.later(message_id, state, round(at * 1_000), by, reference, detail)
        self.sender.wake()
        return known

    async def try_channel(self, name: str, message: Message) -> Receipt:
        """Send one message by a channel at once, beside the record, and say what became of it; notes how the channel does.

        Raises `StorageError` where that cannot be noted.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                receipt = await self.channels[name].channel.send(message)
        except TimeoutError:
            receipt = Receipt(Outcome.FAILED, self._clock(), detail=f"no answer within {SEND_SECONDS:.0f} s")
        await self.healths.note(name, receipt, round(self._clock() * 1_000))
        return receipt

    async def run(self) -> None:
        """Put on record, send, judge and tidy until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.dispatcher.run(), name="notify-dispatcher")
            group.create_task(self.sender.run(), name="notify-sender")
            group.create_task(self._judging.run(), name="notify-judging")
            group.create_task(self._tidy(), name="notify-tidy")
            for name, opened in self.channels.items():
                if isinstance(opened.channel, Kept):
                    group.create_task(self._keep(name, opened.channel), name=f"notify-line-{name}")

    async def close(self) -> None:
        """Put on record what is still waiting, so that the next start sends it, and close the channels."""
        try:
            while self.dispatcher.waiting:
                await self.dispatcher.put()
        except StorageError as error:
            log.warning("notifications_not_kept_at_stop", waiting=self.dispatcher.waiting, error=str(error))
        for opened in self.channels.values():
            await opened.channel.close()

    async def _keep(self, name: str, channel: Kept) -> None:
        async def noted(receipt: Receipt) -> None:
            try:
                await self.healths.note(name, receipt, round(self._clock() * 1_000))
            except StorageError as error:
                log.warning("line_not_noted", channel=name, error=str(error))

        while True:
            try:
                await channel.keep(noted)
            except Exception:  # The top of a long-running task: a channel's mistake must not end the server.
                self.sender.faults += 1
                log.exception("line_not_kept", channel=name)
            await asyncio.sleep(KEEP_AGAIN_SECONDS)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            if not self._leads():
                continue
            try:
                before_ms = round((self._clock() - self._kept_seconds) * 1_000)
                await self.store.purge(before_ms)
                await self.desk.receipts.purge(before_ms)
            except StorageError as error:
                log.warning("notifications_not_purged", error=str(error))
