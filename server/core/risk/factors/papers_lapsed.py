"""Emergency plans and responsibility letters that are not in force."""

from server.core.institution import letters, plans
from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, days_since, many, some
from server.core.schedule import local_date
from server.registry.sheets.document import KINDS
from server.registry.sheets.letter import LEVELS

WARN_DAYS = 30
PLAN_FAULTS = frozenset({"not_approved", "review_overdue"})
LETTER_FAULTS = frozenset({"not_signed", "lapsed"})


def judge(view: View, now: float) -> Judged:
    """Judge by both sheets; what is not in the ledger at all is unknown."""
    today = local_date(now)
    found_plans, found_letters = plans(view.dossier, today), letters(view.dossier, today)
    bad = [(KINDS[one.kind], one.day) for one in found_plans if one.fault in PLAN_FAULTS]
    bad += [(LEVELS[one.level], one.day) for one in found_letters if one.fault in LETTER_FAULTS]
    links = (Link("sheet", "document"), Link("sheet", "letter"))
    if not bad:
        missing = sum(bool(one.fault) for one in found_plans) + sum(bool(one.fault) for one in found_letters)
        if missing:
            return Judged(
                Level.UNKNOWN,
                f"{missing}项预案或责任书未填报",
                f"{missing} plans or letters are not in the ledger",
                links,
            )
        return Judged(Level.NONE, "预案和责任书均有效", "plans and letters are in force", links)
    oldest = min((day for _, day in bad if day is not None), default=None)
    late = days_since(oldest, now) if oldest is not None else 0
    told = f"，最早已过期{late}天" if late else ""
    told_en = f", the first for {late} days" if late else ""
    return Judged(
        Level.WARN if late >= WARN_DAYS else Level.WATCH,
        f"{len(bad)}项失效或未批准、未签（{some([words[0] for words, _ in bad])}）{told}",
        f"{many(len(bad), 'is', 'are')} lapsed, not approved or not signed "
        f"({some([words[1] for words, _ in bad], ', ', ' …')}){told_en}",
        links,
    )


FACTOR = Factor(
    "papers_lapsed",
    "预案与责任书",
    "Plans and letters",
    Group.INSTITUTION,
    "有预案或责任书失效、未批未签为关注，失效满30天为预警",
    "watch: a plan or letter is lapsed, not approved or not signed; warn: lapsed for 30 days",
    judge,
)
