"""Notifications as one part of the server: what the engine says is due goes in, and receipts come back."""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from contract.errors import StorageError
from server.channels.channel import Channel
from server.core.alert import Alert
from server.core.effects import NotificationDue
from server.journal.database import Database
from server.notify.composing import compose
from server.notify.dispatcher import Dispatcher, Neighbours
from server.notify.sending import Sender
from server.notify.store import Notifications

PURGE_SECONDS = 600.0  # For some of the oldest each time.

log = structlog.get_logger("notify")


class Notifying:
    """One per server. `start` it once the alerts are known, `tell` it what is due, `run` it until cancelled."""

    def __init__(  # One for each neighbour.
        self,
        database: Database,
        owner: str,
        channels: Mapping[str, Channel],
        neighbours: Neighbours,
        alert: Callable[[str], Alert | None],
        kept_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        kinds = {name: channel.kind for name, channel in channels.items()}
        self.channels = channels
        self.store = Notifications(database, owner, lambda due, one, now_ms: compose(due, one, now_ms, kinds), clock)
        self.sender = Sender(self.store, channels, alert, clock)
        self.dispatcher = Dispatcher(self.store, neighbours, self.sender.wake, clock)
        self._leads = neighbours.leads
        self._kept_seconds = kept_seconds
        self._clock = clock

    async def start(self) -> None:
        """Let go of what an earlier start of this server had claimed. Raises `StorageError`."""
        await self.store.begin()

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

    async def run(self) -> None:
        """Put on record, send and tidy until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.dispatcher.run(), name="notify-dispatcher")
            group.create_task(self.sender.run(), name="notify-sender")
            group.create_task(self._tidy(), name="notify-tidy")

    async def close(self) -> None:
        """Put on record what is still waiting, so that the next start sends it, and close the channels."""
        try:
            while self.dispatcher.waiting:
                await self.dispatcher.put()
        except StorageError as error:
            log.warning("notifications_not_kept_at_stop", waiting=self.dispatcher.waiting, error=str(error))
        for channel in self.channels.values():
            await channel.close()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            if not self._leads():
                continue
            try:
                before_ms = round((self._clock() - self._kept_seconds) * 1_000)
                await self.store.purge(before_ms)
            except StorageError as error:
                log.warning("notifications_not_purged", error=str(error))
