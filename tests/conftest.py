"""What tests of several packages need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.servers import MOSQUITTO, Server
from tests.needed import serve


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """Run a Mosquitto."""
    yield from serve(MOSQUITTO, tmp_path / "broker")
