"""Days by number and date, and which of them ends a month. Pure."""

from datetime import date, timedelta

_EPOCH = date(1970, 1, 1)


def as_date(day: int) -> date:
    """Give the date of a day's number."""
    return _EPOCH + timedelta(days=day)


def as_day(on: date) -> int:
    """Give the number of a date."""
    return (on - _EPOCH).days


def ends_month(day: int) -> bool:
    """Say whether a day is the last of its month."""
    return as_date(day + 1).day == 1
