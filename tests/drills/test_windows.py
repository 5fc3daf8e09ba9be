"""Tests and drills in both databases: each move is on record, and other servers learn of it."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contract.identity import DeviceId, GatewayId
from server.drills.window import SETTLE_MS, Asked, NotMoved, Rehearsal, WindowMove, WindowState, judge, legal_moves
from server.drills.window_store import ASKED_MAX, WindowStore
from server.journal.database import Database

NOW = 1_795_000_000_000
HOUR = 3_600_000
BUTTON = (GatewayId("gw-first"), DeviceId("button-1"))
ASKING = Rehearsal(
    id="w1",
    mode="drill",
    school="3145000001",
    devices=frozenset({BUTTON}),
    start_ms=NOW + HOUR,
    end_ms=NOW + 2 * HOUR,
    state=WindowState.ASKED,
    until_ms=NOW + 2 * HOUR,
    asked_by="school",
    asked_ms=NOW,
    moved_ms=NOW,
)


def wish(move: WindowMove, version: int = 1, by: str = "police", note: str = "") -> Asked:
    """Ask for a move."""
    return Asked(move, by, "police_liaison", version, note)


async def test_every_move_is_kept_and_none_can_be_changed(database: Database) -> None:
    """Who asked, who approved, who ended it and when: the database refuses to rewrite it."""
    store = WindowStore(database)
    await store.add(ASKING, "school_director")
    await store.move("w1", wish(WindowMove.APPROVE), NOW + 1)
    await store.move("w1", wish(WindowMove.WITHDRAW, 2, by="school", note="下雨"), NOW + HOUR + 5)

    kept = await store.find("w1")
    moves = await store.history("w1")

    assert kept is not None
    assert (kept.state, kept.until_ms, kept.version) == (WindowState.ENDED, NOW + HOUR + 5 + SETTLE_MS, 3)
    assert [(one.number, one.move.value, one.by, one.note) for one in moves] == [
        (1, "ask", "school", ""),
        (2, "approve", "police", ""),
        (3, "withdraw", "school", "下雨"),
    ]
    for change in ("update window_move set note = ''", "delete from window_move"):
        with pytest.raises(DBAPIError):
            await database.run(lambda connection, change=change: connection.execute(text(change)))  # type: ignore[misc]


async def test_of_two_moves_at_once_one_is_made(database: Database) -> None:
    """The station approves while the school takes it back: one of them is told that it came second."""
    store = WindowStore(database)
    await store.add(ASKING, "school_director")

    answers = await asyncio.gather(
        store.move("w1", wish(WindowMove.APPROVE), NOW + 1),
        store.move("w1", wish(WindowMove.WITHDRAW, by="school"), NOW + 1),
        return_exceptions=True,
    )

    [refused] = [answer for answer in answers if isinstance(answer, NotMoved)]
    assert refused.code == "version_conflict"
    assert len(await store.history("w1")) == 2


async def test_what_counts_comes_back_after_a_restart_and_for_as_long_as_presses_are_held_back(database: Database) -> None:
    """A test press that an outbox held for a day is a test after a restart of the server too; asked for is not declared."""
    store = WindowStore(database)
    await store.add(replace(ASKING, id="asked"), "school_director")
    await store.add(replace(ASKING, id="approved", state=WindowState.APPROVED, approved_by="school"), "police_liaison")
    day = 24 * HOUR

    assert [one.id for one in await store.counting((NOW + day) / 1_000)] == ["approved"]
    assert await store.counting((NOW + 4 * day) / 1_000) == []
    assert [one.id for one in await store.standing(NOW / 1_000)] == ["approved", "asked"]
    assert await store.standing((NOW + day) / 1_000) == []


async def test_other_servers_learn_of_each_move(database: Database) -> None:
    """What is told is how it stands now, under a number of its own each time."""
    store = WindowStore(database)
    await store.add(ASKING, "school_director")
    [(first, told)] = await store.moved(NOW)
    await store.move("w1", wish(WindowMove.APPROVE), NOW + 7)
    [(second, approved)] = await store.moved(NOW + 7)

    assert (first, told.approved_by) == (("w1", 1), "")
    assert (second, approved.approved_by) == (("w1", 2), "police")
    assert await store.moved(NOW + 8) == []


async def test_no_school_asks_without_end(database: Database) -> None:
    """Each school has so many that stand, and no more."""
    store = WindowStore(database)
    for number in range(ASKED_MAX):
        await store.add(replace(ASKING, id=f"w{number}"), "school_director")

    with pytest.raises(NotMoved) as caught:
        await store.add(replace(ASKING, id="more"), "school_director")

    assert caught.value.code == "too_many"


def test_approved_late_it_counts_from_then_on() -> None:
    """A press of before the approval was real, and stays so when it arrives afterwards."""
    after, _ = judge(ASKING, wish(WindowMove.APPROVE), ASKING.start_ms + 5_000)

    assert after.declared().start == (ASKING.start_ms + 5_000) / 1_000


def test_taken_back_just_before_it_begins_it_ends_for_all_servers_alike() -> None:
    """One that still believes in it and one that does not would rule the same press differently."""
    approved, _ = judge(ASKING, wish(WindowMove.APPROVE), NOW)
    taken = wish(WindowMove.WITHDRAW, 2)

    early, _ = judge(approved, taken, ASKING.start_ms - SETTLE_MS)
    late, _ = judge(approved, taken, ASKING.start_ms - SETTLE_MS + 1)

    assert early.state is WindowState.WITHDRAWN
    assert (late.state, late.until_ms) == (WindowState.ENDED, ASKING.start_ms + 1)


def test_what_is_over_cannot_be_moved() -> None:
    """Nobody makes a past press a test by approving afterwards."""
    assert legal_moves(ASKING, ASKING.end_ms) == ()
    with pytest.raises(NotMoved):
        judge(ASKING, wish(WindowMove.APPROVE), ASKING.end_ms)
