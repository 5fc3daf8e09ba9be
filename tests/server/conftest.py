"""Databases to test against, as the journal's tests have them."""

from tests.journal.conftest import postgres_address, postgres_server

__all__ = ["postgres_address", "postgres_server"]
