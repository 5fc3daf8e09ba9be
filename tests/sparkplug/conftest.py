"""A database for the tests of the door."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.journal.database import Database, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give an open database in a file."""
    database = open_database(f"sqlite:///{tmp_path}/server.db")
    yield database
    await database.close()
