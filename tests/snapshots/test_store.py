"""Frozen days are a chain that nobody can change, and read back as they were."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contract.errors import StorageError
from server.core.verdict import Tally
from server.journal.database import Database
from server.snapshots.calendar import as_date, as_day, ends_month
from server.snapshots.frozen import FrozenDay, decode, read_tallies
from server.snapshots.store import KEPT_DAYS, Snapshots
from tests.registry.city import CITY, FIRST, NORTH, SECOND, SOUTH, THIRD
from tests.snapshots.days import DAY, EXEMPT, MET, NOT_MET, UNKNOWN, frozen


async def change(database: Database, statement: str) -> int:
    return await database.run(lambda connection: connection.execute(text(statement)).rowcount)


async def test_a_day_reads_back_as_it_was_frozen(database: Database) -> None:
    snapshots = Snapshots(database)
    head = await snapshots.append(frozen())
    read = await snapshots.day(DAY)
    assert read is not None
    assert read.frozen == frozen()
    assert read.verdicts(SECOND)["t1_networked"] == (NOT_MET, UNKNOWN)
    assert read.verdicts("none") == {}
    assert read.tally(CITY, "t1_networked") == (Tally(1, 1, 0, 1), Tally(1, 0, 1, 1))
    assert read.frozen.indicators[0].formula
    assert await snapshots.newest() == head == await snapshots.head(DAY)
    assert await snapshots.day(DAY - 1) is None


async def test_figures_of_a_day_are_the_sum_of_its_schools(database: Database) -> None:
    snapshots = Snapshots(database)
    await snapshots.append(frozen())
    kept = (await snapshots.series(CITY, DAY, DAY))[DAY]
    counted = FrozenDay(frozen())
    for name in counted.names:
        assert kept[name] == counted.tally(CITY, name)
        parts = [counted.tally(unit, name)[0] for unit in (NORTH, SOUTH)]
        assert sum(part.required for part in parts) == kept[name][0].required == 3


async def test_each_day_is_bound_to_the_one_before(database: Database) -> None:
    snapshots = Snapshots(database)
    first = await snapshots.append(frozen(DAY))
    second = await snapshots.append(frozen(DAY + 3))
    assert first.prev == ""
    assert second.prev == first.hash
    assert await snapshots.broken() == []
    assert [head.day for head in await snapshots.heads(DAY, DAY + 3)] == [DAY, DAY + 3]
    assert await snapshots.head(DAY + 1) is None


@pytest.mark.parametrize("day", [DAY, DAY - 1])
async def test_no_day_is_frozen_twice_or_after_a_later_one(database: Database, day: int) -> None:
    snapshots = Snapshots(database)
    await snapshots.append(frozen(DAY))
    with pytest.raises(DBAPIError):
        await snapshots.append(frozen(day))
    assert len(await snapshots.heads(0, DAY)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "update snapshot set taken_ms = 1",
        "delete from snapshot",
        "update snapshot_body set body = body",
        "delete from snapshot_body",
        "update snapshot_tally set counts = '{}'",
        "delete from snapshot_tally",
    ],
)
async def test_the_database_refuses_to_change_a_day(database: Database, statement: str) -> None:
    snapshots = Snapshots(database)
    await snapshots.append(frozen())
    with pytest.raises((DBAPIError, StorageError), match="append-only"):
        await change(database, statement)
    assert await snapshots.broken() == []


async def test_a_day_that_was_changed_behind_the_database_is_found(database: Database) -> None:
    snapshots = Snapshots(database)
    await snapshots.append(frozen(DAY))
    await snapshots.append(frozen(DAY + 1))
    if database.dialect == "sqlite":
        await change(database, "drop trigger snapshot_refuses_update")
        await change(database, "drop trigger snapshot_body_refuses_update")
    else:
        await change(database, "alter table snapshot disable trigger all")
        await change(database, "alter table snapshot_body disable trigger all")
    await change(
        database, f"update snapshot_body set body = (select body from snapshot_body where day = {DAY}) where day = {DAY + 1}"
    )
    assert await snapshots.broken() == [f"day {DAY + 1}: is not what was frozen"]
    await change(database, f"update snapshot set schools = 2 where day = {DAY}")
    assert f"day {DAY}: the chain of frozen days is broken here" in await snapshots.broken()


async def test_old_days_are_forgotten_but_for_the_ends_of_months_and_their_link(database: Database) -> None:
    snapshots = Snapshots(database)
    end = next(day for day in range(DAY, DAY + 40) if ends_month(day))
    for day in (end - 1, end, end + 1, end + KEPT_DAYS):
        await snapshots.append(frozen(day))
    assert await snapshots.forget() == 1
    assert await snapshots.day(end - 1) is None
    assert await snapshots.day(end) is not None
    assert await snapshots.day(end + 1) is not None
    assert await snapshots.head(end - 1) is not None
    assert sorted(await snapshots.series(CITY, 0, end + KEPT_DAYS)) == [end, end + 1, end + KEPT_DAYS]
    assert await snapshots.broken() == []


@pytest.mark.parametrize("spoilt", [b"", b"x", b"x\x9c\x03"])
def test_bytes_that_are_no_day_are_refused(spoilt: bytes) -> None:
    with pytest.raises(ValueError, match="frozen day"):
        decode(spoilt)


def test_days_have_dates() -> None:
    assert as_day(as_date(DAY)) == DAY
    assert as_date(DAY).isoformat() == "2026-11-24"
    assert ends_month(as_day(as_date(DAY).replace(day=30)))
    assert not ends_month(DAY)


def test_counts_that_a_later_version_adds_are_left_aside() -> None:
    day = FrozenDay(frozen(pairs={FIRST: (MET, MET), THIRD: (EXEMPT, EXEMPT)}))
    text_ = day.tallies()[CITY].replace('"met":1', '"met":1,"heads_of_a_later_version":9')
    assert read_tallies(text_)["t1_networked"][0] == Tally(1, 0, 0, 1)
