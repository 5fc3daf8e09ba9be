"""The disks of an outbox: what each still holds from earlier starts, and the beginning of a new epoch on one of them.

Blocks; runs at the start, or on the writer's side when a disk fails or comes back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from contract.errors import StorageError
from contract.identity import EpochId, Lane, epoch_counter, make_epoch_id
from gateway.disk import Disk
from gateway.lane_store import FULL_ERRORS, LaneStore, Range
from gateway.marks import Marks

COUNTER_FILE = "epoch"
MARKS_FILE = "lo.json"
COUNTER_MAX = 1_000_000_000  # Starts, or minutes since 2020: nineteen centuries. A larger number is damage.

_log = structlog.get_logger("gateway.outbox")


class Sizes(Protocol):
    """What a shelf has to know of the outbox's limits."""

    @property
    def segment_bytes(self) -> int:
        """Say how large a segment is."""
        ...

    @property
    def preallocate(self) -> bool:
        """Say whether its room is taken at once."""
        ...

    @property
    def alarm_reserve_bytes(self) -> int:
        """Say how much is held ready for alarms."""
        ...

    @property
    def keep_bytes(self) -> int:
        """Say how much of receipted alarms is kept."""
        ...


@dataclass(slots=True)
class Shelf:
    """A disk that was looked through, with what earlier starts left on it."""

    disk: Disk
    stores: dict[Lane, LaneStore]
    ranges: dict[Lane, list[Range]]

    def epochs(self) -> set[EpochId]:
        """Name the epochs of which it has something."""
        kept = {kept.epoch for kinds in self.ranges.values() for kept in kinds}
        return kept | {epoch for store in self.stores.values() for epoch in store.archive.last()}


@dataclass(slots=True)
class Home:
    """A disk in use with its epoch and stores. `error` is set once, on the writer's side, when it fails."""

    disk: Disk
    epoch: EpochId
    stores: dict[Lane, LaneStore]
    error: OSError | None = None
    epochs: set[EpochId] = field(default_factory=set)  # What can be read from it: its own and what it had before.


def look_through(disks: Sequence[Disk], sizes: Sizes) -> tuple[list[Shelf], Marks, list[str]]:
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
    marks = Marks()
    shelves: list[Shelf] = []
    for disk in readable:
        try:
            marks.take(disk.read(MARKS_FILE))
        except OSError as error:
            errors.append(str(error))
    for disk in readable:
        try:
            shelves.append(look(disk, sizes, marks))
        except OSError as error:
            disk.close()
            errors.append(str(error))
    return shelves, marks, errors


def look(disk: Disk, sizes: Sizes, marks: Marks) -> Shelf:
    """Read what is left on a locked disk."""
    stores = {
        Lane.ALARM: LaneStore(
            disk, Lane.ALARM, sizes.segment_bytes, sizes.preallocate, sizes.alarm_reserve_bytes, sizes.keep_bytes
        ),
        Lane.TELEMETRY: LaneStore(disk, Lane.TELEMETRY, sizes.segment_bytes, sizes.preallocate),
    }
    ranges = {lane: store.open(marks.receipted_in(lane), marks.ends(lane)) for lane, store in stores.items()}
    return Shelf(disk, stores, ranges)


def next_counter(shelves: Sequence[Shelf], marks: Marks, at_least: int) -> int:
    """Choose the number of an epoch, after every one that any disk remembers.

    `at_least` comes from the clock: with it the number also passes those that an older copy of the folder never heard of.
    """
    remembered = [read_counter(shelf.disk) for shelf in shelves]
    seen = [epoch_counter(epoch) for shelf in shelves for epoch in shelf.epochs()]
    return max([at_least, *remembered, *seen, *(epoch_counter(epoch) for epoch in marks.epochs())]) + 1


def begin(shelf: Shelf, counter: int, random_bits: Callable[[], int]) -> Home:
    """Begin an epoch on a disk, durably, before anything can be appended."""
    epoch = make_epoch_id(counter, random_bits())
    shelf.disk.replace(COUNTER_FILE, str(counter).encode(), durable=True)
    try:
        shelf.stores[Lane.ALARM].reserve()
    except OSError as error:
        if error.errno not in FULL_ERRORS:
            raise
        _log.warning("alarm_reserve_short", error=str(error))
    return Home(shelf.disk, epoch, shelf.stores, epochs={epoch, *shelf.epochs()})


def begin_anywhere(
    disks: Sequence[Disk],
    known: Mapping[int, Shelf],
    sizes: Sizes,
    after: EpochId,
    random_bits: Callable[[], int],
) -> tuple[int, Home | None]:
    """Go on in a new epoch on the first of the disks that works; gives how many were tried. `known` is by place."""
    for place, disk in enumerate(disks):
        shelf = known.get(place)
        try:
            if shelf is None:  # It could not be read at the start.
                disk.lock()
                shelf = look(disk, sizes, Marks())
            for store in shelf.stores.values():
                store.abandon()
            return place + 1, begin(shelf, max(epoch_counter(after), read_counter(disk)) + 1, random_bits)
        except (OSError, StorageError) as failure:
            _log.warning("outbox_folder_fails", error=str(failure))
            if place not in known:
                disk.close()
    return len(disks), None


def read_counter(disk: Disk) -> int:
    """Read the number of the last epoch begun on a disk; 0 where nobody knows."""
    try:
        number = int(disk.read(COUNTER_FILE) or b"")
    except ValueError:
        return 0
    return number if 0 <= number <= COUNTER_MAX else 0
