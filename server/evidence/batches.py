"""Finds the raw batches of one gateway in a span of receipt, by its own streams: never a walk through a city's journal."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from contract.identity import EpochId, GatewayId, Lane
from server.journal import tables
from server.journal.database import Database
from server.journal.model import JournaledBatch

STREAMS_MAX = 50  # Epochs of one gateway within the span: a box that restarts every minute.
PIECE = 64  # Batches in one piece of work, for which an alarm on SQLite may have to wait.
SLACK_MS = 600_000  # Neighbours are out of their order by no more, unless a clock was set back.

_RAW, _CURSOR = tables.raw_batch.c, tables.cursor.c


async def batches_of(
    database: Database, gateway: str, span: tuple[int, int], most: int
) -> tuple[Sequence[JournaledBatch], bool]:
    """Read the readings' batches received in [from, to], at most so many, and say whether that cut some off."""
    streams = (
        select(_CURSOR.stream, _CURSOR.epoch)
        .where(_CURSOR.gateway == gateway, _CURSOR.lane == Lane.TELEMETRY.value, _CURSOR.updated_ms >= span[0])
        .order_by(_CURSOR.updated_ms)
        .limit(STREAMS_MAX)
    )
    found: list[JournaledBatch] = []
    for stream, epoch in await database.run(lambda connection: connection.execute(streams).all()):
        after = await database.run(lambda connection, stream=stream: _before(connection, stream, span[0]))  # type: ignore[misc]
        while True:
            rows = await database.run(lambda connection, stream=stream, after=after: _piece(connection, stream, after))  # type: ignore[misc]
            for row in rows:
                if span[0] <= row.rx_ms <= span[1]:
                    if len(found) >= most:
                        return found, True
                    found.append(_batch(row, gateway, epoch))
            if len(rows) < PIECE or rows[-1].rx_ms > span[1] + SLACK_MS:
                break
            after = rows[-1].position
    return found, False


def _before(connection: Connection, stream: int, rx_ms: int) -> int:
    """Look by halves for a position above which all was received at an instant or later."""
    ours = _RAW.stream == stream
    first = connection.execute(select(_RAW.position).where(ours).order_by(_RAW.position).limit(1)).scalar_one_or_none()
    last = connection.execute(select(_RAW.position).where(ours).order_by(_RAW.position.desc()).limit(1)).scalar_one_or_none()
    if first is None or last is None:
        return 0
    low, high = int(first) - 1, int(last)
    while low < high:
        middle = (low + high + 1) // 2
        probe = (
            select(_RAW.position, _RAW.rx_ms).where(ours, _RAW.position <= middle).order_by(_RAW.position.desc()).limit(1)
        )
        found: Any = connection.execute(probe).one_or_none()
        if found is None or found[1] < rx_ms - SLACK_MS:
            low = middle
        else:
            high = int(found[0]) - 1
    return low


def _piece(connection: Connection, stream: int, after: int) -> Sequence[Any]:
    query = (
        select(_RAW.sequence, _RAW.position, _RAW.body_position, _RAW.rx_ms, _RAW.body)
        .where(_RAW.stream == stream, _RAW.position > after)
        .order_by(_RAW.position)
        .limit(PIECE)
    )
    return connection.execute(query).all()


def _batch(row: Any, gateway: str, epoch: str) -> JournaledBatch:
    return JournaledBatch(
        row.sequence,
        GatewayId(gateway),
        EpochId(epoch),
        Lane.TELEMETRY,
        row.body_position,
        row.rx_ms,
        bytes(row.body),
        row.position,
    )
