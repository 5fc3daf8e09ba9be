"""History in an InfluxDB 1.x server: writes by its `/write`, reads by InfluxQL."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from contract.identity import DeviceId, GatewayId
from server.history.content import Kept, Tally, Work
from server.history.influxql import SHAPE, InfluxQl
from server.history.lines import CHECKPOINT, MEASUREMENT, encode_checkpoint, encode_lines
from server.history.store import Point, Row
from server.history.web import NotAccepted, StoreClient

CHECKPOINT_SPAN_NS = 3_600_000_000_000  # Checkpoints of one hour overwrite each other, so that they stay few.

log = structlog.get_logger()


class Influx1Store:
    """A history store on InfluxDB 1.x. Writing rows twice keeps them once: same tags and same time are the same point."""

    name = "influx1"
    keeps_texts = True
    shape = SHAPE
    loss_horizon_seconds = 0.0  # It answers after its write-ahead log is on the disk (wal-fsync-delay = 0, the default).

    def __init__(self, url: str, database: str, token: str = "") -> None:
        self.rejected = 0  # Writes some of whose rows the store will never take, by its own retention for example.
        self._database = database
        self._client = StoreClient(url, token)
        self._influxql = InfluxQl(self._client, database)
        self._ready = False

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Write the rows, then the checkpoint."""
        if rows:
            await self._write(await asyncio.to_thread(encode_lines, rows, texts=True))
        await self._write(encode_checkpoint(checkpoint, checkpoint_time_ns()))

    async def checkpoint(self) -> int:
        """Read the checkpoint; makes the database where there is none."""
        if not self._ready:
            await self._influxql.command(f'CREATE DATABASE "{self._database}"')
            self._ready = True
        return await self._influxql.checkpoint()

    async def incarnation(self) -> str:
        """Stay the same for ever: an answered write is never lost."""
        return ""

    async def series(
        self, gateway: GatewayId, device: DeviceId, metric: str, start_ms: int, end_ms: int, points: int
    ) -> list[Point]:
        """Read one metric of one device."""
        return await self._influxql.series(gateway, device, metric, start_ms, end_ms, points)

    async def tallies(self, start_ms: int, end_ms: int, work: Work) -> dict[GatewayId, Tally]:
        """Sum up the values of each gateway."""
        return await self._influxql.tallies(start_ms, end_ms, work)

    async def kept(self, gateway: GatewayId, start_ms: int, end_ms: int) -> list[Kept]:
        """Read every value of one gateway."""
        return await self._influxql.kept(gateway, start_ms, end_ms)

    async def drop(self) -> None:
        """Delete both measurements."""
        await self.checkpoint()  # There may be no database yet.
        await self._influxql.command(f'DROP MEASUREMENT "{MEASUREMENT}"')
        await self._influxql.command(f'DROP MEASUREMENT "{CHECKPOINT}"')

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _write(self, lines: bytes) -> None:
        if not lines:
            return
        try:
            await self._client.post("/write", lines, {"db": self._database, "precision": "ns"})
        except NotAccepted as refusal:
            if not refusal.final:
                raise
            self.rejected += 1  # It took the others: trying again would block history for ever.
            log.warning("history_rejected", store=self.name, error=str(refusal))


def checkpoint_time_ns() -> int:
    """Give the time to write a checkpoint under."""
    return time.time_ns() // CHECKPOINT_SPAN_NS * CHECKPOINT_SPAN_NS
