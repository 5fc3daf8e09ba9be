"""Moves raw batches out of the database: written, read back, entered, and only then deleted, a few at a time.

Killed anywhere, nothing is lost and nothing is there twice for a reader: a file that the database does not know is written
again, and rows that a file has are passed over until they are deleted.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
import structlog
from sqlalchemy import delete, func, insert, select, update

from contract.errors import StorageError
from server.journal import tables
from server.journal.archive import (
    GENESIS,
    ArchivedRaw,
    ArchiveEntry,
    add_to_manifest,
    last_of_manifest,
    sync_folder,
    write_manifest,
    write_packed,
)
from server.journal.database import Database
from server.journal.raw import Pieces, RawBatch, pack

T = TypeVar("T")

FILE_BYTES = 32 * 1024 * 1024  # Of bodies as they stand in the database: some ten minutes of a city, held in memory once.
FILE_BATCHES = 100_000
PACKED_MAX = 500  # Batches packed at a time, so that the event loop is free again after a millisecond.
DELETE_AT_ONCE = 100  # Rows in one transaction: well below a millisecond of the thread that alarms need.
DELETE_PAUSE_SECONDS = 0.01

log = structlog.get_logger("archive")


class Work(Protocol):
    """Runs a function somewhere else than on the event loop."""

    def __call__(self, function: Callable[..., T], *args: object) -> Awaitable[T]:
        """Run it and give what it gives."""
        ...


async def in_thread(function: Callable[..., T], *args: object) -> T:
    """Run it on a thread."""
    return await asyncio.to_thread(function, *args)


async def _nothing(_entry: ArchiveEntry, _path: Path) -> None:
    """Keep nothing."""


def set_aside(path: Path, folder: Path, entry: ArchiveEntry) -> None:
    """Copy a file of the archive and prove the copy by the hash of its entry, beside which it lies.

    Raises `StorageError` unless all of it is on the disk; a file that was set aside before is proven and left.
    """
    aside = folder / entry.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not aside.exists():
            draft = folder / f"{entry.name}.part"
            with path.open("rb") as given, draft.open("wb") as taken:
                shutil.copyfileobj(given, taken)
                taken.flush()
                os.fsync(taken.fileno())
            draft.replace(aside)
            sync_folder(folder)
        (folder / f"{entry.name}.json").write_bytes(msgspec.json.encode(entry))
        with aside.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
                raise StorageError(f"archive: {aside}: is not the file that was written")
    except OSError as error:
        raise StorageError(f"archive: {aside}: {error.strerror}") from error


class Archiver:
    """Archives what may go; one of it at a time on one database."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        clock: Callable[[], float],
        *,
        work: Work = in_thread,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        file_bytes: int = FILE_BYTES,
    ) -> None:
        self.files = 0
        self.batches = 0
        self._database = database
        self._folder = folder
        self._clock = clock
        self._work = work
        self._pause = pause
        self._file_bytes = file_bytes
        self._source = ArchivedRaw(database, folder)
        self.on_expire: Callable[[ArchiveEntry, Path], Awaitable[None]] = _nothing

    async def run(self, may_go: Callable[[int], bool], *, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Archive the oldest batches as long as `may_go` says so of the instant of their receipt; gives how many went.

        The newest batch always stays: SQLite counts the next one on from it. Raises `StorageError`.
        """
        await self._delete_archived()
        await self._mend_manifest()
        moved = 0
        while goes_on():
            batches = await self._next(may_go)
            if not batches:
                return moved
            await self._move(batches)
            moved += len(batches)
        return moved

    async def expire(self, before_ms: int) -> int:
        """Remove files of which every batch was received before an instant; their entries stay in the chain.

        `on_expire` sees each before it goes, and what it raises keeps the file and all after it: a hold wins.
        """
        removed = 0
        entries = await self._source.entries()
        for entry in entries:
            if entry.expired:
                continue
            if entry.last_rx_ms >= before_ms:
                break  # Only from the oldest on: a journal with a hole in it proves nothing.
            await self.on_expire(entry, self._folder / entry.name)
            table = tables.archive_file
            gone = update(table).where(table.c.last_sequence == entry.last_sequence).values(expired=True)
            await self._database.run(lambda connection, gone=gone: connection.execute(gone).rowcount)  # type: ignore[misc]
            await asyncio.to_thread((self._folder / entry.name).unlink, missing_ok=True)
            log.info("archive_expired", name=entry.name, count=entry.count)
            removed += 1
        if removed:
            await asyncio.to_thread(write_manifest, self._folder, await self._source.entries())
        return removed

    async def _next(self, may_go: Callable[[int], bool]) -> list[RawBatch]:
        """Gather the batches of the next file."""
        bounds = await self._source.bounds()
        found: list[RawBatch] = []
        after, weight, pieces = bounds.archived, 0, Pieces()
        while weight < self._file_bytes and len(found) < FILE_BATCHES:
            piece = await self._source.read_raw(after, pieces.limit)
            pieces.learn(piece)
            for batch in piece:
                if batch.sequence >= bounds.last or not may_go(batch.rx_ms) or weight >= self._file_bytes:
                    return found
                found.append(batch)
                weight += len(batch.body)
            if not piece:
                return found
            after = piece[-1].sequence
        return found

    async def _move(self, batches: list[RawBatch]) -> None:
        newest = await self._source.newest()
        prev = newest.hash if newest else GENESIS
        now_ms = round(self._clock() * 1_000)
        packed: list[bytes] = []
        for start in range(0, len(batches), PACKED_MAX):
            packed.append(pack(batches[start : start + PACKED_MAX]))
            await asyncio.sleep(0)
        entry = await self._work(write_packed, self._folder, packed, prev, now_ms)
        await self._enter(entry)
        await asyncio.to_thread(add_to_manifest, self._folder, entry)
        await self._delete_archived()
        self.files += 1
        self.batches += len(batches)
        log.info("archived", name=entry.name, count=entry.count, bytes=entry.bytes)

    async def _enter(self, entry: ArchiveEntry) -> None:
        values = {field: getattr(entry, field) for field in entry.__struct_fields__}
        await self._database.run(
            lambda connection: connection.execute(insert(tables.archive_file).values(**values)).rowcount
        )

    async def _mend_manifest(self) -> None:
        """Write the list beside the files anew where a kill, or a restored database, left another one."""
        newest = await self._source.newest()
        told = await asyncio.to_thread(last_of_manifest, self._folder)
        if told != (newest.hash if newest else None):
            await asyncio.to_thread(write_manifest, self._folder, await self._source.entries())

    async def _delete_archived(self) -> None:
        """Delete the rows that files hold; the chain of files says up to where."""
        raw = tables.raw_batch
        archived = select(func.coalesce(func.max(tables.archive_file.c.last_sequence), 0)).scalar_subquery()
        some = select(raw.c.sequence).where(raw.c.sequence <= archived).order_by(raw.c.sequence).limit(DELETE_AT_ONCE)
        statement = delete(raw).where(raw.c.sequence.in_(some))
        while await self._database.run(lambda connection: connection.execute(statement).rowcount) >= DELETE_AT_ONCE:
            await self._pause(DELETE_PAUSE_SECONDS)
