"""Which days and peaks the figures look back at."""

from dataclasses import dataclass
from datetime import date

from server.core.daybook import DAYS_KEPT, ordinal_of
from server.core.schedule import PEAK_MARGIN_MINUTES, is_school_day, minute_of_day
from server.registry.model import Calendar

PEAKS_MAX = 10  # Five school days of two peaks each.


@dataclass(frozen=True, slots=True)
class Past:
    """What of the last days figures look back at: whole school days and peaks that are over, newest first."""

    school_day: int | None = None  # The last whole school day, by its ordinal number; None in the holidays.
    peaks: tuple[tuple[int, int], ...] = ()  # (day, minute at which it began).


NOTHING_PAST = Past()


def past_of(calendar: Calendar, now: float) -> Past:
    """Look back over the days that are kept."""
    today, minute = ordinal_of(now), minute_of_day(now)
    days = [day for day in range(today, today - DAYS_KEPT + 1, -1) if is_school_day(calendar, date.fromordinal(day))]
    peaks = [
        (day, window.start_minute)
        for day in days
        for window in sorted(calendar.peaks, key=lambda window: -window.start_minute)
        if day < today or minute >= window.end_minute + PEAK_MARGIN_MINUTES
    ]
    return Past(next((day for day in days if day < today), None), tuple(peaks[:PEAKS_MAX]))
