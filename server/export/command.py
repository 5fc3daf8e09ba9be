"""`anxiao-server export`: the journal of a stopped server, or of a PostgreSQL beside running ones, to a file or a pipe."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from contract.errors import ConfigurationError, StorageError
from server.export.export import Export, What
from server.export.lines import Wanted
from server.journal.archive import ArchivedRaw, WholeJournal
from server.journal.database import Database, open_database
from server.journal.sql import SqlJournal
from server.registry.store import Registry


async def export_to(address: str, archive: Path, what: What, wanted: Wanted, out: Path | None) -> int:
    """Write an export; gives its size in bytes. Raises `StorageError`, and `ConfigurationError` for an unknown place."""
    if wanted.from_ms >= wanted.to_ms:
        raise ConfigurationError("--from, --to: the first has to be earlier")
    try:
        database = open_database(address)
    except StorageError as error:
        if "another process" in str(error):
            raise StorageError(
                f"{error}: stop it, or ask it for the same by GET /api/v1/export/{what} as an administrator"
            ) from None
        raise
    try:
        return await _write(database, archive, what, wanted, out)
    finally:
        await database.close()


async def _write(database: Database, archive: Path, what: What, wanted: Wanted, out: Path | None) -> int:
    registry = Registry(database)
    await registry.load()
    tree = registry.tree
    if wanted.school and wanted.school not in tree.schools:
        raise ConfigurationError(f"--school: {wanted.school!r} is not in the roster")
    source = WholeJournal(SqlJournal(database), ArchivedRaw(database, archive))
    pieces: AsyncIterator[bytes] = Export(database, source).stream(what, wanted, tree)
    written = 0
    with _opened(out) as file:
        async for piece in pieces:
            written += file.write(piece)
    return written


@contextlib.contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    """Open where it goes: a file appears whole or not at all, and only its owner can read it."""
    try:
        if out is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        unfinished = out.with_name(out.name + ".part")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(out)
    except OSError as error:
        raise StorageError(f"{out or 'standard output'}: {error.strerror}") from error
