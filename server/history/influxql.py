"""Reading history by InfluxQL, which InfluxDB 1.x speaks, and 2.x and 3.x with a database name mapped to the bucket."""

from collections.abc import Sequence

import msgspec

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId, parse_device_id, parse_gateway_id, parse_metric_name
from server.history.content import Kept, Shape, Tally, Work, tally_each
from server.history.lines import CHECKPOINT, MEASUREMENT, TEXT_SUFFIX
from server.history.store import Point, bucket_ms, extremes
from server.history.web import StoreClient

Cell = int | float | str | bool | None  # An instant in nanoseconds is no float.


SHAPE = Shape(one_line=True)  # Texts travel as lines; of one instant, one value is kept.


class _Series(msgspec.Struct):
    values: list[list[Cell]] = []
    columns: list[str] = []
    tags: dict[str, str] = {}


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

    async def tallies(self, start_ms: int, end_ms: int, work: Work) -> dict[GatewayId, Tally]:
        """Sum up the values of each gateway, one gateway after the other."""
        named = await self._rows("GET", f'SHOW TAG VALUES FROM "{MEASUREMENT}" WITH KEY = "gateway"')
        gateways = (parse_gateway_id(str(name)) for _, name in named)
        return await tally_each(gateways, lambda one: self._everything(one, start_ms, end_ms), tally_everything, work)

    async def kept(self, gateway: GatewayId, start_ms: int, end_ms: int) -> list[Kept]:
        """Read every value of one gateway."""
        return read_everything(await self._everything(gateway, start_ms, end_ms))

    async def _everything(self, gateway: GatewayId, start_ms: int, end_ms: int) -> bytes:
        statement = (
            f'SELECT *::field FROM "{MEASUREMENT}" WHERE "gateway" = \'{parse_gateway_id(gateway)}\' '  # noqa: S608 -- parsed.
            f'AND time >= {int(start_ms)}ms AND time < {int(end_ms)}ms GROUP BY "device"'
        )
        return await self._client.get("/query", {"db": self._database, "epoch": "ns", "q": statement})

    async def _rows(self, method: str, statement: str) -> Sequence[list[Cell]]:
        params = {"db": self._database, "epoch": "ms", "q": statement}
        reading = method == "GET"
        answer = await (self._client.get("/query", params) if reading else self._client.post("/query", None, params))
        return [row for series in _series(answer) for row in series.values]


def read_everything(answer: bytes) -> list[Kept]:
    """Give the values in an answer that holds every field of one gateway, by device."""
    found: list[Kept] = []
    for series in _series(answer):
        device = series.tags.get("device", "")
        names = [name.removesuffix(TEXT_SUFFIX) for name in series.columns]
        for row in series.values:
            t = int(row[0] or 0)
            for name, value in zip(names[1:], row[1:], strict=True):
                if value is not None:
                    found.append((device, name, t, value if isinstance(value, str) else float(value)))
    return found


def tally_everything(answer: bytes) -> Tally:
    """Sum such an answer up."""
    return SHAPE.tally(read_everything(answer))


def _series(answer: bytes) -> list[_Series]:
    try:
        read = _decoder.decode(answer)
    except msgspec.DecodeError as error:
        raise StorageError(f"history: /query: {error}") from error
    trouble = read.error or next((result.error for result in read.results if result.error), "")
    if trouble:
        raise StorageError(f"history: /query: {trouble}")
    return [series for result in read.results for series in result.series]


def _point(at_ms: Cell, value: Cell) -> Point:
    return int(at_ms or 0), value if isinstance(value, str) else float(value or 0)
