"""Real time-series servers for the tests marked `influx`."""

from collections.abc import Iterator

import pytest

from scripts.servers import INFLUXD, VICTORIA, Server
from tests.needed import serve


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run InfluxDB 1.x for all tests."""
    yield from serve(INFLUXD, tmp_path_factory.mktemp("influxd"))


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run VictoriaMetrics for all tests."""
    yield from serve(VICTORIA, tmp_path_factory.mktemp("victoria"))
