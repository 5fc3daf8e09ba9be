"""After a start: tells the engine what the journal says of the time before, newest first, while alarms are taken already.

Screens are true again when the gateways are heard, instead of when each device has spoken: `docs/decisions` say what is
believed. Little is read at a time, and the event loop is left to everything else between two batches.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import structlog

from contract.batch import BadRecord, decode_batch
from contract.errors import Refused, StorageError
from contract.identity import DeviceId, GatewayId, Lane
from contract.kinds import KINDS
from contract.records import CheckIn, Reading
from server.core.events import CheckInArrived, Event, RecallBegan, Recalled, RecallEnded
from server.core.liveness import BRIDGED_SECONDS
from server.journal.model import JournaledBatch

DAILY_SECONDS = 6 * 3_600  # A kind that may be silent for longer tells once a day: it is unknown until it does.
# The longest silence that any other kind is allowed, and every value is told again in less.
REACH_SECONDS = max(one.silence_seconds for one in KINDS.values() if one.silence_seconds <= DAILY_SECONDS) + BRIDGED_SECONDS
BATCHES_MAX = 40_000  # Five minutes of a city of 3,200 schools, in which it tells its full state; some 5 s of work.
READ_BATCHES = 200  # In one read, which an alarm's commit may have to wait for: 1 ms of SQLite's one thread.
BATCHES_AT_ONCE = 8  # Some 1 ms of the event loop, for which an alarm may have to wait.
IDLE_SECONDS = 0.000_3  # A turn of the event loop that is shorter had nothing to do for anybody.
BUSY_TURNS_MAX = 10  # Even a busy server knows again what it knew, by and by.
OFFLINE_DAYS = 30  # How old the report of a lost device may be.
RETRY_SECONDS = 1.0  # While the journal is down.

log = structlog.get_logger("recall")


class Recent(Protocol):
    """What of the journal is needed; `server.journal.recent.SqlRecent` is one."""

    async def newest(self) -> tuple[int, int]:
        """Give the newest batch's sequence and when it came, ms UTC; zeros when there is none."""
        ...

    async def read_back(self, through: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches against the order of the journal, from sequence `through` on."""
        ...

    async def offline(self, since_ms: int) -> Sequence[tuple[GatewayId, DeviceId]]:
        """Name the devices that their gateways reported as lost since an instant, and never as found again."""
        ...


class Recalling:
    """One per start of a server. Call `begin` before the doors open; `run` tells the rest and ends by itself."""

    def __init__(
        self,
        recent: Recent,
        tell: Callable[[Event], None],
        *,
        batches_max: int = BATCHES_MAX,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self.batches = 0
        self.refused = 0
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._recent = recent
        self._tell = tell
        self._batches_max = batches_max
        self._retry_seconds = retry_seconds
        self._next = 0  # The sequence to go on from, downwards.
        self._ended_ms = 0  # When the journal's newest batch came: the beginning of our absence.
        self._begun = False

    @property
    def heard_until(self) -> float:
        """Say when the journal's newest batch of before came; 0 where none ever did, or nothing is known yet."""
        return self._ended_ms / 1_000

    async def begin(self) -> None:
        """Take up what was known to be bad; with the journal down, `run` does it later."""
        try:
            await self._begin()
        except StorageError as error:
            log.warning("recall_waits", error=str(error))

    async def run(self) -> None:
        """Tell what the journal says until enough is known; a journal that is down is waited for."""
        while True:
            try:
                if not self._begun:
                    await self._begin()
                await self._read()
                break
            except StorageError as error:
                log.warning("recall_waits", error=str(error), batches=self.batches)
                await asyncio.sleep(self._retry_seconds)
        self._told(RecallEnded())
        log.info("recall_ended", batches=self.batches, refused=self.refused, faults=self.faults)

    async def _begin(self) -> None:
        self._next, self._ended_ms = await self._recent.newest()
        lost = await self._recent.offline(self._ended_ms - OFFLINE_DAYS * 86_400_000)
        self._begun = True
        self._told(RecallBegan(lost))

    async def _read(self) -> None:
        oldest_ms = self._ended_ms - REACH_SECONDS * 1_000
        while self._next > 0 and self.batches < self._batches_max:
            batches = await self._recent.read_back(self._next, READ_BATCHES)
            for batch in batches:
                if batch.rx_ms < oldest_ms:
                    return
                self._next = batch.sequence - 1
                self.batches += 1
                self._recall(batch)
                if self.batches % BATCHES_AT_ONCE == 0:
                    await give_way()
            if len(batches) < READ_BATCHES:
                return

    def _recall(self, batch: JournaledBatch) -> None:
        if batch.lane is not Lane.TELEMETRY:
            return
        try:
            told = recalled(batch, self._ended_ms)
        except Refused:  # Ingest took it once; a newer server may have become stricter.
            self.refused += 1
        else:
            self._told(told)

    def _told(self, event: Event) -> None:
        try:
            self._tell(event)
        except Exception:  # What cannot be known again is unknown until it is heard; alarms must be taken all the same.
            self.faults += 1
            log.exception("recall_failed", event_kind=type(event).__name__)


async def give_way() -> None:
    """Let everything else go first until a turn of the event loop has nothing to do, or for so many turns."""
    clock = asyncio.get_running_loop().time
    for _ in range(BUSY_TURNS_MAX):
        begun = clock()
        await asyncio.sleep(0)
        if clock() - begun < IDLE_SECONDS:
            return


def recalled(batch: JournaledBatch, ended_ms: int) -> Recalled:
    """Read one batch as the engine wants it; raises `Refused` where it cannot be decoded."""
    positions: list[int] = []
    readings: list[Reading] = []
    check_ins: list[CheckInArrived] = []
    rx = batch.rx_ms / 1_000
    for position, record in _records(batch):
        if isinstance(record, Reading):
            positions.append(position)
            readings.append(record)
        elif isinstance(record, CheckIn):
            at, device = record.t / 1_000, DeviceId(record.d)
            told = CheckInArrived(record.id, batch.gateway, device, at, rx, record.guard, record.act, record.point)
            check_ins.append(told)
    return Recalled(batch.gateway, batch.epoch, rx, ended_ms / 1_000, positions, readings, check_ins)


def _records(batch: JournaledBatch) -> Iterator[tuple[int, object]]:
    position = batch.first_position
    for record in decode_batch(batch.body).records:
        if not isinstance(record, BadRecord) and position >= batch.new_from:
            yield position, record
        position += record.positions()
