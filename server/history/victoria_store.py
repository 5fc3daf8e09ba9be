"""History in VictoriaMetrics: writes by the InfluxDB v2 API, reads by its own export.

It keeps numbers only, to the millisecond: of two values of one metric in one millisecond one is told. Killed, it may lose
what was written in the last seconds, so its checkpoint lags and a restart rewinds.
"""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId, parse_device_id, parse_gateway_id, parse_metric_name
from server.history.content import Kept, Shape, Tally, Work, tally_each
from server.history.influx_store import V2Writer
from server.history.lines import CHECKPOINT, MEASUREMENT, encode_checkpoint, encode_lines
from server.history.store import NS_PER_MS, Point, Row, thin
from server.history.web import StoreClient

LOSS_HORIZON_SECONDS = 20.0  # Measured: nothing is lost 7 s after the last write; three times its flush interval on top.
CHECKPOINT_EVERY_SECONDS = 10.0  # Each checkpoint is kept for ever, and it lags anyhow: a few an hour are enough.
LOOK_BACK_SECONDS = (3_600, 86_400, 2_592_000, 315_360_000)  # Where a checkpoint is looked for: an hour … ten years.
STARTED = b"process_start_time_seconds"


SHAPE = Shape(ns_per_unit=NS_PER_MS, texts=False, exact=False)


class _Exported(msgspec.Struct):
    values: list[float]
    timestamps: list[int]
    metric: dict[str, str] = {}


class _Names(msgspec.Struct):
    data: list[str] = []


_decoder = msgspec.json.Decoder(_Exported)
_names_decoder = msgspec.json.Decoder(_Names)


def read_everything(answer: bytes) -> list[Kept]:
    """Give the values in an export of every metric of one gateway."""
    found: dict[tuple[str, str, int], float] = {}
    try:
        for line in answer.splitlines():
            exported = _decoder.decode(line)
            device = exported.metric.get("device", "")
            name = exported.metric.get("__name__", "").removeprefix(f"{MEASUREMENT}_")
            for t, value in zip(exported.timestamps, exported.values, strict=True):
                found[device, name, t] = value
    except (msgspec.DecodeError, ValueError) as error:
        raise StorageError(f"history: /api/v1/export: {error}") from error
    return [(*key, value) for key, value in found.items()]


def tally_everything(answer: bytes) -> Tally:
    """Sum such an export up."""
    return SHAPE.tally(read_everything(answer))


class VictoriaStore:
    """A history store on a single-node VictoriaMetrics."""

    name = "victoria"
    keeps_texts = False
    shape = SHAPE
    loss_horizon_seconds = LOSS_HORIZON_SECONDS

    def __init__(self, url: str, token: str = "") -> None:
        # Organisation and bucket are words the write API asks for; VictoriaMetrics does not look at them.
        self._writer = V2Writer(url, token, "anxiao", "anxiao")
        self._client = StoreClient(url, token)
        self._checkpoint = -1
        self._checkpoint_at = float("-inf")

    @property
    def rejected(self) -> int:
        """Count the writes some of whose rows the store will never take."""
        return self._writer.rejected

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Write the rows, and now and then the checkpoint."""
        lines = await asyncio.to_thread(encode_lines, rows, texts=False, ns_per_unit=NS_PER_MS)
        await self._writer.write(lines, "ms")
        now = time.time()
        if checkpoint != self._checkpoint and now >= self._checkpoint_at + CHECKPOINT_EVERY_SECONDS:
            await self._writer.write(encode_checkpoint(checkpoint, int(now * 1_000)), "ms")
            self._checkpoint, self._checkpoint_at = checkpoint, now

    async def checkpoint(self) -> int:
        """Find the checkpoint last kept."""
        now = time.time()
        for seconds in LOOK_BACK_SECONDS:
            kept = await self._export(f"{CHECKPOINT}_sequence", int((now - seconds) * 1_000), int(now * 1_000) + 60_000)
            if kept:
                return int(max(kept)[1])
        return 0

    async def incarnation(self) -> str:
        """Name the run by the instant its process started."""
        for line in (await self._client.get("/metrics")).splitlines():
            if line.startswith(STARTED):
                return line.decode()
        raise StorageError(f"{self._client.url}/metrics: no {STARTED.decode()}")

    async def series(
        self, gateway: GatewayId, device: DeviceId, metric: str, start_ms: int, end_ms: int, points: int
    ) -> list[Point]:
        """Read one metric of one device, thinned here so that the answer is exact."""
        tags = f'gateway="{parse_gateway_id(gateway)}",device="{parse_device_id(device)}"'
        measured = await self._export(f"{MEASUREMENT}_{parse_metric_name(metric)}{{{tags}}}", start_ms, end_ms - 1)
        return await asyncio.to_thread(thin, sorted(measured), start_ms, end_ms, points)

    async def tallies(self, start_ms: int, end_ms: int, work: Work) -> dict[GatewayId, Tally]:
        """Sum up the values of each gateway, one gateway after the other."""
        await self._client.get("/internal/force_flush")  # What was written in the last seconds is not found before.
        span = {"match[]": f'{{__name__=~"{MEASUREMENT}_.*"}}', "start": str(start_ms // 1_000), "end": str(end_ms // 1_000)}
        named = _names_decoder.decode(await self._client.get("/api/v1/label/gateway/values", span)).data
        gateways = map(parse_gateway_id, named)
        return await tally_each(gateways, lambda one: self._everything(one, start_ms, end_ms), tally_everything, work)

    async def kept(self, gateway: GatewayId, start_ms: int, end_ms: int) -> list[Kept]:
        """Read every value of one gateway; one that a rewind wrote twice comes once."""
        return read_everything(await self._everything(gateway, start_ms, end_ms))

    async def _everything(self, gateway: GatewayId, start_ms: int, end_ms: int) -> bytes:
        params = {
            "match[]": f'{{__name__=~"{MEASUREMENT}_.*",gateway="{parse_gateway_id(gateway)}"}}',
            "start": f"{start_ms / 1_000:.3f}",
            "end": f"{(end_ms - 1) / 1_000:.3f}",
        }
        return await self._client.get("/api/v1/export", params)

    async def drop(self) -> None:
        """Delete every series of ours."""
        pattern = f'{{__name__=~"{MEASUREMENT}_.*|{CHECKPOINT}_.*"}}'
        await self._client.post("/api/v1/admin/tsdb/delete_series", None, {"match[]": pattern})
        self._checkpoint = -1
        self._checkpoint_at = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._writer.close()
        await self._client.close()

    async def _export(self, selector: str, start_ms: int, end_ms: int) -> list[Point]:
        """Read raw values, both ends included; written twice (by a rewind), a value is told once."""
        params = {"match[]": selector, "start": f"{start_ms / 1_000:.3f}", "end": f"{end_ms / 1_000:.3f}"}
        answer = await self._client.get("/api/v1/export", params)
        found: dict[int, float] = {}
        try:
            for line in answer.splitlines():
                exported = _decoder.decode(line)
                found |= dict(zip(exported.timestamps, exported.values, strict=True))
        except (msgspec.DecodeError, ValueError) as error:
            raise StorageError(f"{self._client.url}/api/v1/export: {error}") from error
        return list(found.items())
