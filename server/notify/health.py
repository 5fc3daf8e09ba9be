"""How each channel does, over all servers: what fails again and again is dead, and people have to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, select, update

from server.channels.channel import Outcome, Receipt
from server.journal.database import Database
from server.notify import tables
from server.notify.sql import insert_new

DEAD_AFTER = 3  # Failures in a row …
DEAD_AFTER_MS = 20_000  # … over at least so long: one slow minute of a provider is not yet a dead channel.


@dataclass(frozen=True, slots=True)
class Health:
    """How one channel does."""

    name: str
    failures: int = 0
    failing_since_ms: int = 0  # 0 while the last try was good.
    good_ms: int = 0  # When a try was good last; 0 where none ever was.
    detail: str = ""

    def dead(self, now_ms: int) -> bool:
        """Say whether it has failed so often and for so long that people have to know."""
        return self.failures >= DEAD_AFTER and now_ms - self.failing_since_ms >= DEAD_AFTER_MS


class Healths:
    """Reads how the channels do. Raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[Health]:
        """Read every channel that was ever tried."""
        query = select(tables.notification_channel).order_by(tables.notification_channel.c.name)
        return await self._database.run(lambda connection: [_health(row) for row in connection.execute(query)])

    async def note(self, name: str, receipt: Receipt, now_ms: int) -> None:
        """Note what became of a try beside the record."""
        await self._database.run(lambda connection: note_health(connection, name, receipt, now_ms))


def note_health(connection: Connection, channel: str, receipt: Receipt, now_ms: int) -> None:
    """Count failures in a row; what is refused for its own sake says nothing of the channel."""
    if receipt.outcome is Outcome.REFUSED:
        return
    table = tables.notification_channel
    row = table.c
    insert_new(connection, table, [{"name": channel, "failures": 0, "failing_since_ms": 0, "good_ms": 0, "detail": ""}])
    if receipt.outcome is Outcome.FAILED:
        since = case((row.failures == 0, now_ms), else_=row.failing_since_ms)
        values: dict[str, Any] = {"failures": row.failures + 1, "failing_since_ms": since, "detail": receipt.detail}
    else:
        values = {"failures": 0, "failing_since_ms": 0, "good_ms": now_ms, "detail": ""}
    connection.execute(update(table).where(row.name == channel).values(**values))


def _health(row: Any) -> Health:
    return Health(row.name, row.failures, row.failing_since_ms, row.good_ms, row.detail)
