"""The databases of orders: those of the journal's tests."""

from tests.journal.conftest import address, database, postgres_address, postgres_server

__all__ = ["address", "database", "postgres_address", "postgres_server"]
