"""Terms, holidays and make-up days around a date, as schools in Guangxi have them."""

from datetime import date, timedelta

from server.registry.model import Calendar, Term

# Spring Festival, Sanyuesan, Dragon Boat and Mid-Autumn follow the moon; other years fall back on the usual season.
_LUNAR = {
    2024: (date(2024, 2, 10), date(2024, 4, 11), date(2024, 6, 10), date(2024, 9, 17)),
    2025: (date(2025, 1, 29), date(2025, 3, 31), date(2025, 5, 31), date(2025, 10, 6)),
    2026: (date(2026, 2, 17), date(2026, 4, 19), date(2026, 6, 19), date(2026, 9, 25)),
    2027: (date(2027, 2, 6), date(2027, 4, 9), date(2027, 6, 9), date(2027, 9, 15)),
    2028: (date(2028, 1, 26), date(2028, 3, 28), date(2028, 5, 28), date(2028, 10, 3)),
}
_SATURDAY, _SUNDAY = 5, 6


def calendar_around(today: date) -> Calendar:
    """Give the school calendar of the years next to `today`, so that terms and holidays lie on both sides of it."""
    terms: list[Term] = []
    holidays: set[date] = set()
    make_up: set[date] = set()
    exams: set[date] = set()
    for year in range(today.year - 1, today.year + 2):
        spring, sanyuesan, dragon_boat, mid_autumn = _lunar(year)
        terms.append(Term(spring + timedelta(days=14), date(year, 7, 5)))
        terms.append(Term(date(year, 9, 1), _lunar(year + 1)[0] - timedelta(days=14)))
        holidays |= _days(date(year, 1, 1), 1) | _days(date(year, 4, 4), 3) | _days(sanyuesan, 2)
        holidays |= _days(dragon_boat, 1) | _days(mid_autumn, 1)
        for start, length in ((date(year, 5, 1), 5), (date(year, 10, 1), 7)):
            holidays |= _days(start, length)
            make_up |= {_next(start, -1, _SUNDAY), _next(start + timedelta(days=length - 1), 1, _SATURDAY)}
        exams |= _days(date(year, 6, 7), 3) | _days(date(year, 6, 24), 3)  # 高考 and 中考.
    return Calendar(
        tuple(sorted(terms, key=lambda term: term.first_day)),
        frozenset(holidays),
        frozenset(make_up - holidays),
        frozenset(exams - holidays),
    )


def _lunar(year: int) -> tuple[date, date, date, date]:
    usual = (date(year, 2, 5), date(year, 4, 10), date(year, 6, 12), date(year, 9, 22))
    return _LUNAR.get(year, usual)


def _days(first: date, count: int) -> set[date]:
    return {first + timedelta(days=number) for number in range(count)}


def _next(day: date, step: int, weekday: int) -> date:
    """Walk to the nearest such weekday strictly before or after a day."""
    day += timedelta(days=step)
    while day.weekday() != weekday:
        day += timedelta(days=step)
    return day
