"""Keeps frozen days: each bound to the one before by its hash, and refused by the database if anybody changes one."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select, true

from contract.errors import StorageError
from server.journal.database import Database
from server.snapshots import tables
from server.snapshots.calendar import ends_month
from server.snapshots.frozen import Figures, Frozen, FrozenDay, compress, decode, encode, inflated, read_tallies, sha256

KEPT_DAYS = (
    1_100  # Three years: then the schools of a day that ends no month are forgotten, and its place in the chain stays.
)
FIRST = ""  # What the first frozen day is bound to.
HEADS_MAX = 1_200  # Of one question.
UNITS_AT_ONCE = 500  # Some milliseconds of SQLite's one thread.


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands of a day in the chain."""

    day: int
    taken_ms: int
    source: str
    registry_sequence: int
    journal_sequence: int
    month_end: bool
    schools: int
    bytes: int
    content: str
    prev: str
    hash: str

    def sealed(self) -> str:
        """Work out the hash over everything else."""
        told = {name: value for name, value in msgspec.structs.asdict(self).items() if name != "hash"}
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _packed(frozen: Frozen) -> tuple[bytes, str, dict[str, str]]:
    """Make a day small, with its digest and its figures; for a city that takes a second, so not on the event loop."""
    body = encode(frozen)
    return compress(body), sha256(body), FrozenDay(frozen).tallies()


class Snapshots:
    """Reads and writes frozen days; every method raises `StorageError` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, frozen: Frozen) -> Head:
        """Freeze a day, in one transaction with its figures.

        Raises `sqlalchemy.exc.DBAPIError` for a day that is frozen already, or older than one that is.
        """
        small, content, tallies = await asyncio.to_thread(_packed, frozen)

        def work(connection: Connection) -> Head:
            row = tables.snapshot.c
            prev = connection.execute(select(row.hash).order_by(row.day.desc()).limit(1)).scalar()
            head = Head(
                day=frozen.day,
                taken_ms=frozen.taken_ms,
                source=frozen.source,
                registry_sequence=frozen.registry_sequence,
                journal_sequence=frozen.journal_sequence,
                month_end=ends_month(frozen.day),
                schools=len(frozen.schools),
                bytes=len(small),
                content=content,
                prev=prev or FIRST,
                hash="",
            )
            head = msgspec.structs.replace(head, hash=head.sealed())
            connection.execute(insert(tables.snapshot).values(**msgspec.structs.asdict(head)))
            connection.execute(insert(tables.snapshot_body).values(day=frozen.day, body=small))
            if tallies:
                values = [{"unit": unit, "day": frozen.day, "counts": counts} for unit, counts in tallies.items()]
                connection.execute(insert(tables.snapshot_tally), values)
            return head

        return await self._database.run(work)

    async def newest(self) -> Head | None:
        """Read the newest frozen day's place in the chain."""
        found = await self._heads(None, None, 1)
        return found[0] if found else None

    async def head(self, day: int) -> Head | None:
        """Read one day's place in the chain; None for a day that was not frozen."""
        found = await self._heads(day, day, 1)
        return found[0] if found else None

    async def heads(self, from_day: int, to_day: int) -> Sequence[Head]:
        """List the frozen days from the first to the last, both included, oldest first; the newest `HEADS_MAX` of them."""
        return list(reversed(await self._heads(from_day, to_day, HEADS_MAX)))

    async def day(self, day: int) -> FrozenDay | None:
        """Read a day whole; None for one that was not frozen, or whose schools have been forgotten.

        Raises `StorageError` for a day that is not what was frozen.
        """
        head, body = await self.head(day), await self.body(day)
        if head is None or body is None:
            return None
        try:
            frozen = await asyncio.to_thread(decode, body)
        except (ValueError, msgspec.DecodeError) as error:
            raise StorageError(f"snapshot of day {day}: {error}") from None
        return FrozenDay(frozen, await self._figures(day, [unit.id for unit in frozen.units]))

    async def body(self, day: int) -> bytes | None:
        """Read the bytes of a day as `frozen.compress` wrote them; None where they are kept no more."""
        query = select(tables.snapshot_body.c.body).where(tables.snapshot_body.c.day == day)
        body = await self._database.run(lambda connection: connection.execute(query).scalar())
        return None if body is None else bytes(body)

    async def _figures(self, day: int, units: Sequence[str]) -> dict[str, Figures]:
        row = tables.snapshot_tally.c
        found: dict[str, Figures] = {}
        for start in range(0, len(units), UNITS_AT_ONCE):
            query = select(row.unit, row.counts).where(row.day == day, row.unit.in_(units[start : start + UNITS_AT_ONCE]))
            rows = await self._rows(query)
            found.update((unit, read_tallies(counts)) for unit, counts in rows)
        return found

    async def broken(self, from_day: int = 0) -> list[str]:
        """Walk the chain and the bodies from a day on; says in words what is not what was frozen."""
        wrong: list[str] = []
        before: str | None = None
        at = from_day
        while heads := await self._page(at):
            for head in heads:
                if head.sealed() != head.hash or (before is not None and head.prev != before):
                    wrong.append(f"day {head.day}: the chain of frozen days is broken here")
                before = head.hash
                wrong += await self._wrong_body(head)
            at = heads[-1].day + 1
        return wrong

    async def series(self, unit: str, from_day: int, to_day: int) -> dict[int, Figures]:
        """Read the figures of a unit on each frozen day, both ends included."""
        row = tables.snapshot_tally.c
        query = select(row.day, row.counts).where(row.unit == unit, row.day >= from_day, row.day <= to_day).order_by(row.day)
        rows = await self._rows(query)
        return {day: read_tallies(counts) for day, counts in rows}

    async def forget(self) -> int:
        """Delete the bodies and figures that are old enough; gives how many days went."""
        old = select(func.max(tables.snapshot.c.day) - KEPT_DAYS).scalar_subquery()
        ends = select(tables.snapshot.c.day).where(tables.snapshot.c.month_end == true())

        def work(connection: Connection) -> int:
            gone = 0
            for table in (tables.snapshot_tally, tables.snapshot_body):
                where = (table.c.day <= old, table.c.day.not_in(ends))
                gone = connection.execute(delete(table).where(*where)).rowcount
            return gone

        return await self._database.run(work)

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        return await self._database.run(lambda connection: connection.execute(query).all())

    async def _heads(self, from_day: int | None, to_day: int | None, limit: int) -> list[Head]:
        row = tables.snapshot.c
        query = select(tables.snapshot).order_by(row.day.desc()).limit(limit)
        if from_day is not None:
            query = query.where(row.day >= from_day)
        if to_day is not None:
            query = query.where(row.day <= to_day)
        rows = await self._database.run(lambda connection: connection.execute(query).mappings().all())
        return [Head(**found) for found in rows]

    async def _page(self, from_day: int) -> list[Head]:
        row = tables.snapshot.c
        query = select(tables.snapshot).where(row.day >= from_day).order_by(row.day).limit(HEADS_MAX)
        rows = await self._database.run(lambda connection: connection.execute(query).mappings().all())
        return [Head(**found) for found in rows]

    async def _wrong_body(self, head: Head) -> list[str]:
        body = await self.body(head.day)
        if body is None:
            newest = await self.newest()
            old = newest is not None and head.day <= newest.day - KEPT_DAYS and not head.month_end
            return [] if old else [f"day {head.day}: its schools are gone"]
        try:
            same = sha256(inflated(body)) == head.content
        except ValueError:
            same = False
        return [] if same else [f"day {head.day}: is not what was frozen"]
