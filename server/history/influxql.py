"""Reading history by InfluxQL, which InfluxDB 1.x speaks, and 2.x and 3.x with a database name mapped to the bucket."""

from collections.abc import Sequence

import msgspec

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId, parse_device_id, parse_gateway_id, parse_metric_name
from server.history.lines import CHECKPOINT, MEASUREMENT, TEXT_SUFFIX
from server.history.store import Point, bucket_ms, extremes
from server.history.web import StoreClient

Cell = float | str | bool | None


class _Series(msgspec.Struct):
    values: list[list[Cell]] = []


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


_decoder = msgspec.json.Decoder(_Answer)


class InfluxQl:
    """Asks one database."""

    def __init__(self, client: StoreClient, database: str) -> None:
        self._client = client
        self._database = database

    async def command(self, statement: str) -> None:
        """Change something."""
        await self._rows("POST", statement)

    async def checkpoint(self) -> int:
        """Read the checkpoint last kept; 0 where none was."""
        rows = await self._rows("GET", f'SELECT last("sequence") FROM "{CHECKPOINT}"')  # noqa: S608 -- a constant.
        return int(rows[0][1] or 0) if rows else 0

    async def series(
        self, gateway: GatewayId, device: DeviceId, metric: str, start_ms: int, end_ms: int, points: int
    ) -> list[Point]:
        """Do what `HistoryStore.series` promises. Names are parsed here again: they become part of a query."""
        where = (
            f"\"gateway\" = '{parse_gateway_id(gateway)}' AND \"device\" = '{parse_device_id(device)}' "
            f"AND time >= {int(start_ms)}ms AND time < {int(end_ms)}ms"
        )
        number = parse_metric_name(metric)
        for field in (number, number + TEXT_SUFFIX):
            measured = await self._rows(
                "GET",
                f'SELECT "{field}" FROM "{MEASUREMENT}" WHERE {where} ORDER BY time LIMIT {int(points) + 1}',  # noqa: S608 -- parsed above.
            )
            if measured and len(measured) <= points:
                return [_point(at_ms, value) for at_ms, value in measured]
            if measured:
                break
        else:
            return []
        width = bucket_ms(start_ms, end_ms, points)
        chosen = f'min("{field}"), max("{field}")' if field is number else f'last("{field}")'
        grouped = await self._rows(
            "GET",
            f'SELECT {chosen} FROM "{MEASUREMENT}" WHERE {where} '  # noqa: S608 -- parsed above.
            f"GROUP BY time({width}ms, {start_ms % width}ms) fill(none)",
        )
        if field is not number:
            return [_point(at_ms, value) for at_ms, value in grouped]
        thinned: list[Point] = []
        for at_ms, least, greatest in grouped:
            thinned += extremes(int(at_ms or 0), width, float(least or 0), float(greatest or 0))
        return thinned

    async def _rows(self, method: str, statement: str) -> Sequence[list[Cell]]:
        params = {"db": self._database, "epoch": "ms", "q": statement}
        reading = method == "GET"
        answer = await (self._client.get("/query", params) if reading else self._client.post("/query", None, params))
        try:
            read = _decoder.decode(answer)
        except msgspec.DecodeError as error:
            raise StorageError(f"{self._client.url}/query: {error}") from error
        trouble = read.error or next((result.error for result in read.results if result.error), "")
        if trouble:
            raise StorageError(f"{self._client.url}/query: {trouble}")
        return [row for result in read.results for series in result.series for row in series.values]


def _point(at_ms: Cell, value: Cell) -> Point:
    return int(at_ms or 0), value if isinstance(value, str) else float(value or 0)
