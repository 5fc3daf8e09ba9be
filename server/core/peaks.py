"""How a peak that lasts now is manned, as it is noted in the school's daybook."""

from server.core.daybook import LACK_SECONDS, Manned, ordinal_of, start_of
from server.core.effects import DayNoted
from server.core.guards import guard_posts
from server.core.liveness import Home
from server.core.rule import View as RuleView
from server.core.rules.guard_short import guards_on_post
from server.core.schedule import PEAK_MARGIN_MINUTES, peak_began
from server.registry.model import Calendar


def watch(home: Home, calendar: Calendar, listening_since: float, now: float) -> list[DayNoted]:
    """Note how a peak that lasts now is manned; one whose beginning nobody saw is unsure, and stays so."""
    book = home.daybook
    began = peak_began(calendar, now, PEAK_MARGIN_MINUTES)
    if began is None:
        book.lack = None
        return []
    minute = round((began - start_of(ordinal_of(began))) / 60) + PEAK_MARGIN_MINUTES
    noted: list[DayNoted] = []
    if listening_since > began and minute not in book.day(ordinal_of(began)).peaks:
        noted += book.manned(home.school.id, began, minute, Manned.UNSURE)
    posts = guard_posts(home)
    have = guards_on_post(RuleView(calendar, home.school, posts=posts, checked_in=home.checked_in(now)))
    how = Manned.UNSURE if have is None else Manned.ENOUGH if have >= home.school.guards_at_peak else Manned.SHORT
    if how is Manned.ENOUGH:
        book.lack = None
        return noted + book.manned(home.school.id, began, minute, how)
    if book.lack is None or book.lack[0] is not how or book.lack[1] < began:
        book.lack = (how, now)
    if now >= book.lack[1] + LACK_SECONDS:
        noted += book.manned(home.school.id, began, minute, how)
    return noted


def worse_at(home: Home) -> float | None:
    """Say when what is wrong now counts, if it lasts."""
    return home.daybook.lack[1] + LACK_SECONDS if home.daybook.lack is not None else None
