"""Hazards of the surroundings that nobody has seen gone."""

from server.core.indicators.i4_hazards import LOOKED
from server.core.institution import open_hazards, overdue_hazards
from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, days_since, many
from server.core.schedule import local_date
from server.registry.departments import DEPARTMENTS
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.hazard import KINDS

SHEET = (Link("sheet", "hazard"),)


def judge(view: View, now: float) -> Judged:
    """Judge by the hazards on their sheet; an empty sheet says nothing where nobody has looked."""
    today = local_date(now)
    still, late = open_hazards(view.dossier), overdue_hazards(view.dossier, today)
    if late:
        first = late[0]
        assert first.due is not None
        days = days_since(first.due, now)
        return Judged(
            Level.WARN,
            f"{len(late)}项周边隐患逾期（{KINDS[first.kind][0]}，责任部门{DEPARTMENTS[first.department][0]}，已逾期{days}天）",
            f"{many(len(late), 'hazard', 'hazards')} overdue "
            f"({KINDS[first.kind][1]}, {DEPARTMENTS[first.department][1]}, for {many(days, 'day', 'days')})",
            SHEET,
        )
    if still:
        oldest = min(one.found for one in still)
        return Judged(
            Level.WATCH,
            f"{len(still)}项周边隐患未销号，最早{oldest}发现",
            f"{many(len(still), 'hazard is', 'hazards are')} open, the first found {oldest}",
            SHEET,
        )
    looked = view.dossier.find(Declaration, LOOKED)
    if looked is None or not looked.in_place or (looked.expires is not None and looked.expires < today):
        return Judged(
            Level.UNKNOWN, "周边未排查或排查已过期", "nobody has looked at the surroundings, or too long ago", SHEET
        )
    return Judged(Level.NONE, "周边已排查，无未销号隐患", "the surroundings were looked at; no hazard is open", SHEET)


FACTOR = Factor(
    "hazards_open",
    "周边隐患",
    "Hazards",
    Group.SURROUNDINGS,
    "有未销号隐患为关注，有逾期隐患为预警",
    "watch: a hazard is open; warn: one is overdue",
    judge,
)
