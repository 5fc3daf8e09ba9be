"""The stores on real servers: InfluxDB 1.x by its own write, by the v2 API before it, and VictoriaMetrics."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from contract.errors import ConfigurationError, Refused, StorageError
from contract.identity import DeviceId, GatewayId
from contract.records import Value
from scripts.servers import VICTORIA, Server, free_port
from server.history.duckdb_store import DuckDbStore
from server.history.influx1_store import Influx1Store
from server.history.influx_store import InfluxStore
from server.history.opening import open_history
from server.history.projector import Projector
from server.history.store import HistoryStore, Row
from server.history.victoria_store import VictoriaStore
from tests.history.test_projector import FakeJournal, batch, reading

pytestmark = pytest.mark.influx
CAMERA = DeviceId("cam-1")
T0 = (int(time.time()) - 7_200) * 1_000  # Two hours ago: VictoriaMetrics keeps a month by default.
Flush = Callable[[], Awaitable[None]]


def row(gateway: GatewayId, at_ms: int, **metrics: Value) -> Row:
    """Make a row of the gateway's one camera."""
    return Row(gateway, CAMERA, (T0 + at_ms) * 1_000_000, metrics)


async def write_v2(request: web.Request) -> web.Response:
    """Take a v2 write and hand it to InfluxDB 1.x, as its later releases do by themselves."""
    assert request.headers["Authorization"] == "Token secret"
    database = {"db": request.query["bucket"], "precision": request.query["precision"]}
    async with httpx.AsyncClient(base_url=request.app[URL], trust_env=False) as client:
        answer = await client.post("/write", params=database, content=await request.read())
    return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")


async def query(request: web.Request) -> web.Response:
    """Hand a query on."""
    async with httpx.AsyncClient(base_url=request.app[URL], trust_env=False) as client:
        answer = await client.request(request.method, "/query", params=dict(request.query))
    return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")


async def delete_v2(request: web.Request) -> web.Response:
    """Take a v2 delete of one whole measurement."""
    measurement = (await request.json())["predicate"].split('"')[1]
    async with httpx.AsyncClient(base_url=request.app[URL], trust_env=False) as client:
        await client.post("/query", params={"db": request.query["bucket"], "q": f'DROP MEASUREMENT "{measurement}"'})
    return web.Response(status=204)


URL = web.AppKey("url", str)


async def front(influxd: Server) -> tuple[web.AppRunner, str]:
    """Serve the v2 API in front of InfluxDB 1.x."""
    app = web.Application()
    app[URL] = influxd.url
    app.add_routes(
        [web.post("/api/v2/write", write_v2), web.post("/api/v2/delete", delete_v2), web.route("*", "/query", query)]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, f"http://127.0.0.1:{port}"


async def visible_at_once() -> None:
    """InfluxDB shows what it has answered for."""


@pytest.fixture(params=["influx1", "influx", "victoria"])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[tuple[HistoryStore, Flush]]:
    """Open each kind of store on its real server, empty; with what makes writes visible to reads."""
    if request.param == "victoria":
        server: Server = request.getfixturevalue("victoria")

        async def flush() -> None:
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(f"{server.url}/internal/force_flush")

        victoria = VictoriaStore(server.url)
        await victoria.drop()
        yield victoria, flush
        await victoria.close()
        return
    influxd: Server = request.getfixturevalue("influxd")
    first = Influx1Store(influxd.url, "anxiao")
    await first.drop()
    if request.param == "influx1":
        yield first, visible_at_once
    else:
        runner, url = await front(influxd)
        second = InfluxStore(url, "secret", "anxiao", "anxiao")
        yield second, visible_at_once
        await second.close()
        await runner.cleanup()
    await first.close()


async def test_what_was_appended_is_read_back(opened: tuple[HistoryStore, Flush]) -> None:
    """Numbers and booleans come back at their times, texts where the store keeps them; the span is half open."""
    store, flush = opened
    gateway = GatewayId("gw-read-back")
    await store.append(
        [row(gateway, 0, fps=25, rec=True, state='a "b"', disk=None), row(gateway, 1_000, fps=1.5, rec=False)], 7
    )
    await flush()

    assert await store.series(gateway, CAMERA, "fps", T0, T0 + 1_001, 10) == [(T0, 25.0), (T0 + 1_000, 1.5)]
    assert await store.series(gateway, CAMERA, "fps", T0, T0 + 1_000, 10) == [(T0, 25.0)]
    assert await store.series(gateway, CAMERA, "rec", T0, T0 + 2_000, 10) == [(T0, 1.0), (T0 + 1_000, 0.0)]
    assert await store.series(gateway, CAMERA, "disk", T0, T0 + 2_000, 10) == []
    expected = [(T0, 'a "b"')] if store.keeps_texts else []
    assert await store.series(gateway, CAMERA, "state", T0, T0 + 2_000, 10) == expected


async def test_thinning_agrees_with_the_embedded_store(opened: tuple[HistoryStore, Flush], tmp_path: Path) -> None:
    """A chart looks the same whichever store stands behind it."""
    store, flush = opened
    gateway = GatewayId("gw-thinning")
    rows = [row(gateway, number * 997, fps=(number * 7919) % 101) for number in range(2_000)]
    reference = DuckDbStore(tmp_path / "history.duckdb")
    await reference.append(rows, 1)
    await store.append(rows, 1)
    await flush()
    question = (gateway, CAMERA, "fps", T0 + 500, T0 + 1_900_001, 60)

    answer = await store.series(*question)

    assert len(answer) == 60
    assert answer == await reference.series(*question)
    await reference.close()


async def test_same_rows_again_change_nothing(opened: tuple[HistoryStore, Flush]) -> None:
    """A rewind writes again what is there."""
    store, flush = opened
    gateway = GatewayId("gw-again")
    for _ in range(2):
        await store.append([row(gateway, 0, fps=1), row(gateway, 5, fps=2)], 3)
        await flush()

    assert await store.series(gateway, CAMERA, "fps", T0, T0 + 10, 10) == [(T0, 1.0), (T0 + 5, 2.0)]


async def test_checkpoint_is_kept_and_dropped_with_the_rows(opened: tuple[HistoryStore, Flush]) -> None:
    """The checkpoint lives in the store, so that an emptied store is filled anew."""
    store, flush = opened
    gateway = GatewayId("gw-drop")
    await store.append([row(gateway, 0, fps=1)], 41)
    await flush()
    before = await store.checkpoint()
    await store.drop()

    assert before == 41
    assert await store.checkpoint() == 0
    assert await store.series(gateway, CAMERA, "fps", T0, T0 + 10, 10) == []


async def test_a_metric_may_change_its_type(opened: tuple[HistoryStore, Flush]) -> None:
    """A vendor that sends 1, then true, then 1.5, then a word loses nothing that the store can keep."""
    store, flush = opened
    gateway = GatewayId("gw-types")
    values: list[Value] = [1, True, 1.5, "word", False]
    for at_ms, value in enumerate(values):
        await store.append([row(gateway, at_ms, x_flow=value)], 1)
    await flush()

    numbers = await store.series(gateway, CAMERA, "x_flow", T0, T0 + 10, 10)

    assert numbers == [(T0, 1.0), (T0 + 1, 1.0), (T0 + 2, 1.5), (T0 + 4, 0.0)]


async def test_names_cannot_break_out_of_a_query(opened: tuple[HistoryStore, Flush]) -> None:
    """What is no metric name is refused before it becomes part of a query."""
    store, _ = opened

    with pytest.raises(Refused):
        await store.series(GatewayId("gw-0001"), CAMERA, 'fps"; DROP DATABASE anxiao', T0, T0 + 10, 10)


@pytest.mark.parametrize("kind", ["influx1", "influx", "victoria"])
async def test_a_store_that_is_down_is_a_storage_error(kind: str, tmp_path: Path) -> None:
    """Whoever calls learns it as what it is, for writing and for reading."""
    store = open_history(kind, tmp_path, url=f"http://127.0.0.1:{free_port()}")
    assert store is not None

    with pytest.raises(StorageError):
        await store.append([row(GatewayId("gw-0001"), 0, fps=1)], 1)
    with pytest.raises(StorageError):
        await store.checkpoint()
    await store.close()


async def test_killed_victoria_loses_nothing_that_the_projector_does_not_write_again(tmp_path: Path) -> None:
    """Killed right after it answered, it has forgotten; the projector sees the restart, rewinds and writes again."""
    server = Server(VICTORIA, tmp_path / "vm")
    server.start()
    now = 1_000.0
    store = VictoriaStore(server.url)
    journal = FakeJournal([batch(1, reading(1))])
    projector = Projector(journal, store, clock=lambda: now)
    await projector.catch_up()

    before = await store.incarnation()
    while await store.incarnation() == before:  # It tells the second of its start; a second life may begin in the same one.
        server.kill()
        server.start()
    now += 5
    await projector.catch_up()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"{server.url}/internal/force_flush")
    kept = await store.series(GatewayId("gw-0001"), CAMERA, "fps", 0, 2_000_000_000_000, 10)
    await store.close()
    server.stop()

    assert projector.counted.rewinds == 1
    assert [value for _, value in kept] == [1.0]


def test_settings_that_name_no_store_are_told(tmp_path: Path) -> None:
    """A wrong word or a missing address names what is allowed."""
    with pytest.raises(ConfigurationError, match="duckdb, influx"):
        open_history("oracle", tmp_path, url="http://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="history_url"):
        open_history("influx", tmp_path)
    assert open_history("none", tmp_path) is None
