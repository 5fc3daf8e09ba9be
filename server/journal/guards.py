"""When each guard was last known to be on post, one row for each of them; a projection of the journal's check-ins."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from contract.identity import DeviceId, GatewayId
from server.core.effects import GuardSeen
from server.journal import tables
from server.journal.database import Database
from server.journal.writing import execute

GUARD_MAX = 256
_SEEN = (
    "insert into guard_seen (gateway, device, guard, at_ms, present) values (?, ?, ?, ?, ?)"
    " on conflict (gateway, device, guard) do update set at_ms = excluded.at_ms, present = excluded.present"
    " where excluded.at_ms >= guard_seen.at_ms"
)


class SqlGuards:
    """Keeps them in one database; every method raises `contract.errors.StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, seen: Sequence[GuardSeen]) -> None:
        """Keep what was seen; an older word than what is kept changes nothing."""
        rows = [(one.gateway, one.device, _text(one.guard), round(one.at * 1_000), one.present) for one in seen]
        await self._database.run(lambda connection: execute(connection, _SEEN, sorted(rows)))

    async def seen(self, since: float) -> Sequence[GuardSeen]:
        """Read whoever was seen since an instant, the longest ago first, and forget the others.

        A row without a gateway is about the server itself and stays.
        """
        row, since_ms = tables.guard_seen.c, round(since * 1_000)

        def work(connection: Connection) -> Sequence[GuardSeen]:
            connection.execute(delete(tables.guard_seen).where(row.at_ms < since_ms, row.gateway != ""))
            query = select(row.gateway, row.device, row.guard, row.at_ms, row.present).order_by(row.at_ms)
            return [
                GuardSeen(GatewayId(gateway), DeviceId(device), guard, at_ms / 1_000, bool(present))
                for gateway, device, guard, at_ms, present in connection.execute(query)
            ]

        return await self._database.run(work)


def _text(guard: str) -> str:
    """Fit a reference into its column; PostgreSQL's text holds no NUL."""
    return guard[:GUARD_MAX].replace("\x00", "\ufffd")
