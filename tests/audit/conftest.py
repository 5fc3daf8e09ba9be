"""Databases as in the journal's tests, and a town over each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.history.duckdb_store import DuckDbStore
from server.journal.database import Database
from tests.audit.town import Town, living
from tests.journal.conftest import address, database, postgres_address, postgres_server

__all__ = ["address", "database", "postgres_address", "postgres_server", "town"]


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:  # Is the fixture.
    """Give a town with its history in DuckDB."""
    async with living(database, DuckDbStore(tmp_path / "history.duckdb")) as made:
        yield made
