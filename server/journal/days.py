"""What was noted of each school's last days, one row for each thing; a projection of check-ins, readings and alerts."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from server.core.effects import DayNoted
from server.journal import tables
from server.journal.database import Database
from server.journal.writing import execute

_NOTED = (
    "insert into day_note (school, key, at_ms, value) values (?, ?, ?, ?)"
    " on conflict (school, key) do update set at_ms = excluded.at_ms, value = excluded.value"
)


class SqlDays:
    """Keeps them in one database; every method raises `contract.errors.StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, notes: Sequence[DayNoted]) -> None:
        """Keep what was noted; a later word takes the place of an earlier one."""
        rows = [(one.school, one.key, round(one.at * 1_000), one.value) for one in notes]
        await self._database.run(lambda connection: execute(connection, _NOTED, sorted(rows)))

    async def noted(self, since: float) -> Sequence[DayNoted]:
        """Read what was noted since an instant, the longest ago first, and forget the rest."""
        row, since_ms = tables.day_note.c, round(since * 1_000)

        def work(connection: Connection) -> Sequence[DayNoted]:
            connection.execute(delete(tables.day_note).where(row.at_ms < since_ms))
            query = select(row.school, row.key, row.at_ms, row.value).order_by(row.at_ms, row.school, row.key)
            return [DayNoted(school, key, at_ms / 1_000, value) for school, key, at_ms, value in connection.execute(query)]

        return await self._database.run(work)
