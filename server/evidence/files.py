"""The files of evidence on the disk, each under the hash of its bytes; what is there twice is kept once."""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path

from contract.errors import StorageError
from server.evidence.holding import NotDone
from server.evidence.sniffing import BYTES_MAX, HEAD_BYTES, LIMITS, Found, is_text, sniff

CHUNK_BYTES = 256 * 1024
FREE_BYTES_LEAST = 1024 * 1024 * 1024  # What has to stay free: the disk belongs to the alarms first.


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is on the disk."""

    found: Found
    sha256: str
    bytes: int


class Files:
    """Files in one folder. Every method raises `StorageError` where the disk does not do what was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Say where a file lies."""
        return self.folder / "files" / sha256[:2] / sha256

    async def take(self, pieces: AsyncIterable[bytes]) -> Taken:
        """Bring a file to the disk. Raises `NotDone` for what is not one of the kinds that are taken, or is too large."""
        draft = self.folder / "incoming" / uuid.uuid4().hex
        await asyncio.to_thread(self._begin, draft)
        digest, size, head = hashlib.sha256(), 0, b""
        found: Found | None = None
        try:
            with await asyncio.to_thread(draft.open, "wb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if len(head) < HEAD_BYTES:
                        head = (head + piece)[:HEAD_BYTES]
                        found = sniff(head) if len(head) == HEAD_BYTES else None
                    most = LIMITS[found.kind] if found else BYTES_MAX
                    if size > most:
                        raise NotDone("too_large", f"allowed: {most} bytes")
                    if found is None and len(head) == HEAD_BYTES:
                        raise _unknown()
                    if found is not None and found.kind == "text" and not is_text(piece, cut=True):
                        raise _unknown()
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
                found = found or sniff(head)
                if found is None:
                    raise _unknown()
                await asyncio.to_thread(_sync, file.fileno(), file.flush)
            sha256 = digest.hexdigest()
            await asyncio.to_thread(self._settle, draft, self.path(sha256))
        except OSError as error:
            raise StorageError(f"evidence: {draft}: {error.strerror}") from error
        finally:
            await asyncio.to_thread(draft.unlink, missing_ok=True)
        return Taken(found, sha256, size)

    def holds(self, sha256: str, size: int) -> str:
        """Say what is wrong with a file, by its bytes; empty where it is what was taken."""
        try:
            with self.path(sha256).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    return "damaged"
            return "" if self.path(sha256).stat().st_size == size else "damaged"
        except OSError:
            return "missing"

    def remove(self, sha256: str) -> None:
        """Let a file go."""
        try:
            self.path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"evidence: {self.path(sha256)}: {error.strerror}") from error

    def _begin(self, draft: Path) -> None:
        try:
            draft.parent.mkdir(parents=True, exist_ok=True)
            disk = os.statvfs(draft.parent)
        except OSError as error:
            raise StorageError(f"evidence: {draft.parent}: {error.strerror}") from error
        if disk.f_bavail * disk.f_frsize < FREE_BYTES_LEAST:
            raise StorageError(f"evidence: less than {FREE_BYTES_LEAST} bytes are free")

    def _settle(self, draft: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)
        for folder in (path.parent, path.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _unknown() -> NotDone:
    return NotDone("invalid", "allowed: photos, PDF, audio, short video and plain text, by their content")


def _sync(number: int, flush: object) -> None:
    if callable(flush):
        flush()
    os.fsync(number)
