"""School time: what day and minute it is in Asia/Shanghai, and whether pupils are at school. There is no summer time."""

from datetime import date, timedelta, timezone

from server.registry.model import Calendar, Window

DAY_SECONDS = 86_400.0
OFFSET_SECONDS = 8 * 3_600.0  # Asia/Shanghai, all year.
CITY_TIME = timezone(timedelta(seconds=OFFSET_SECONDS))
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
SATURDAY = 5
NIGHT = (Window(0, 5 * 60 + 30), Window(22 * 60 + 30, 24 * 60))  # Boarders' evening study ends before, kitchens begin after.
DAY_HOURS = Window(5 * 60 + 30, 22 * 60 + 30)  # What is no night: in these guards walk their rounds.
MEALS = (Window(6 * 60, 7 * 60 + 30), Window(10 * 60, 12 * 60 + 30), Window(16 * 60, 18 * 60 + 30))  # Kitchens are at work.
PEAK_MARGIN_MINUTES = 5  # Guards are on post five minutes before the peak and leave five minutes after it.
LOOKED_AHEAD_DAYS_MAX = 400  # For counting school days: longer than any vacation.


def local_date(now: float) -> date:
    """Give the date in Asia/Shanghai."""
    return date.fromordinal(EPOCH_ORDINAL + int((now + OFFSET_SECONDS) // DAY_SECONDS))


def start_of_day(day: date) -> float:
    """Give the instant at which a day begins in Asia/Shanghai."""
    return (day.toordinal() - EPOCH_ORDINAL) * DAY_SECONDS - OFFSET_SECONDS


def end_of_day(day: date) -> float:
    """Give the instant at which a day is over in Asia/Shanghai."""
    return start_of_day(day) + DAY_SECONDS


def minute_of_day(now: float) -> float:
    """Give the minutes since midnight in Asia/Shanghai."""
    return (now + OFFSET_SECONDS) % DAY_SECONDS / 60.0


def is_school_day(calendar: Calendar, day: date) -> bool:
    """Say whether pupils come to school on a day: in term, on a weekday or a make-up day (调休), and not a holiday."""
    if day in calendar.holidays or not any(term.first_day <= day <= term.last_day for term in calendar.terms):
        return False
    return day.weekday() < SATURDAY or day in calendar.make_up_days


def class_began(calendar: Calendar, now: float) -> float | None:
    """Give the instant at which the class hours that last now began; None outside them."""
    return _began(calendar, calendar.class_hours, now, 0)


def peak_began(calendar: Calendar, now: float, margin_minutes: int = 0) -> float | None:
    """Give the instant at which the arrival or leaving that lasts now began, widened by a margin; None outside them."""
    return _began(calendar, calendar.peaks, now, margin_minutes)


def closed_began(calendar: Calendar, now: float) -> float | None:
    """Give the instant at which the gates had to be shut, if they have to be now: in class hours, and every night."""
    began = class_began(calendar, now)
    if began is not None:
        return began
    minute = minute_of_day(now)
    midnight = start_of_day(local_date(now))
    for window in NIGHT:
        if window.start_minute <= minute < window.end_minute:
            return midnight + window.start_minute * 60
    return None


def must_be_up_began(calendar: Calendar, now: float) -> float | None:
    """Give the instant since which the gate barrier had to be up, if it has to be now: in class hours and at the peaks."""
    starts = [began for began in (class_began(calendar, now), peak_began(calendar, now)) if began is not None]
    return min(starts, default=None)


def meal_began(calendar: Calendar, now: float) -> float | None:
    """Give the instant at which the making of the meal that lasts now began; None at other hours and without school."""
    return _began(calendar, MEALS, now, 0)


def next_boundary(calendar: Calendar, now: float) -> float:
    """Give the next instant at which any of the answers above may change."""
    minutes = {window.start_minute for window in (*calendar.class_hours, *calendar.peaks, *NIGHT, *MEALS)}
    minutes |= {window.end_minute for window in (*calendar.class_hours, *calendar.peaks, *NIGHT, *MEALS)}
    minutes |= {window.start_minute - PEAK_MARGIN_MINUTES for window in calendar.peaks}
    minutes |= {window.end_minute + PEAK_MARGIN_MINUTES for window in calendar.peaks}
    midnight = start_of_day(local_date(now))
    candidates = [midnight + minute * 60.0 for minute in minutes] + [midnight + DAY_SECONDS]
    return min(candidate for candidate in candidates if candidate > now)


def school_time_after(calendar: Calendar, start: float, seconds: float) -> float:
    """Give the instant by which so much time of school days has passed since `start`; other days do not count."""
    at, left = start, seconds
    for _ in range(LOOKED_AHEAD_DAYS_MAX):
        today = local_date(at)
        tomorrow = end_of_day(today)
        if is_school_day(calendar, today):
            if at + left < tomorrow:
                return at + left
            left -= tomorrow - at
        at = tomorrow
    return at


def _began(calendar: Calendar, windows: tuple[Window, ...], now: float, margin: int) -> float | None:
    if not is_school_day(calendar, local_date(now)):
        return None
    minute = minute_of_day(now)
    midnight = start_of_day(local_date(now))
    for window in windows:
        if window.start_minute - margin <= minute < window.end_minute + margin:
            return midnight + (window.start_minute - margin) * 60
    return None
