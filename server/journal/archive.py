"""The archive: raw batches that left the database, in compressed files, each sealed by its hash and bound to the one before.

A file is a gzip stream of batches, each a length of four bytes and its MessagePack. Bodies stand in it inflated, because
together they compress better than each by itself; their digests are of the inflated records anyhow. The database knows
each file by an entry; the entries are a chain of hashes, and stand beside the files too for whoever has only those.
"""

import asyncio
import gzip
import hashlib
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from contract.batch import inflate
from contract.errors import Refused, StorageError
from server.journal import tables
from server.journal.database import Database
from server.journal.model import JournaledBatch
from server.journal.raw import Bounds, RawBatch, SqlRaw, unpack
from server.journal.search import SLACK_MS
from server.journal.sql import SqlJournal

GENESIS = "0" * 64
MANIFEST = "manifest.jsonl"
LEVEL = 6
_LENGTH = struct.Struct(">I")
_RAW_MAX = 8 * 1024 * 1024  # Of one batch; far above what the contract allows. Beyond it the file is damaged.

_FILE = tables.archive_file.c
_FILES = select(tables.archive_file)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RawBatch)


class ArchiveEntry(msgspec.Struct, frozen=True):
    """What is known of one file."""

    last_sequence: int
    first_sequence: int
    first_rx_ms: int
    last_rx_ms: int
    count: int
    bytes: int
    name: str
    sha256: str
    prev: str
    hash: str
    written_ms: int
    expired: bool = False

    def sealed(self) -> "ArchiveEntry":
        """Give the entry with its hash: over everything but the hash itself and whether the file is gone."""
        told = msgspec.structs.replace(self, hash="", expired=False)
        return msgspec.structs.replace(self, hash=hashlib.sha256(msgspec.json.encode(told)).hexdigest())


def write_file(folder: Path, batches: Sequence[RawBatch], prev: str, now_ms: int) -> ArchiveEntry:
    """Write batches to a file, bring it to the disk and read it back; raises `StorageError` unless all is there.

    A file of the same name is replaced: it was left by a run that was killed before the database knew it.
    """
    name = f"raw-{batches[0].sequence:015d}-{batches[-1].sequence:015d}.gz"
    path, draft = folder / name, folder / f"{name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=LEVEL, mtime=0, filename="") as stream:
                for batch in batches:
                    packed = _encoder.encode(_inflated(batch))
                    stream.write(_LENGTH.pack(len(packed)) + packed)
            file.flush()
            os.fsync(file.fileno())
        if not _holds(draft, batches):
            raise StorageError(f"archive: {draft} does not hold what was written")
        draft.replace(path)
        sync_folder(folder)
        size, sha256 = path.stat().st_size, _sha256(path)
    except OSError as error:
        raise StorageError(f"archive: {path}: {error.strerror}") from error
    return ArchiveEntry(
        last_sequence=batches[-1].sequence,
        first_sequence=batches[0].sequence,
        first_rx_ms=min(batch.rx_ms for batch in batches),
        last_rx_ms=max(batch.rx_ms for batch in batches),
        count=len(batches),
        bytes=size,
        name=name,
        sha256=sha256,
        prev=prev,
        hash="",
        written_ms=now_ms,
    ).sealed()


def write_packed(folder: Path, packed: Sequence[bytes], prev: str, now_ms: int) -> ArchiveEntry:
    """Do the same for batches on their way to another process."""
    return write_file(folder, [batch for piece in packed for batch in unpack(piece)], prev, now_ms)


def write_manifest(folder: Path, entries: Sequence[ArchiveEntry]) -> None:
    """Write all entries beside the files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{MANIFEST}.part"
        with draft.open("wb") as file:
            file.writelines(msgspec.json.encode(entry) + b"\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / MANIFEST)
        sync_folder(folder)
    except OSError as error:
        raise StorageError(f"archive: {folder / MANIFEST}: {error.strerror}") from error


def add_to_manifest(folder: Path, entry: ArchiveEntry) -> None:
    """Write one more entry beside the files."""
    try:
        with (folder / MANIFEST).open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"archive: {folder / MANIFEST}: {error.strerror}") from error


def last_of_manifest(folder: Path) -> str | None:
    """Give the hash of the last entry beside the files; None without one, and for a line that cannot be read."""
    try:
        lines = (folder / MANIFEST).read_bytes().splitlines()
    except OSError:
        return None
    try:
        return msgspec.json.decode(lines[-1], type=ArchiveEntry).hash if lines else None
    except msgspec.DecodeError:
        return ""


def check_files(folder: Path, entries: Sequence[ArchiveEntry], *, hashed: bool) -> list[str]:
    """Say what is wrong with the chain or its files; not `hashed`, a file is known by its size alone."""
    wrong: list[str] = []
    prev, after = GENESIS, None
    for entry in entries:
        if entry.prev != prev or entry.sealed().hash != entry.hash:
            wrong.append(f"{entry.name}: the chain of entries is broken here")
        if after is not None and entry.first_sequence <= after:
            wrong.append(f"{entry.name}: overlaps the file before")
        prev, after = entry.hash, entry.last_sequence
        if entry.expired:
            continue
        try:
            path = folder / entry.name
            if path.stat().st_size != entry.bytes or (hashed and _sha256(path) != entry.sha256):
                wrong.append(f"{entry.name}: is not the file that was written")
        except OSError as error:
            wrong.append(f"{entry.name}: {error.strerror}")
    return wrong


def _entries(connection: Connection, query: Select[Any]) -> list[ArchiveEntry]:
    rows: Sequence[Any] = connection.execute(query).all()
    return [ArchiveEntry(**row._mapping) for row in rows]  # noqa: SLF001  # SQLAlchemy's public name for it.


@dataclass(slots=True)
class _Open:
    """A file that is being read on."""

    name: str
    batches: Iterator[RawBatch]
    at: int


class ArchivedRaw(SqlRaw):
    """Reads archive and database as one journal. Implements `RawSource`."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database)
        self.folder = folder
        self._open: _Open | None = None

    async def entries(self) -> list[ArchiveEntry]:
        """Read all that the database knows of the archive, oldest first; a year has some 40,000."""
        return await self._ask(_FILES.order_by(_FILE.last_sequence))

    async def newest(self) -> ArchiveEntry | None:
        """Read the newest entry."""
        found = await self._ask(_FILES.order_by(_FILE.last_sequence.desc()).limit(1))
        return found[0] if found else None

    async def archived(self) -> int:
        """Give the last sequence that is in the archive; 0 where there is none."""
        query = select(func.coalesce(func.max(tables.archive_file.c.last_sequence), 0))
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def bounds(self) -> Bounds:
        """Begin with the oldest file that is still there."""
        here = await super().bounds()
        kept = await self._kept(0, limit=1)
        gone = await self._ask(_FILES.where(_FILE.expired).limit(1))
        archived = await self.archived()
        first = kept[0].first_sequence if kept else max(here.first, archived + 1 if here.last else 0)
        return Bounds(first, max(here.last, archived), not gone, archived)

    async def read_raw(self, after: int, limit: int) -> Sequence[RawBatch]:
        """Read on in the archive, then in the database; what is in both is told once."""
        found = await self.read_archived(after, limit)
        if len(found) == limit:
            return found
        after = max(after, await self.archived(), found[-1].sequence if found else 0)
        return [*found, *await super().read_raw(after, limit - len(found))]

    async def read_archived(self, after: int, limit: int) -> list[RawBatch]:
        """Read on in the archive alone."""
        found: list[RawBatch] = []
        while len(found) < limit:
            entries = await self._kept(after, limit=1)
            if not entries:
                break
            found += await asyncio.to_thread(self._read_on, entries[0], after, limit - len(found))
            after = entries[0].last_sequence
        return found

    async def before(self, rx_ms: int) -> int:
        """Look among the files first."""
        entries = await self._kept(0, rx_ms - SLACK_MS, limit=1)
        if entries:
            return entries[0].first_sequence - 1
        return max(await super().before(rx_ms), await self.archived())

    async def of_gateway(self, gateway: str, lane: str, rx_ms: int, after: int, limit: int) -> Sequence[RawBatch]:
        """Read one gateway: whole files have to be gone through, which the database need not. May give more than asked."""
        found: list[RawBatch] = []
        archived = await self.archived()
        for entry in await self._kept(after, rx_ms):
            found += await asyncio.to_thread(self._of_gateway, entry, (gateway, lane), rx_ms, after)
            if len(found) >= limit:
                return found
        return [*found, *await super().of_gateway(gateway, lane, rx_ms, max(after, archived), limit - len(found))]

    async def _kept(self, after: int, rx_ms: int = 0, limit: int | None = None) -> list[ArchiveEntry]:
        """Read the files that go beyond a sequence and an instant of receipt, oldest first."""
        wanted = _FILES.where(_FILE.last_sequence > after, _FILE.last_rx_ms >= rx_ms, ~_FILE.expired)
        return await self._ask(wanted.order_by(_FILE.last_sequence).limit(limit))

    async def _ask(self, query: Select[Any]) -> list[ArchiveEntry]:
        return await self._database.run(lambda connection: _entries(connection, query))

    def _of_gateway(self, entry: ArchiveEntry, stream: tuple[str, str], rx_ms: int, after: int) -> list[RawBatch]:
        return [
            batch
            for batch in _checked(self.folder / entry.name)
            if batch.sequence > after and (batch.gateway, batch.lane) == stream and batch.rx_ms >= rx_ms
        ]

    def _read_on(self, entry: ArchiveEntry, after: int, limit: int) -> list[RawBatch]:
        opened = self._open
        self._open = None
        if opened is None or opened.name != entry.name or opened.at != after:
            opened = _Open(entry.name, _checked(self.folder / entry.name), after)
        found: list[RawBatch] = []
        for batch in opened.batches:
            if batch.sequence > after:
                found.append(batch)
                if len(found) >= limit:
                    opened.at = batch.sequence
                    self._open = opened
                    break
        return found


class WholeJournal:
    """Gives batches to those who read on from a checkpoint, however old: from the archive, then from the journal itself."""

    def __init__(self, journal: SqlJournal, raw: ArchivedRaw) -> None:
        self._journal = journal
        self.raw = raw
        self.head = journal.head
        self.facts_of = journal.facts_of

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read batches in commit order, above sequence `after`."""
        while True:
            found = [batch.journaled() for batch in await self.raw.read_archived(after, limit)]
            if len(found) == limit:
                return found
            archived = await self.raw.archived()
            here = await self._journal.read(max(after, archived), limit - len(found))
            if await self.raw.archived() == archived:  # Else what we wanted may have left the database meanwhile.
                return [*found, *here]


def _checked(path: Path) -> Iterator[RawBatch]:
    try:
        yield from _read(path)
    except OSError as error:
        raise StorageError(f"archive: {path}: {error.strerror or error}") from error


def _read(path: Path) -> Iterator[RawBatch]:
    """Read a file; every kind of damage is an `OSError`."""
    with gzip.open(path, "rb") as stream:
        try:
            while head := _exactly(stream, _LENGTH.size):
                [length] = _LENGTH.unpack(head)
                if length > _RAW_MAX:
                    raise OSError("damaged: a batch of impossible length")
                yield _decoder.decode(_exactly(stream, length, whole=True))
        except (EOFError, msgspec.DecodeError, ValueError) as error:
            raise OSError(f"damaged: {error}") from error


def _exactly(stream: IO[bytes] | gzip.GzipFile, length: int, *, whole: bool = False) -> bytes:
    data = stream.read(length)
    if len(data) != length and (data or whole):
        raise OSError("damaged: it ends in the middle of a batch")
    return data


def _holds(path: Path, batches: Sequence[RawBatch]) -> bool:
    """Read a file back and compare it batch by batch."""
    pairs = zip_longest(_read(path), batches)
    return all(read is not None and batch is not None and read == _inflated(batch) for read, batch in pairs)


def _inflated(batch: RawBatch) -> RawBatch:
    try:
        return msgspec.structs.replace(batch, body=inflate(batch.body))
    except Refused:
        return batch  # Whatever it is, it is kept.


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
