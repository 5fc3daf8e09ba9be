"""The one database of the world: the journal's own SQL on SQLite in memory, with the faults of one far away.

It commits or does not, and whoever asked may never learn which. What it has committed it keeps, but for the one fault that
no seed draws: being restored as it was a second ago.
"""

import asyncio
import json
import random
import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.pool import StaticPool

from contract.errors import StorageError
from server.journal import tables
from server.journal.database import metadata
from server.journal.leases import LEAD
from server.journal.sql import SqlJournal
from simulators.world.process import Process

COMMIT_SECONDS = 0.008  # Mean time of one transaction.
REFUSED_SECONDS = (0.01, 5.0)  # A database that is down says so at once, or a connection waits until it is given up.
T = TypeVar("T")


class Store:
    """What is committed. `fails` and `unknown` are shares of transactions; `down` counts reasons not to answer."""

    dialect = "sqlite"

    def __init__(self, chance: random.Random, now: Callable[[], float]) -> None:
        self.chance = chance
        self.now = now
        self.fails = 0.0
        self.unknown = 0.0
        self.slow = 0.0
        self.down = 0
        self.breaks = 0  # How often all connections were broken.
        self.rewound = False
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        assert tables.alarm_event is not None  # The tables are known once their module is.
        metadata.create_all(self._engine)
        leases = [{"share": share, "owner": "", "fence": 0, "until": 0.0} for share in range(LEAD + 1)]
        with self._engine.begin() as connection:
            connection.execute(insert(tables.lease), leases)
        self._image = b""
        raw = self._engine.raw_connection().driver_connection
        assert isinstance(raw, sqlite3.Connection)
        self._connection = raw

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Do a piece of work in one transaction, at once."""
        with self._engine.begin() as connection:
            return work(_Translating(connection, self.now()))  # type: ignore[arg-type]  # A connection in all it is asked.

    async def run(self, work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Do it at once for somebody who asks as of a database; for the judges, whom no fault concerns."""
        del urgent
        return self.transact(work)

    def journal(self) -> SqlJournal:
        """Give the journal as it is at this instant, for the judges."""
        return SqlJournal(self)  # type: ignore[arg-type]  # It needs only the two words above.

    def cursor(self, gateway: str, epoch: str, lane: str) -> int:
        """Read how far a stream is committed at this instant."""
        found = self._connection.execute(
            "select position from cursor where gateway = ? and epoch = ? and lane = ?", (gateway, epoch, str(lane))
        )
        row = found.fetchone()
        return row[0] if row else 0

    def has_press(self, id_: str) -> bool:
        """Say whether a press is committed at this instant."""
        return (
            self._connection.execute("select 1 from alarm_event where id = ? and kind = 'press'", (id_,)).fetchone()
            is not None
        )

    def has_order(self, id_: str) -> bool:
        """Say whether an order is committed, signature and all, at this instant."""
        found = self._connection.execute("select 1 from command where id = ? and issued_ms > 0", (id_,))
        return found.fetchone() is not None

    def remember(self) -> None:
        """Take the backup that `restore` will bring back."""
        self._image = self._connection.serialize()

    def restore(self) -> None:
        """Lose everything committed since the backup."""
        self._connection.deserialize(self._image)
        self.rewound = True

    def break_connections(self) -> None:
        """Leave everybody who waits for an answer without one."""
        self.breaks += 1


class _Translating:
    """A connection that understands the few words of PostgreSQL's that leases are written in; one writer needs no locks."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        """Run a statement in SQLite's words."""
        if "%s" in statement or "clock_timestamp" in statement:
            statement = statement.replace("extract(epoch from clock_timestamp())", repr(self._now))
            statement = statement.replace(" for update skip locked", "").replace(" for share", "")
            statement = statement.replace("= any(%s)", "in (select value from json_each(%s))").replace("%s", "?")
            parameters = tuple(json.dumps(one) if isinstance(one, list) else one for one in parameters or ())
        return self._connection.exec_driver_sql(statement, parameters)


class Database:
    """One process's view of the store: what `server.journal.database.Database` is to the shells."""

    dialect = "sqlite"

    def __init__(self, store: Store, process: Process, step: Callable[[str], None]) -> None:
        """`step` is told of the numbered steps of ingest, at which the process may be killed."""
        self._store = store
        self._process = process
        self._step = step

    async def run(self, work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Run work in one transaction; `StorageError` means that nobody knows whether it was committed."""
        del urgent
        store, chance = self._store, self._store.chance
        breaks = store.breaks
        await asyncio.sleep(chance.expovariate(1 / (COMMIT_SECONDS + store.slow)))
        self._check()
        if store.down:
            await asyncio.sleep(chance.choice(REFUSED_SECONDS))
            raise StorageError("simulated: the database is down")
        if store.breaks != breaks or chance.random() < store.fails:
            raise StorageError("simulated: the transaction was rolled back")
        self._step("begun")
        result = store.transact(work)
        self._step("committed")
        if chance.random() < store.unknown:
            await asyncio.sleep(chance.choice(REFUSED_SECONDS))
            raise StorageError("simulated: the connection broke during the commit")
        await asyncio.sleep(chance.expovariate(2 / COMMIT_SECONDS))
        self._check()
        if store.breaks != breaks:
            raise StorageError("simulated: the connection broke before the answer")
        return result

    async def close(self) -> None:
        """Let go of nothing."""

    def _check(self) -> None:
        assert self._process.acts, "a dead process asks the database"


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("it waited")
