"""Opens the Sparkplug door where the settings ask for it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from server.ingest.doors.broker import parse_broker
from server.ingest.doors.opening import CONNECTIONS
from server.ingest.doors.sparkplug.door import SparkplugDoor
from server.ingest.doors.sparkplug.mapping import read_names
from server.ingest.pipeline import Ingest
from server.journal.database import Database


def open_sparkplug(
    mapping: Path | None,
    brokers: Sequence[str],
    client: str,
    server: str,
    ingest: Ingest,
    database: Database,
    leads: Callable[[], bool],
) -> SparkplugDoor | None:
    """Make the door; None without a mapping file. Raises `ConfigurationError` for a file that cannot be used."""
    if mapping is None:
        return None
    parsed = {broker.name: broker for broker in map(parse_broker, brokers)}
    names, connect = read_names(mapping), CONNECTIONS[client]
    return SparkplugDoor(names, list(parsed.values()), server, connect, ingest.receive, ingest.bury, database, leads)
