"""From the plan to the result: told to the police, agreed to, opened, held; and nothing begins that nobody agreed to."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.core.engine import Engine
from server.core.events import RosterLoaded, WindowDeclared
from server.core.proof import ButtonTests, Proof
from server.core.schedule import is_school_day, local_date, start_of_day
from server.drills.round import CLOSE_MS, NOTICE_MS, OPEN_MS, Round, RoundMove, RoundState, confirmed, refused
from server.drills.round_store import RoundStore
from server.drills.scheduler import Scheduler
from server.drills.window import NotMoved
from server.drills.window_store import WindowStore
from server.journal.database import Database
from server.registry.tree import Tree
from simulators.city import make_city

CITY = make_city(6, 7, date(2026, 9, 1))
NOW = start_of_day(date(2026, 10, 2)) + 3_600
EVERY = [school.id for school in CITY.roster.schools]


class House:
    """A scheduler of a small city, with the clock in the test's hand."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.engine = Engine()
        self.engine.step(RosterLoaded(CITY.roster), NOW)
        self.rounds, self.windows = RoundStore(database), WindowStore(database)
        self.told: list[WindowDeclared] = []
        tree = Tree(CITY.roster)
        self.scheduler = Scheduler(
            self.rounds, self.windows, self.engine, lambda: tree, self.told.append, lambda: True, lambda: self.now
        )

    async def all(self, state: RoundState | None = None) -> list[Round]:
        """List the rounds."""
        return list((await self.rounds.page(EVERY, 0, state, 0, 500))[0])

    async def at(self, ms: float) -> None:
        """Let it be so late, and look."""
        self.now = ms / 1_000
        await self.scheduler.look()

    async def first(self) -> Round:
        """Give the round that begins first, as it stands."""
        return (await self.all())[0]


@pytest.fixture
async def house(database: Database) -> House:
    """Give a planned city."""
    house = House(database)
    await house.scheduler.look()
    return house


async def test_every_school_has_one_round_in_its_period_and_a_second_look_plans_none(house: House) -> None:
    planned = await house.all()
    assert sorted(one.school for one in planned) == sorted(EVERY)
    for one in planned:
        day = local_date(one.start_ms / 1_000)
        assert is_school_day(CITY.roster.calendar, day)
        assert (one.state, one.period, one.devices != frozenset()) == (RoundState.PLANNED, "2026-10", True)
    assert await house.scheduler.plan(house.now) == 0


async def test_a_round_that_was_agreed_to_is_opened_held_and_written_down_by_button(house: House) -> None:
    one = await house.first()
    await house.at(one.start_ms - NOTICE_MS)
    noticed = await house.first()
    assert (noticed.state, noticed.noticed_ms) == (RoundState.NOTICED, one.start_ms - NOTICE_MS)
    await house.rounds.move(one.id, lambda known: confirmed(known, "officer", one.start_ms - 5_000_000))
    await house.at(one.start_ms - OPEN_MS - 1_000)
    assert house.told == []
    await house.at(one.start_ms - OPEN_MS)

    [window] = [told for told in house.told if told.school == one.school]
    assert (window.mode, window.approved_by, window.devices) == ("test", "officer", one.devices)
    assert (window.start, window.end) == (one.start_ms / 1_000, one.end_ms / 1_000)
    pressed = one.start_ms / 1_000 + 60
    proof = Proof("p", pressed, pressed, pressed + 1, pressed + 2, pressed + 30)
    home = house.engine.home(one.school)
    assert home is not None
    keys = sorted(one.devices)
    home.tests[keys[0]] = ButtonTests(proof, proof)
    for key in keys[1:]:
        home.tests[key] = ButtonTests(Proof("q", pressed, pressed, pressed + 1))
    await house.at(one.end_ms + CLOSE_MS)

    over = await house.rounds.find(one.id)
    assert over is not None
    assert over.results[f"{keys[0][0]}/{keys[0][1]}"].outcome == "proven"
    assert over.state is (RoundState.FAILED if len(keys) > 1 else RoundState.PROVEN)
    assert [entry.move for entry in await house.rounds.history(one.id)] == [
        RoundMove.PLAN,
        RoundMove.NOTICE,
        RoundMove.CONFIRM,
        RoundMove.OPEN,
        RoundMove.CLOSE,
    ]


async def test_nothing_begins_that_nobody_agreed_to_and_it_comes_back_first(house: House) -> None:
    one = await house.first()
    await house.at(one.start_ms - NOTICE_MS)
    await house.at(one.start_ms)
    assert [told for told in house.told if told.school == one.school] == []
    await house.at(one.end_ms)

    missed = await house.rounds.find(one.id)
    assert missed is not None
    assert (missed.state, missed.reason) == (RoundState.MISSED, "not_approved")
    await house.scheduler.plan(house.now)
    again = await house.rounds.find(f"{one.school}.{one.period}.2")
    assert again is not None
    assert again.start_ms > one.end_ms


async def test_where_the_region_demands_it_an_agreement_given_ahead_is_not_enough(house: House) -> None:
    one = await house.first()
    announced = Round(
        *(f"{one.school}.x.1", one.school, one.station, "x", 1, one.start_ms, one.end_ms, one.devices), announced=True
    )
    await house.rounds.add([announced], 1)
    await house.rounds.move(
        announced.id, lambda known: confirmed(known, "officer", 2)
    )  # Before the notice: the plan is fine.
    await house.at(one.start_ms - NOTICE_MS)
    await house.at(one.start_ms - OPEN_MS)
    known = await house.rounds.find(announced.id)
    assert known is not None
    assert (known.state, known.hindrance()) == (RoundState.NOTICED, "not_receipted")

    after = await house.rounds.move(announced.id, lambda known: confirmed(known, "officer", one.start_ms + 1))
    assert (after.receipted_by, after.hindrance()) == ("officer", "")
    with pytest.raises(NotMoved):
        await house.rounds.move(announced.id, lambda known: confirmed(known, "officer", one.start_ms + 2))
    await house.at(one.start_ms + 2_000)
    assert (await house.rounds.find(announced.id)).state is RoundState.OPEN  # type: ignore[union-attr]


async def test_a_refusal_needs_words_gives_another_day_and_nothing_is_rewritten(house: House, database: Database) -> None:
    one = await house.first()
    with pytest.raises(NotMoved):
        await house.rounds.move(one.id, lambda known: refused(known, "officer", " ", 5))
    await house.rounds.move(one.id, lambda known: refused(known, "officer", "运动会", 5))
    assert await house.scheduler.plan(house.now) == 1
    with pytest.raises(DBAPIError):
        await database.run(lambda connection: connection.execute(text("update round_move set note = ''")))


async def test_a_school_whose_buttons_are_all_proven_needs_no_round(database: Database) -> None:
    house = House(database)
    for school in EVERY:
        home = house.engine.home(school)
        assert home is not None
        for kind in ("alarm_button", "alarm_host"):
            for state in home.kind(kind):
                proof = Proof("p", NOW - 60, NOW - 60, NOW - 59, NOW - 58, NOW - 30)
                home.tests[state.device.gateway, state.device.id] = ButtonTests(proof, proof)
    await house.scheduler.look()
    assert await house.all() == []
