"""Raw batches whole, as an audit, a rebuild and the archive read them: with their digests and what they cover."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import Connection, Select, func, select

from contract.identity import EpochId, GatewayId, Lane
from server.journal import tables
from server.journal.database import Database
from server.journal.model import JournaledBatch
from server.journal.search import last_before
from server.journal.watermark import Watermark

SETTLE_LOOKS_MAX = 600  # Looks at a PostgreSQL that writes all the time, until what was committed may surely be read.
SETTLE_SECONDS = 0.05
READ_BYTES = 1_048_576  # Of bodies in one piece: some 2 ms of SQLite's one thread, for which an alarm may have to wait.
READ_BATCHES = (16, 4_096)


class RawBatch(msgspec.Struct, frozen=True, gc=False):
    """One raw batch with everything the journal knows of it."""

    sequence: int
    gateway: str
    epoch: str
    lane: str
    position: int  # The first position that was new.
    body_position: int
    last_position: int
    rx_ms: int
    sha256: bytes  # Of the inflated records as they came.
    body: bytes

    def journaled(self) -> JournaledBatch:
        """Give it as the projector reads it."""
        return JournaledBatch(
            self.sequence,
            GatewayId(self.gateway),
            EpochId(self.epoch),
            Lane(self.lane),
            self.body_position,
            self.rx_ms,
            self.body,
            self.position,
        )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[RawBatch])


def pack(batches: Sequence[RawBatch]) -> bytes:
    """Write batches as one piece of bytes, which goes to another process in a fraction of the time of as many objects."""
    return _encoder.encode(batches)


def unpack(packed: bytes) -> list[RawBatch]:
    """Read them back."""
    return _decoder.decode(packed)


class Bounds(NamedTuple):
    """The first and the last sequence there is; both 0 where there is none."""

    first: int
    last: int
    whole: bool = True  # Whether everything that ever was committed is there still.
    archived: int = 0  # Up to here it has left the database.


class RawSource(Protocol):
    """Where raw batches are read, in the order of `sequence`. Every method may raise `StorageError`."""

    async def bounds(self) -> Bounds:
        """Say how far the batches reach; nothing can appear within any more."""
        ...

    async def read_raw(self, after: int, limit: int) -> Sequence[RawBatch]:
        """Read batches above sequence `after`, at most `limit`."""
        ...

    async def before(self, rx_ms: int) -> int:
        """Give a sequence above which every batch stands that was received at `rx_ms` or later."""
        ...

    async def of_gateway(self, gateway: str, lane: str, rx_ms: int, after: int, limit: int) -> Sequence[RawBatch]:
        """Read the batches of one gateway and lane received at `rx_ms` or later, above sequence `after`, in their order."""
        ...

    async def ends(self, streams: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Give the cursor of each stream, and the last position that its newest batch here covers (0 without one)."""
        ...

    async def covered_before(self, stream: tuple[str, str, str], position: int) -> int | None:
        """Give the last position covered by the batch of a stream that stands before `position`; None without one."""
        ...


class SqlRaw:
    """Implements `RawSource` over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watermark = None if database.dialect == "sqlite" else Watermark("raw_batch_sequence")

    async def bounds(self) -> Bounds:
        """Say how far the batches reach; on PostgreSQL, once everything that was being written then has ended."""
        raw = tables.raw_batch.c.sequence
        query = select(func.coalesce(func.min(raw), 0), func.coalesce(func.max(raw), 0))

        def ends(connection: Connection) -> tuple[int, int]:
            first, last = connection.execute(query).one()
            return first, last

        first, last = await self._database.run(ends)
        if self._watermark is not None:
            safe = 0
            for _ in range(SETTLE_LOOKS_MAX):
                safe = await self._database.run(self._watermark.safe)
                if safe >= last:
                    break
                await asyncio.sleep(SETTLE_SECONDS)
            last = min(safe, last)
        return Bounds(first, last) if last >= first else Bounds(0, 0)

    async def read_raw(self, after: int, limit: int) -> Sequence[RawBatch]:
        """Read batches; the caller asks up to the last sequence of `bounds`."""
        query = _whole().where(tables.raw_batch.c.sequence > after).order_by(tables.raw_batch.c.sequence).limit(limit)
        return await self._batches(query)

    async def before(self, rx_ms: int) -> int:
        """Look for it by halves."""
        raw = tables.raw_batch.c
        return await self._database.run(lambda connection: last_before(connection, raw.sequence, raw.rx_ms, rx_ms))

    async def of_gateway(self, gateway: str, lane: str, rx_ms: int, after: int, limit: int) -> Sequence[RawBatch]:
        """Read by the streams of the gateway, which the database finds by their key."""
        raw, cursor = tables.raw_batch.c, tables.cursor.c
        streams = select(cursor.stream).where(cursor.gateway == gateway, cursor.lane == lane, cursor.updated_ms >= rx_ms)
        query = (
            _whole()
            .where(raw.stream.in_(streams), raw.rx_ms >= rx_ms, raw.sequence > after)
            .order_by(raw.sequence)
            .limit(limit)
        )
        return await self._batches(query)

    async def ends(self, streams: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Read both in one statement, so that no commit comes between them."""
        raw, cursor = tables.raw_batch.c, tables.cursor.c
        newest = (
            select(raw.last_position)
            .where(raw.stream == cursor.stream)
            .order_by(raw.position.desc())
            .limit(1)
            .scalar_subquery()
        )
        wanted = set(streams)
        query = select(cursor.gateway, cursor.epoch, cursor.lane, cursor.position, newest).where(
            cursor.gateway.in_(sorted({gateway for gateway, _, _ in streams})),
            cursor.epoch.in_(sorted({epoch for _, epoch, _ in streams})),
        )

        def work(connection: Connection) -> dict[tuple[str, str, str], tuple[int, int]]:
            return {
                (gateway, epoch, lane): (position, last or 0)
                for gateway, epoch, lane, position, last in connection.execute(query)
                if (gateway, epoch, lane) in wanted
            }

        return await self._database.run(work)

    async def covered_before(self, stream: tuple[str, str, str], position: int) -> int | None:
        """Look at the batch before."""
        raw, cursor = tables.raw_batch.c, tables.cursor.c
        gateway, epoch, lane = stream
        number = select(cursor.stream).where(cursor.gateway == gateway, cursor.epoch == epoch, cursor.lane == lane)
        query = (
            select(raw.last_position)
            .where(raw.stream == number.scalar_subquery(), raw.position < position)
            .order_by(raw.position.desc())
            .limit(1)
        )
        found = await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none())
        return None if found is None else int(found)

    async def _batches(self, query: Select[Any]) -> Sequence[RawBatch]:
        return await self._database.run(lambda connection: [_batch(row) for row in connection.execute(query)])


def _whole() -> Select[Any]:
    raw, cursor = tables.raw_batch.c, tables.cursor.c
    return select(
        raw.sequence,
        cursor.gateway,
        cursor.epoch,
        cursor.lane,
        raw.position,
        raw.body_position,
        raw.last_position,
        raw.rx_ms,
        raw.sha256,
        raw.body,
    ).join_from(tables.raw_batch, tables.cursor, raw.stream == cursor.stream)


def _batch(row: Any) -> RawBatch:
    sequence, gateway, epoch, lane, position, body_position, last_position, rx_ms, sha256, body = row
    return RawBatch(
        sequence, gateway, epoch, lane, position, body_position, last_position, rx_ms, as_bytes(sha256), as_bytes(body)
    )


def as_bytes(value: bytes | memoryview | str) -> bytes:
    """Give what a column of bytes holds; SQLite lets a stranger write text there, which an audit has to survive."""
    return value.encode() if isinstance(value, str) else bytes(value)


class Pieces:
    """How many batches to ask for, so that a piece holds about `READ_BYTES` of bodies: learnt from the last piece."""

    def __init__(self) -> None:
        self.limit = READ_BATCHES[0]

    def learn(self, batches: Sequence[RawBatch]) -> None:
        """Take in what a piece weighed."""
        if batches:
            mean = sum(len(batch.body) for batch in batches) // len(batches) + 1
            self.limit = min(max(READ_BYTES // mean, READ_BATCHES[0]), READ_BATCHES[1])
