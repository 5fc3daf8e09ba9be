"""Puts on record whom an alert must tell, before anybody is told: from what the engine says, and from the alerts themselves.

Nothing here may delay an alarm: what the engine tells is queued without waiting, and what no longer fits, or was lost with a
server, is found again by looking at the alerts.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from contract.errors import StorageError
from server.channels.channel import Subject
from server.core.alert import Alert
from server.core.chain import Chain
from server.core.effects import NotificationDue
from server.notify.model import Due, Plan
from server.notify.rings import Owed, owed, owed_for
from server.notify.store import Notifications

QUEUE_MAX = 10_000  # Due steps that are not on record yet; what is beyond is found by looking at the alerts.
PUT_AT_ONCE = 100
RECONCILE_SECONDS = 10.0
RECONCILED_SECONDS_MAX = 86_400.0  # An alert that rang longer ago has been told, or nobody waits for it any more.
KNOWN_AT_ONCE = 500
RETRY_SECONDS_MAX = 5.0

log = structlog.get_logger("notify")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the dispatcher asks, each answered at once from memory."""

    plan: Callable[[Alert, str, float], Plan | None]  # Who of an audience is on duty now; None where there is no such one.
    about: Callable[[Alert], Subject]
    chain: Callable[[Alert], Chain]
    alerts: Callable[[], Iterable[Alert]]
    leads: Callable[[], bool]


class Dispatcher:
    """One per server. `tell` it what is due and `run` it; `fresh` is called when there is something new to send."""

    def __init__(
        self,
        store: Notifications,
        neighbours: Neighbours,
        fresh: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.told = 0
        self.dropped = 0  # From the queue, to be found again.
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._store = store
        self._ask = neighbours
        self._fresh = fresh
        self._clock = clock
        self._queue: deque[Owed] = deque()
        self._more = asyncio.Event()
        self._missed = True  # What was due before we started may not be on record.
        self._recorded: dict[str, int] = {}  # Alert -> the version up to which everything is on record.

    @property
    def waiting(self) -> int:
        """Count the due steps that are not on record yet."""
        return len(self._queue)

    def tell(self, due: NotificationDue) -> None:
        """Take note of what is due; never waits."""
        self.told += 1
        if len(self._queue) >= QUEUE_MAX:
            self.dropped += 1
            self._missed = True
            return
        self._queue += owed_for(due)
        self._more.set()

    async def run(self) -> None:
        """Put on record, and look at the alerts, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._put_for_ever(), name="notify-put")
            group.create_task(self._look_for_ever(), name="notify-look")

    async def put(self) -> None:
        """Put the oldest that wait on record. Raises `StorageError`, and keeps them waiting then."""
        batch = [self._queue[place] for place in range(min(PUT_AT_ONCE, len(self._queue)))]
        if batch:
            await self._record(batch)
            for _ in batch:
                self._queue.popleft()

    async def reconcile(self) -> None:
        """Put on record what alerts must have told by now and is not. Raises `StorageError`.

        Only the server that leads does so, and whoever has just started or had to drop something.
        """
        if not (self._missed or self._ask.leads()):
            return
        self._missed = False
        now = self._clock()
        seen: dict[str, int] = {}
        lacking: list[Owed] = []
        for alert in list(self._ask.alerts()):
            if not alert.open:
                continue
            seen[alert.id] = alert.version
            if self._recorded.get(alert.id) != alert.version and now - alert.updated < RECONCILED_SECONDS_MAX:
                lacking += owed(alert, self._ask.chain(alert))
        try:
            for start in range(0, len(lacking), KNOWN_AT_ONCE):
                some = lacking[start : start + KNOWN_AT_ONCE]
                known = await self._store.known({id_ for one in some for id_ in one.same})
                if missing := [one for one in some if known.isdisjoint(one.same)]:
                    log.info("notifications_found_missing", count=len(missing))
                    await self._record(missing)
        except StorageError:
            self._missed = True
            raise
        self._recorded = seen

    async def _record(self, some: Sequence[Owed]) -> None:
        dues = [due for one in some if (due := self._due(one)) is not None]
        if dues and await self._store.put(dues):
            self._fresh()

    def _due(self, one: Owed) -> Due | None:
        alert, now = one.alert, self._clock()
        now_ms = round(now * 1_000)
        plan = self._ask.plan(alert, one.audience, now)
        if plan is None:
            return None
        return Due(
            alert=alert.id,
            ring=alert.rings,
            step=one.step,
            audience=one.audience,
            school=alert.school,
            rule=alert.rule,
            severity=int(alert.severity),
            mode=alert.mode,
            at_ms=now_ms,
            updated_ms=now_ms,
            asked=one.asked,
            plan=plan,
            about=self._ask.about(alert),
        )

    async def _put_for_ever(self) -> None:
        retry = 0.1
        while True:
            await self._more.wait()
            try:
                await self.put()
                retry = 0.1
            except StorageError as error:
                log.warning("notifications_not_kept", waiting=len(self._queue), error=str(error))
                await asyncio.sleep(retry)
                retry = min(retry * 2, RETRY_SECONDS_MAX)
                continue
            except Exception:  # The top of a long-running task: one faulty alert must not keep all others back.
                self.faults += 1
                log.exception("notifications_lost", waiting=len(self._queue))
                self._queue.popleft()
            if not self._queue:
                self._more.clear()

    async def _look_for_ever(self) -> None:
        while True:
            try:
                await self.reconcile()
            except StorageError as error:
                log.warning("notifications_not_compared", error=str(error))
            except Exception:  # The top of a long-running task: our mistake must not end the server.
                self.faults += 1
                log.exception("notifications_not_compared")
            await asyncio.sleep(RECONCILE_SECONDS)
