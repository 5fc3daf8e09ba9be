"""When schools are tested: one round for each in each period, on days and at hours that disturb nobody, spread out. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.core.schedule import is_school_day, start_of_day
from server.registry.model import Calendar

MONTH_DAYS = 31  # A requirement of so many days or fewer is planned by the month, a longer one by the quarter.
ROUND_MINUTES = 30
SETTLE_MINUTES = 30  # After the bell, and before the next one.
OF_STATION_MAX = 1  # At once: an officer follows each of them.
OF_CITY_MAX = 60  # At once: nobody should hear of a test everywhere.
Slot = tuple[date, int]  # A day, and the minute at which a round begins.


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a quarter of the year; both days included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """A school that needs a round; `rank` puts those first that need it most."""

    school: str
    station: str
    rank: tuple[int, float]


def period_of(day: date, days: int) -> Period:
    """Give the period of a day for a requirement of so many days between tests."""
    if days <= MONTH_DAYS:
        first = day.replace(day=1)
        return Period(f"{day:%Y-%m}", first, _month_after(first, 1) - timedelta(days=1))
    quarter = (day.month - 1) // 3
    first = date(day.year, quarter * 3 + 1, 1)
    return Period(f"{day.year}Q{quarter + 1}", first, _month_after(first, 3) - timedelta(days=1))


def slots(calendar: Calendar, first: date, last: date) -> list[list[Slot]]:
    """List, by the day, when a round may begin: in class hours of school days without exams, never at a peak or by night."""
    found = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if is_school_day(calendar, day) and day not in calendar.exam_days:
            minutes = [
                minute
                for hours in calendar.class_hours
                for minute in range(hours.start_minute + SETTLE_MINUTES, hours.end_minute - ROUND_MINUTES + 1, ROUND_MINUTES)
                if not any(
                    peak.start_minute < minute + ROUND_MINUTES and minute < peak.end_minute for peak in calendar.peaks
                )
            ]
            if minutes:
                found.append([(day, minute) for minute in minutes])
    return found


def assign(wanted: Iterable[Wanted], days: Sequence[Sequence[Slot]], taken: Counter[tuple[str, Slot]]) -> dict[str, Slot]:
    """Give each school a slot: those that need it most the first days, the others spread over the period.

    `taken` counts what is planned already, by station and slot, and grows. A school for which there is no room left is not
    named; it comes back in the next period, first.
    """
    order = sorted(wanted, key=lambda one: (one.rank, one.school))
    city: Counter[Slot] = Counter()
    for (_, slot), count in taken.items():
        city[slot] += count
    found: dict[str, Slot] = {}
    for place, one in enumerate(order):
        start = place * len(days) // max(1, len(order))
        for day in (*range(start, len(days)), *range(start)):
            turn = (place + day) % len(days[day])  # Not every round at the first hour.
            free = next(
                (
                    slot
                    for slot in (*days[day][turn:], *days[day][:turn])
                    if taken[one.station, slot] < OF_STATION_MAX and city[slot] < OF_CITY_MAX
                ),
                None,
            )
            if free is not None:
                taken[one.station, free] += 1
                city[free] += 1
                found[one.school] = free
                break
    return found


def begins(slot: Slot) -> float:
    """Give the instant at which a round of a slot begins."""
    return start_of_day(slot[0]) + slot[1] * 60.0


def _month_after(first: date, months: int) -> date:
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)
