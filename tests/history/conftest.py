"""Real time-series servers for the tests marked `influx`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.servers import INFLUXD, VICTORIA, Program, Server, find, running


def serve(program: Program, folder: Path) -> Iterator[Server]:
    """Run the server, or skip where it is not installed and nobody promised that it is."""
    if find(program) is None and os.environ.get("CI") != "true":
        pytest.skip(f"{program.name} is not installed")
    with running(program, folder) as server:
        yield server


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run InfluxDB 1.x for all tests."""
    yield from serve(INFLUXD, tmp_path_factory.mktemp("influxd"))


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run VictoriaMetrics for all tests."""
    yield from serve(VICTORIA, tmp_path_factory.mktemp("victoria"))
