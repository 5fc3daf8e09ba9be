"""Streams an export: a page of the journal at a time, rendered on a thread, so that neither memory nor alarms feel it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

from sqlalchemy import Connection, func, select

from contract.errors import StorageError
from server.export.lines import Wanted, end_line, incident_line, reading_lines
from server.journal import tables
from server.journal.database import Database
from server.journal.model import JournaledBatch
from server.registry.tree import Tree

What = Literal["readings", "incidents"]
PAGE_BATCHES = 64  # 16 MB at the very most, and a hundredth of it in a usual city.
PAGE_INCIDENTS = 100
DISORDER_MS = 600_000  # The journal has the order of commits; receipts differ by retries and servers' clocks.
LOOKS_MAX = 20  # While somebody writes to PostgreSQL, its newest rows can be read only a moment later.
LOOK_SECONDS = 0.1


class Source(Protocol):
    """What of the journal an export reads; batches that have left for an archive come by it too, where there is one."""

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches in commit order, above sequence `after`."""
        ...

    async def head(self) -> int:
        """Read the newest committed sequence; 0 when there is none."""
        ...

    async def facts_of(self, alert: str) -> Sequence[bytes]:
        """Read every fact of one alert, however old, oldest first."""
        ...


class Export:
    """Reads one journal. Every method raises `StorageError` when the database does not answer."""

    def __init__(self, database: Database, source: Source) -> None:
        self._database = database
        self._source = source

    async def stream(self, what: What, wanted: Wanted, tree: Tree) -> AsyncIterator[bytes]:
        """Give the export in pieces of whole lines, the last with the line that says that all is there."""
        lines = 0
        pages = self._readings(wanted, tree) if what == "readings" else self._incidents(wanted)
        async for page in pages:
            lines += len(page)
            if page:
                yield b"".join(page)
        yield end_line(lines)

    async def _readings(self, wanted: Wanted, tree: Tree) -> AsyncIterator[list[bytes]]:
        after, head = await self._before(wanted.from_ms - DISORDER_MS), await self._source.head()
        looks = 0
        while after < head:
            batches = await self._source.read(after, PAGE_BATCHES)
            if not batches and looks == LOOKS_MAX:
                raise StorageError("database: its newest rows cannot be read yet, for another transaction is still open")
            if not batches:
                looks += 1
                await asyncio.sleep(LOOK_SECONDS)
                continue
            yield await asyncio.to_thread(_rendered, batches, wanted, tree)
            if batches[0].rx_ms >= wanted.to_ms + DISORDER_MS:
                return
            looks, after = 0, batches[-1].sequence

    async def _incidents(self, wanted: Wanted) -> AsyncIterator[list[bytes]]:
        after = 0
        while True:
            begun = await self._begun(wanted, after)
            for _, alert in begun:
                line = incident_line(await self._source.facts_of(alert), wanted)
                yield [line] if line else []
            if len(begun) < PAGE_INCIDENTS:
                return
            after = begun[-1][0]

    async def _begun(self, wanted: Wanted, after: int) -> list[tuple[int, str]]:
        """List alerts that were raised in the interval, by their first fact."""
        fact = tables.alert_fact.c
        query = (
            select(fact.sequence, fact.alert)
            .where(fact.number == 1, fact.sequence > after, fact.at_ms >= wanted.from_ms, fact.at_ms < wanted.to_ms)
            .order_by(fact.sequence)
            .limit(PAGE_INCIDENTS)
        )
        return await self._database.run(lambda connection: [(place, alert) for place, alert in connection.execute(query)])

    async def _before(self, rx_ms: int) -> int:
        """Find a sequence below everything received since an instant, by halving: receive times grow with the sequence."""
        raw = tables.raw_batch.c

        def work(connection: Connection) -> int:
            low, high = connection.execute(select(func.min(raw.sequence), func.max(raw.sequence))).one()
            if low is None:
                return 0
            first = low
            while low < high:
                middle = (low + high) // 2
                nearest = select(raw.sequence, raw.rx_ms).where(raw.sequence >= middle).order_by(raw.sequence).limit(1)
                found, rx = connection.execute(nearest).one()
                if rx < rx_ms:
                    low = found + 1
                else:
                    high = middle
            # At the very first row that is still here, what has left for an archive may be wanted too.
            return 0 if low <= first else low - 1

        return await self._database.run(work)


def _rendered(batches: Sequence[JournaledBatch], wanted: Wanted, tree: Tree) -> list[bytes]:
    return [line for batch in batches for line in reading_lines(batch, wanted, tree)]
