"""What a server that starts reads of the time before: the newest batches first, and who was reported as lost."""

from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection, case, func, select, tuple_

from contract.identity import DeviceId, GatewayId
from contract.records import DeviceAlert
from server.journal import tables
from server.journal.database import Database
from server.journal.model import JournaledBatch
from server.journal.reading import BATCHES, read_batches

OFFLINE = "offline"


class SqlRecent:
    """Reads one database; every method raises `contract.errors.StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self) -> tuple[int, int]:
        """Give the newest batch's sequence and when it came, ms UTC; zeros when there is none."""
        raw = tables.raw_batch.c
        query = select(raw.sequence, raw.rx_ms).order_by(raw.sequence.desc()).limit(1)

        def work(connection: Connection) -> tuple[int, int]:
            row = connection.execute(query).one_or_none()
            return (row[0], row[1]) if row is not None else (0, 0)

        return await self._database.run(work)

    async def read_back(self, through: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches against the order of the journal, from sequence `through` on."""
        sequence = tables.raw_batch.c.sequence
        query = BATCHES.where(sequence <= through).order_by(sequence.desc()).limit(limit)
        return await self._database.run(partial(read_batches, query=query))

    async def offline(self, since_ms: int) -> Sequence[tuple[GatewayId, DeviceId]]:
        """Name the devices that their gateways reported as lost since an instant, and never as found again."""

        def work(connection: Connection) -> Sequence[tuple[GatewayId, DeviceId]]:
            event = tables.alarm_event.c
            ended = func.max(case((event.state == "off", 1), else_=0))
            lasting = (
                select(event.gateway, event.id)
                .where(event.kind == "alert", event.rx_ms >= since_ms)
                .group_by(event.gateway, event.id)
                .having(ended == 0)
            )
            query = (
                select(event.gateway, event.device, event.body)
                .where(event.kind == "alert", event.state == "on", tuple_(event.gateway, event.id).in_(lasting))
                .order_by(event.rx_ms)
            )
            found = [
                (GatewayId(gateway), DeviceId(device))
                for gateway, device, body in connection.execute(query)
                if _code(bytes(body)) == OFFLINE
            ]
            return list(dict.fromkeys(found))

        return await self._database.run(work)


def _code(body: bytes) -> str:
    """Read an alert's code; one that cannot be read, of another version, is none that we look for."""
    try:
        return msgspec.json.decode(body, type=DeviceAlert).code
    except msgspec.DecodeError:
        return ""
