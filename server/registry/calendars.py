"""What a school calendar must be to be taken: terms in order, days within sense, hours that do not overlap. All pure."""

from collections.abc import Iterator, Sequence

from server.core.schedule import SATURDAY
from server.registry.model import Calendar, Window
from server.registry.sheet import Words

TERMS_MAX = 40
DAYS_MAX = 2_000  # Of each kind: ten years of them.
WINDOWS_MAX = 8
DAY_MINUTES = 24 * 60


def calendar_faults(calendar: Calendar) -> Iterator[tuple[str, Words]]:
    """Find what cannot be, each by the member it stands in."""
    before = None
    for term in calendar.terms:
        if term.last_day < term.first_day:
            yield "terms", (f"学期 {term.first_day} 结束早于开始", f"the term of {term.first_day} ends before it begins")
        if before is not None and term.first_day <= before:
            yield "terms", (f"学期 {term.first_day} 与前一学期重叠", f"the term of {term.first_day} overlaps the one before")
        before = term.last_day
    for day in sorted(calendar.make_up_days):
        if day.weekday() < SATURDAY:
            yield "make_up_days", (f"{day} 不是周末，不需调休", f"{day} is no weekend: school is held anyway")
        if day in calendar.holidays:
            yield "make_up_days", (f"{day} 同时是假日", f"{day} is a holiday too")
    for day in sorted(calendar.exam_days & calendar.holidays):
        yield "exam_days", (f"{day} 同时是假日", f"{day} is a holiday too")
    yield from _windows("class_hours", calendar.class_hours)
    yield from _windows("peaks", calendar.peaks)


def _windows(name: str, windows: Sequence[Window]) -> Iterator[tuple[str, Words]]:
    before = -1
    for window in windows:
        if not 0 <= window.start_minute < window.end_minute <= DAY_MINUTES:
            yield name, ("时段须在一天之内，且结束晚于开始", "a span lies within a day and ends after it begins")
        elif window.start_minute < before:
            yield name, ("时段重叠或未按先后排列", "spans overlap or are out of order")
        before = max(before, window.end_minute)
