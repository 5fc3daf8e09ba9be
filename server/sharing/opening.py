"""Puts the parts of sharing together, or nothing at all where a server is alone with its database."""

import secrets
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Protocol

from server.core.events import LeadChanged
from server.drills.window_store import WindowStore
from server.ingest.pipeline import Ingest
from server.journal.database import Database
from server.journal.leases import SHARES, Leases
from server.journal.sql import SqlJournal
from server.runtime import Runtime
from server.sharing.division import Division
from server.sharing.follower import Follower


class Sharing(Protocol):
    """How a server stands to the others on its database."""

    @property
    def leads(self) -> bool:
        """Say whether this server does what one does for all."""
        ...

    @property
    def shares(self) -> int:
        """Count the shares of the gateways whose telemetry this server commits."""
        ...

    async def start(self) -> None:
        """Begin, before anything is restored from the journal. Raises `StorageError`."""
        ...

    def committed(self, sequences: Iterable[int]) -> None:
        """Note batches of our own."""
        ...

    def tasks(self) -> Sequence[Coroutine[object, object, None]]:
        """Give what runs as long as the server serves."""
        ...

    async def leave(self) -> None:
        """Let the others go on at once."""
        ...


class Alone:
    """The only server of a SQLite file."""

    leads = True
    shares = SHARES

    async def start(self) -> None:
        """Do nothing."""

    def committed(self, sequences: Iterable[int]) -> None:
        """Do nothing."""

    def tasks(self) -> Sequence[Coroutine[object, object, None]]:
        """Give nothing."""
        return ()

    async def leave(self) -> None:
        """Do nothing."""


class Together:
    """One of the servers of a PostgreSQL."""

    def __init__(self, division: Division, follower: Follower) -> None:
        self.division = division
        self.follower = follower

    @property
    def leads(self) -> bool:
        """Say whether this server does what one does for all."""
        return self.division.leads

    @property
    def shares(self) -> int:
        """Count the shares of the gateways whose telemetry this server commits."""
        return self.division.shares

    async def start(self) -> None:
        """Note where the journal stands, so that nothing is missed, and take our part of the work."""
        await self.follower.start()
        await self.division.renew()

    def committed(self, sequences: Iterable[int]) -> None:
        """Note batches of our own."""
        self.follower.committed(sequences)

    def tasks(self) -> Sequence[Coroutine[object, object, None]]:
        """Give what renews and what follows."""
        return (self.division.run(), self.follower.run())

    async def leave(self) -> None:
        """Let the others go on at once."""
        await self.division.leave()


def open_sharing(
    database: Database,
    name: str,
    journal: SqlJournal,
    windows: WindowStore,
    ingest: Ingest,
    runtime: Runtime,
    clock: Callable[[], float],
) -> Sharing:
    """Make what fits the database; nothing is ours before `start`."""
    if database.dialect == "sqlite":
        return Alone()
    ingest.shares({})
    runtime.tell(LeadChanged(leads=False))
    division = Division(
        Leases(database, name, secrets.token_hex(4)), ingest.shares, lambda leads: runtime.tell(LeadChanged(leads))
    )
    return Together(division, Follower(journal, windows, ingest, runtime.follow, runtime.tell, clock))
