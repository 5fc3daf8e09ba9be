"""The segments of one lane on one disk; only ever touched on the writer's side."""

import contextlib
import errno
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from contract.identity import EpochId, Lane
from contract.limits import HOLE_POSITIONS_MAX
from contract.records import Hole, encode_record
from gateway.archive import Archive, Archived
from gateway.disk import Disk, OpenFile
from gateway.sealed import seal, unseal
from gateway.segment import HEADER_BYTES, Kept, encode_header, encode_records, positions_of, record_bytes, scan, segment_name

READ_FAILURES_MAX = 10  # Then what a segment holds is damaged, not merely out of reach for a moment.
SANE_FROM_MS = 1_577_836_800_000  # 2020: an earlier time is a clock that was never set, and says nothing of age.
FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)  # No room is not damage: the file in hand is still good.

_NAME = re.compile(r"([0-9a-z]{10})-([0-9]{12})\.seg")
_SPARE = re.compile(r"spare-([0-9]+)\.seg")
_HOLES = "t/holes.json"
_log = structlog.get_logger("gateway.outbox")


@dataclass(frozen=True, slots=True)
class Range:
    """The positions of one epoch still kept, both ends included; `last` before `first` says there are none."""

    epoch: EpochId
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Read:
    """Consecutive records from `first` to `last`, holes included; nothing was found when `last` is before `first`."""

    first: int
    last: int
    bodies: tuple[bytes, ...]


@dataclass(slots=True)
class _Segment:
    name: str
    epoch: EpochId
    first: int
    size: int
    last: int | None = None  # Unknown until scanned, for segments of earlier starts.
    failures: int = 0  # Reads that failed, one after the other.


class _DeclaredHole(msgspec.Struct, frozen=True, array_like=True):
    """Positions that were shed on purpose; durable before the segment goes."""

    epoch: str
    first: int
    n: int
    t0: int
    t1: int


class _Instant(msgspec.Struct):
    t: int = 0


@dataclass
class LaneStore:
    """Appends, reads and trims. `reserve_bytes` are kept on disk as spare segments, so that a full disk cannot refuse."""

    disk: Disk
    lane: Lane
    segment_bytes: int
    preallocate: bool
    reserve_bytes: int = 0
    keep_bytes: int = 0  # Of receipted records kept, where the lane keeps any.
    holes: list[_DeclaredHole] = field(default_factory=list)
    corrupt: int = 0  # Positions found damaged since the start.
    _segments: list[_Segment] = field(default_factory=list)
    _spares: list[str] = field(default_factory=list)
    _active: OpenFile | None = None
    _active_at: int = 0
    _dirty: bool = False
    _written: tuple[str, int] = ("", 0)
    _cached: tuple[str, Sequence[Kept]] | None = None
    _spare_number: int = 0

    def __post_init__(self) -> None:
        """Begin with an archive that holds nothing."""
        self.archive = Archive(self.disk, self.lane, self.keep_bytes)

    def open(self, receipted: Mapping[EpochId, int], ends: Mapping[EpochId, int]) -> list[Range]:
        """Find what earlier starts left, oldest first; fully receipted or empty segments are removed.

        `ends` says how far each epoch went, where that is remembered: it stands in for a segment that cannot be read.
        """
        for name, size in sorted(self.disk.sizes(self.lane.value).items()):
            path = f"{self.lane.value}/{name}"
            if spare := _SPARE.fullmatch(name):
                self._spares.append(path)
                self._spare_number = max(self._spare_number, int(spare[1]) + 1)
            elif match := _NAME.fullmatch(name):
                self._segments.append(_Segment(path, EpochId(match[1]), int(match[2]), size))
        if self.lane is Lane.TELEMETRY and (declared := unseal(self.disk.read(_HOLES))):
            try:
                self.holes = msgspec.json.decode(declared, type=list[_DeclaredHole])
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.holes = []  # The gaps remain and are told as lost.
        self.archive.open()
        ranges = [self._range(epoch, receipted.get(epoch, 0), ends.get(epoch, 0)) for epoch in self._epochs()]
        for kept in ranges:
            self._drop(kept.epoch, kept.first - 1 if kept.first <= kept.last else None)
        return [kept for kept in ranges if kept.first <= kept.last]

    def reserve(self) -> None:
        """Fill up the spare segments; raises `OSError` when there is no room for them."""
        kept = sum(segment.size for segment in self._segments) + len(self._spares) * self.segment_bytes
        while kept + self.segment_bytes <= self.reserve_bytes:
            name = f"{self.lane.value}/spare-{self._spare_number}.seg"
            self._spare_number += 1
            self._created(name, self.segment_bytes).close()
            self._spares.append(name)
            kept += self.segment_bytes

    def append(self, epoch: EpochId, records: Sequence[tuple[int, bytes]]) -> None:
        """Write records at the end, in as few writes as segments; durable after `sync`. Raises `OSError`."""
        start = 0
        while start < len(records) and (epoch, records[start][0]) <= self._written:
            start += 1  # Written before a later record of the same group found no room.
        while start < len(records):
            room = self._room_for(epoch, records[start])
            end = start
            while end < len(records) and (size := record_bytes(records[end][1])) <= room:
                room -= size
                end += 1
            assert self._active is not None
            block = encode_records(self.lane, epoch, records[start:end])
            self._active.write(self._active_at, block)
            self._active_at += len(block)
            self._dirty = True
            self._segments[-1].last = records[end - 1][0] + positions_of(records[end - 1][1]) - 1
            self._written = (epoch, records[end - 1][0])
            self._segments[-1].size = max(self._segments[-1].size, self._active_at)
            start = end

    def sync(self) -> None:
        """Make what was appended durable. Raises `OSError`, after which this store must not be used any more."""
        if self._dirty and self._active is not None:
            self._active.sync()
            self._dirty = False

    def read(self, epoch: EpochId, first: int, last: int | None, records_max: int, bytes_max: int) -> Read:
        """Give consecutive records from `first`; a gap comes as one hole record covering its positions."""
        bodies: list[bytes] = []
        total, expected = 0, first
        segments: list[_Segment | Archived] = [*self.archive.of(epoch), *self._of(epoch)]
        for segment, following in zip(segments, [*segments[1:], None], strict=False):
            ended = following.first - 1 if following is not None else segment.last
            if ended is not None and ended < first:
                continue
            for kept in self._records(segment):
                if kept.last < expected:
                    continue
                if kept.position > expected and not bodies:
                    through = kept.position - 1 if last is None else min(last, kept.position - 1)
                    return self._hole(epoch, expected, through)
                too_many = len(bodies) >= records_max or total + len(kept.body) + 1 > bytes_max
                beyond = last is not None and kept.position > last
                if kept.position > expected or beyond or (bodies and too_many):
                    return Read(first, expected - 1, tuple(bodies))
                bodies.append(kept.body)
                total += len(kept.body) + 1
                expected = kept.last + 1
        if not bodies and (hole := self._hole_at(epoch, first)):
            end = hole.first + hole.n - 1
            return self._hole(epoch, first, end if last is None else min(last, end))
        if not bodies and last is not None and last >= first:
            return self._hole(epoch, first, last)  # Asked for by name and not there: lost, and told so.
        return Read(first, expected - 1, tuple(bodies))

    def trim(self, epoch: EpochId, through: int) -> None:
        """Forget whole segments whose last position is receipted, or keep them aside; the one being written stays."""
        self._drop(epoch, through)
        before = len(self.holes)
        self.holes = [hole for hole in self.holes if hole.epoch != epoch or hole.first + hole.n - 1 > through]
        if len(self.holes) != before:
            self._write_holes(durable=False)

    def expire(self, before_ms: int) -> None:
        """Drop what is kept of receipted records older than an instant."""
        self.archive.expire(before_ms, self._newest_ms)

    def abandon(self) -> None:
        """Never touch the file being written again, not even to sync it; what can be read of it still is."""
        if self._active is not None:
            self._active.close()
        self._active = None
        self._dirty = False

    def used_bytes(self) -> int:
        """Say how much room the segments take."""
        return sum(segment.size for segment in self._segments)

    def shed_oldest(self) -> Hole | None:
        """Give up the oldest whole segment, declaring the hole durably first; None when only the active one is left."""
        if not self._segments or (len(self._segments) == 1 and self._active is not None):
            return None
        segment = self._segments[0]
        records = self._records(segment)
        if not records:
            self._forget(segment)
            return self.shed_oldest()
        first, last = segment.first, records[-1].last
        if (
            earlier := next((h for h in self.holes if h.epoch == segment.epoch and h.first + h.n == first), None)
        ) is not None:
            self.holes.remove(earlier)
            first = earlier.first
        t0 = earlier.t0 if earlier else _instant(records[0].body)
        hole = _DeclaredHole(segment.epoch, first, last - first + 1, t0, _instant(records[-1].body))
        self.holes.append(hole)
        try:
            self._write_holes(durable=True)
        except OSError as error:
            if error.errno not in FULL_ERRORS:
                raise
            self._forget(segment)  # Only this makes the room to declare it in.
            with contextlib.suppress(OSError):  # Then the next hole is written with this one.
                self._write_holes(durable=True)
        else:
            self._forget(segment)
        return Hole(n=last - segment.first + 1, why="shed", t0=hole.t0, t1=hole.t1)

    def close(self) -> None:
        """Let go of the open file."""
        if self._active is not None:
            self._active.close()
            self._active = None

    def _epochs(self) -> list[EpochId]:
        found = {segment.epoch for segment in self._segments} | {EpochId(hole.epoch) for hole in self.holes}
        return sorted(found)

    def _of(self, epoch: EpochId) -> list[_Segment]:
        return [segment for segment in self._segments if segment.epoch == epoch]

    def _range(self, epoch: EpochId, receipted: int, end: int) -> Range:
        segments = self._of(epoch)
        holes = [hole for hole in self.holes if hole.epoch == epoch]
        firsts = [segment.first for segment in segments] + [hole.first for hole in holes]
        lasts = [hole.first + hole.n - 1 for hole in holes]
        for segment in reversed(segments):  # The newest that holds anything tells the end; usually the first looked at.
            try:
                records = self._records(segment)
            except OSError as error:
                _log.warning("segment_not_read", segment=segment.name, error=str(error))
                lasts.append(max(end, segment.first))
                continue
            if records:
                lasts.append(records[-1].last)
                break
        return Range(epoch, max(min(firsts), receipted + 1), max(lasts, default=0))

    def _records(self, segment: _Segment | Archived) -> Sequence[Kept]:
        if self._cached is not None and self._cached[0] == segment.name:
            return self._cached[1]
        found = scan(self.lane, segment.epoch, segment.first, self._image(segment))
        if self._active is not None and segment is self._segments[-1]:
            return found.records  # Still growing: not to be remembered.
        if isinstance(segment, _Segment):
            segment.last = found.records[-1].last if found.records else segment.first - 1
        self._cached = (segment.name, found.records)
        return found.records

    def _image(self, segment: _Segment | Archived) -> bytes:
        """Read a file; one that the disk refuses again and again holds nothing any more, and its positions are a hole."""
        try:
            image = self.disk.read(segment.name)
        except OSError:
            if isinstance(segment, Archived):
                return b""
            segment.failures += 1
            if segment.failures < READ_FAILURES_MAX:
                raise
            return b""
        if isinstance(segment, _Segment):
            segment.failures = 0
        return image or b""

    def _newest_ms(self, file: Archived) -> int:
        """Give the time of a kept file's newest record, 0 where no clock was set."""
        times = [_instant(kept.body) for kept in self._records(file)[-8:]]
        return max((t for t in times if t >= SANE_FROM_MS), default=0)

    def _room_for(self, epoch: EpochId, record: tuple[int, bytes]) -> int:
        """Give the room left in the active segment, beginning a new one when the record does not fit."""
        needed = record_bytes(record[1])
        if self._active is not None and self._segments[-1].epoch == epoch:
            room = self.segment_bytes - self._active_at
            if needed <= room:
                return room
        if self._active is not None:
            self.sync()  # What is in the full one must not wait for a sync of the next.
            self._active.close()
            self._active = None
        name = segment_name(self.lane, epoch, record[0])
        size = max(self.segment_bytes, HEADER_BYTES + needed)
        if self._spares and size == self.segment_bytes:
            file = self.disk.reopen(self._spares.pop(), name)
        else:
            file = self._created(name, size if self.preallocate else 0)
        try:
            file.write(0, encode_header(self.lane, epoch, record[0]))
        except OSError:  # A segment without a header is none: what was written into it next would be where nobody looks.
            file.close()
            with contextlib.suppress(OSError):
                self.disk.remove(name)
            raise
        self._active, self._active_at = file, HEADER_BYTES
        self._segments.append(_Segment(name, epoch, record[0], size if self.preallocate else HEADER_BYTES))
        return size - HEADER_BYTES

    def _created(self, name: str, size: int) -> OpenFile:
        """Make a file; what is kept of receipted records gives way for it."""
        while True:
            try:
                return self.disk.create(name, size)
            except OSError as error:
                if error.errno not in FULL_ERRORS or not self.archive.drop_oldest():
                    raise

    def _drop(self, epoch: EpochId, through: int | None) -> None:
        """Forget segments that end at or before `through`, or all of an epoch that holds nothing."""
        segments = self._of(epoch)
        for index, segment in enumerate(segments):
            if self._active is not None and segment is self._segments[-1]:
                continue
            last = segments[index + 1].first - 1 if index + 1 < len(segments) else segment.last
            if through is None or (last is not None and last <= through):
                self._keep_aside(segment)
                self._forget(segment)

    def _keep_aside(self, segment: _Segment) -> None:
        """Keep receipted records, if there is room for them; they are worth less than anything without a receipt."""
        if not self.keep_bytes or not (records := self._records(segment)):
            return
        try:
            image = (self.disk.read(segment.name) or b"").rstrip(b"\0")
            self.archive.add(segment.epoch, segment.first, records[-1].last, image)
        except OSError as error:
            _log.warning("receipted_not_kept", segment=segment.name, error=str(error))

    def _forget(self, segment: _Segment) -> None:
        self._segments.remove(segment)
        if self._cached is not None and self._cached[0] == segment.name:
            self._cached = None
        if (
            self.reserve_bytes
            and segment.size == self.segment_bytes
            and len(self._spares) * segment.size < self.reserve_bytes
        ):
            name = f"{self.lane.value}/spare-{self._spare_number}.seg"
            self._spare_number += 1
            file = self.disk.reopen(segment.name, name)  # Its room stays ours, whatever else fills the disk.
            file.write(0, bytes(self.segment_bytes))
            file.close()
            self._spares.append(name)
        else:
            self.disk.remove(segment.name)

    def _hole_at(self, epoch: EpochId, position: int) -> _DeclaredHole | None:
        return next((h for h in self.holes if h.epoch == epoch and h.first <= position < h.first + h.n), None)

    def _hole(self, epoch: EpochId, first: int, last: int) -> Read:
        last = min(last, first + HOLE_POSITIONS_MAX - 1)
        declared = self._hole_at(epoch, first)
        if declared is not None:
            last = min(last, declared.first + declared.n - 1)
            hole = Hole(n=last - first + 1, why="shed", t0=declared.t0, t1=declared.t1)
        else:
            kept = self._of(epoch)
            why = "corrupt" if kept and kept[0].first <= first else "lost"
            hole = Hole(n=last - first + 1, why=why)
            self.corrupt += hole.n if why == "corrupt" else 0
        return Read(first, last, (encode_record(hole),))

    def _write_holes(self, *, durable: bool) -> None:
        self.disk.replace(_HOLES, seal(msgspec.json.encode(self.holes)), durable=durable)


def _instant(body: bytes) -> int:
    try:
        return msgspec.json.decode(body, type=_Instant).t
    except msgspec.DecodeError:
        return 0
