"""Brings the tables up to date: Alembic with its scripts inside the package and no file of settings."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x616E7869616F  # "anxiao": several servers may start at once, one migrates.


def migrate_connection(connection: Connection, through: str = "heads") -> None:
    """Run every migration that is missing (up to `through`), within the connection's transaction: all of them or none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, through)
