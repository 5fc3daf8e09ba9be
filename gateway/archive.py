"""Receipted alarms that are kept for a while, so that a server restored from an older backup can have them again.

Each file holds the written part of one segment and bears the positions it covers in its name. Nothing here is promised: the
archive is bounded in bytes, files and age, and gives way first when the disk is full.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from contract.identity import EpochId, Lane
from gateway.disk import Disk

FILES_MAX = 512  # Each start that told an alarm leaves one.

_NAME = re.compile(r"([0-9a-z]{10})-([0-9]{12})-([0-9]{12})\.old")


@dataclass(slots=True)
class Archived:
    """One file of receipted alarms."""

    name: str
    epoch: EpochId
    first: int
    last: int
    size: int
    newest_ms: int | None = None  # The time of its last record, once looked up.


@dataclass
class Archive:
    """The kept files of one lane on one disk, oldest first; only ever touched on the writer's side."""

    disk: Disk
    lane: Lane
    bytes_max: int
    files: list[Archived] = field(default_factory=list)

    def open(self) -> None:
        """Find what earlier starts kept."""
        for name, size in sorted(self.disk.sizes(self.lane.value).items()):
            if match := _NAME.fullmatch(name):
                path = f"{self.lane.value}/{name}"
                self.files.append(Archived(path, EpochId(match[1]), int(match[2]), int(match[3]), size))

    def of(self, epoch: EpochId) -> list[Archived]:
        """List an epoch's files in order of position."""
        return [file for file in self.files if file.epoch == epoch]

    def last(self) -> dict[EpochId, int]:
        """Give the last position kept of each epoch."""
        found: dict[EpochId, int] = {}
        for file in self.files:
            found[file.epoch] = max(file.last, found.get(file.epoch, 0))
        return found

    def add(self, epoch: EpochId, first: int, last: int, image: bytes) -> None:
        """Keep one segment's written part, the oldest giving way. Raises `OSError`, also when there is no room."""
        if len(image) > self.bytes_max:
            return
        while self.files and (self.used_bytes() + len(image) > self.bytes_max or len(self.files) >= FILES_MAX):
            self.drop_oldest()
        name = f"{self.lane.value}/{epoch}-{first:012d}-{last:012d}.old"
        self.disk.replace(name, image, durable=True)
        self.files = [file for file in self.files if file.name != name]
        self.files.append(Archived(name, epoch, first, last, len(image)))
        self.files.sort(key=lambda file: (file.epoch, file.first))

    def drop_oldest(self) -> bool:
        """Make room; says whether there was anything to drop."""
        if not self.files:
            return False
        self.disk.remove(self.files.pop(0).name)
        return True

    def expire(self, before_ms: int, newest: Callable[[Archived], int]) -> None:
        """Drop the oldest files whose records are all older than an instant; one of unknown time goes by room alone."""
        for file in list(self.files):
            if file.newest_ms is None:
                file.newest_ms = newest(file)
            if file.newest_ms <= 0:
                continue
            if file.newest_ms >= before_ms:
                return
            self.files.remove(file)
            self.disk.remove(file.name)

    def used_bytes(self) -> int:
        """Say how much room it takes."""
        return sum(file.size for file in self.files)
