"""Leases: each share has one holder at a time, and whoever has lost it writes nothing any more."""

from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import text

from contract.identity import Lane
from server.journal.database import Database, open_database
from server.journal.leases import LEAD, Leases
from server.journal.model import Fence, Outcome
from server.journal.sql import SqlJournal
from tests.journal.test_sql import batch

pytestmark = pytest.mark.postgres


@pytest.fixture
async def shared(postgres_address: str) -> Database:
    """Give a PostgreSQL database."""
    return open_database(postgres_address)


async def expire(database: Database, owner: str) -> None:
    """Let a server be silent for longer than its leases."""

    async def run(statement: str) -> None:
        await database.run(lambda connection: connection.execute(text(statement), {"owner": f"{owner}:%"}))

    await run("update lease set until = 1 where owner like :owner")
    await run("update server set until = 1 where owner like :owner")


def parts(*held: dict[int, int]) -> Sequence[int]:
    """Count what each holds; fails where two hold the same."""
    shares = [share for one in held for share in one]
    assert len(set(shares)) == len(shares)
    return [len(one) for one in held]


async def test_one_server_does_everything(shared: Database) -> None:
    mine = dict(await Leases(shared, "server-1", "a").renew())
    assert set(mine) == set(range(LEAD + 1))


async def test_a_second_server_gets_its_part_and_the_first_keeps_the_lead(shared: Database) -> None:
    first, second = Leases(shared, "server-1", "a"), Leases(shared, "server-2", "b")
    await first.renew()
    await second.renew()  # Nothing is free yet: the first learns that it is not alone.
    mine = dict(await first.renew())
    theirs = dict(await second.renew())
    assert parts(mine, theirs) == [33, 32]
    assert LEAD in mine


async def test_the_shares_of_a_silent_server_are_taken_with_a_higher_fence(shared: Database) -> None:
    first, second = Leases(shared, "server-1", "a"), Leases(shared, "server-2", "b")
    before = dict(await first.renew())
    await second.renew()
    await expire(shared, "server-1")
    after = dict(await second.renew())
    assert set(after) == set(before)
    assert all(after[share] > before[share] for share in before)


async def test_a_restarted_server_does_not_wait_for_itself(shared: Database) -> None:
    await Leases(shared, "server-1", "a").renew()
    assert len(await Leases(shared, "server-1", "b").renew()) == LEAD + 1


async def test_whoever_leaves_is_followed_at_once(shared: Database) -> None:
    first, second = Leases(shared, "server-1", "a"), Leases(shared, "server-2", "b")
    await first.renew()
    await second.renew()
    await first.leave()
    assert len(await second.renew()) == LEAD + 1


async def test_two_servers_of_one_name_are_noticed(shared: Database) -> None:
    first, second = Leases(shared, "server-1", "a"), Leases(shared, "server-1", "b")
    await first.renew()
    await second.renew()
    await first.renew()
    assert first.namesakes == 1


async def test_a_batch_written_by_a_right_that_was_lost_is_not_written(shared: Database) -> None:
    """The paused holder of a share goes on: neither its batch nor the cursor moves; its neighbour's batch does."""
    journal = SqlJournal(shared)
    first, second = Leases(shared, "server-1", "a"), Leases(shared, "server-2", "b")
    before = dict(await first.renew())
    await second.renew()
    await expire(shared, "server-1")
    after = dict(await second.renew())
    stale = msgspec.structs.replace(batch(1, 3), fence=Fence(7, before[7]))
    good = msgspec.structs.replace(batch(1, 2, gateway="gw-0002"), fence=Fence(8, after[8]))
    free = batch(1, 1, lane=Lane.ALARM)

    outcomes = [written.outcome for written in await journal.write([stale, good, free])]

    assert outcomes == [Outcome.FENCED, Outcome.APPLIED, Outcome.APPLIED]
    assert sum((await journal.cursors()).values()) == 3
    assert await journal.head() == 2
