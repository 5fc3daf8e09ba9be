"""Databases to test against, as the journal's tests have them."""

from tests.journal.conftest import address, database, postgres_address, postgres_server

__all__ = ["address", "database", "postgres_address", "postgres_server"]
