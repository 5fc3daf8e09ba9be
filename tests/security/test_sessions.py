"""Sessions: what ends them, what prolongs them, and what survives a restart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete, select, update

from contract.errors import StorageError
from contract.identity import UserName
from server.journal.database import Database, open_database
from server.registry import tables
from server.registry.store import Registry
from server.security.sessions import (
    IDLE_SECONDS,
    LIFE_SECONDS,
    SEEN_WRITE_SECONDS,
    SESSIONS_OF_ONE_MAX,
    Sessions,
)
from server.security.tokens import digest
from tests.registry.city import users

CHIEF, GUARD = UserName("chief"), UserName("guard")


@dataclass
class House:
    """Sessions on a database of their own, with the digests that ended."""

    database: Database
    sessions: Sessions
    ended: list[str] = field(default_factory=list)

    async def after_restart(self, now: float) -> Sessions:
        """Give what a server that starts now knows."""
        sessions = Sessions(self.database)
        await sessions.load(now)
        return sessions


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Give a database that knows the users of the small city."""
    database = open_database("sqlite://")
    await Registry(database).accounts.put(users("hash"))
    house = House(database, Sessions(database))
    house.sessions.on_closed = house.ended.append
    yield house
    await database.close()


async def test_token_opens_its_own_session_alone(house: House) -> None:
    """Nothing but the very token finds it; the database holds its digest only."""
    token = await house.sessions.open(CHIEF, 0.0)
    other = await house.sessions.open(CHIEF, 0.0)

    session = house.sessions.find(token, 1.0)
    assert session is not None
    assert (session.user, session.digest) == (CHIEF, digest(token))
    assert token != other
    for wrong in ("", digest(token), token[:-1], token + "="):
        assert house.sessions.find(wrong, 1.0) is None
    rows = await house.database.run(lambda connection: str(connection.execute(select(tables.session)).all()))
    assert token not in rows


@pytest.mark.parametrize(("at", "found"), [(IDLE_SECONDS - 1, True), (IDLE_SECONDS, False), (LIFE_SECONDS, False)])
async def test_session_ends_idle(house: House, at: float, found: bool) -> None:
    """At the very second, and not before."""
    token = await house.sessions.open(CHIEF, 0.0)

    assert (house.sessions.find(token, at) is not None) is found
    assert house.sessions.use(digest(token), at) is found


async def test_open_stream_keeps_a_watched_screen_signed_in_but_not_for_ever(house: House) -> None:
    """The hub asks at each heartbeat; a wall that nobody touches goes on for a week, also through a restart."""
    known = digest(await house.sessions.open(CHIEF, 0.0))
    at = 0.0
    while at < LIFE_SECONDS - IDLE_SECONDS:
        at += IDLE_SECONDS - 1
        assert house.sessions.use(known, at)
        await house.sessions.sweep(at)

    assert (await house.after_restart(at + 1)).use(known, at + 1)
    assert not house.sessions.use(known, LIFE_SECONDS)


async def test_use_is_written_down_by_the_sweep_and_not_by_the_request(house: House) -> None:
    """A database that is away keeps nobody from the picture."""
    token = await house.sessions.open(CHIEF, 0.0)
    later = IDLE_SECONDS - 1
    await house.database.close()

    assert house.sessions.use(digest(token), later)
    with pytest.raises(StorageError):
        await house.sessions.sweep(later)
    assert house.sessions.use(digest(token), later + 1)


async def test_sweep_writes_use_once_a_minute(house: House) -> None:
    """Sooner it would write for each session all the time."""
    known = digest(await house.sessions.open(CHIEF, 0.0))

    async def written() -> int:
        return await house.database.run(lambda one: one.execute(select(tables.session.c.seen_ms)).scalar_one())

    house.sessions.use(known, SEEN_WRITE_SECONDS - 1)
    await house.sessions.sweep(SEEN_WRITE_SECONDS - 1)
    assert await written() == 0

    house.sessions.use(known, SEEN_WRITE_SECONDS)
    await house.sessions.sweep(SEEN_WRITE_SECONDS)
    assert await written() == SEEN_WRITE_SECONDS * 1000


async def test_restart_keeps_the_living_and_forgets_the_others_for_good(house: House) -> None:
    """Nobody signs in again after an upgrade; what had run out is gone from the database too."""
    old = await house.sessions.open(CHIEF, 0.0)
    new = await house.sessions.open(GUARD, 1000.0)

    after = await house.after_restart(IDLE_SECONDS)

    assert after.find(new, IDLE_SECONDS) is not None
    assert after.find(old, 1.0) is None
    count = await house.database.run(lambda one: len(one.execute(select(tables.session)).all()))
    assert count == 1


async def test_closing_a_user_ends_each_of_their_sessions_and_says_so(house: House) -> None:
    """The streams are told which digests ended."""
    mine = [digest(await house.sessions.open(CHIEF, 0.0)) for _ in range(2)]
    other = await house.sessions.open(GUARD, 0.0)

    await house.sessions.close_user("chief")

    assert sorted(house.ended) == sorted(mine)
    assert [house.sessions.use(known, 1.0) for known in mine] == [False, False]
    assert house.sessions.find(other, 1.0) is not None
    assert (await house.after_restart(1.0)).find(other, 1.0) is not None


async def test_sweep_ends_what_ran_out_and_what_a_command_ended_in_sql(house: House) -> None:
    """An account disabled beside a running server on PostgreSQL is out at the next sweep, streams and all."""
    idle, ended, kept = [digest(await house.sessions.open(user, 0.0)) for user in (GUARD, CHIEF, CHIEF)]
    house.sessions.use(kept, IDLE_SECONDS / 2)
    house.sessions.use(ended, IDLE_SECONDS / 2)
    await house.database.run(
        lambda one: one.execute(delete(tables.session).where(tables.session.c.digest == ended)), urgent=True
    )

    await house.sessions.sweep(IDLE_SECONDS)

    assert sorted(house.ended) == sorted([idle, ended])
    assert house.sessions.use(kept, IDLE_SECONDS + 1)


async def test_sessions_of_one_user_are_limited(house: House) -> None:
    """The one unused for longest gives way."""
    first, second = await house.sessions.open(CHIEF, 0.0), await house.sessions.open(CHIEF, 1.0)
    house.sessions.use(digest(first), 2.0)
    for number in range(SESSIONS_OF_ONE_MAX - 1):
        await house.sessions.open(CHIEF, 3.0 + number)

    assert house.sessions.find(first, 99.0) is not None
    assert house.sessions.find(second, 99.0) is None


async def test_account_changed_in_sql_is_taken_over_by_loading(house: House) -> None:
    """The same sweep of the server reads the accounts again."""
    accounts = Registry(house.database).accounts
    await accounts.load()
    statement = update(tables.account).where(tables.account.c.name == "chief").values(disabled=True)
    await house.database.run(lambda connection: connection.execute(statement))
    assert accounts.find("chief") is not None

    await accounts.load()

    assert accounts.find("chief") is None
