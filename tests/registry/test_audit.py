"""The audit log: appended, chained, and closed to change."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.journal.database import Database
from server.registry.audit import GENESIS, Audit


async def test_lines_are_chained_from_the_first(database: Database) -> None:
    """Each line holds the hash of the one before; the chain of an untouched log is whole."""
    audit = Audit(database)
    await audit.append(1.0, "li", "signed_in")
    await audit.append(2.0, "li", "alert_resolve", "alert:1", "false_human")

    newest, first = await audit.page(None, 10)

    assert (first.sequence, first.prev) == (1, GENESIS)
    assert (newest.sequence, newest.prev, newest.detail) == (2, first.hash, "false_human")
    assert await audit.first_broken() is None


async def test_lines_written_at_once_still_make_one_chain(database: Database) -> None:
    """Two people acting in the same instant never get the same place."""
    audit = Audit(database)

    await asyncio.gather(*(audit.append(float(number), f"user-{number}", "signed_in") for number in range(20)))

    assert [entry.sequence for entry in await audit.page(None, 100)] == list(range(20, 0, -1))
    assert await audit.first_broken() is None


@pytest.mark.parametrize("statement", ["update audit set actor = 'other'", "delete from audit"])
async def test_database_refuses_to_change_a_line(database: Database, statement: str) -> None:
    """Not even a statement by hand changes the log."""
    audit = Audit(database)
    await audit.append(1.0, "li", "signed_in")

    with pytest.raises(DBAPIError, match="append-only"):
        await database.run(lambda connection: connection.execute(text(statement)))

    assert [entry.actor for entry in await audit.page(None, 10)] == ["li"]


async def test_changed_line_breaks_the_chain(database: Database) -> None:
    """Whoever takes the trigger away and changes a line is found out at that line."""
    audit = Audit(database)
    for number in range(4):
        await audit.append(float(number), "li", "signed_in")
    drop = "drop trigger audit_refuses_update" if database.dialect == "sqlite" else "alter table audit disable trigger all"
    await database.run(lambda connection: connection.execute(text(drop)))

    await database.run(lambda connection: connection.execute(text("update audit set detail = 'x' where sequence = 3")))

    assert await audit.first_broken() == 3


async def test_text_from_outside_is_bounded(database: Database) -> None:
    """A name of a megabyte, or with a character no database keeps, still leaves a line."""
    audit = Audit(database)

    await audit.append(1.0, "a" * 1000, "wrong_password", detail="b\x00" * 5000)

    [entry] = await audit.page(None, 10)
    assert len(entry.actor) == 64
    assert len(entry.detail) == 2000
    assert await audit.first_broken() is None


async def test_pages_follow_each_other(database: Database) -> None:
    """A page goes on below the last line of the one before."""
    audit = Audit(database)
    for number in range(5):
        await audit.append(float(number), "li", "signed_in")

    first = await audit.page(None, 2)
    second = await audit.page(first[-1].sequence, 2)

    assert [entry.sequence for entry in (*first, *second)] == [5, 4, 3, 2]
