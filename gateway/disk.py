"""The few calls the outbox makes to a disk, so that a simulated one can tear writes and forget what was not synced.

Names are relative to the disk's root and may have one folder (`a/…`). Every call may raise `OSError`.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Protocol

from contract.errors import StorageError


class OpenFile(Protocol):
    """A file being written."""

    def write(self, offset: int, content: bytes) -> None:
        """Put bytes at an offset; not durable before `sync`."""
        ...

    def sync(self) -> None:
        """Make everything written durable. After an error nothing may be assumed of the file: never ask again."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class Disk(Protocol):
    """A folder on something that may fail."""

    def lock(self) -> None:
        """Make this process the only one to use the folder, or raise `StorageError`."""
        ...

    def sizes(self, folder: str) -> dict[str, int]:
        """List a folder's files with their sizes in bytes; an absent folder is empty."""
        ...

    def read(self, name: str) -> bytes | None:
        """Give a whole file, or None when there is none."""
        ...

    def create(self, name: str, size: int) -> OpenFile:
        """Make a file of zeros, its room reserved and its name durable on return; `size` 0 reserves nothing."""
        ...

    def reopen(self, name: str, new_name: str) -> OpenFile:
        """Rename a file, durably, and open it for writing."""
        ...

    def replace(self, name: str, content: bytes, *, durable: bool) -> None:
        """Put a small file in the place of another: always the old or the new, never a mixture."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is absent is no error."""
        ...

    def free_bytes(self) -> int:
        """Say how much room is left."""
        ...

    def close(self) -> None:
        """Let go of the lock."""
        ...


class PosixFile:
    """A file by descriptor."""

    def __init__(self, descriptor: int, *, syncs: bool) -> None:
        self._descriptor = descriptor
        self._syncs = syncs

    def write(self, offset: int, content: bytes) -> None:
        """Put bytes at an offset, however many calls the system takes for it."""
        view = memoryview(content)
        while view:
            written = os.pwrite(self._descriptor, view, offset)
            view = view[written:]
            offset += written

    def sync(self) -> None:
        """Make everything written durable."""
        if self._syncs:
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class PosixDisk:
    """A folder of a real file system. With `syncs=False` nothing survives a power cut: for fleets of simulated boxes."""

    def __init__(self, root: Path, *, syncs: bool = True) -> None:
        self._root = root
        self._syncs = syncs
        self._lock = -1

    def lock(self) -> None:
        """Hold the lock file until `close` or the end of the process."""
        self._root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StorageError(f"{self._root} is in use by another gateway process") from None
        self._lock = descriptor

    def sizes(self, folder: str) -> dict[str, int]:
        """List a folder's files; half-made ones are not there yet."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self._root / folder) as entries:
            return {
                entry.name: entry.stat().st_size for entry in entries if entry.is_file() and not entry.name.endswith(".new")
            }
        return {}

    def read(self, name: str) -> bytes | None:
        """Give a whole file, or None when there is none."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def create(self, name: str, size: int) -> OpenFile:
        """Make a file; a leftover of the same name is overwritten."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            if size:
                os.posix_fallocate(descriptor, 0, size)
            if self._syncs:
                os.fsync(descriptor)
            self._sync_folder(path.parent)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return PosixFile(descriptor, syncs=self._syncs)

    def reopen(self, name: str, new_name: str) -> OpenFile:
        """Rename and open."""
        path = self._root / new_name
        (self._root / name).rename(path)
        self._sync_folder(path.parent)
        return PosixFile(os.open(path, os.O_RDWR | os.O_CLOEXEC), syncs=self._syncs)

    def replace(self, name: str, content: bytes, *, durable: bool) -> None:
        """Write beside, then rename over."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        file = PosixFile(descriptor, syncs=self._syncs)
        try:
            file.write(0, content)
            if durable:
                file.sync()
        finally:
            file.close()
        beside.rename(path)
        if durable:
            self._sync_folder(path.parent)

    def remove(self, name: str) -> None:
        """Remove a file; its return after a power cut only costs a retransmission."""
        (self._root / name).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Say how much room an ordinary user has left."""
        state = os.statvfs(self._root)
        return state.f_bavail * state.f_frsize

    def close(self) -> None:
        """Let go of the lock."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _sync_folder(self, folder: Path) -> None:
        if not self._syncs:
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
