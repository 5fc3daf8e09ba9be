"""A pace says a date only where there is one, and two bad days do not bend it."""

from hypothesis import given
from hypothesis import strategies as st

from server.snapshots.pace import HORIZON_DAYS, Outcome, Point, pace_of


def steady(days: int, per_day: float, *, basis: int = 100, met: int = 50) -> list[Point]:
    return [Point(day, min(basis, met + int(day * per_day)), basis) for day in range(days)]


def test_a_steady_pace_gives_its_date() -> None:
    told = pace_of(steady(41, 0.5))
    assert told.outcome is Outcome.DATE
    assert told.day == 40 + 60
    assert round(told.per_week, 1) == 3.5
    assert told.earliest is not None
    assert told.latest is not None
    assert told.earliest <= told.day <= told.latest


def test_two_bad_days_do_not_bend_it() -> None:
    points = steady(41, 0.5)
    spoilt = [Point(one.day, 0 if one.day in (20, 39) else one.met, one.basis) for one in points]
    day, plain = pace_of(spoilt).day, pace_of(points).day
    assert day is not None
    assert plain is not None
    assert abs(day - plain) <= 6


def test_where_nothing_can_be_said_it_says_so() -> None:
    assert pace_of([]).outcome is Outcome.TOO_FEW_DAYS
    assert pace_of(steady(13, 0.5)).outcome is Outcome.TOO_FEW_DAYS
    assert pace_of(steady(15, 0.5)).outcome is Outcome.TOO_FEW_DAYS  # Fourteen days and no three weeks.
    assert pace_of(steady(40, 0.0)).outcome is Outcome.NOT_AT_THIS_PACE
    assert pace_of(steady(40, -0.5)).outcome is Outcome.NOT_AT_THIS_PACE
    assert pace_of([Point(0, 0, 0)]).outcome is Outcome.NOTHING_REQUIRED
    assert pace_of([Point(0, 7, 7)]).outcome is Outcome.ALREADY
    assert pace_of(steady(40, 0.001, basis=100_000)).outcome is Outcome.NOT_AT_THIS_PACE


def test_a_growing_denominator_counts_against_it() -> None:
    points = [Point(day, 50 + day, 100 + day) for day in range(40)]
    assert pace_of(points).outcome is Outcome.NOT_AT_THIS_PACE


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), min_size=1, max_size=60))
def test_no_date_before_the_last_day_or_beyond_the_horizon(days: list[tuple[int, int]]) -> None:
    points = [Point(day, min(met, basis), basis) for day, (met, basis) in enumerate(days)]
    told = pace_of(points)
    assert (told.outcome is Outcome.DATE) == (told.day is not None)
    for day in (told.day, told.earliest, told.latest):
        assert day is None or points[-1].day < day <= points[-1].day + HORIZON_DAYS
    assert (told.outcome is Outcome.ALREADY) == (points[-1].basis > 0 and points[-1].met == points[-1].basis)
