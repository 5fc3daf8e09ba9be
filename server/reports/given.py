"""The log of reports that were given: to whom, when, of what, and the hashes by which a copy is known again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from server.journal.database import Database
from server.registry.audit import append_to
from server.reports.tables import report_given

HASH_LEAST = 8  # Digits of a hash that are enough to look for: a page's margin prints sixteen.


@dataclass(frozen=True, slots=True)
class Given:
    """One report that was given. `digest` is of what it says, `sha256` of the file's bytes."""

    at_ms: int
    actor: str
    report: str
    scope_kind: str
    scope_id: str
    day: date
    as_of_ms: int
    frozen: str
    language: str
    form: str
    name: str
    digest: str
    sha256: str
    bytes: int
    sequence: int = 0


class GivenReports:
    """Appends to and reads the log; every method raises `StorageError` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, given: Given) -> None:
        """Put a report on record, with a line of the audit log; nothing is given that is on none."""
        values = {name: getattr(given, name) for name in Given.__slots__ if name != "sequence"}

        def work(connection: Connection) -> None:
            connection.execute(insert(report_given).values(values))
            target, detail = f"{given.scope_kind}:{given.scope_id}", f"{given.name}.{given.form} {given.sha256}"
            append_to(connection, given.at_ms, given.actor, "report_given", target, detail)

        await self._database.run(work)

    async def page(self, before: int | None, limit: int, hash_: str = "") -> Sequence[Given]:
        """List what was given, newest first, below sequence `before`; with a hash's first digits only what bears it."""
        row = report_given.c
        query = select(report_given).order_by(row.sequence.desc()).limit(limit)
        if before is not None:
            query = query.where(row.sequence < before)
        if hash_:
            query = query.where(
                or_(row.sha256.startswith(hash_, autoescape=True), row.digest.startswith(hash_, autoescape=True))
            )
        return await self._database.run(lambda connection: [_read(found) for found in connection.execute(query)])


def _read(row: Any) -> Given:
    return Given(**{name: getattr(row, name) for name in Given.__slots__})
