"""Gaps in both databases: the list is the cells, whatever server compares them, and its history cannot be rewritten."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contract.errors import StorageError
from contract.identity import SchoolId
from server.core.effects import VerdictChanged
from server.core.engine import Engine
from server.core.events import Event, GapsCounted, GapsOverdue, RosterEdited, RosterLoaded, Ticked
from server.core.roster import RosterIndex
from server.core.verdict import Judgement, Verdict
from server.gaps.cells import BAD, FIGURES, Cell, Changes, Watch
from server.gaps.keeper import LIVE_AFTER_SECONDS, WHOLE_SECONDS, Keeper, cells_of
from server.gaps.lifecycle import found
from server.gaps.model import Asked, Evidence, Gap, GapState, Move, NotMoved, cell_id
from server.gaps.rates import rates
from server.gaps.store import GapStore, Wanted, today_of
from server.journal.database import Database, open_database
from server.registry.sheets.declaration import Declaration
from simulators.city import make_city

CITY = make_city(12, 5, date(2026, 9, 1))
NAMES = [school.id for school in CITY.roster.schools]
NOW = 1_795_000_000.0
DAY = 86_400.0
EVERY = tuple(GapState)


class House:
    """An engine of a small city, a store, and the keeper of a server that leads."""

    def __init__(self, database: Database, *, leads: bool = True) -> None:
        self.now = [NOW]
        self.engine = Engine()
        self.engine.step(RosterLoaded(CITY.roster), NOW)
        self.store = GapStore(database)
        self.told: list[Event] = []
        self.leads = leads
        self.keeper = Keeper(
            self.store, self.engine, lambda: NAMES, self.told.append, lambda: self.leads, lambda: self.now[0]
        )

    def cells(self, figure: str) -> set[str]:
        """Name the cells of a figure that are not met or unknown now."""
        cells = [cell for school in NAMES for cell in cells_of(self.engine, school)]
        return {cell.id for cell in cells if cell.bad and cell.figure == figure}

    async def lines(self, figure: str, states: Sequence[GapState] = ()) -> set[str]:
        """Name the gaps of a figure that are on the list."""
        gaps, total = await self.store.page(Wanted(NAMES, states, figure=figure), round(self.now[0] * 1_000), 0, 10_000)
        assert total == len(gaps)
        return {gap.id for gap in gaps}

    def declare(self, school: str, *, in_place: bool) -> None:
        """Edit the ledger of a school, and hand on what the engine says of it."""
        line = Declaration(school=SchoolId(school), id="barrier", in_place=in_place, evidence="照片", dated=date(2026, 9, 1))
        others = [one for one in CITY.roster.records if (one.home, one.id) != (school, "barrier")]
        index = RosterIndex(replace(CITY.roster, records=(*others, line)))
        self.engine.step(RosterEdited(index, [school], ledger_only=True), self.now[0])
        for effect in self.engine.step(Ticked(), self.now[0]):
            if isinstance(effect, VerdictChanged):
                self.keeper.note(effect)


async def test_the_list_is_the_cells_exactly(database: Database) -> None:
    """Of the ledger at once; of the live figure a day later, until when each cell is watched."""
    house = House(database)
    await house.keeper.look()
    assert house.cells("ledger"), "the made city has gaps"
    assert await house.lines("ledger") == house.cells("ledger")
    assert await house.lines("live") == set()
    assert await house.store.young(NAMES) == 0  # Just started, live cells are unknown only for that.
    house.now[0] += LIVE_AFTER_SECONDS
    await house.keeper.look()
    live = house.cells("live")
    assert set(await house.store.watches(live)) == live
    assert await house.store.young(NAMES) == len(live)
    house.now[0] += DAY
    await house.keeper.look()
    assert await house.lines("live") == live == house.cells("live")
    assert await house.store.young(NAMES) == 0


async def test_what_is_edited_moves_its_line_and_a_restart_changes_nothing(database: Database) -> None:
    house = House(database)
    await house.keeper.look()
    school = next(name for name in NAMES if _met(house, name))
    gap = cell_id(school, "t5_barrier", "ledger")
    house.declare(school, in_place=False)
    await house.keeper.look()
    assert gap in house.cells("ledger")
    assert await house.lines("ledger") == house.cells("ledger")
    house.declare(school, in_place=True)
    await house.keeper.look()
    kept = await house.store.find(gap)
    assert kept is not None
    assert (kept.state, kept.bad) == (GapState.TO_VERIFY, False)
    now_ms = round(NOW * 1_000)
    await house.store.move(gap, Asked(Move.CLOSE, "o", "r", kept.version), now_ms, still_bad=False)
    again = House(database)
    again.engine = again.keeper._engine = house.engine  # Restarted with what was restored.
    await again.keeper.look()
    assert (await again.store.find(gap)).state is GapState.CLOSED  # type: ignore[union-attr]  # It is there.
    house.declare(school, in_place=False)
    again.now[0] += WHOLE_SECONDS  # It was not told: the whole city is compared each hour.
    await again.keeper.look()
    reopened = await again.store.find(gap)
    assert reopened is not None
    assert (reopened.state, reopened.reopened, reopened.bad) == (GapState.OPEN, 1, True)
    history = await again.store.history(gap)
    assert [entry.move for entry in history] == [Move.FOUND, Move.TURNED_MET, Move.CLOSE, Move.RELAPSED]


async def test_a_server_that_does_not_lead_writes_nothing_and_catches_up_when_it_does(database: Database) -> None:
    house = House(database, leads=False)
    await house.keeper.look()
    assert await house.lines("ledger") == set()
    house.leads = True
    await house.keeper.look()
    assert await house.lines("ledger") == house.cells("ledger")


async def test_a_school_that_is_gone_has_no_open_question(database: Database) -> None:
    """Its gaps wait for somebody to look, and its watches are over."""
    house = House(database)
    gone = SchoolId("9999999999")
    cells = [Cell(gone, "t1", figure, Verdict(Judgement.UNKNOWN), "c") for figure in FIGURES]
    await house.store.compare([gone], cells, 1, FIGURES)
    house.now[0] += LIVE_AFTER_SECONDS
    await house.keeper.look()
    kept = await house.store.find(cell_id(gone, "t1", "ledger"))
    assert kept is not None
    assert (kept.state, kept.bad) == (GapState.TO_VERIFY, False)
    assert await house.store.young([gone]) == 0


async def test_overdue_gaps_are_told_to_the_engine(database: Database) -> None:
    house = House(database)
    await house.keeper.look()
    gap = min(house.cells("ledger"))
    due = today_of(round(NOW * 1_000))
    asked = Asked(Move.ASSIGN, "o", "r", 1, owner="设备科", due=due)
    await house.store.move(gap, asked, round(NOW * 1_000), still_bad=True)
    await house.keeper.tell_overdue()
    house.now[0] += 2 * DAY
    await house.keeper.tell_overdue()
    [none, one] = [event for event in house.told if isinstance(event, GapsOverdue)]
    assert (none.schools, one.schools[gap.split(".")[0]][0]) == ({}, 1)


async def test_the_figures_of_every_school_are_told_round_and_round(database: Database) -> None:
    house = House(database)
    await house.keeper.look()
    gap = min(house.cells("ledger"))
    school = gap.split(".", maxsplit=1)[0]
    await house.keeper.tell_figures()
    [first] = [event for event in house.told if isinstance(event, GapsCounted)]
    assert list(first.schools) == NAMES
    assert first.schools[school].undated == first.schools[school].open > 0
    due = today_of(round(NOW * 1_000))
    asked = Asked(Move.ASSIGN, "o", "r", 1, owner="设备科", due=due)
    await house.store.move(gap, asked, round(NOW * 1_000), still_bad=True)
    house.now[0] += 2 * DAY
    await house.keeper.tell_figures()
    second = house.told[-1]
    assert isinstance(second, GapsCounted)
    assert (second.schools[school].due, second.schools[school].overdue) == (1, 1)


async def test_counts_are_those_of_the_pure_figures(database: Database) -> None:
    store, today = GapStore(database), date(2026, 11, 24)
    now_ms = round(NOW * 1_000)
    assert today_of(now_ms) <= today
    gaps = [
        Gap(
            f"g{number}", SchoolId("1"), "t", "ledger", state, state is not GapState.CLOSED, (), "", "", 1, 1,
            due=None if days is None else date.fromordinal(today_of(now_ms).toordinal() + days),
            closed_ms=now_ms + closed * 86_400_000 if state is GapState.CLOSED else 0,
        )
        for number, (state, days, closed) in enumerate(
            (state, days, closed) for state in EVERY for days in (None, -9, -1, 0, 1, 7, 8) for closed in (-8, -1, 0, 1)
        )
    ]  # fmt: skip
    await store.add(gaps, [found(gap, 1) for gap in gaps])
    counted = (await store.counts(["1"], now_ms))["1"]
    assert counted.rates == rates(gaps, today_of(now_ms))
    assert counted.states == {state: sum(gap.state is state for gap in gaps) for state in EVERY}
    for word, count in (("overdue", counted.rates.overdue), ("soon", counted.rates.due_soon)):
        assert (await store.page(Wanted(["1"], due=word), now_ms, 0, 1))[1] == count
    assert await store.find(gaps[5].id) == gaps[5]


async def test_the_history_cannot_be_rewritten(database: Database) -> None:
    store = GapStore(database)
    await store.compare(["1"], [Cell(SchoolId("1"), "t", "ledger", Verdict(Judgement.UNKNOWN, ("r",)), "c")], 1, FIGURES)
    for statement in ("update gap_move set note = 'x'", "delete from gap_move"):
        with pytest.raises((DBAPIError, StorageError)):
            await _run(database, statement)
    [entry] = await store.history("1.t.ledger")
    assert (entry.note, entry.move) == ("r", Move.FOUND)


@pytest.mark.postgres
async def test_two_servers_that_compare_at_once_make_one_line_of_a_cell(postgres_address: str) -> None:
    """One of them may have to look again, and then finds everything there; of two people who move a gap one is first."""
    first, second = open_database(postgres_address), open_database(postgres_address)
    try:
        one, two = House(first), House(second)
        for _ in range(3):
            await asyncio.gather(one.keeper.look(), two.keeper.look(), return_exceptions=True)
        two.keeper._whole_due = float("-inf")
        await two.keeper.look()
        assert await one.lines("ledger") == one.cells("ledger") == await two.lines("ledger")
        gap = min(one.cells("ledger"))
        assert [entry.move for entry in await one.store.history(gap)] == [Move.FOUND]
        asked = [Asked(Move.RECTIFY, by, "r", 1, evidence=(Evidence("照片"),)) for by in ("a", "b")]
        outcomes = await asyncio.gather(
            *(house.store.move(gap, ask, 5, still_bad=True) for house, ask in zip((one, two), asked, strict=True)),
            return_exceptions=True,
        )
        assert len([outcome for outcome in outcomes if isinstance(outcome, NotMoved)]) == 1
        assert [entry.number for entry in await two.store.history(gap)] == [1, 2]
    finally:
        await first.close()
        await second.close()


def _met(house: House, school: str) -> bool:
    pair = house.engine.verdicts(school).get("t5_barrier")
    return pair is not None and pair[0].judgement is Judgement.MET


async def _run(database: Database, statement: str) -> None:
    await database.run(lambda connection: connection.execute(text(statement)))


def test_changes_are_something_or_nothing() -> None:
    assert not Changes()
    assert Changes(watched=[Watch("i", SchoolId("1"), True, 1)])
    assert {Judgement.NOT_MET, Judgement.UNKNOWN} == BAD
