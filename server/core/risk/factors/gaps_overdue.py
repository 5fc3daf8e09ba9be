"""Gaps that were to be mended by a day that is over."""

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, days_since, many
from server.core.schedule import local_date

WARN_DAYS = 14


def judge(view: View, now: float) -> Judged:
    """Judge by the ledger of gaps."""
    told = view.home.gaps_overdue
    if told is None:
        return Judged(Level.UNKNOWN, "整改台账尚未读取", "the ledger of gaps has not been read yet")
    count, since = told
    if count == 0:
        return Judged(Level.NONE, "无超期整改", "no gap is overdue")
    day = local_date(since)
    late = days_since(day, now)
    return Judged(
        Level.WARN if late >= WARN_DAYS else Level.WATCH,
        f"{count}项整改超期，最早已超{late}天（{day}）",
        f"{many(count, 'gap is', 'gaps are')} overdue, the first for {many(late, 'day', 'days')} (since {day})",
        (Link("gaps"),),
    )


FACTOR = Factor(
    "gaps_overdue",
    "整改超期",
    "Gaps overdue",
    Group.FIGURES,
    "有超期整改为关注，超期满14天为预警",
    "watch: a gap is overdue; warn: for 14 days",
    judge,
)
