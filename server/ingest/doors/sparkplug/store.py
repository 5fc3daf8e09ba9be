"""Keeps what is known of edge nodes over our restarts: their births, and where the sequence of each stands."""

from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, String, Table, func, select

from contract.identity import EpochId, GatewayId, epoch_counter
from server.ingest.doors.sparkplug.adapter import Stored
from server.ingest.doors.sparkplug.address import IDENTIFIER_MAX, Node
from server.ingest.doors.sparkplug.effects import Snapshot
from server.ingest.doors.sparkplug.model import Memory
from server.journal.database import Database, metadata
from server.journal.tables import cursor
from server.journal.writing import execute

edge_node = Table(
    "edge_node",
    metadata,
    Column("node_group", String(IDENTIFIER_MAX), primary_key=True),
    Column("node", String(IDENTIFIER_MAX), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("seq", Integer),
    Column("at_ms", BigInteger, nullable=False),
)
_WHOLE = (
    "insert into edge_node (node_group, node, body, seq, at_ms) values (?, ?, ?, ?, ?) on conflict (node_group, node)"
    " do update set body = excluded.body, seq = excluded.seq, at_ms = excluded.at_ms"
)
_MOVED = "update edge_node set seq = ?, at_ms = ? where node_group = ? and node = ?"

log = structlog.get_logger("sparkplug")


class NodeStore:
    """The table of edge nodes. Every method raises `StorageError` when the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[Stored]:
        """Read everything; what an older version wrote and nobody can read any more is passed over: a rebirth brings it."""
        rows = await self._database.run(lambda connection: list(connection.execute(select(edge_node))))
        found = []
        for group, node, body, seq, at_ms in rows:
            try:
                memory = msgspec.json.decode(bytes(body), type=Memory)
            except msgspec.DecodeError as error:
                log.warning("edge_node_not_read", node=f"{group}/{node}", error=str(error))
                continue
            found.append(Stored(Node(group, node), memory, seq, at_ms / 1_000))
        return found

    async def epochs(self) -> dict[GatewayId, int]:
        """Give the counter of each gateway's newest epoch in the journal; ours begin above it."""
        newest = select(cursor.c.gateway, func.max(cursor.c.epoch)).group_by(cursor.c.gateway)
        rows = await self._database.run(lambda connection: list(connection.execute(newest)))
        return {GatewayId(gateway): epoch_counter(EpochId(epoch)) for gateway, epoch in rows}

    async def save(self, snapshots: Sequence[Snapshot], now: float) -> None:
        """Store what has changed, in one transaction."""
        at_ms = int(now * 1_000)
        whole = [(*one.node, one.body, one.seq, at_ms) for one in snapshots if one.body is not None]
        moved = [(one.seq, at_ms, *one.node) for one in snapshots if one.body is None]

        def work(connection: Connection) -> None:
            execute(connection, _WHOLE, whole)
            execute(connection, _MOVED, moved)

        await self._database.run(work)
