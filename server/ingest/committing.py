"""Everything ingest asks of the journal, each kind by a queue of its own: alarms, telemetry, single events, dead letters.

Alarms are committed alone and at once, telemetry in groups of a few milliseconds. A batch that could not be committed is
given back, for its gateway has it and sends it again; an alarm event is kept and tried until it is stored.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from contract.errors import StorageError
from contract.identity import Lane
from server.ingest.model import (
    Committed,
    EventsFailed,
    EventsStored,
    Failed,
    Input,
    LookedUp,
    LookUp,
    Pending,
    StoreEvents,
)
from server.ingest.waiting import Waiting
from server.journal.model import DeadLetter, Journal, Written

GROUP_TELEMETRY_MAX = 256  # Batches in one transaction: about 3 ms of the writer, which an alarm may have to wait for.
GROUP_ALARMS_MAX = 64
COLLECT_SECONDS = 0.005  # How long telemetry waits for company; nobody waits for its receipt.
RETRY_SECONDS = 1.0  # Between attempts while the journal is down.
LETTERS_MAX = 1_000  # Dead letters waiting to be kept; beyond it the newest are only counted.
LETTERS_SECONDS = 0.1  # Between two commits of dead letters: rubbish must not keep the disk busy.
EVENTS_MAX = 10_000  # Requests to store events; beyond it the newest are left to the gateways, which tell them again.
LOOK_UPS_MAX = 10_000  # Heartbeats waiting for the journal's word; beyond it the next heartbeat asks again.
LOOK_UPS_AT_ONCE = 200
LOOK_UP_SECONDS = 0.05  # After a restart many gateways ask; they are answered together.
RECENT_MAX = 1_000  # Commits whose duration is remembered.

log = structlog.get_logger("ingest")


@dataclass(slots=True)
class Counts:
    """What the shell counts beside the host's tally."""

    commits: int = 0
    commit_failures: int = 0
    letters_kept: int = 0
    letters_dropped: int = 0
    events_dropped: int = 0
    ids_taken: int = 0  # Signals that bear the id of another gateway's.
    faults: int = 0  # Our own mistakes, each with a trace in the log.
    alarm_commit_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))
    telemetry_commit_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))


class Committing:
    """Takes what is to be committed, without waiting; `run` commits it and tells the host how that went."""

    def __init__(
        self,
        journal: Journal,
        step: Callable[[Input], None],
        on_commit: Callable[[Sequence[int]], None],
        *,
        retry_seconds: float,
        collect_seconds: float,
    ) -> None:
        self.counts = Counts()
        self.ok = True  # False from a failed commit until one succeeds.
        self._journal = journal
        self._step = step
        self._on_commit = on_commit
        self._retry_seconds = retry_seconds
        self._queues = {Lane.ALARM: Waiting[Pending](0.0), Lane.TELEMETRY: Waiting[Pending](collect_seconds)}
        self._running: dict[Lane, int] = {}  # When the oldest batch of a running commit came, ms UTC.
        self._events = Waiting[StoreEvents](0.0)
        self._letters = Waiting[DeadLetter](LETTERS_SECONDS)
        self._look_ups = Waiting[LookUp](LOOK_UP_SECONDS)
        self._unfinished = 0  # Requests and letters that wait or are being stored.
        self._moved = asyncio.Event()

    # ---------------------------------------------------------------- what is asked

    def batch(self, pending: Pending) -> None:
        """Take a batch; the host keeps the bound of how many may wait."""
        self._queues[pending.batch.lane].put(pending)

    def events(self, request: StoreEvents) -> None:
        """Take events that came by no batch, or by one that could not be committed."""
        if len(self._events) >= EVENTS_MAX:
            self.counts.events_dropped += len(request.events)
            return
        self._unfinished += 1
        self._events.put(request)

    def letter(self, letter: DeadLetter) -> None:
        """Take a message that could not be read."""
        if len(self._letters) >= LETTERS_MAX:
            self.counts.letters_dropped += 1
            return
        log.warning("message_buried", gateway=letter.gateway, topic=letter.topic, reason=letter.reason)
        self._unfinished += 1
        self._letters.put(letter)

    def look_up(self, request: LookUp) -> None:
        """Take a question of where lanes stand."""
        if len(self._look_ups) < LOOK_UPS_MAX:
            self._look_ups.put(request)

    def oldest_ms(self) -> int | None:
        """Say when the oldest batch came that is not committed yet; None when there is none."""
        waiting = [queue.first.batch.rx_ms for queue in self._queues.values() if queue.first is not None]
        return min([*self._running.values(), *waiting], default=None)

    async def drained(self) -> None:
        """Wait until everything taken is stored or given back."""
        while self._unfinished or self._running or any(len(queue) for queue in self._queues.values()):
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Commit until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._commit(Lane.ALARM, GROUP_ALARMS_MAX), name="ingest-alarms")
            tasks.create_task(self._commit(Lane.TELEMETRY, GROUP_TELEMETRY_MAX), name="ingest-telemetry")
            tasks.create_task(self._store_events(), name="ingest-events")
            tasks.create_task(self._keep_letters(), name="ingest-letters")
            tasks.create_task(self._look(), name="ingest-look-ups")

    def failed(self, error: StorageError) -> None:
        """Note that the journal did not do what was asked."""
        self.counts.commit_failures += 1
        if self.ok:
            self.ok = False
            log.error("journal_lost", error=str(error))

    # ---------------------------------------------------------------- how it is done

    async def _commit(self, lane: Lane, group_max: int) -> None:
        queue = self._queues[lane]
        while True:
            group = await queue.take(group_max)
            self._running[lane] = group[0].batch.rx_ms
            worked = await self._write(group)
            del self._running[lane]
            self._moved.set()
            if not worked and lane is Lane.TELEMETRY:  # Alarms are tried at once: each failure is told to somebody.
                await asyncio.sleep(self._retry_seconds)

    async def _write(self, group: Sequence[Pending]) -> bool:
        """Commit a group; where our own mistake spoils it, its batches one by one, so that only the spoilt one fails."""
        begun = time.perf_counter()
        try:
            written = await self._journal.write([pending.batch for pending in group])
        except StorageError as error:
            self.failed(error)
            self._step(Failed(group))
            return False
        except Exception:  # The top of a long-running task: a batch that no database takes must not end all others.
            if len(group) > 1:
                return all([await self._write([pending]) for pending in group])
            self.counts.faults += 1
            log.exception("batch_not_written", gateway=group[0].batch.gateway, position=group[0].batch.first_position)
            self._step(Failed(group))
            return True
        self._worked(group, written, time.perf_counter() - begun)
        return True

    def _worked(self, group: Sequence[Pending], written: Sequence[Written], seconds: float) -> None:
        counts = self.counts
        counts.commits += 1
        alarm = group[0].batch.lane is Lane.ALARM
        (counts.alarm_commit_seconds if alarm else counts.telemetry_commit_seconds).append(seconds)
        self._returned()
        self._step(Committed(group, written))
        sequences = [one.sequence for one in written if one.sequence]
        if sequences:
            self._on_commit(sequences)

    async def _store_events(self) -> None:
        while True:
            requests = await self._events.take(GROUP_ALARMS_MAX)
            while not await self._stored(requests):  # noqa: ASYNC110  # A database that was away tells nobody of its return.
                await asyncio.sleep(self._retry_seconds)
            self._unfinished -= len(requests)
            self._moved.set()

    async def _stored(self, requests: Sequence[StoreEvents]) -> bool:
        """Store the events of several requests in one commit; says whether they have an answer."""
        try:
            new = list(await self._journal.store_events([event for request in requests for event in request.events]))
        except StorageError as error:
            self.failed(error)
            return False
        except Exception:  # The top of a long-running task: an event that no database takes must not end all others.
            if len(requests) > 1:
                return all([await self._stored([request]) for request in requests])
            self.counts.faults += 1
            log.exception("events_not_stored", gateway=requests[0].gateway)
            self._step(EventsFailed(requests[0]))
            return True
        self._returned()
        for request in requests:
            self._step(EventsStored(request, new[: len(request.events)]))
            del new[: len(request.events)]
        return True

    async def _look(self) -> None:
        while True:
            requests = await self._look_ups.take(LOOK_UPS_AT_ONCE)
            asked = sorted({(request.gateway, epoch) for request in requests for epoch in request.epochs})
            try:
                found = await self._journal.positions(asked)
            except StorageError as error:
                self.failed(error)
                answers = [LookedUp(request, None) for request in requests]
            else:
                answers = [
                    LookedUp(
                        request,
                        {
                            (epoch, lane): found.get((request.gateway, epoch, lane), 0)
                            for epoch in request.epochs
                            for lane in Lane
                        },
                    )
                    for request in requests
                ]
            for answer in answers:
                self._step(answer)

    async def _keep_letters(self) -> None:
        while True:
            letters = await self._letters.take(LETTERS_MAX)
            try:
                await self._journal.dead_letters_add(letters)
            except StorageError as error:
                self.counts.letters_dropped += len(letters)
                self.failed(error)
            except Exception:  # The top of a long-running task: rubbish that cannot even be kept is only counted.
                self.counts.letters_dropped += len(letters)
                self.counts.faults += 1
                log.exception("letters_not_kept", count=len(letters))
            else:
                self.counts.letters_kept += len(letters)
            self._unfinished -= len(letters)
            self._moved.set()

    def _returned(self) -> None:
        if not self.ok:
            self.ok = True
            log.info("journal_returned")
