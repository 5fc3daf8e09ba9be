"""The time-series stores are compared in the shape they can hold: InfluxDB exactly, VictoriaMetrics in numbers alone."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from scripts.servers import INFLUXD, VICTORIA, Server
from server.audit.report import in_words
from server.history.influx1_store import Influx1Store
from server.history.victoria_store import VictoriaStore
from server.journal.database import open_database
from tests.audit.town import CAMERA, Town, check, failed, living
from tests.needed import serve

pytestmark = pytest.mark.influx


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run InfluxDB 1.x."""
    yield from serve(INFLUXD, tmp_path_factory.mktemp("influxd"))


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run VictoriaMetrics."""
    yield from serve(VICTORIA, tmp_path_factory.mktemp("victoria"))


@pytest.fixture
async def influx_town(influxd: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """Give a town with its history in InfluxDB."""
    store = Influx1Store(influxd.url, "audited")
    await store.drop()
    database = open_database(f"sqlite:///{tmp_path}/server.db")
    async with living(database, store) as made:
        yield made
    await database.close()


@pytest.fixture
async def victoria_town(victoria: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """Give a town of yesterday with its history in VictoriaMetrics, which keeps a month."""
    database = open_database(f"sqlite:///{tmp_path}/server.db")
    async with living(database, VictoriaStore(victoria.url)) as made:
        made.now = time.time() // 86_400 * 86_400 - 86_400
        yield made
    await database.close()


async def written(server: Server, path: str, line: str, **params: str) -> None:
    """Write a line behind everybody's back."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        (await client.post(path, params=params, content=line)).raise_for_status()


async def test_influx_holds_what_the_journal_says_and_another_value_turns_it_red(influx_town: Town, influxd: Server) -> None:
    await influx_town.an_hour(3)
    await influx_town.send(influx_town.reading(model="two\nlines", fps=0.1 + 0.2, online=True))
    await influx_town.project()
    report = await influx_town.audit()
    assert failed(report) == [], in_words(report)
    assert check(report, "history").compared == 3 * 15 + 3

    at = (influx_town.ms() + 5) * 1_000_000
    tags = f"device={CAMERA.id},gateway={CAMERA.gateway}"
    await written(influxd, "/write", f"reading,{tags} fps=5 {at}", db="audited", precision="ns")

    assert failed(await influx_town.audit()) == ["history"]
    await written(influxd, "/query", "", db="audited", q="DELETE FROM reading WHERE time = " + str(at))
    assert failed(await influx_town.audit()) == []
    await written(influxd, "/query", "", db="audited", q="DELETE FROM reading")
    report = await influx_town.audit()
    assert check(report, "history").differences == 48


async def test_victoria_holds_the_numbers_and_another_one_turns_it_red(victoria_town: Town, victoria: Server) -> None:
    await victoria_town.an_hour(3)
    await victoria_town.send(victoria_town.reading(model="text", fps=0.1 + 0.2, online=True), victoria_town.reading(fps=7))
    await victoria_town.project()
    store = victoria_town.store
    assert isinstance(store, VictoriaStore)
    store.checkpoint = victoria_town.journal.head  # type: ignore[method-assign]  # It lags by 20 s, which nobody waits for.
    report = await victoria_town.audit()
    assert failed(report) == [], in_words(report)
    assert check(report, "history").compared == 3 * 10 + 3

    tags = f"device={CAMERA.id},gateway={CAMERA.gateway}"
    await written(victoria, "/api/v2/write", f"reading,{tags} fps=5 {victoria_town.ms() + 5}", precision="ms")

    assert failed(await victoria_town.audit()) == ["history"]
    await store.drop()
    report = await victoria_town.audit()
    assert check(report, "history").differences == 32
