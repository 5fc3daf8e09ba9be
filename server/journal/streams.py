"""Where a lane stands in the database: the two ways of finding and locking cursors, one for each kind of database.

A stream is one (gateway, epoch, lane). SQLite has one writer, so its cursors are kept in memory between transactions.
PostgreSQL may have several servers writing: its cursors are locked, always in the same order, until the commit.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from contract.identity import EpochId, GatewayId, Lane

Key = tuple[GatewayId, EpochId, Lane]

CACHED_MAX = 500_000  # Streams; about 100 MB. A city with a year of daily restarts of every box stays below.


class Stream:
    """One stream's number and committed position, as the running transaction sees it."""

    __slots__ = ("number", "position")

    def __init__(self, number: int, position: int) -> None:
        self.number = number
        self.position = position


class Streams(Protocol):
    """Finds streams for a transaction and numbers its raw batches."""

    def open(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Stream]:
        """Find or make the streams; nobody else can move them until the transaction ends."""
        ...

    def sequences(self, connection: Connection, count: int) -> Sequence[int]:
        """Take the next numbers of the journal's own order; called once in each transaction, after every judgement."""
        ...


class CachedStreams:
    """For one writer: remembers the cursors, and finds out by itself when a transaction it believed in was rolled back."""

    def __init__(self) -> None:
        self._streams: dict[Key, Stream] = {}
        self._head = 0
        self._sound = False  # False while a transaction runs, and for ever if it never got as far as its numbers.

    def open(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Stream]:
        """Find the streams in memory, else in the table, else make them."""
        [head] = connection.exec_driver_sql("select coalesce(max(sequence), 0) from raw_batch").one()
        if not self._sound or head != self._head or len(self._streams) > CACHED_MAX:
            self._streams.clear()  # Rolled back since, or the first time, or too many: read them again.
            self._head = head
        self._sound = False
        streams = self._streams
        for key in keys:
            if key not in streams:
                streams[key] = _read_or_make(connection, key)
        return streams

    def sequences(self, connection: Connection, count: int) -> Sequence[int]:  # noqa: ARG002  # PostgreSQL needs it.
        """Count on from the newest row: there is one writer, so this is the order of commits."""
        first = self._head + 1
        self._head += count
        self._sound = True
        return range(first, first + count)


class LockedStreams:
    """For several writers: the rows themselves are the truth and the lock."""

    def open(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Stream]:
        """Make what is missing, then lock all rows in the order of their numbers, so that two servers never embrace."""
        wanted = sorted(set(keys))
        columns = [[str(key[index]) for key in wanted] for index in range(3)]
        found = self._lock(connection, columns)
        if len(found) < len(wanted):
            connection.exec_driver_sql(
                "insert into cursor (gateway, epoch, lane, position, updated_ms)"
                " select g, e, l, 0, 0 from unnest(%s::text[], %s::text[], %s::text[]) as k (g, e, l) order by g, e, l"
                " on conflict do nothing",
                tuple(columns),
            )
            found = self._lock(connection, columns)
        return found

    def sequences(self, connection: Connection, count: int) -> Sequence[int]:
        """Take numbers from the database's sequence; their gaps and disorder are the reader's to know."""
        rows = connection.exec_driver_sql("select nextval('raw_batch_sequence') from generate_series(1, %s)", (count,))
        return [row[0] for row in rows]

    @staticmethod
    def _lock(connection: Connection, columns: list[list[str]]) -> dict[Key, Stream]:
        rows = connection.exec_driver_sql(
            "select c.gateway, c.epoch, c.lane, c.stream, c.position"
            " from unnest(%s::text[], %s::text[], %s::text[]) as k (g, e, l)"
            " join cursor c on c.gateway = k.g and c.epoch = k.e and c.lane = k.l"
            " order by c.stream for update of c",
            tuple(columns),
        )
        return {
            (GatewayId(gateway), EpochId(epoch), Lane(lane)): Stream(number, position)
            for gateway, epoch, lane, number, position in rows
        }


def _read_or_make(connection: Connection, key: Key) -> Stream:
    names = (key[0], key[1], key[2].value)
    row = connection.exec_driver_sql(
        "select stream, position from cursor where gateway = ? and epoch = ? and lane = ?", names
    ).one_or_none()
    if row is not None:
        return Stream(row[0], row[1])
    made = connection.exec_driver_sql(
        "insert into cursor (gateway, epoch, lane, position, updated_ms) values (?, ?, ?, 0, 0) returning stream", names
    ).one()
    return Stream(made[0], 0)
