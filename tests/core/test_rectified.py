"""The figures about gaps: counted from the ledger of gaps, summed like all others, and no gaps themselves."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.effects import VerdictChanged
from server.core.engine import Engine
from server.core.events import GapsCounted, RosterLoaded, Ticked
from server.core.gap_figures import NO_GAPS, GapFigures
from server.core.verdict import Judgement
from server.gaps.keeper import cells_of
from tests.registry.city import FIRST, SECOND, roster

NOW = 1_795_492_800.0
NAMES = ("rectified", "gaps_in_time")
COUNT = st.integers(0, 20)


@st.composite
def figures(draw: st.DrawFn) -> GapFigures:
    """Make counts that can be."""
    on_time, late, overdue, undated, others = (draw(COUNT) for _ in range(5))
    return GapFigures(on_time + late + overdue, on_time, overdue + undated + others, overdue, undated)


def engine_of_city() -> Engine:
    engine = Engine()
    engine.step(RosterLoaded(roster()), NOW - 10.0)
    return engine


def told(engine: Engine, now: float, **schools: GapFigures) -> list[VerdictChanged]:
    names = {"first": FIRST, "second": SECOND}
    effects = engine.step(GapsCounted({names[name]: one for name, one in schools.items()}), now)
    effects += engine.step(Ticked(), now)
    return [one for one in effects if isinstance(one, VerdictChanged) and one.indicator in NAMES]


def test_what_is_closed_on_time_and_what_is_overdue_is_counted() -> None:
    engine = engine_of_city()
    assert not set(NAMES) & set(engine.verdicts(FIRST))  # Nobody has told.
    assert told(engine, NOW, first=NO_GAPS) == []
    assert not set(NAMES) & set(engine.verdicts(FIRST))  # There is nothing to ask about.
    assert len(told(engine, NOW + 1, first=GapFigures(due=5, on_time=2, open=4, overdue=2, undated=1))) == 2
    [rectified, in_time] = [engine.verdicts(FIRST)[name] for name in NAMES]
    assert (rectified[0].units, rectified[0].reasons) == ((2, 3, 0, 0), ("rectified.late",))
    assert (in_time[0].units, in_time[0].judgement) == ((1, 2, 1, 0), Judgement.NOT_MET)
    assert in_time[0].reasons == ("gaps.overdue", "gaps.undated")
    assert [pair[1].units for pair in (rectified, in_time)] == [(0, 0, 5, 0), (0, 0, 4, 0)]
    assert told(engine, NOW + 2, first=GapFigures(due=5, on_time=2, open=4, overdue=2, undated=1)) == []
    assert len(told(engine, NOW + 3, first=GapFigures(due=1, on_time=1))) == 2
    assert "gaps_in_time" not in engine.verdicts(FIRST)


@given(figures(), figures())
def test_the_values_sum_at_every_node(first: GapFigures, second: GapFigures) -> None:
    engine = engine_of_city()
    told(engine, NOW, first=first, second=second)
    city = roster().units[0].id
    for name, counted in zip(NAMES, (first.due + second.due, first.open + second.open), strict=True):
        for tally in engine.tally(city, name):
            assert tally.required == counted
            assert tally.met + tally.not_met + tally.unknown + tally.exempt == tally.required
    assert engine.tally(city, "rectified")[0].met == first.on_time + second.on_time
    assert engine.tally(city, "gaps_in_time")[0].not_met == first.overdue + second.overdue


def test_a_figure_about_gaps_opens_no_gaps() -> None:
    engine = engine_of_city()
    told(engine, NOW, first=GapFigures(due=5, on_time=2, open=4, overdue=2, undated=1))
    cells = {cell.indicator for cell in cells_of(engine, FIRST)}
    assert cells
    assert not cells & set(NAMES)
