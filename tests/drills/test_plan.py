"""The plan of tests: on days that disturb nobody, spread out, and those first that came to nothing."""

from collections import Counter
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from server.core.schedule import is_school_day, start_of_day
from server.drills.plan import OF_CITY_MAX, ROUND_MINUTES, Slot, Wanted, assign, begins, period_of, slots
from tests.core.talking import CALENDAR

EXAM = date(2026, 6, 8)
TERM = replace(CALENDAR, exam_days=frozenset({EXAM}), holidays=frozenset({date(2026, 5, 1)}))


def test_periods_are_months_and_quarters_of_the_year() -> None:
    month, quarter = period_of(date(2026, 2, 28), 30), period_of(date(2026, 12, 31), 90)
    assert (month.name, month.first, month.last) == ("2026-02", date(2026, 2, 1), date(2026, 2, 28))
    assert (quarter.name, quarter.first, quarter.last) == ("2026Q4", date(2026, 10, 1), date(2026, 12, 31))


def test_no_round_is_held_on_a_holiday_at_an_exam_at_a_peak_or_by_night() -> None:
    days = slots(TERM, date(2026, 4, 1), date(2026, 6, 30))
    assert {slot[0] for day in days for slot in day} == {
        day for day in map(date.fromordinal, range(date(2026, 4, 1).toordinal(), date(2026, 7, 1).toordinal()))
        if is_school_day(TERM, day) and day != EXAM
    }  # fmt: skip
    for day in days:
        for _, minute in day:
            assert any(
                hours.start_minute + 30 <= minute and minute + ROUND_MINUTES <= hours.end_minute
                for hours in TERM.class_hours
            )
            assert not any(peak.start_minute < minute + ROUND_MINUTES and minute < peak.end_minute for peak in TERM.peaks)
    assert slots(TERM, date(2026, 7, 20), date(2026, 8, 20)) == []
    assert begins((date(2026, 4, 1), 540)) == start_of_day(date(2026, 4, 1)) + 9 * 3_600


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=300), st.integers(1, 20))
def test_no_station_has_two_at_once_and_those_that_came_to_nothing_are_first(
    schools: list[tuple[int, bool]], length: int
) -> None:
    days = slots(TERM, date(2026, 4, 1), date(2026, 4, length + 10))
    wanted = [Wanted(f"{n:04d}", f"s{station}", (0 if again else 1, 0)) for n, (station, again) in enumerate(schools)]
    taken: Counter[tuple[str, Slot]] = Counter()
    found = assign(wanted, days, taken)
    assert all(count == 1 for count in taken.values())
    assert all(count <= OF_CITY_MAX for count in Counter(found.values()).values())
    stations = {one.school: one.station for one in wanted}
    left = Counter(stations[school] for school in stations.keys() - found.keys())
    room = sum(len(day) for day in days)
    assert all(sum(1 for one in stations.values() if one == station) > room for station in left)  # Nobody else is left out.
    first = [found[one.school][0] for one in wanted if one.rank[0] == 0 and one.school in found]
    others = [found[one.school][0] for one in wanted if one.rank[0] == 1 and one.school in found]
    if first and others and not left:
        assert min(first) <= min(others)


def test_a_quarter_of_a_city_is_spread_over_its_days() -> None:
    days = slots(TERM, date(2026, 4, 1), date(2026, 6, 30))
    wanted = [Wanted(f"{n:04d}", f"s{n % 100}", (1, 0)) for n in range(3_200)]
    found = assign(wanted, days, Counter())
    by_day = Counter(day for day, _ in found.values())
    assert len(found) == 3_200
    assert max(by_day.values()) <= 2 * 3_200 / len(days)
    assert len(by_day) == len(days)
