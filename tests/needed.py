"""What a test needs of its machine: there, or the test is skipped; in CI it was promised, and its lack is a failure."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.servers import Program, Server, find, running


def need(there: object, what: str) -> None:
    """Go on only where it is there."""
    if there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: promised in CI, and missing")
    pytest.skip(f"{what}: missing; see scripts/install_servers.sh")


def serve(program: Program, folder: Path) -> Iterator[Server]:
    """Run a real server for a fixture, on a port and in a folder of its own."""
    need(find(program), program.name)
    with running(program, folder) as server:
        yield server
