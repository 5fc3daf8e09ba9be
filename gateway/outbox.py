"""The gateway's memory that survives: what was told and has no receipt yet, in two lanes, in order, on disk.

Positions are given here and never used twice: each start of the process, and each disk that fails, begins a new epoch.
The owner's side (the event loop) appends and is told when records are durable; the writer's side does the file work.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import structlog

from contract.errors import StorageError
from contract.identity import EpochId, Lane, epoch_counter, make_epoch_id
from contract.records import Hole, encode_record
from gateway.disk import Disk
from gateway.lane_store import FULL_ERRORS, LaneStore, Range, Read
from gateway.segment import positions_of
from gateway.writer import Writer

COUNTER_FILE = "epoch"
MARKS_FILE = "lo.json"
EPOCH_ORIGIN_SECONDS = 1_577_836_800  # 2020-01-01; minutes since then number the epochs of a disk that knows none.
DISK_LOW_SHARE = 0.8

_log = structlog.get_logger("gateway.outbox")


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Sizes of the outbox. The defaults are for the box; a fleet of simulated ones takes `fleet()`."""

    segment_bytes: int = 1 << 20
    preallocate: bool = True
    alarm_reserve_bytes: int = 16 << 20  # About 70,000 alarms, held ready so that a full disk cannot refuse one.
    budget_bytes: int = 2 << 30  # Telemetry beyond it is shed, oldest first: a month of a large school.
    group_records: int = 500  # So many waiting readings are written at once, before the second is over.
    unsynced_max: int = 5_000  # Readings in memory while the disk is slow; beyond it new ones are declared as a hole.
    tail_bytes: int = 65_536  # The newest readings also stay in memory: sending them needs no reading back.

    @classmethod
    def fleet(cls) -> "OutboxLimits":
        """Give sizes for thousands of outboxes on one machine."""
        return cls(
            segment_bytes=65_536,
            preallocate=False,
            alarm_reserve_bytes=0,
            budget_bytes=4 << 20,
            unsynced_max=2_000,
            tail_bytes=16_384,
        )


class OutboxListener(Protocol):
    """What the owner of an outbox is told, always on its own side."""

    def durable(self, lane: Lane, epoch: EpochId, position: int) -> None:
        """Learn that everything of the lane up to `position` is on disk."""
        ...

    def moved(self, old: EpochId, durable: dict[Lane, int], new: EpochId, alarms: Sequence[tuple[int, bytes]]) -> None:
        """Learn that a disk failed: records after `durable` stand in the new epoch from 1 on, `alarms` among them."""
        ...

    def troubled(self, code: str, text: str) -> None:
        """Learn what an operator must know: `disk_low` or `outbox_lost`."""
        ...


@dataclass(slots=True)
class _Waiting:
    position: int
    positions: int
    body: bytes
    done: Callable[[StorageError | None], None] | None


@dataclass(slots=True)
class _Shelf:
    """A disk that was looked through, with what earlier starts left on it."""

    disk: Disk
    stores: dict[Lane, LaneStore]
    ranges: dict[Lane, list[Range]]

    def epochs(self) -> set[EpochId]:
        """Name the epochs of which it has something."""
        return {kept.epoch for kinds in self.ranges.values() for kept in kinds}


@dataclass(slots=True)
class _Home:
    """A disk in use with its epoch and stores. `error` is set once, on the writer's side, when it fails."""

    disk: Disk
    epoch: EpochId
    stores: dict[Lane, LaneStore]
    error: OSError | None = None
    epochs: set[EpochId] = field(default_factory=set)  # What can be read from it: its own and what it had before.


class _LaneFront:
    """The owner's side of one lane; `handed` crosses to the writer's side."""

    def __init__(self) -> None:
        self.last = 0
        self.durable = 0
        self.unsynced: deque[_Waiting] = deque()
        self.handed: deque[tuple[int, bytes]] = deque()
        self.held: list[tuple[int, bytes]] = []  # Writer's side: taken but not written, for want of room.
        self.commit_queued = False
        self.refused = 0  # Readings not taken since the last that was; told as a hole before the next.


class Outbox:
    """Two lanes of records on disk. Open with `Outbox.open`; name a listener before the first append."""

    def __init__(
        self, reserve: Sequence[Disk], limits: OutboxLimits, writer: Writer, random_bits: Callable[[], int], home: _Home
    ) -> None:
        self._reserve = reserve  # Where to go on when the disk in use fails.
        self._shelves: list[_Shelf] = []  # All that were looked through at the start.
        self._limits = limits
        self._writer = writer
        self._random_bits = random_bits
        self._home = home
        self._homes = [home]  # Earlier ones still serve what was durable on them, as long as their disk can be read.
        self._lanes = {lane: _LaneFront() for lane in Lane}
        self._listener: OutboxListener | None = None
        self._tail: deque[tuple[int, bytes]] = deque()
        self._tail_bytes = 0
        self._lo: dict[EpochId, dict[str, int]] = {}
        self._dead: str | None = None
        self._low_told = False
        self._full_told = False
        self.shed = 0  # Positions given up for want of room since the start.
        self.recovered: dict[Lane, list[Range]] = {lane: [] for lane in Lane}

    @classmethod
    def open(
        cls,
        disks: Sequence[Disk],
        limits: OutboxLimits,
        writer: Writer,
        *,
        random_bits: Callable[[], int],
        fresh_counter: int | None = None,
    ) -> "Outbox":
        """Take the locks, read what is left on every disk and begin a new epoch on the first one that works. Blocks.

        `fresh_counter` numbers the epochs of a disk that remembers none; by default the minutes since 2020, so that even
        after losing everything a new epoch sorts after the lost ones.
        """
        fresh = fresh_counter if fresh_counter is not None else max(1, int(time.time() - EPOCH_ORIGIN_SECONDS) // 60)
        shelves, marks, errors = _look_through(disks, limits)
        for shelf in shelves:
            try:
                home = _begin(shelf, _next_counter(shelf, shelves, fresh), random_bits)
            except OSError as error:
                errors.append(str(error))
                continue
            reserve = disks[next(index for index, disk in enumerate(disks) if disk is shelf.disk) + 1 :]
            outbox = cls(reserve, limits, writer, random_bits, home)
            outbox._take_up(shelves, home, marks)
            return outbox
        for shelf in shelves:
            shelf.disk.close()
        raise StorageError("no folder for the outbox can be used: " + "; ".join(errors))

    def listen(self, listener: OutboxListener) -> None:
        """Name whom to tell."""
        self._listener = listener

    @property
    def epoch(self) -> EpochId:
        """Name the epoch that new records get."""
        return self._home.epoch

    def last(self, lane: Lane) -> int:
        """Name the last position given in the current epoch."""
        return self._lanes[lane].last

    def append(
        self, lane: Lane, body: bytes, done: Callable[[StorageError | None], None] | None = None, positions: int = 1
    ) -> int | None:
        """Give the record its position and write it: alarms at once, readings with the next `flush`.

        `done` is called when it is durable, or with the reason why it never will be. A reading is refused with None
        while too many wait for the disk; the loss is declared as a hole before the next one.
        """
        front = self._lanes[lane]
        if lane is Lane.TELEMETRY:
            if self._dead or len(front.unsynced) >= self._limits.unsynced_max:
                front.refused += positions
                self.shed += positions
                return None
            if front.refused:
                missed, front.refused = front.refused, 0
                self._place(lane, encode_record(Hole(n=missed, why="shed")), None, missed)
        position = self._place(lane, body, done, positions)
        if self._dead:
            self._refuse_all(front)
        elif lane is Lane.ALARM or len(front.handed) >= self._limits.group_records:
            self._commit_soon(lane)
        return position

    def flush(self) -> None:
        """Have waiting readings written; called once a second."""
        front = self._lanes[Lane.TELEMETRY]
        if front.handed or front.unsynced:
            self._commit_soon(Lane.TELEMETRY)

    def load(
        self,
        lane: Lane,
        epoch: EpochId,
        first: int,
        last: int | None,
        *,
        records_max: int,
        bytes_max: int,
        done: Callable[[Read], None],
    ) -> None:
        """Read records back, from memory where they still are; `done` is called on the owner's side."""
        if lane is Lane.TELEMETRY and (found := self._from_tail(epoch, first, last, records_max, bytes_max)):
            done(found)
            return
        home = self._home_of(epoch)

        def job() -> None:
            try:
                read = home.stores[lane].read(epoch, first, last, records_max, bytes_max)
            except OSError as error:
                _log.warning("outbox_read_failed", lane=lane.value, epoch=epoch, first=first, error=str(error))
                read = Read(first, first - 1, ())
            self._writer.deliver(lambda: done(read))

        self._writer.submit(job)

    def trim(self, lane: Lane, epoch: EpochId, through: int) -> None:
        """Forget what has a receipt, in whole segments."""
        self._lo.setdefault(epoch, {})[lane.value] = through
        homes = list(self._homes)

        def job() -> None:
            for home in homes:
                try:
                    home.stores[lane].trim(epoch, through)
                except OSError as error:
                    _log.warning("outbox_trim_failed", error=str(error))

        self._writer.submit(job)

    def save_marks(self) -> None:
        """Remember how far receipts went; losing this only costs a retransmission."""
        content = msgspec.json.encode(self._lo)
        disk = self._home.disk

        def job() -> None:
            try:
                disk.replace(MARKS_FILE, content, durable=False)
            except OSError as error:
                _log.debug("marks_not_saved", error=str(error))

        self._writer.submit(job)

    def keep_note(self, name: str, content: bytes) -> None:
        """Keep a small file beside the lanes, without a promise; for what only spares work after a restart."""
        disk = self._home.disk

        def job() -> None:
            try:
                disk.replace(name, content, durable=False)
            except OSError as error:
                _log.debug("note_not_kept", name=name, error=str(error))

        self._writer.submit(job)

    def note(self, name: str) -> bytes | None:
        """Give a small file kept before. Blocks; for the start."""
        return self._home.disk.read(name)

    def read_now(self, lane: Lane, kept: Range, records_max: int, bytes_max: int) -> Read:
        """Read back what earlier starts left. Blocks; for the start, before the writer has work."""
        return self._home_of(kept.epoch).stores[lane].read(kept.epoch, kept.first, kept.last, records_max, bytes_max)

    def used_bytes(self, lane: Lane) -> int:
        """Say how much room a lane takes."""
        return self._home.stores[lane].used_bytes()

    def close(self, done: Callable[[], None] | None = None) -> None:
        """Write what waits, remember the receipts and let go of the files; `done` is called after that."""
        self.flush()
        self.save_marks()
        used: list[_Home | _Shelf] = [*self._homes, *self._shelves]

        def job() -> None:
            for one in used:
                for store in one.stores.values():
                    store.close()
                one.disk.close()
            if done is not None:
                self._writer.deliver(done)

        self._writer.submit(job)

    # The owner's side.

    def _take_up(self, shelves: Sequence[_Shelf], home: _Home, marks: Mapping[EpochId, dict[str, int]]) -> None:
        """Know what earlier starts left, on whichever disk: one that failed once may be the first again."""
        self._shelves = list(shelves)
        others = [shelf for shelf in shelves if shelf.disk is not home.disk and shelf.epochs()]
        self._homes = [*(_Home(one.disk, EpochId(""), one.stores, epochs=one.epochs()) for one in others), home]
        for lane in Lane:
            self.recovered[lane] = sorted(
                (kept for one in shelves for kept in one.ranges[lane]), key=lambda kept: kept.epoch
            )
        left = {epoch for shelf in shelves for epoch in shelf.epochs()}
        self._lo = {epoch: lo for epoch, lo in marks.items() if epoch in left}

    def _home_of(self, epoch: EpochId) -> _Home:
        return next((home for home in reversed(self._homes) if epoch in home.epochs), self._homes[0])

    def _place(self, lane: Lane, body: bytes, done: Callable[[StorageError | None], None] | None, positions: int) -> int:
        front = self._lanes[lane]
        position = front.last + 1
        front.last += positions
        front.unsynced.append(_Waiting(position, positions, body, done))
        front.handed.append((position, body))
        return position

    def _commit_soon(self, lane: Lane) -> None:
        front = self._lanes[lane]
        if not front.commit_queued:
            front.commit_queued = True
            home = self._home
            self._writer.submit(lambda: self._commit(home, lane), urgent=lane is Lane.ALARM)

    def _made_durable(self, home: _Home, lane: Lane, through: int) -> None:
        if home is not self._home:
            return
        front = self._lanes[lane]
        front.durable = max(front.durable, through)
        while front.unsynced and front.unsynced[0].position <= through:
            waiting = front.unsynced.popleft()
            if lane is Lane.TELEMETRY:
                self._remember(waiting)
            if waiting.done is not None:
                waiting.done(None)
        assert self._listener is not None
        self._listener.durable(lane, home.epoch, through)

    def _remember(self, waiting: _Waiting) -> None:
        self._tail.append((waiting.position, waiting.body))
        self._tail_bytes += len(waiting.body)
        while self._tail_bytes > self._limits.tail_bytes:
            self._tail_bytes -= len(self._tail.popleft()[1])

    def _from_tail(self, epoch: EpochId, first: int, last: int | None, records_max: int, bytes_max: int) -> Read | None:
        """Give records from memory when the first one asked for is still there."""
        if epoch != self._home.epoch or not self._tail or first < self._tail[0][0]:
            return None
        bodies: list[bytes] = []
        total, expected = 0, first
        for position, body in self._tail:
            if position < first:
                continue
            if position != expected or (last is not None and position > last):
                break
            if bodies and (len(bodies) >= records_max or total + len(body) + 1 > bytes_max):
                break
            bodies.append(body)
            total += len(body) + 1
            expected = position + positions_of(body)
        return Read(first, expected - 1, tuple(bodies)) if bodies else None

    def _move_to(self, old: _Home, new: _Home | None) -> None:
        """Go on in a new epoch after a disk failed: everything not durable yet is appended there again."""
        assert self._listener is not None
        if new is None:
            self._dead = f"the outbox cannot be written: {old.error}"
            self._listener.troubled("outbox_lost", self._dead)
            for front in self._lanes.values():
                self._refuse_all(front)
            return
        durable = {lane: front.durable for lane, front in self._lanes.items()}
        self._home = new
        self._homes.append(new)
        self._tail.clear()
        self._tail_bytes = 0
        alarms: list[tuple[int, bytes]] = []
        for lane, front in self._lanes.items():
            again = list(front.unsynced)
            fresh = self._lanes[lane] = _LaneFront()
            fresh.refused = front.refused
            for waiting in again:
                position = self._place(lane, waiting.body, waiting.done, waiting.positions)
                if lane is Lane.ALARM:
                    alarms.append((position, waiting.body))
        self._listener.moved(old.epoch, durable, new.epoch, alarms)
        self._listener.troubled("outbox_lost", f"a folder of the outbox failed ({old.error}); going on in the next one")
        for lane in Lane:
            self._commit_soon(lane)

    def _refuse_all(self, front: _LaneFront) -> None:
        front.handed.clear()
        while front.unsynced:
            waiting = front.unsynced.popleft()
            if waiting.done is not None:
                waiting.done(StorageError(self._dead or ""))

    # The writer's side.

    def _commit(self, home: _Home, lane: Lane) -> None:
        front = self._lanes[lane]
        front.commit_queued = False  # Before taking: what comes from now on queues another commit.
        if home.error is not None or home is not self._home:
            return
        records = front.held
        front.held = []
        while front.handed:
            records.append(front.handed.popleft())
        if not records:
            return
        store = home.stores[lane]
        try:
            while True:
                try:
                    store.append(home.epoch, records)
                    break
                except OSError as error:
                    if error.errno not in FULL_ERRORS or not self._shed_one(home):
                        raise
            store.sync()
            self._keep_budget(home)
        except OSError as error:
            if error.errno in FULL_ERRORS and lane is Lane.TELEMETRY:
                front.held = records  # Nothing left to shed: wait for room; memory is bounded by `unsynced_max`.
                self._tell_full(error)
                return
            self._fail(home, error)
            return
        through = records[-1][0] + positions_of(records[-1][1]) - 1
        self._writer.deliver(lambda: self._made_durable(home, lane, through))

    def _keep_budget(self, home: _Home) -> None:
        telemetry = home.stores[Lane.TELEMETRY]
        while telemetry.used_bytes() > self._limits.budget_bytes:
            if not self._shed_one(home):
                break
        used = home.stores[Lane.ALARM].used_bytes()
        reserve = self._limits.alarm_reserve_bytes
        if reserve and used > reserve * DISK_LOW_SHARE and not self._low_told:
            self._low_told = True
            self._tell("disk_low", f"alarms without a receipt take {used} of {reserve} reserved bytes")

    def _shed_one(self, home: _Home) -> bool:
        hole = home.stores[Lane.TELEMETRY].shed_oldest()
        if hole is None:
            return False
        self.shed += hole.n
        _log.warning("telemetry_shed", records=hole.n, from_ms=hole.t0, to_ms=hole.t1)
        self._tell_full(None)
        return True

    def _tell_full(self, error: OSError | None) -> None:
        if not self._full_told:
            self._full_told = True
            self._tell("disk_low", f"readings are being given up for want of room{f': {error}' if error else ''}")

    def _tell(self, code: str, text: str) -> None:
        def answer() -> None:
            assert self._listener is not None
            self._listener.troubled(code, text)

        self._writer.deliver(answer)

    def _fail(self, home: _Home, error: OSError) -> None:
        """Stop using a disk for good: after a failed sync nobody knows what it holds."""
        home.error = error
        _log.error("outbox_folder_failed", epoch=home.epoch, error=str(error))
        new = None
        remaining = list(self._reserve)
        while remaining and new is None:
            disk = remaining.pop(0)
            try:
                shelf = next((shelf for shelf in self._shelves if shelf.disk is disk), None)
                if shelf is None:  # It could not be read at the start.
                    disk.lock()
                    shelf = _look(disk, self._limits, {})
                new = _begin(shelf, max(epoch_counter(home.epoch), _read_counter(disk, 0)) + 1, self._random_bits)
            except (OSError, StorageError) as failure:
                _log.error("outbox_folder_failed", error=str(failure))
        self._reserve = remaining
        self._writer.deliver(lambda: self._move_to(home, new))


def _look_through(
    disks: Sequence[Disk], limits: OutboxLimits
) -> tuple[list[_Shelf], dict[EpochId, dict[str, int]], list[str]]:
    """Look through every disk that can be read; another process on the first one is the end."""
    errors: list[str] = []
    readable: list[Disk] = []
    for index, disk in enumerate(disks):
        try:
            disk.lock()
            readable.append(disk)
        except StorageError as error:
            if index == 0:
                raise
            errors.append(str(error))
        except OSError as error:
            errors.append(str(error))
    marks: dict[EpochId, dict[str, int]] = {}
    shelves: list[_Shelf] = []
    for disk in readable:
        for epoch, lanes in _read_marks(disk).items():
            known = marks.setdefault(epoch, {})
            known.update({lane: max(through, known.get(lane, 0)) for lane, through in lanes.items()})
    for disk in readable:
        try:
            shelves.append(_look(disk, limits, marks))
        except OSError as error:
            disk.close()
            errors.append(str(error))
    return shelves, marks, errors


def _look(disk: Disk, limits: OutboxLimits, marks: Mapping[EpochId, dict[str, int]]) -> _Shelf:
    """Read what is left on a locked disk."""
    stores = {
        Lane.ALARM: LaneStore(disk, Lane.ALARM, limits.segment_bytes, limits.preallocate, limits.alarm_reserve_bytes),
        Lane.TELEMETRY: LaneStore(disk, Lane.TELEMETRY, limits.segment_bytes, limits.preallocate),
    }
    ranges = {
        lane: store.open({epoch: lanes.get(lane.value, 0) for epoch, lanes in marks.items()})
        for lane, store in stores.items()
    }
    return _Shelf(disk, stores, ranges)


def _next_counter(chosen: _Shelf, shelves: Sequence[_Shelf], fresh: int) -> int:
    """Choose the number of an epoch, after every one that any disk remembers."""
    remembered = [_read_counter(shelf.disk, fresh if shelf is chosen else 0) for shelf in shelves]
    return max([*remembered, *(epoch_counter(epoch) for shelf in shelves for epoch in shelf.epochs())]) + 1


def _begin(shelf: _Shelf, counter: int, random_bits: Callable[[], int]) -> _Home:
    """Begin an epoch on a disk, durably, before anything can be appended."""
    epoch = make_epoch_id(counter, random_bits())
    shelf.disk.replace(COUNTER_FILE, str(counter).encode(), durable=True)
    try:
        shelf.stores[Lane.ALARM].reserve()
    except OSError as error:
        if error.errno not in FULL_ERRORS:
            raise
        _log.warning("alarm_reserve_short", error=str(error))
    return _Home(shelf.disk, epoch, shelf.stores, epochs={epoch, *shelf.epochs()})


def _read_counter(disk: Disk, fresh: int) -> int:
    text = disk.read(COUNTER_FILE)
    try:
        return int(text or b"")
    except ValueError:
        return fresh


def _read_marks(disk: Disk) -> dict[EpochId, dict[str, int]]:
    content = disk.read(MARKS_FILE)
    try:
        return msgspec.json.decode(content, type=dict[EpochId, dict[str, int]]) if content else {}
    except msgspec.DecodeError:
        return {}
