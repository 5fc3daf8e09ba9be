"""Drills that were not held when they were due."""

from server.core.institution import against_violence, evacuations
from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, days_since
from server.core.schedule import local_date

WARN_DAYS = 30
SHEET = (Link("sheet", "drill"),)


def judge(view: View, now: float) -> Judged:
    """Judge by the ledger of drills."""
    today = local_date(now)
    kinds = (
        ("应急疏散演练", "evacuation drill", evacuations(view.school, view.dossier, view.calendar, today)),
        ("防暴力演练", "drill against violence", against_violence(view.school, view.dossier, view.calendar, today)),
    )
    overdue = [(zh, en, held) for zh, en, held in kinds if held.fault == "overdue" and held.due is not None]
    if not overdue:
        if any(held.fault == "undeclared" for _, _, held in kinds):
            return Judged(Level.UNKNOWN, "演练台账为空", "no drill stands in the ledger", SHEET)
        return Judged(Level.NONE, "演练按期开展", "drills were held when due", SHEET)
    late = max(days_since(held.due, now) for _, _, held in overdue if held.due is not None)
    zh = "；".join(f"{zh}应于{held.due}前开展，上次{held.last or '无记录'}" for zh, _, held in overdue)
    en = "; ".join(f"{en} was due by {held.due}, last {held.last or 'never'}" for _, en, held in overdue)
    return Judged(Level.WARN if late >= WARN_DAYS else Level.WATCH, zh, en, SHEET)


FACTOR = Factor(
    "drills_overdue",
    "演练逾期",
    "Drills overdue",
    Group.INSTITUTION,
    "有演练逾期为关注，逾期满30天为预警",
    "watch: a drill is overdue; warn: for 30 days",
    judge,
)
