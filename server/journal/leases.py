"""Which server does what, where several share one PostgreSQL: shares of work are leased, and fenced against the slow.

The 64 shares of the gateways and the lead each have one holder. A lease lasts some seconds of the database's own clock, so
no server's clock is ever asked. Each change of hands raises the fence; what is written by the right of a share is checked
against the fence in the same transaction, so a holder that was stopped and goes on writes nothing any more.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from server.journal.database import Database
from server.journal.model import Fence

LEASE_SECONDS = 10.0
SHARES = 64  # Of the gateways, numbered from 0.
LEAD = SHARES  # One more share: of whoever raises and escalates for all.

_HERE = (
    "insert into server (owner, until) values (%s, extract(epoch from clock_timestamp()) + %s)"
    " on conflict (owner) do update set until = excluded.until"
)
_DEAD = "delete from server where until < extract(epoch from clock_timestamp())"
_FORMER = (
    "delete from server where owner <> %s and owner like %s",
    "update lease set until = 0 where owner <> %s and owner like %s",
)
_SERVERS = "select owner from server"
_RENEW = "update lease set until = extract(epoch from clock_timestamp()) + %s where owner = %s returning share, fence"
_LEAVE = "update lease set until = 0, owner = '' where owner = %s and share = any(%s)"
_TAKE = (
    "update lease set owner = %s, fence = fence + 1, until = extract(epoch from clock_timestamp()) + %s where share in"
    " (select share from lease where until < extract(epoch from clock_timestamp())"
    " order by share desc limit %s for update skip locked)"
    " returning share, fence"
)
_HELD = "select share, fence from lease where share = any(%s) order by share for share"


class Leases:
    """The leases of one running server. `name` outlives its starts, `start` tells them apart."""

    def __init__(self, database: Database, name: str, start: str) -> None:
        self._database = database
        self.namesakes = 0  # Other servers of our name that live: each would take the other's connections to the brokers.
        self._owner = f"{name}:{start}"
        self._name = f"{name}:"
        self._first = True

    async def renew(self) -> Mapping[int, int]:
        """Say that we live, keep what we hold, leave or take up to our part; gives the fence of each share we hold."""
        return await self._database.run(self._renew, urgent=True)

    async def leave(self) -> None:
        """Let go of everything, so that another server goes on at once."""

        def work(connection: Connection) -> None:
            connection.exec_driver_sql(_LEAVE, (self._owner, list(range(LEAD + 1))))
            connection.exec_driver_sql("delete from server where owner = %s", (self._owner,))

        await self._database.run(work, urgent=True)

    def _renew(self, connection: Connection) -> Mapping[int, int]:
        owner = self._owner
        connection.exec_driver_sql(_HERE, (owner, LEASE_SECONDS))
        connection.exec_driver_sql(_DEAD)
        for statement in _FORMER if self._first else ():  # A name belongs to one process: its earlier start is dead.
            connection.exec_driver_sql(statement, (owner, f"{self._name}%"))
        servers = [name for [name] in connection.exec_driver_sql(_SERVERS)]
        self.namesakes = sum(name.startswith(self._name) and name != owner for name in servers)
        part = -(-(LEAD + 1) // max(1, len(servers)))
        mine = {row[0]: row[1] for row in connection.exec_driver_sql(_RENEW, (LEASE_SECONDS, owner))}
        surplus = sorted(mine)[: max(0, len(mine) - part)]  # The lead is the last to be left.
        if surplus:
            connection.exec_driver_sql(_LEAVE, (owner, surplus))
            for share in surplus:
                del mine[share]
        elif len(mine) < part:
            taken = connection.exec_driver_sql(_TAKE, (owner, LEASE_SECONDS, part - len(mine)))
            mine |= {row[0]: row[1] for row in taken}
        self._first = False
        return mine


def held(connection: Connection, fences: Collection[Fence]) -> frozenset[Fence]:
    """Say which fences stand, and let them stand until the transaction ends."""
    if not fences:
        return frozenset()
    rows = connection.exec_driver_sql(_HELD, ([fence.share for fence in fences],))
    return frozenset(Fence(share, number) for share, number in rows) & frozenset(fences)
