"""History in a DuckDB file of the server's own: the default, exactly once, with nothing to install.

Series are numbers: `sources` names each (gateway, device) and `metrics` each metric, so that the wide table of readings
holds two small integers, an instant and a value, and the same names are not written a million times.
The rows and the checkpoint share one transaction. There is no primary key: it would cost half the rate and twenty times the
room, and the checkpoint already keeps a row from being written twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

import duckdb

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from server.history.content import NOTHING, Kept, Shape, Tally, Work, added
from server.history.store import NS_PER_MS, Point, Row, bucket_ms, extremes

MEMORY_MAX = "512MB"  # DuckDB would otherwise take most of the machine, which belongs to the alarm line.
THREADS = 1  # History never competes with the alarm line for a second core.
CHUNK_ROWS = 1_000  # Appending holds the interpreter's lock: about 0.5 ms at a time, far below what a press may wait.
METRICS_MAX = 10_000  # Distinct metric names; the kinds have about a hundred. Past it, new names are not kept.
SOURCES_MAX = 2_000_000  # Distinct devices; a province has about one million.

SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (id INTEGER, gateway VARCHAR, device VARCHAR);
CREATE TABLE IF NOT EXISTS metrics (id INTEGER, name VARCHAR);
CREATE TABLE IF NOT EXISTS readings (source INTEGER, metric INTEGER, t BIGINT, value DOUBLE);
CREATE TABLE IF NOT EXISTS texts (source INTEGER, metric INTEGER, t BIGINT, value VARCHAR);
CREATE TABLE IF NOT EXISTS projection (checkpoint BIGINT);
"""
TABLES = ("sources", "metrics", "readings", "texts", "projection")
SPAN = "source = ? AND metric = ? AND t >= ? AND t < ?"
TALLY_MS = 3_600_000  # An hour at a time: a second of the store's thread in a city, for which a chart may have to wait.
NAMED = "FROM {table} r JOIN sources s ON r.source = s.id JOIN metrics m ON r.metric = m.id WHERE r.t >= ? AND r.t < ?"

T = TypeVar("T")


class DuckDbStore:
    """A history store in one file, which no other process may open meanwhile. All work happens on one thread of its own."""

    name = "duckdb"
    keeps_texts = True
    loss_horizon_seconds = 0.0  # A commit is on the disk.
    shape = Shape(overwrites=False)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-duckdb")
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self._sources: dict[tuple[str, str], int] = {}
        self._metrics: dict[str, int] = {}
        self.unnamed = 0  # Values not kept because there were too many names already.

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Commit rows and checkpoint together."""
        await self._call(lambda connection: self._append(connection, rows, checkpoint))

    async def checkpoint(self) -> int:
        """Read the checkpoint of the last commit."""
        return await self._call(_read_checkpoint)

    async def incarnation(self) -> str:
        """Stay the same for ever: a commit is never lost."""
        return ""

    async def series(
        self, gateway: GatewayId, device: DeviceId, metric: str, start_ms: int, end_ms: int, points: int
    ) -> list[Point]:
        """Read one metric of one device."""

        def read(connection: duckdb.DuckDBPyConnection) -> list[Point]:
            span = (
                self._sources.get((gateway, device), -1),
                self._metrics.get(metric, -1),
                start_ms * NS_PER_MS,
                end_ms * NS_PER_MS,
            )
            width = bucket_ms(start_ms, end_ms, points)
            return _numbers(connection, span, width, points) or _texts(connection, span, width, points)

        return await self._call(read)

    async def tallies(self, start_ms: int, end_ms: int, work: Work) -> dict[GatewayId, Tally]:  # noqa: ARG002  # SQL sums.
        """Sum up the values of each gateway, an hour at a time."""
        found: dict[GatewayId, Tally] = {}
        for begun in range(start_ms, end_ms, TALLY_MS):
            span = (begun * NS_PER_MS, min(begun + TALLY_MS, end_ms) * NS_PER_MS)
            for gateway, tally in await self._call(lambda connection, span=span: _tallies(connection, span)):  # type: ignore[misc]
                found[gateway] = added(found.get(gateway, NOTHING), tally)
        return found

    async def kept(self, gateway: GatewayId, start_ms: int, end_ms: int) -> list[Kept]:
        """Read every value of one gateway."""
        span = (start_ms * NS_PER_MS, end_ms * NS_PER_MS, gateway)

        def read(connection: duckdb.DuckDBPyConnection) -> list[Kept]:
            found: list[Kept] = []
            for table in ("readings", "texts"):
                query = f"SELECT s.device, m.name, r.t, r.value {NAMED.format(table=table)} AND s.gateway = ?"
                found += connection.execute(query, span).fetchall()
            return found

        return await self._call(read)

    async def drop(self) -> None:
        """Empty every table."""

        def drop(connection: duckdb.DuckDBPyConnection) -> None:
            self._sources.clear()
            self._metrics.clear()
            connection.execute(";".join(f"DROP TABLE {table}" for table in TABLES))
            connection.execute(SCHEMA)

        await self._call(drop)

    async def close(self) -> None:
        """Write the file out and let it go; closing twice is no harm."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
            self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._open()
            return work(self._connection)
        except (duckdb.Error, OSError) as error:
            raise StorageError(f"history in {self._path}: {error}") from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(self._path, config={"threads": THREADS, "memory_limit": MEMORY_MAX})
        connection.execute(SCHEMA)
        self._learn_names(connection)
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _learn_names(self, connection: duckdb.DuckDBPyConnection) -> None:
        sources = connection.execute("SELECT gateway, device, id FROM sources").fetchall()
        self._sources = {(gateway, device): number for gateway, device, number in sources}
        self._metrics = dict(connection.execute("SELECT name, id FROM metrics").fetchall())

    def _append(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], checkpoint: int) -> None:
        if checkpoint <= _read_checkpoint(connection):
            return  # These rows are here already.
        sources_known, metrics_known = len(self._sources), len(self._metrics)
        connection.begin()
        try:
            numbers, texts = self._columns(rows)
            _insert(connection, "readings", numbers)
            _insert(connection, "texts", texts)
            new_sources = islice(self._sources.items(), sources_known, None)
            _insert(connection, "sources", [(number, *source) for source, number in new_sources])
            new_metrics = islice(self._metrics.items(), metrics_known, None)
            _insert(connection, "metrics", [(number, name) for name, number in new_metrics])
            connection.execute("DELETE FROM projection")
            connection.execute("INSERT INTO projection VALUES (?)", [checkpoint])
            connection.commit()
        except duckdb.Error:
            connection.rollback()
            self._learn_names(connection)  # Names learnt in the lost transaction were not kept.
            raise

    def _columns(self, rows: Sequence[Row]) -> tuple[list[tuple[int, int, int, float]], list[tuple[int, int, int, str]]]:
        numbers: list[tuple[int, int, int, float]] = []
        texts: list[tuple[int, int, int, str]] = []
        sources, metrics = self._sources, self._metrics
        for row in rows:
            key = (row.gateway, row.device)
            source = sources.get(key)
            if source is None:
                if len(sources) >= SOURCES_MAX:
                    self.unnamed += len(row.metrics)
                    continue
                source = sources[key] = len(sources)
            t_ns = row.t_ns
            for name, value in row.metrics.items():
                metric = metrics.get(name)
                if metric is None:
                    if len(metrics) >= METRICS_MAX:
                        self.unnamed += 1
                        continue
                    metric = metrics[name] = len(metrics)
                if type(value) is str:
                    texts.append((source, metric, t_ns, value))
                elif value is not None:
                    numbers.append((source, metric, t_ns, value))  # type: ignore[arg-type]
        return numbers, texts


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    with connection.appender(table) as appender:
        for start in range(0, len(rows), CHUNK_ROWS):
            appender.append_rows(rows[start : start + CHUNK_ROWS])


def _read_checkpoint(connection: duckdb.DuckDBPyConnection) -> int:
    kept = connection.execute("SELECT checkpoint FROM projection").fetchone()
    return int(kept[0]) if kept else 0


def _tallies(connection: duckdb.DuckDBPyConnection, span: tuple[int, int]) -> list[tuple[GatewayId, Tally]]:
    found: list[tuple[GatewayId, Tally]] = []
    for table, quote in (("readings", ""), ("texts", "'")):
        query = (
            f"SELECT s.gateway, count(*), sum(md5_number_lower(concat(s.device, '|', m.name, '|', r.t, '|', ?, r.value)))"
            f" {NAMED.format(table=table)} GROUP BY s.gateway"
        )
        found += [
            (GatewayId(gateway), (count, int(total)))
            for gateway, count, total in connection.execute(query, (quote, *span)).fetchall()
        ]
    return found


def _numbers(connection: duckdb.DuckDBPyConnection, span: tuple[int, int, int, int], width: int, points: int) -> list[Point]:
    first = f"SELECT t // {NS_PER_MS}, value FROM readings WHERE {SPAN} ORDER BY t LIMIT {points + 1}"  # noqa: S608 -- constants of ours.
    measured: list[Point] = connection.execute(first, span).fetchall()
    if len(measured) <= points:
        return measured
    start_ms = span[2] // NS_PER_MS
    grouped = (
        f"SELECT (t // {NS_PER_MS} - {start_ms}) // {width} AS bucket, min(value), max(value) FROM readings "  # noqa: S608
        f"WHERE {SPAN} GROUP BY bucket ORDER BY bucket"
    )
    thinned: list[Point] = []
    for bucket, least, greatest in connection.execute(grouped, span).fetchall():
        thinned += extremes(start_ms + bucket * width, width, least, greatest)
    return thinned


def _texts(connection: duckdb.DuckDBPyConnection, span: tuple[int, int, int, int], width: int, points: int) -> list[Point]:
    first = f"SELECT t // {NS_PER_MS}, value FROM texts WHERE {SPAN} ORDER BY t LIMIT {points + 1}"  # noqa: S608
    measured: list[Point] = connection.execute(first, span).fetchall()
    if len(measured) <= points:
        return measured
    start_ms = span[2] // NS_PER_MS
    grouped = (
        f"SELECT {start_ms} + bucket * {width}, last FROM (SELECT (t // {NS_PER_MS} - {start_ms}) // {width} AS bucket, "  # noqa: S608
        f"arg_max(value, t) AS last FROM texts WHERE {SPAN} GROUP BY bucket) ORDER BY bucket"
    )
    return connection.execute(grouped, span).fetchall()
