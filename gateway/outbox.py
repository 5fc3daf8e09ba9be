"""The gateway's memory that survives: what was told and has no receipt yet, in two lanes, in order, on disk.

Positions are given here and never used twice: each start of the process, and each disk that fails, begins a new epoch.
The owner's side (the event loop) appends and is told when records are durable; the writer's side does the file work.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from contract.identity import EpochId, Lane
from contract.records import Hole, encode_record
from gateway import notes
from gateway.disk import Disk
from gateway.lane_front import LaneFront, Settled, Waiting
from gateway.lane_store import FULL_ERRORS, Range, Read
from gateway.marks import Marks
from gateway.memory_lane import MemoryLane
from gateway.outbox_limits import OutboxLimits
from gateway.room import Room
from gateway.sealed import unseal
from gateway.segment import positions_of
from gateway.shelves import MARKS_FILE, Home, Shelf, begin, begin_anywhere, look_through, next_counter
from gateway.tail import Tail
from gateway.writer import Writer

EPOCH_ORIGIN_SECONDS = 1_577_836_800  # 2020-01-01; minutes since then are the least number of an epoch.
REVIVE_FLUSHES = 30  # Without any disk, one is looked for each half minute.
DAY_MS = 86_400_000

_log = structlog.get_logger("gateway.outbox")


class OutboxListener(Protocol):
    """What the owner of an outbox is told, always on its own side."""

    def durable(self, lane: Lane, epoch: EpochId, position: int) -> None:
        """Learn that everything of the lane up to `position` is on disk."""
        ...

    def moved(self, old: EpochId, durable: dict[Lane, int], new: EpochId, alarms: Sequence[tuple[int, bytes]]) -> None:
        """Learn that a disk failed: records after `durable` stand in the new epoch from 1 on, `alarms` among them."""
        ...

    def troubled(self, code: str, text: str, *, on: bool) -> None:
        """Learn what an operator must know: `disk_low` or `outbox_lost` begins or ends."""
        ...


class Outbox:
    """Two lanes of records on disk. Open with `Outbox.open`; name a listener before the first append."""

    def __init__(
        self, disks: Sequence[Disk], limits: OutboxLimits, writer: Writer, random_bits: Callable[[], int], home: Home
    ) -> None:
        self._disks = list(disks)
        self._place = next(place for place, disk in enumerate(disks) if disk is home.disk)  # Of the disk in use.
        self._shelves: dict[int, Shelf] = {}  # All disks that were looked through, by place.
        self._limits = limits
        self._writer = writer
        self._random_bits = random_bits
        self._home = home
        self._homes = [home]  # Earlier ones still serve what was durable on them, as long as their disk can be read.
        self._lanes = {lane: LaneFront() for lane in Lane}
        self._listener: OutboxListener | None = None
        self._tail = Tail(limits.tail_bytes)
        self._marks = Marks()
        self._marks_saved = b""
        self._dead: str | None = None
        self._memory = MemoryLane(limits.memory_alarms)  # Alarms of the current epoch that no disk takes.
        self._reviving = False
        self._flushes = 0
        self._lost_told = False
        self._room = Room(limits, self._tell_low)  # Writer's side.
        self._never_taken = 0  # Positions refused while the disk was slow or away.
        self.recovered: dict[Lane, list[Range]] = {lane: [] for lane in Lane}
        self.ended: dict[Lane, dict[EpochId, int]] = {lane: {} for lane in Lane}  # How far earlier epochs went.

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

        `fresh_counter` is the least number of an epoch; by default the minutes since 2020, so that even after losing
        everything, or over an older copy of the folder, a new epoch sorts after those that nobody here remembers.
        """
        fresh = fresh_counter if fresh_counter is not None else max(1, int(time.time() - EPOCH_ORIGIN_SECONDS) // 60)
        shelves, marks, errors = look_through(disks, limits)
        for shelf in shelves:
            try:
                home = begin(shelf, next_counter(shelves, marks, fresh), random_bits)
            except OSError as error:
                errors.append(str(error))
                continue
            outbox = cls(disks, limits, writer, random_bits, home)
            outbox._take_up(shelves, home, marks)
            return outbox
        for shelf in shelves:
            shelf.disk.close()
        raise StorageError("no folder for the outbox can be used: " + "; ".join(errors))

    def listen(self, listener: OutboxListener) -> None:
        """Name whom to tell."""
        self._listener = listener
        self._tell_lost("the first folder of the outbox cannot be used; working in another one")

    @property
    def epoch(self) -> EpochId:
        """Name the epoch that new records get."""
        return self._home.epoch

    def last(self, lane: Lane) -> int:
        """Name the last position given in the current epoch."""
        return self._lanes[lane].last

    def append(self, lane: Lane, body: bytes, done: Settled | None = None, positions: int = 1) -> int | None:
        """Give the record its position and write it: alarms at once, readings with the next `flush`.

        `done` is called when it is durable, or with the reason why it never will be. A reading is refused with None
        while too many wait for the disk; the loss is declared as a hole before the next one.
        """
        front = self._lanes[lane]
        if lane is Lane.TELEMETRY:
            if self._dead or len(front.unsynced) >= self._limits.unsynced_max:
                front.refused += positions
                self._never_taken += positions
                return None
            if front.refused:
                missed, front.refused = front.refused, 0
                self._give_place(lane, encode_record(Hole(n=missed, why="shed")), None, missed)
        position = self._give_place(lane, body, done, positions)
        if self._dead:
            self._refuse_all(lane)
        elif lane is Lane.ALARM or len(front.handed) >= self._limits.group_records:
            self._commit_soon(lane)
        return position

    def flush(self) -> None:
        """Have waiting readings written; called once a second."""
        front = self._lanes[Lane.TELEMETRY]
        if self._dead:
            self._flushes += 1
            if self._flushes % REVIVE_FLUSHES == 0:
                self._revive_soon()
        elif front.handed or front.unsynced:
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
        if lane is Lane.TELEMETRY and epoch == self._home.epoch:
            found = self._tail.read(first, last, records_max, bytes_max)
            if found is not None:
                done(found)
                return
        if lane is Lane.ALARM and (found := self._memory.read(epoch, first, last, records_max, bytes_max)):
            done(found)
            return
        home = self._home_of(epoch)

        def job() -> None:
            read = Read(first, first - 1, ())
            try:
                read = home.stores[lane].read(epoch, first, last, records_max, bytes_max)
            except OSError as error:
                _log.warning("outbox_read_failed", lane=lane.value, epoch=epoch, first=first, error=str(error))
            finally:  # Whatever went wrong, whoever asked has an answer.
                self._writer.deliver(lambda: done(read))

        self._writer.submit(job)

    def trim(self, lane: Lane, epoch: EpochId, through: int) -> None:
        """Forget what has a receipt, in whole segments."""
        self._marks.receipted(lane, epoch, through)
        if lane is Lane.ALARM:
            self._memory.trim(epoch, through)
        homes = list(self._homes)

        def job() -> None:
            for home in homes:
                try:
                    home.stores[lane].trim(epoch, through)
                except OSError as error:
                    _log.warning("outbox_trim_failed", error=str(error))
            self._look_for_room(self._home)

        self._writer.submit(job)

    def save_marks(self) -> None:
        """Remember how far each epoch was durable and receipted; losing this only costs a retransmission."""
        content = self._marks.dump()
        if content != self._marks_saved:
            self._marks_saved = content
            self.keep_note(MARKS_FILE, content)

    def expire(self, now_ms: int) -> None:
        """Drop receipted alarms that have been kept long enough; for a clock that is known to be right."""
        before = now_ms - self._limits.keep_days * DAY_MS
        homes = list(self._homes)

        def job() -> None:
            for home in homes:
                for store in home.stores.values():
                    try:
                        store.expire(before)
                    except OSError as error:
                        _log.warning("outbox_not_expired", error=str(error))

        self._writer.submit(job)

    def keep_note(self, name: str, content: bytes) -> None:
        """Keep a small file beside the lanes, without a promise; for what only spares work after a restart."""
        notes.keep(self._writer, self._home.disk, name, content)

    def keep_vital_note(self, name: str, content: bytes, done: Settled) -> None:
        """Keep a small file that must be on disk before something happens; `done` is told, or why it is not there."""
        notes.keep_vital(self._writer, self._home, self._dead, name, content, done)

    def notes(self, name: str) -> list[bytes]:
        """Give a small file as each disk has it. Blocks; for the start."""
        return notes.read_each([self._home.disk, *(one.disk for one in self._shelves.values())], name)

    def note(self, name: str) -> bytes | None:
        """Give a small file kept before. Blocks; for the start."""
        return unseal(self._home.disk.read(name))

    def read_now(self, lane: Lane, kept: Range, records_max: int, bytes_max: int) -> Read:
        """Read back what earlier starts left. Blocks; for the start, before the writer has work."""
        return self._home_of(kept.epoch).stores[lane].read(kept.epoch, kept.first, kept.last, records_max, bytes_max)

    def used_bytes(self, lane: Lane) -> int:
        """Say how much room a lane takes."""
        return self._home.stores[lane].used_bytes()

    @property
    def shed(self) -> int:
        """Count the positions given up for want of room since the start."""
        return self._never_taken + self._room.shed

    @property
    def corrupt(self) -> int:
        """Count the positions that were found damaged since the start."""
        return sum(store.corrupt for home in self._homes for store in home.stores.values())

    @property
    def alarms_in_memory(self) -> int:
        """Count the alarms that no disk took and that have no receipt yet."""
        return len(self._memory)

    def close(self, done: Callable[[], None] | None = None) -> None:
        """Write what waits, remember the receipts and let go of the files; `done` is called after that."""
        self.flush()
        self._writer.submit(lambda: self._writer.deliver(lambda: self._let_go(done)))

    def _let_go(self, done: Callable[[], None] | None) -> None:
        self.save_marks()
        used: list[Home | Shelf] = [*self._homes, *self._shelves.values()]

        def job() -> None:
            for one in used:
                for store in one.stores.values():
                    store.close()
                one.disk.close()
            if done is not None:
                self._writer.deliver(done)

        self._writer.submit(job)

    # The owner's side.

    def _take_up(self, shelves: Sequence[Shelf], home: Home, marks: Marks) -> None:
        """Know what earlier starts left, on whichever disk: one that failed once may be the first again."""
        self._shelves = {place: one for one in shelves for place, disk in enumerate(self._disks) if disk is one.disk}
        others = [shelf for shelf in shelves if shelf.disk is not home.disk and shelf.epochs()]
        self._homes = [*(Home(one.disk, EpochId(""), one.stores, epochs=one.epochs()) for one in others), home]
        for lane in Lane:
            self.recovered[lane] = sorted(
                (kept for one in shelves for kept in one.ranges[lane]), key=lambda kept: kept.epoch
            )
            ended = dict(marks.ends(lane))
            for shelf in shelves:
                for epoch, last in shelf.stores[lane].archive.last().items():
                    ended[epoch] = max(last, ended.get(epoch, 0))
            self.ended[lane] = ended
        self._marks = marks

    def _home_of(self, epoch: EpochId) -> Home:
        return next((home for home in reversed(self._homes) if epoch in home.epochs), self._homes[0])

    def _give_place(self, lane: Lane, body: bytes, done: Settled | None, positions: int) -> int:
        front = self._lanes[lane]
        position = front.last + 1
        front.last += positions
        front.unsynced.append(Waiting(position, positions, body, done))
        front.handed.append((position, body))
        return position

    def _commit_soon(self, lane: Lane) -> None:
        front = self._lanes[lane]
        if not front.commit_queued:
            front.commit_queued = True
            home = self._home
            self._writer.submit(lambda: self._commit(home, lane), urgent=lane is Lane.ALARM)

    def _made_durable(self, home: Home, lane: Lane, through: int) -> None:
        if home is not self._home:
            return
        front = self._lanes[lane]
        front.durable = max(front.durable, through)
        self._marks.durable(lane, home.epoch, through)
        while front.unsynced and front.unsynced[0].position <= through:
            waiting = front.unsynced.popleft()
            if lane is Lane.TELEMETRY:
                self._tail.remember(waiting.position, waiting.body)
            if waiting.done is not None:
                waiting.done(None)
        assert self._listener is not None
        self._listener.durable(lane, home.epoch, through)

    def _move_to(self, old: Home, new: Home | None, place: int) -> None:
        """Go on in a new epoch after a disk failed or came back: everything not durable yet is appended there again."""
        assert self._listener is not None
        if new is None:
            self._dead = f"the outbox cannot be written: {old.error}"
            for lane in Lane:
                self._refuse_all(lane)
            self._tell_lost(f"{self._dead}; alarms go out from memory, readings are given up", always=True)
            return
        durable = {lane: front.durable for lane, front in self._lanes.items()}
        self._dead = None
        self._home = new
        self._place = place
        self._homes.append(new)
        self._shelves.setdefault(place, Shelf(new.disk, new.stores, {lane: [] for lane in Lane}))
        self._tail.clear()
        alarms: list[tuple[int, bytes]] = []
        for lane, front in self._lanes.items():
            again = list(front.unsynced)
            fresh = self._lanes[lane] = LaneFront()
            fresh.refused = front.refused
            if lane is Lane.ALARM:
                again = [*(Waiting(0, positions_of(body), body, None) for body in self._memory.take()), *again]
            for waiting in again:
                position = self._give_place(lane, waiting.body, waiting.done, waiting.positions)
                if lane is Lane.ALARM:
                    alarms.append((position, waiting.body))
        self._listener.moved(old.epoch, durable, new.epoch, alarms)
        self._tell_lost(f"a folder of the outbox failed ({old.error}); going on in another one", always=True)
        for lane in Lane:
            self._commit_soon(lane)

    def _tell_lost(self, text: str, *, always: bool = False) -> None:
        """Say whether the outbox stands where it should: in its first folder."""
        assert self._listener is not None
        lost = self._dead is not None or self._place > 0
        if lost and (always or not self._lost_told):
            self._listener.troubled("outbox_lost", text, on=True)
        elif not lost and self._lost_told:
            self._listener.troubled("outbox_lost", "the first folder of the outbox is in use again", on=False)
        self._lost_told = lost

    def _refuse_all(self, lane: Lane) -> None:
        """Tell whoever waits that no disk keeps the record. An alarm stays in memory, to be read back from there."""
        front = self._lanes[lane]
        front.handed.clear()
        while front.unsynced:
            waiting = front.unsynced.popleft()
            if lane is Lane.ALARM:
                self._memory.add(self._home.epoch, waiting.position, waiting.body)
            else:
                front.refused += waiting.positions
                self._never_taken += waiting.positions
            if waiting.done is not None:
                waiting.done(StorageError(self._dead or ""))
        if lane is Lane.ALARM and front.last > front.durable:
            self._answer_soon(lane, front.last)

    def _answer_soon(self, lane: Lane, position: int) -> None:
        """Tell, after the present call, that alarms can be read back, though only from memory."""
        epoch = self._home.epoch

        def answer() -> None:
            assert self._listener is not None
            self._listener.durable(lane, epoch, position)

        self._writer.submit(lambda: self._writer.deliver(answer))

    def _revive_soon(self) -> None:
        """Look for a disk that works again."""
        if self._reviving:
            return
        self._reviving = True
        old, shelves = self._home, dict(self._shelves)

        def job() -> None:
            new = None
            tried = 0
            try:
                tried, new = begin_anywhere(self._disks, shelves, self._limits, old.epoch, self._random_bits)
            finally:
                self._writer.deliver(lambda: self._revived(old, new, tried - 1))

        self._writer.submit(job)

    def _revived(self, old: Home, new: Home | None, place: int) -> None:
        self._reviving = False
        if new is not None:
            _log.info("outbox_disk_returned", epoch=new.epoch)
            self._move_to(old, new, place)

    # The writer's side.

    def _commit(self, home: Home, lane: Lane) -> None:
        front = self._lanes[lane]
        front.commit_queued = False  # Before taking: what comes from now on queues another commit.
        if home.error is not None or home is not self._home:
            return  # What waits is appended again where the outbox goes on.
        records = front.held
        front.held = []
        while front.handed:
            records.append(front.handed.popleft())
        if not records:
            return
        through = records[-1][0] + positions_of(records[-1][1]) - 1
        written = False
        try:
            written = self._write(home, lane, records)
        except OSError as error:
            written = True
            self._fail(home, error)
        finally:
            if not written:  # Our own mistake: whoever waits for these records must not wait for ever.
                self._writer.deliver(lambda: self._not_written(home, lane, through))

    def _write(self, home: Home, lane: Lane, records: list[tuple[int, bytes]]) -> bool:
        """Write a group and tell; readings that find no room wait for it. Raises `OSError` when the disk is to be left."""
        store = home.stores[lane]
        try:
            while True:
                try:
                    store.append(home.epoch, records)
                    break
                except OSError as error:
                    if error.errno not in FULL_ERRORS or not self._room.make(home):
                        raise
            store.sync()
        except OSError as error:
            if error.errno not in FULL_ERRORS or lane is Lane.ALARM:
                raise
            self._lanes[lane].held = records  # Nothing left to shed: memory is bounded by `unsynced_max`.
            self._room.no_more(error)
            return True
        through = records[-1][0] + positions_of(records[-1][1]) - 1
        self._writer.deliver(lambda: self._made_durable(home, lane, through))
        if lane is Lane.TELEMETRY:
            self._room.keep_budget(home)
        self._look_for_room(home)
        return True

    def _not_written(self, home: Home, lane: Lane, through: int) -> None:
        """Answer for records that a mistake of ours kept from the disk; reading them back gives a hole."""
        front = self._lanes[lane]
        if home is not self._home:
            return
        while front.unsynced and front.unsynced[0].position <= through:
            waiting = front.unsynced.popleft()
            if waiting.done is not None:
                waiting.done(StorageError("the outbox could not write the record"))

    def _look_for_room(self, home: Home) -> None:
        self._room.look(home, held=bool(self._lanes[Lane.TELEMETRY].held))

    def _tell_low(self, text: str, on: bool) -> None:
        def answer() -> None:
            assert self._listener is not None
            self._listener.troubled("disk_low", text, on=on)

        self._writer.deliver(answer)

    def _fail(self, home: Home, error: OSError) -> None:
        """Stop using a disk for good: after a failed sync nobody knows what it holds."""
        home.error = error
        _log.error("outbox_folder_failed", epoch=home.epoch, error=str(error))
        for store in home.stores.values():
            store.abandon()
        begun = self._place + 1
        shelves = {place - begun: shelf for place, shelf in self._shelves.items() if place >= begun}
        tried, new = begin_anywhere(self._disks[begun:], shelves, self._limits, home.epoch, self._random_bits)
        self._writer.deliver(lambda: self._move_to(home, new, begun + tried - 1))
