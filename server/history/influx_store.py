"""History in InfluxDB 2.x or 3.x: writes by the v2 API through influxdb-client, reads by InfluxQL."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import structlog
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from server.history.content import Kept, Tally, Work
from server.history.influx1_store import checkpoint_time_ns
from server.history.influxql import SHAPE, InfluxQl
from server.history.lines import CHECKPOINT, MEASUREMENT, encode_checkpoint, encode_lines
from server.history.store import Point, Row
from server.history.web import TIMEOUT_SECONDS, NotAccepted, StoreClient

log = structlog.get_logger()


class V2Writer:
    """The v2 write endpoint of InfluxDB or of anything that accepts its writes."""

    def __init__(self, url: str, token: str, org: str, bucket: str) -> None:
        self.rejected = 0  # Writes some of whose rows the store will never take.
        self._url = url
        self._token = token
        self._org = org
        self._bucket = bucket
        self._opened: InfluxDBClientAsync | None = None

    def client(self) -> InfluxDBClientAsync:
        """Give the client, which must be made inside a running loop."""
        if self._opened is None:
            # Compressing costs several µs a row; on the machine's own loopback it would save nothing.
            far = urlsplit(self._url).hostname not in ("127.0.0.1", "::1", "localhost")
            timeout_ms = int(TIMEOUT_SECONDS * 1_000)
            self._opened = InfluxDBClientAsync(
                url=self._url, token=self._token, org=self._org, timeout=timeout_ms, enable_gzip=far
            )
        return self._opened

    async def write(self, lines: bytes, precision: str) -> None:
        """Write lines; raise `StorageError` when they may be taken later, count when they never will be."""
        if not lines:
            return
        try:
            await self.client().write_api().write(self._bucket, self._org, lines, precision)  # type: ignore[arg-type]
        except InfluxDBError as error:
            status = error.response.status if error.response else 0
            refusal = NotAccepted(status, f"{self._url}/api/v2/write: {status} {error.message}")
            if not refusal.final:
                raise refusal from error
            self.rejected += 1
            log.warning("history_rejected", url=self._url, error=str(refusal))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StorageError(f"{self._url}/api/v2/write: {type(error).__name__} {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()  # type: ignore[no-untyped-call]
            self._opened = None


class InfluxStore:
    """A history store on InfluxDB 2.x (with a DBRP mapping of the bucket's name) or 3.x."""

    name = "influx"
    keeps_texts = True
    shape = SHAPE
    loss_horizon_seconds = 0.0  # It answers after its write-ahead log is on the disk.

    def __init__(self, url: str, token: str, org: str, bucket: str) -> None:
        self._writer = V2Writer(url, token, org, bucket)
        self._reader = StoreClient(url, token)
        self._influxql = InfluxQl(self._reader, bucket)
        self._bucket = bucket
        self._org = org

    @property
    def rejected(self) -> int:
        """Count the writes some of whose rows the store will never take."""
        return self._writer.rejected

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Write the rows, then the checkpoint."""
        lines = await asyncio.to_thread(encode_lines, rows, texts=True)
        await self._writer.write(lines, "ns")
        await self._writer.write(encode_checkpoint(checkpoint, checkpoint_time_ns()), "ns")

    async def checkpoint(self) -> int:
        """Read the checkpoint."""
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
        """Delete both measurements from the bucket."""
        span = (datetime.fromtimestamp(0, UTC), datetime(2200, 1, 1, tzinfo=UTC))
        try:
            for measurement in (MEASUREMENT, CHECKPOINT):
                predicate = f'_measurement="{measurement}"'
                await self._writer.client().delete_api().delete(*span, predicate, self._bucket, self._org)
        except (InfluxDBError, aiohttp.ClientError, TimeoutError) as error:
            raise StorageError(f"drop history: {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._writer.close()
        await self._reader.close()
