"""The database's promises: tables as described, one process, errors of one type, alarms first."""

import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from contract.errors import ConfigurationError, StorageError
from server.journal import tables
from server.journal.database import (
    Database,
    _parsed,
    _postgresql,
    _sqlite,
    check,
    metadata,
    migrate,
    open_database,
)
from server.journal.migration import migrate_connection


async def test_migrations_make_the_tables_as_described(database: Database) -> None:
    """What the migrations made and what the code believes differ in nothing, for every table the code describes."""
    assert tables.cursor.name in metadata.tables

    def described(thing: Any, *_: object) -> bool:
        """Leave out the tables of packages that no test has imported yet."""
        return getattr(thing, "table", thing).name in metadata.tables

    def difference(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"include_object": described}), metadata))

    assert await database.run(difference) == []


async def test_second_opening_migrates_nothing_and_keeps_rows(address: str) -> None:
    """Starting again keeps what was committed."""
    first = open_database(address)
    await first.run(lambda connection: connection.execute(text("insert into checkpoint values ('x', 7)")))
    await first.close()

    migrate(address)
    second = open_database(address)
    rows = await second.run(lambda connection: connection.execute(text("select sequence from checkpoint")).all())
    await second.close()

    assert [tuple(row) for row in rows] == [(7,)]


async def test_events_outlast_taking_the_gateway_into_their_key(address: str) -> None:
    """What an older server stored stays as it was; then another gateway's event of that id is a row beside it."""
    before = {
        "id": "i",
        "kind": "press",
        "state": "",
        "gateway": "gw-1",
        "device": "d",
        "t_ms": 1,
        "rx_ms": 2,
        "body": b"{}",
    }
    insert = text("insert into alarm_event values (:id, :kind, :state, :gateway, :device, :t_ms, :rx_ms, :body)")
    engine = (_sqlite if address.startswith("sqlite") else _postgresql)(_parsed(address))
    with engine.begin() as connection:
        migrate_connection(connection, "0014")
        connection.execute(insert, before)
    engine.dispose()

    database = open_database(address)
    await database.run(lambda connection: connection.execute(insert, {**before, "gateway": "gw-2"}))
    with pytest.raises(IntegrityError):
        await database.run(lambda connection: connection.execute(insert, before))
    kept = await database.run(lambda connection: connection.execute(tables.alarm_event.select()).mappings().all())
    await database.close()

    assert [dict(row) for row in kept] == [before, {**before, "gateway": "gw-2"}]


async def test_failed_work_leaves_nothing(database: Database) -> None:
    """An exception inside rolls everything back and comes out unchanged."""

    def work(connection: Connection) -> None:
        connection.execute(text("insert into checkpoint values ('x', 7)"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(work)

    count = await database.run(lambda connection: connection.execute(text("select count(*) from checkpoint")).scalar_one())
    assert count == 0


async def test_sqlite_file_is_never_opened_twice(tmp_path: Path) -> None:
    """A second opener is told why instead of sharing the file."""
    first = open_database(f"sqlite:///{tmp_path}/server.db")

    with pytest.raises(StorageError, match="another process"):
        open_database(f"sqlite:///{tmp_path}/server.db")

    await first.run(check)
    await first.close()


async def test_sqlite_commits_are_on_the_disk(tmp_path: Path) -> None:
    """Write-ahead log, full synchronisation: a commit survives the power."""
    database = open_database(f"sqlite:///{tmp_path}/server.db")

    names = ("journal_mode", "synchronous", "locking_mode", "foreign_keys")
    read = await database.run(lambda connection: [connection.execute(text(f"pragma {name}")).scalar_one() for name in names])
    await database.close()

    assert read == ["wal", 2, "exclusive", 1]


async def test_urgent_work_goes_before_what_waits(tmp_path: Path) -> None:
    """An alarm waits for the piece of work that runs, never for the queue behind it."""
    database = open_database(f"sqlite:///{tmp_path}/server.db")
    order: list[str] = []
    started, release = threading.Event(), threading.Event()

    def running(_: Connection) -> None:
        started.set()
        release.wait(10)

    executor = database._executor
    blocker = executor.submit(lambda: database._transact(running), urgent=False)
    started.wait(10)
    routine = executor.submit(lambda: order.append("routine"), urgent=False)
    alarm = executor.submit(lambda: order.append("alarm"), urgent=True)
    release.set()
    for future in (blocker, routine, alarm):
        future.result(10)
    await database.close()

    assert order == ["alarm", "routine"]


async def test_closed_database_refuses(database: Database) -> None:
    """After closing, work is refused with the type that everybody handles."""
    await database.close()

    with pytest.raises(StorageError, match="closed"):
        await database.run(check)


def test_unusable_addresses_are_named() -> None:
    """A wrong setting names what is allowed."""
    for address in ("nonsense", "mysql://localhost/x"):
        with pytest.raises(ConfigurationError, match="allowed"):
            open_database(address)


def test_database_that_does_not_answer_is_a_storage_error() -> None:
    """No server at the address: one type of error, and no password in it."""
    with pytest.raises(StorageError) as caught:
        open_database("postgresql://anxiao:secret@127.0.0.1:1/nothing")

    assert "secret" not in str(caught.value)
