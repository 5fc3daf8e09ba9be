"""Databases as in the journal's tests, and a town over each."""

from collections.abc import AsyncIterator

import pytest

from server.journal.database import Database
from tests.audit.town import Town, living
from tests.journal.conftest import address, database, postgres_address, postgres_server

__all__ = ["address", "database", "postgres_address", "postgres_server", "town"]


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    """Give a town without a history."""
    async with living(database, None) as made:
        yield made
