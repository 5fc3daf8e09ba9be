"""Carries the journal's readings into the history store, behind the alarm line and never in its way.

It reads committed batches in the journal's order and keeps a checkpoint in the store. Whatever is killed, it goes on from
there; with the checkpoint gone it begins anew, and the answers are the same. A store that is down is tried again and again;
ingest does not notice. A store that may lose its last seconds gets a checkpoint that lags behind by as much.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import structlog

from contract.batch import decode_batch
from contract.errors import AnxiaoError, Refused
from contract.identity import Lane
from server.history.rows import project
from server.history.store import HistoryStore, Row
from server.journal.model import JournaledBatch

GATHER_SECONDS = 0.5  # History may be this late; meanwhile batches gather, so that one transaction carries many.
IDLE_SECONDS = 5.0  # A notification may be missed, as when another server wrote: look by ourselves this often.
RETRY_SECONDS = (0.5, 30.0)  # First and longest pause while the store is down.
ROWS_PER_APPEND = 10_000  # Some 2 MB of rows: enough for any store's best rate, little enough to hold twice.
READ_BYTES = 4_194_304  # Bodies to hold at a time; how many batches that is, is learnt from the last read.
READ_BATCHES = (64, 8_192)
PROBE_SECONDS = 2.0  # How often a store that may lose its last seconds is asked whether it was restarted.

log = structlog.get_logger()


class BatchSource(Protocol):
    """The one thing of the journal that is needed here."""

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches in commit order, above sequence `after`."""
        ...


@dataclass(slots=True)
class Counted:
    """What the projector has done since it started."""

    batches: int = 0
    rows: int = 0
    skipped: int = 0  # Records that are no readings, or broke the contract.
    refused: int = 0  # Batches that could not be decoded at all.
    failures: int = 0  # Times the journal or the store did not do what was asked.
    rewinds: int = 0  # Times a restarted store made us write again what it may have lost.


@dataclass(frozen=True, slots=True)
class Prepared:
    """The rows of the next few batches, up to and with `last_sequence`."""

    rows: list[Row]
    last_sequence: int
    batches: int
    skipped: int
    refused: int


class Projector:
    """One per server. `notify` wakes it; `run` serves until cancelled."""

    def __init__(
        self,
        journal: BatchSource,
        store: HistoryStore,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        executor: Executor | None = None,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make one. `may_write` is asked before each portion: of several servers only one writes to a store they share."""
        self.counted = Counted()
        self._journal = journal
        self._store = store
        self._pause = pause
        self._clock = clock
        self._may_write = may_write
        self._executor = executor or ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-decode")
        self._woken = asyncio.Event()
        self._newest = 0  # The newest sequence the journal is known to have.
        self._position = 0  # What has been written, this run or, as the store tells, before.
        self._told = False  # Whether the store has told its checkpoint since it last failed or restarted.
        self._limit = READ_BATCHES[0]
        self._safe = 0  # The checkpoint that no kill of the store can take back.
        self._unsafe: deque[tuple[float, int]] = deque()  # (when, sequence) of what the store may still lose.
        self._incarnation = ""
        self._probed_at = float("-inf")

    @property
    def behind(self) -> int:
        """Count the batches which the journal has and the store has not."""
        return max(0, self._newest - self._position)

    def notify(self, sequence: int = 0) -> None:
        """Tell that the journal has committed up to `sequence`. Costs nothing and never blocks."""
        self._newest = max(self._newest, sequence)
        self._woken.set()

    async def run(self) -> None:
        """Carry batches over for ever; failures are counted and tried again."""
        retry_seconds, longest_seconds = RETRY_SECONDS
        while True:
            if not self._may_write():
                self._told = False  # Whoever writes now moves the checkpoint.
                await self._pause(IDLE_SECONDS)
                continue
            try:
                more = await self.step()
                retry_seconds = RETRY_SECONDS[0]
            except AnxiaoError as error:
                self._failed(error)
                await self._pause(retry_seconds * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter, not a secret.
                retry_seconds = min(longest_seconds, retry_seconds * 2)
                continue
            if not more:
                await self._rest()

    async def catch_up(self) -> None:
        """Carry over all that the journal has now; raises what the store or the journal raises."""
        while await self.step():
            pass

    async def rebuild(self) -> None:
        """Drop the history and build it again from the journal. Not to be called while `run` runs."""
        await self._store.drop()
        self._told = False
        await self.catch_up()

    async def step(self) -> bool:
        """Carry one portion over; says whether more may be waiting."""
        position = await self._start()
        batches = await self._journal.read(position, self._limit)
        full = len(batches) >= self._limit
        if batches:
            mean_bytes = sum(len(batch.body) for batch in batches) // len(batches) + 1
            self._limit = min(max(READ_BYTES // mean_bytes, READ_BATCHES[0]), READ_BATCHES[1])
            self._newest = max(self._newest, batches[-1].sequence)
        done = 0
        while done < len(batches):
            loop = asyncio.get_running_loop()
            prepared = await loop.run_in_executor(self._executor, prepare, batches[done:], ROWS_PER_APPEND)
            await self._write(prepared)
            done += prepared.batches
        if not batches:
            await self._settle()
        return full

    async def _start(self) -> int:
        lossy = self._store.loss_horizon_seconds > 0
        if self._told and lossy and self._clock() >= self._probed_at + PROBE_SECONDS:
            self._told = await self._store.incarnation() == self._incarnation
            self._probed_at = self._clock()
            if not self._told:
                self.counted.rewinds += 1
                log.info("history_rewound", store=self._store.name)
        if not self._told:
            self._incarnation = await self._store.incarnation()
            self._position = self._safe = await self._store.checkpoint()
            self._probed_at = self._clock()
            self._unsafe.clear()
            self._told = True
        return self._position

    async def _write(self, prepared: Prepared) -> None:
        sequence = prepared.last_sequence
        if self._store.loss_horizon_seconds:
            await self._store.append(prepared.rows, self._settled())
            self._unsafe.append((self._clock(), sequence))
        else:
            await self._store.append(prepared.rows, sequence)
        self._position = sequence
        self.counted.batches += prepared.batches
        self.counted.rows += len(prepared.rows)
        self.counted.skipped += prepared.skipped
        self.counted.refused += prepared.refused

    def _settled(self) -> int:
        """Give the newest sequence which the same run of the store was seen to outlive by the horizon."""
        while self._unsafe and self._unsafe[0][0] + self._store.loss_horizon_seconds <= self._probed_at:
            self._safe = self._unsafe.popleft()[1]
        return self._safe

    async def _settle(self) -> None:
        """With nothing new to write, move the lagging checkpoint on, so that a restart has little to repeat."""
        before = self._safe
        if self._settled() != before:
            await self._store.append((), self._safe)

    def _failed(self, error: AnxiaoError) -> None:
        self.counted.failures += 1
        self._told = False  # What the store holds now is known again when it answers.
        log.warning("history_failed", store=self._store.name, error=str(error), failures=self.counted.failures)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return
        await self._pause(GATHER_SECONDS)
        self._woken.clear()


def prepare(batches: Sequence[JournaledBatch], rows_max: int) -> Prepared:
    """Decode batches into rows until there are `rows_max` or no more; always at least one batch. Pure, for any thread."""
    assert batches
    rows: list[Row] = []
    taken = skipped = refused = 0
    for journaled in batches:
        taken += 1
        if journaled.lane is not Lane.TELEMETRY:
            continue
        try:
            projected = project(decode_batch(journaled.body), journaled.rx_ms, journaled.new_from)
        except Refused:  # The ingest took it once; a newer server may have become stricter. The journal keeps it.
            refused += 1
            continue
        rows += projected.rows
        skipped += projected.skipped
        if len(rows) >= rows_max:
            break
    return Prepared(rows, batches[taken - 1].sequence, taken, skipped, refused)
