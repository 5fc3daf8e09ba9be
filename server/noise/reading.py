"""Reading the facts of some weeks, in slices, so that neither the database nor the event loop is held up by it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, select

from server.core.fact import Fact, decode_fact
from server.journal import tables
from server.journal.database import Database
from server.noise.episodes import Episode, episodes_of

SLICE = 2_000  # Some 15 ms of decoding, beside the event loop; other work of the database goes in between.
FACTS_MAX = 400_000  # A month of a city in trouble; of what is older nothing is counted, and the page says so.
BEFORE_SECONDS = 3_600.0  # Facts are stored a little later than they happen, and in another order than they are numbered.
KEPT_SECONDS = 120.0


class Facts:
    """The episodes of the last days, kept for two minutes: several people look at the same page."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._kept: dict[int, tuple[float, Mapping[str, Episode], bool]] = {}
        self._lock = asyncio.Lock()

    async def episodes(self, days: int) -> tuple[Mapping[str, Episode], bool]:
        """Give the episodes with facts of the last days, and whether all could be read; raises `StorageError`."""
        async with self._lock:  # One reading at a time, however many ask.
            now = self._clock()
            kept = self._kept.get(days)
            if kept is not None and now - kept[0] < KEPT_SECONDS:
                return kept[1], kept[2]
            slices, whole = await self._read(now - days * 86_400.0 - BEFORE_SECONDS)
            episodes = await asyncio.to_thread(lambda: episodes_of(each for part in slices for each in part))
            self._kept = {days: (now, episodes, whole)}
            return episodes, whole

    async def _read(self, since: float) -> tuple[list[list[tuple[str, Fact]]], bool]:
        slices: list[list[tuple[str, Fact]]] = []
        before, count = 2**62, 0
        while count < FACTS_MAX:
            rows = await self._database.run(_slice(before))
            if not rows:
                return slices[::-1], True
            before, count = rows[-1][0], count + len(rows)
            slices.append(await asyncio.to_thread(_decoded, rows))
            if rows[-1][2] < since * 1_000:
                return slices[::-1], True
        return slices[::-1], False


def _slice(before: int) -> Callable[[Connection], Sequence[tuple[int, str, int, bytes]]]:
    fact = tables.alert_fact.c
    query = (
        select(fact.sequence, fact.alert, fact.at_ms, fact.body)
        .where(fact.sequence < before)
        .order_by(fact.sequence.desc())
        .limit(SLICE)
    )
    return lambda connection: [
        (sequence, alert, at_ms, bytes(body)) for sequence, alert, at_ms, body in connection.execute(query)
    ]


def _decoded(rows: Sequence[tuple[int, str, int, bytes]]) -> list[tuple[str, Fact]]:
    return [(alert, decode_fact(body)) for _, alert, _, body in reversed(rows)]
