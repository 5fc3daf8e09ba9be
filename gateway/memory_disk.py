"""A disk in memory that forgets and tears what was not synced: for tests and the deterministic world."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from contract.errors import StorageError

SECTOR_BYTES = 512  # What a disk writes in one piece; anything longer can be torn.


@dataclass
class _Content:
    """A file: what is durable, and the writes since the last sync in order."""

    durable: bytearray
    unsynced: list[tuple[int, bytes]] = field(default_factory=list)

    def now(self) -> bytes:
        """Give what a reader sees before any power cut."""
        image = bytearray(self.durable)
        for offset, content in self.unsynced:
            _put(image, offset, content)
        return bytes(image)


@dataclass
class _File:
    """An open file of a `MemoryDisk`."""

    disk: "MemoryDisk"
    name: str
    content: _Content

    def write(self, offset: int, content: bytes) -> None:
        """Remember the write; it counts as room used at once."""
        self.disk.check_health()
        growth = max(0, offset + len(content) - len(self.content.now()))
        self.disk.check_room(growth)
        self.content.unsynced.append((offset, bytes(content)))

    def sync(self) -> None:
        """Make the writes durable, unless the disk was told to fail."""
        self.disk.syncs += 1
        if self.disk.fail_syncs:
            raise OSError(errno.EIO, "simulated I/O error", self.name)
        self.content.durable = bytearray(self.content.now())
        self.content.unsynced.clear()

    def close(self) -> None:
        """Do nothing: a closed file still has unsynced writes."""


class MemoryDisk:
    """Implements `gateway.disk.Disk`. `capacity` bytes, `fail_syncs` and `power_cut` are the faults it can have."""

    def __init__(self, capacity: int = 1 << 40) -> None:
        self._files: dict[str, _Content] = {}
        self._locked = False
        self.capacity = capacity
        self.fail_syncs = False
        self.fail_writes = False
        self.unreadable: set[str] = set()  # Files whose reading gives an error.
        self.syncs = 0

    def power_cut(self, survives: Callable[[], bool]) -> None:
        """Lose unsynced writes sector by sector: `survives` decides each. The lock is gone too."""
        for content in self._files.values():
            for offset, written in content.unsynced:
                at = offset
                while at < offset + len(written):
                    end = min(offset + len(written), (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
                    if survives():
                        _put(content.durable, at, written[at - offset : end - offset])
                    at = end
            content.unsynced.clear()
        self._locked = False

    def kill(self) -> None:
        """End the process but not the machine: everything written stays, the lock is gone."""
        for content in self._files.values():
            content.durable = bytearray(content.now())
            content.unsynced.clear()
        self._locked = False

    def flip_bit(self, name: str, offset: int, bit: int = 0) -> None:
        """Damage one bit of a file."""
        self._files[name].durable[offset] ^= 1 << bit

    def check_health(self) -> None:
        """Raise when writes were told to fail."""
        if self.fail_writes:
            raise OSError(errno.EIO, "simulated I/O error")

    def check_room(self, growth: int) -> None:
        """Raise when `growth` more bytes do not fit."""
        if growth > self.free_bytes():
            raise OSError(errno.ENOSPC, "simulated full disk")

    def names(self) -> list[str]:
        """List every file, for a test to look at."""
        return sorted(self._files)

    def lock(self) -> None:
        """Be used once at a time."""
        if self._locked:
            raise StorageError("the simulated disk is in use by another gateway")
        self._locked = True

    def sizes(self, folder: str) -> dict[str, int]:
        """List a folder's files with their sizes."""
        prefix = f"{folder}/" if folder else ""
        return {
            name[len(prefix) :]: len(content.now())
            for name, content in self._files.items()
            if name.startswith(prefix) and "/" not in name[len(prefix) :]
        }

    def read(self, name: str) -> bytes | None:
        """Give a whole file, or None."""
        if name in self.unreadable:
            raise OSError(errno.EIO, "simulated I/O error", name)
        content = self._files.get(name)
        return None if content is None else content.now()

    def create(self, name: str, size: int) -> _File:
        """Make a file of zeros."""
        self.check_health()
        self.check_room(size)
        self._files[name] = _Content(bytearray(size))
        return _File(self, name, self._files[name])

    def reopen(self, name: str, new_name: str) -> _File:
        """Rename and open."""
        self.check_health()
        self._files[new_name] = self._files.pop(name)
        return _File(self, new_name, self._files[new_name])

    def replace(self, name: str, content: bytes, *, durable: bool) -> None:
        """Put a small file in the place of another; one that is not durable goes with the power."""
        self.check_health()
        old = self._files.get(name)
        before = 0 if old is None else len(old.now())
        self.check_room(max(0, len(content) - before))
        if durable or old is None:
            self._files[name] = _Content(bytearray(content if durable else b""), [] if durable else [(0, content)])
        else:
            self._files[name] = _Content(old.durable, [(0, content)])

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._files.pop(name, None)

    def free_bytes(self) -> int:
        """Say how much room is left."""
        return self.capacity - sum(len(content.now()) for content in self._files.values())

    def close(self) -> None:
        """Let go of the lock."""
        self._locked = False


def _put(image: bytearray, offset: int, content: bytes) -> None:
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(content)] = content
