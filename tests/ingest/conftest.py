"""Real servers and a whole ingest for the tests of the shells."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scripts.servers import MOSQUITTO, Server, find, running
from server.journal.database import Database, open_database


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """Give a running Mosquitto with a folder and port of its own."""
    if find(MOSQUITTO) is None and os.environ.get("CI") != "true":
        pytest.skip("Mosquitto is not installed")
    with running(MOSQUITTO, tmp_path / "broker") as server:
        yield server


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give an open database in a file."""
    database = open_database(f"sqlite:///{tmp_path}/server.db")
    yield database
    await database.close()
