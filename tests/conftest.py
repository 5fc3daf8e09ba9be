"""What tests of several packages need."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from scripts.servers import MOSQUITTO, Server
from tests.needed import serve

settings.register_profile("anxiao", deadline=None)  # No test asserts a wall-clock time: the machine may be busy.
settings.load_profile("anxiao")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """Run a Mosquitto."""
    yield from serve(MOSQUITTO, tmp_path / "broker")
