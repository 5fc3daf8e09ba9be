"""The audit log: append-only, each line bound to the one before by its hash, so that a changed line shows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, insert, select, text

from server.journal.database import Database
from server.registry import tables

GENESIS = "0" * 64
TEXT_CHARACTERS_MAX = 2_000  # Of one field; longer text from outside is cut, and marked so.
_LOCK = 0x6175646974  # "audit": of several servers, one appends at a time.


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    sequence: int
    at_ms: int
    actor: str
    what: str
    target: str
    detail: str
    prev: str
    hash: str


class Audit:
    """Appends to and reads the log; nothing here can change a line, and the database refuses it too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, now: float, actor: str, what: str, target: str = "", detail: str = "") -> None:
        """Append one line; returns after the commit."""
        at_ms = round(now * 1000)

        def work(connection: Connection) -> None:
            append_to(connection, at_ms, actor, what, target, detail)

        await self._database.run(work)

    async def page(self, before: int | None, limit: int) -> Sequence[Entry]:
        """Read lines, newest first, below sequence `before`."""

        def work(connection: Connection) -> list[Entry]:
            query = select(tables.audit).order_by(tables.audit.c.sequence.desc()).limit(limit)
            if before is not None:
                query = query.where(tables.audit.c.sequence < before)
            return [Entry(*row) for row in connection.execute(query)]

        return await self._database.run(work)

    async def first_broken(self) -> int | None:
        """Walk the whole chain; give the sequence of the first line that does not fit, or None."""

        def work(connection: Connection) -> int | None:
            prev, expected = GENESIS, 1
            for row in connection.execute(select(tables.audit).order_by(tables.audit.c.sequence)):
                entry = Entry(*row)
                if entry.sequence != expected or entry.prev != prev or entry.hash != _hash(entry):
                    return expected
                prev, expected = entry.hash, expected + 1
            return None

        return await self._database.run(work)


def append_to(connection: Connection, at_ms: int, actor: str, what: str, target: str, detail: str) -> None:
    """Append one line within a transaction: what it speaks of is stored with it, or neither is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    newest = select(tables.audit.c.sequence, tables.audit.c.hash).order_by(tables.audit.c.sequence.desc()).limit(1)
    last = connection.execute(newest).first()
    sequence, prev = (last[0] + 1, last[1]) if last else (1, GENESIS)
    entry = Entry(sequence, at_ms, _cut(actor, 64), what, _cut(target), _cut(detail), prev, "")
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    connection.execute(insert(tables.audit).values({**values, "hash": _hash(entry)}))


def _hash(entry: Entry) -> str:
    """Hash every field but the hash; JSON keeps neighbours apart, so that text cannot move from one field to the next."""
    fields = [entry.sequence, entry.at_ms, entry.actor, entry.what, entry.target, entry.detail, entry.prev]
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()


def _cut(given: str, characters: int = TEXT_CHARACTERS_MAX) -> str:
    clean = given.replace("\x00", "")  # PostgreSQL keeps no such character.
    return clean if len(clean) <= characters else clean[: characters - 1] + "…"
