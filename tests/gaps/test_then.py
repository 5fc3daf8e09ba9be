"""How gaps stood on a past day is told from their moves alone, whatever has happened since."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.gaps.lifecycle import found, judge, relapsed, turned_met
from server.gaps.model import Asked, Entry, Gap, Move, NotMoved
from server.gaps.rates import rates
from server.gaps.store import GapStore, today_of
from server.gaps.then import stood
from server.journal.database import Database
from tests.gaps.test_lifecycle import HOUR, NOW, SCHOOL, TODAY, asked, gap

STEP = st.tuples(st.sampled_from(list(Move)), st.integers(0, 40), st.integers(0, 9), st.sampled_from(("a", "b")))


def lived(steps: list[tuple[Move, int, int, str]]) -> tuple[list[tuple[int, Gap]], list[Entry]]:
    """Give how a gap stood after each move, and the moves."""
    now = gap()
    stands, entries, at = [(NOW, now)], [found(now, NOW)], NOW
    for move, hours, days, who in steps:
        at += 1 + hours * HOUR
        try:
            if move is Move.TURNED_MET:
                now, entry = turned_met(now, "met", at)
            elif move is Move.RELAPSED:
                now, entry = relapsed(now, ("barrier.lapsed",), at)
            else:
                due = today_of(at) + timedelta(days=days)
                now, entry = judge(now, asked(move, who, now.version, due=due, owner=f"科{days}"), at, still_bad=False)
        except NotMoved:
            continue
        stands.append((at, now))
        entries.append(entry)
    return stands, entries


def plain(one: Gap | None) -> Gap | None:
    """Leave out whether its cell was one at that moment, which no move of a person tells."""
    return None if one is None else replace(one, bad=True)


@given(st.lists(STEP, max_size=25))
def test_every_instant_is_told_from_the_moves(steps: list[tuple[Move, int, int, str]]) -> None:
    stands, entries = lived(steps)
    last = stands[-1][1]
    for at, stood_then in stands:
        known = [entry for entry in entries if entry.at_ms <= at]
        told = stood(last, known)
        assert plain(told) == plain(stood_then)
        assert told is not None
        assert rates([told], today_of(at)) == rates([stood_then], today_of(at))
    assert stood(last, []) is None


async def test_the_store_gives_each_day_as_it_was(database: Database) -> None:
    store = GapStore(database)
    one = gap()
    await store.add([one], [found(one, NOW)])
    day = 24 * HOUR
    due = TODAY + timedelta(days=3)
    assigned = Asked(Move.ASSIGN, "officer", "r", 1, owner="设备科", due=due)
    await store.move(one.id, assigned, NOW + day, still_bad=True)
    other = Asked(Move.ASSIGN, "officer", "r", 2, owner="基建科", due=TODAY + timedelta(days=9))
    await store.move(one.id, other, NOW + 5 * day, still_bad=True)
    then = [(await store.as_of([SCHOOL, "none"], NOW + hours * HOUR)) for hours in (-1, 0, 24, 4 * 24, 6 * 24)]
    assert then[0] == []
    assert [(gaps[0].owner, gaps[0].due) for gaps in then[1:]] == [
        ("", None),
        ("设备科", due),
        ("设备科", due),
        ("基建科", TODAY + timedelta(days=9)),
    ]
    assert rates(then[3], TODAY + timedelta(days=4)).overdue == 1  # As it was then: a later day was given only afterwards.
    assert then[4] == [await store.find(one.id)]
    assert await store.every_school() == [SCHOOL]
