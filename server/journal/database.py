"""The one database of a server: journal, registry, alerts and audit, on SQLite or PostgreSQL behind the same few words.

SQLite is opened once, by one process, and is used by one thread alone: its file is locked against everybody else.
Work that is urgent (alarms) goes before work that waits; what has begun is never broken off.
"""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import StaticPool

from contract.errors import ConfigurationError, StorageError
from server.journal.migration import migrate_connection

T = TypeVar("T")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

POOL_SIZE = 6  # Ordinary PostgreSQL connections of one server; two cores of database rarely use more.
POOL_URGENT_SIZE = 2  # Kept for alarms alone, so that they never wait for a long query.
WAITING_MAX = 10_000  # Pieces of ordinary work that may wait; beyond it a caller is told at once instead of later.
CONNECT_SECONDS = 5  # A database that does not answer by then is down: alarms are shown as not yet saved.
STATEMENT_MILLISECONDS = 30_000  # No query of this service takes longer and is still wanted.
CACHE_KIBIBYTES = 65_536  # Of SQLite pages: the hot ends of the indexes of a city.


class Executor(Protocol):
    """Runs work on the thread or threads that own the database's connections."""

    on_close: Callable[[], None]

    def submit(self, work: Callable[[], T], *, urgent: bool) -> Future[T]:
        """Queue a piece of work; raise `StorageError` when too much waits already."""
        ...

    def close(self) -> None:
        """Finish what is queued, then end the threads."""
        ...


class Database:
    """Runs functions inside transactions, away from the event loop."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor

    @property
    def dialect(self) -> str:
        """Name the kind of database: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    async def run(self, work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Run `work` in one transaction and return only after its commit.

        `StorageError` means that nothing is promised: the commit's outcome may even be unknown. Violated constraints
        and wrong statements come out as SQLAlchemy raises them, with the transaction rolled back.
        """
        return await asyncio.wrap_future(self._executor.submit(lambda: self._transact(work), urgent=urgent))

    async def close(self) -> None:
        """Finish what is queued and close the connections; a second call does nothing."""
        await asyncio.to_thread(self._executor.close)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with translated_errors(), self._engine.begin() as connection:
            return work(connection)


def open_database(address: str) -> Database:
    """Open a database and bring its tables up to date.

    `address` is `sqlite:///folder/file.db`, `sqlite://` (in memory, for tests) or `postgresql://user:password@host/name`.
    Raises `ConfigurationError` for an address that cannot be used, `StorageError` for a database that does not answer.
    """
    url = _parsed(address)
    one_file = url.get_backend_name() == "sqlite"
    engine = _sqlite(url) if one_file else _postgresql(url)
    executor: Executor = _OneThread("journal") if one_file else _Threads()
    database = Database(engine, executor)
    try:
        executor.submit(lambda: database._transact(migrate_connection), urgent=True).result()  # noqa: SLF001  # Ours.
    except BaseException:
        executor.close()
        engine.dispose()
        raise
    executor.on_close = engine.dispose
    return database


def migrate(address: str) -> None:
    """Bring a database's tables up to date and leave it; for the command line. SQLite must not be open elsewhere."""
    url = _parsed(address)
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    try:
        with translated_errors(), engine.begin() as connection:
            migrate_connection(connection)
    finally:
        engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the disk, the network or the database did wrong into `StorageError`; our own mistakes pass unchanged."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, PoolTimeoutError) as error:
        raise StorageError(f"database: {_first_line(error)}") from error


def _parsed(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise ConfigurationError("database: not an address; allowed: sqlite:///… or postgresql://…") from None
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"database: {url.get_backend_name()}; allowed: sqlite, postgresql")


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        poolclass=StaticPool,  # One connection for ever: two in WAL mode risk the file before SQLite 3.51.3.
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 0, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in (
            "locking_mode=EXCLUSIVE",  # A second process is refused instead of sharing the file.
            "journal_mode=WAL",
            "synchronous=FULL",  # A commit is on the disk before anybody is told.
            "foreign_keys=ON",
            f"cache_size=-{CACHE_KIBIBYTES}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # The driver's own habit is to begin late and unasked.

    return engine


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=POOL_SIZE + POOL_URGENT_SIZE,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_MILLISECONDS} -c timezone=UTC -c synchronous_commit=on",
            "application_name": "anxiao-server",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.prepare_threshold = 1  # The ingest runs the same few statements for ever.

    return engine


class _OneThread:
    """One thread, urgent work first: what SQLite's single connection needs."""

    def __init__(self, name: str) -> None:
        self.on_close: Callable[[], None] = lambda: None
        self._waiting: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._order = itertools.count()  # Equal urgency keeps the order asked; work itself is never compared.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._closed = False
        self._lock = threading.Lock()
        self._thread.start()

    def submit(self, work: Callable[[], T], *, urgent: bool) -> Future[T]:
        """Queue a piece of work; raise `StorageError` when too much waits already."""
        future: Future[T] = Future()

        def serve() -> None:
            _fulfil(future, work)

        with self._lock:
            if self._closed:
                raise StorageError("database: closed")
            if not urgent and self._waiting.qsize() >= WAITING_MAX:
                raise StorageError(f"database: {WAITING_MAX} pieces of work wait already")
            self._waiting.put((0 if urgent else 1, next(self._order), serve))
        return future

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put((2, next(self._order), None))
        self._thread.join()

    def _serve(self) -> None:
        while (serve := self._waiting.get()[2]) is not None:
            serve()
        self.on_close()


class _Threads:
    """A pool for ordinary work and a small one that alarms have to themselves."""

    def __init__(self) -> None:
        self.on_close: Callable[[], None] = lambda: None
        self._ordinary = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="database")
        self._urgent = ThreadPoolExecutor(POOL_URGENT_SIZE, thread_name_prefix="database-urgent")
        self._slots = threading.Semaphore(WAITING_MAX)

    def submit(self, work: Callable[[], T], *, urgent: bool) -> Future[T]:
        """Queue a piece of work; raise `StorageError` when too much waits already."""
        try:
            if urgent:
                return self._urgent.submit(work)
            if not self._slots.acquire(blocking=False):
                raise StorageError(f"database: {WAITING_MAX} pieces of work wait already")
            future = self._ordinary.submit(work)
        except RuntimeError:
            raise StorageError("database: closed") from None
        future.add_done_callback(lambda _: self._slots.release())
        return future

    def close(self) -> None:
        """Finish what is queued, then end the threads."""
        self._ordinary.shutdown()
        self._urgent.shutdown()
        self.on_close()


def _fulfil(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001  # Whatever it is belongs to the one who asked.
        future.set_exception(error)
    else:
        future.set_result(result)


def _first_line(error: Exception) -> str:
    """Say what went wrong without the statement or its values, which may be personal."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    lines = str(origin).strip().splitlines()
    if lines == ["database is locked"]:
        return "another process has the file open; SQLite serves one server at a time"
    return lines[0] if lines else type(origin).__name__


def check(connection: Connection) -> None:
    """Prove that the database answers; work for `Database.run`."""
    connection.execute(text("select 1"))
