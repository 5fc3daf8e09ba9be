"""Gives messages to their channels: each try bounded in time, each channel with room of its own, each receipt on record.

Better twice than not at all: nothing counts as told before its receipt is on record. A channel that stalls keeps its own
room busy and no other's.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from contract.errors import StorageError
from server.channels.channel import Channel, Outcome, Receipt
from server.core.alert import Alert
from server.notify.model import DueState
from server.notify.rings import still_wanted
from server.notify.store import LEASE_SECONDS, Claimed, Notifications

LOOK_SECONDS = 1.0  # How soon a try that is due again, or the message of a dead server, is taken up.
SEND_SECONDS = 8.0  # No try takes longer.
SPARE_SECONDS = 2.0  # What must be left of a lease beyond that, for a try to begin.
SLOTS = 4  # Tries of one channel at once.
UNSETTLED_MAX = 10_000  # Receipts that the database has not taken; beyond it a message may be sent twice.
RETRY_SECONDS_MAX = 5.0
TAKEN_IN_HAND = "taken_in_hand"  # Why something was stopped: somebody has the alert in hand, or it is over.

assert SEND_SECONDS + SPARE_SECONDS < LEASE_SECONDS
log = structlog.get_logger("notify")


class Sender:
    """One per server; `run` until cancelled. `alert` finds an alert as it stands now."""

    def __init__(
        self,
        store: Notifications,
        channels: Mapping[str, Channel],
        alert: Callable[[str], Alert | None],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        settled: Callable[[str, Receipt], None] | None = None,
    ) -> None:
        self.outcomes: dict[tuple[str, str], int] = {}  # By channel and outcome, since the start.
        self.stopped = 0
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._store = store
        self._channels = channels
        self._alert = alert
        self._clock = clock
        self._monotonic = monotonic
        self._settled = settled  # Told the alert of each receipt that is on record.
        self._wake = asyncio.Event()
        self._tries: dict[str, asyncio.Task[None]] = {}
        self._busy: dict[str, int] = dict.fromkeys(channels, 0)
        self._unsettled: dict[str, Receipt] = {}

    def wake(self) -> None:
        """Look now: there is something new to send."""
        self._wake.set()

    async def run(self) -> None:
        """Send what waits until cancelled; what is on its way then is sent again by whoever serves next."""
        retry = 0.1
        try:
            while True:
                self._wake.clear()
                try:
                    busy = await self.look()
                    retry = 0.1
                except StorageError as error:
                    busy = False
                    log.warning("notifications_not_read", error=str(error))
                    await asyncio.sleep(retry)
                    retry = min(retry * 2, RETRY_SECONDS_MAX)
                except Exception:  # The top of a long-running task: one faulty message must not keep all others back.
                    busy = False
                    self.faults += 1
                    log.exception("notifications_not_read")
                if not busy:
                    await self._rest()
        finally:
            for task in list(self._tries.values()):
                task.cancel()
            await asyncio.gather(*self._tries.values(), return_exceptions=True)

    async def look(self) -> bool:
        """Begin the tries that are due and there is room for, and other ways for what fails. Raises `StorageError`.

        Says whether there may be more to begin at once.
        """
        free = {name: SLOTS - busy for name, busy in self._busy.items() if busy < SLOTS}
        claimed = await self._store.claim(free) if free else ()
        unwanted = {one.due.id for one in claimed if not self._wanted(one)}
        if unwanted:
            await self._stop(unwanted)
        for one in claimed:
            if one.due.id not in unwanted:
                self._begin(one)
        overdue = await self._store.overdue(self._channels)
        away = {due.id for due in overdue if not still_wanted(due, self._alert(due.alert))}
        if away:
            await self._stop(away)
        if on := {due.id for due in overdue} - away:
            await self._store.go_on(on, self._channels)
        return bool(claimed or overdue)

    async def idle(self) -> None:
        """Wait until no try is on its way."""
        while self._tries:
            await asyncio.gather(*self._tries.values(), return_exceptions=True)

    def _wanted(self, one: Claimed) -> bool:
        return one.sending.id in self._unsettled or still_wanted(one.due, self._alert(one.due.alert))

    async def _stop(self, dues: set[str]) -> None:
        self.stopped += len(dues)
        await self._store.stop(dues, TAKEN_IN_HAND)

    def _begin(self, one: Claimed) -> None:
        name = one.sending.channel
        self._busy[name] += 1
        task = asyncio.create_task(self._try(one), name=f"notify-{name}")
        self._tries[one.sending.id] = task

        def ended(_: "asyncio.Task[None]") -> None:
            self._busy[name] -= 1
            self._tries.pop(one.sending.id, None)
            self._wake.set()

        task.add_done_callback(ended)

    async def _try(self, one: Claimed) -> None:
        channel, id_ = self._channels[one.sending.channel], one.sending.id
        receipt = self._unsettled.get(id_)
        if receipt is None:
            if one.until - self._monotonic() < SEND_SECONDS + SPARE_SECONDS:
                return  # Too late to be sure that we are the only one; the lease ends by itself.
            receipt = await self._send(channel, one)
            key = (channel.name, receipt.outcome.value)
            self.outcomes[key] = self.outcomes.get(key, 0) + 1
            log.info(
                "notification_tried",
                message=id_,
                alert=one.due.alert,
                step=one.due.step,
                audience=one.due.audience,
                channel=channel.name,
                outcome=receipt.outcome.value,
                detail=receipt.detail,
            )
        await self._settle(one, receipt, channel.report_seconds)

    async def _send(self, channel: Channel, one: Claimed) -> Receipt:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await channel.send(one.sending.message)
        except TimeoutError:
            return Receipt(Outcome.FAILED, self._clock(), detail=f"no answer within {SEND_SECONDS:.0f} s")
        except Exception as error:  # The top of a task: a channel's mistake costs a try and not the others.
            self.faults += 1
            log.exception("channel_failed", channel=channel.name)
            return Receipt(Outcome.FAILED, self._clock(), detail=f"internal error: {type(error).__name__}")

    async def _settle(self, one: Claimed, receipt: Receipt, report_seconds: float | None) -> None:
        """Put the receipt on record; while the database is away it is kept, so that we do not send what we have sent."""
        retry = 0.1
        while True:
            try:
                state = await self._store.settle(one.sending, receipt, report_seconds)
            except StorageError as error:
                if len(self._unsettled) < UNSETTLED_MAX:
                    self._unsettled[one.sending.id] = receipt
                log.warning("receipt_not_kept", message=one.sending.id, error=str(error))
                if self._monotonic() + retry > one.until:
                    return
                await asyncio.sleep(retry)
                retry = min(retry * 2, RETRY_SECONDS_MAX)
                continue
            self._unsettled.pop(one.sending.id, None)
            if self._settled is not None:
                self._settled(one.due.alert, receipt)
            if state is DueState.DEAD:
                log.error("nobody_reached", alert=one.due.alert, step=one.due.step, audience=one.due.audience)
            return

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass
