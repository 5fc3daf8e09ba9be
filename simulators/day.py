"""The school day: which part of it a moment falls into, by the calendar the server judges by."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.registry.model import Calendar, Window

BEIJING_OFFSET_SECONDS = 8 * 3600  # Asia/Shanghai has had no summer time since 1991.
DAY_SECONDS = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_SATURDAY = 5
_EVENING_MINUTE = 22 * 60
_MORNING_MINUTE = 6 * 60


class Part(StrEnum):
    """The parts of a day at a school."""

    NIGHT = "night"
    PEAK = "peak"  # Arrival or leaving: gates open, every guard on post.
    CLASS = "class"
    BETWEEN = "between"  # Early, noon and evening of a school day.
    AWAY = "away"  # The daytime of a day without school.


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant as a school lives it."""

    now: float
    part: Part
    minute: float  # After midnight, local time.
    day: int  # Days since 1970, local time.
    next_peak_minutes: float  # Until the next peak of this day begins; negative within one, large where none is left.
    since_peak_minutes: float  # Since the last peak of this day ended; large where none was.


def is_school_day(calendar: Calendar, day: date) -> bool:
    """Say whether pupils are at school on a day."""
    if not any(term.first_day <= day <= term.last_day for term in calendar.terms):
        return False
    return day in calendar.make_up_days or (day.weekday() < _SATURDAY and day not in calendar.holidays)


def moment(calendar: Calendar, now: float) -> Moment:
    """Place an instant (seconds UTC) in the school day."""
    day, second = divmod(now + BEIJING_OFFSET_SECONDS, DAY_SECONDS)
    minute = second / 60
    school = is_school_day(calendar, date.fromordinal(_EPOCH_ORDINAL + int(day)))
    to_next, since_last = 1e9, 1e9
    if school:
        for peak in calendar.peaks:
            if minute < peak.end_minute:
                to_next = min(to_next, peak.start_minute - minute)
            else:
                since_last = min(since_last, minute - peak.end_minute)
    return Moment(now, _part(calendar, minute, school), minute, int(day), to_next, since_last)


def _part(calendar: Calendar, minute: float, school: bool) -> Part:
    if school and _within(calendar.peaks, minute):
        return Part.PEAK
    if school and _within(calendar.class_hours, minute):
        return Part.CLASS
    if not _MORNING_MINUTE <= minute < _EVENING_MINUTE:
        return Part.NIGHT
    return Part.BETWEEN if school else Part.AWAY


def _within(windows: tuple[Window, ...], minute: float) -> bool:
    return any(window.start_minute <= minute < window.end_minute for window in windows)
