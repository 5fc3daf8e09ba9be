"""How rows of the journal become what its readers are given, in one place for all of them."""

from typing import Any

from sqlalchemy import Connection, Select, select

from contract.identity import EpochId, GatewayId, Lane
from server.journal import tables
from server.journal.model import JournaledBatch

Positions = dict[tuple[GatewayId, EpochId, Lane], int]

_raw, _cursor = tables.raw_batch.c, tables.cursor.c

BATCHES: Select[Any] = select(
    _raw.sequence,
    _cursor.gateway,
    _cursor.epoch,
    _cursor.lane,
    _raw.body_position,
    _raw.rx_ms,
    _raw.body,
    _raw.position,
).join_from(tables.raw_batch, tables.cursor, _raw.stream == _cursor.stream)
POSITIONS: Select[Any] = select(_cursor.gateway, _cursor.epoch, _cursor.lane, _cursor.position)


def read_batches(connection: Connection, query: Select[Any]) -> list[JournaledBatch]:
    """Read raw batches by a query made of `BATCHES`."""
    return [
        JournaledBatch(sequence, GatewayId(gateway), EpochId(epoch), Lane(lane), first, rx_ms, bytes(body), new_from)
        for sequence, gateway, epoch, lane, first, rx_ms, body, new_from in connection.execute(query)
    ]


def read_positions(connection: Connection, query: Select[Any]) -> Positions:
    """Read committed positions by a query made of `POSITIONS`."""
    return {
        (GatewayId(gateway), EpochId(epoch), Lane(lane)): position
        for gateway, epoch, lane, position in connection.execute(query)
    }
