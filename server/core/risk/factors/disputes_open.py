"""Acts against the school's order that are not settled."""

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, many
from server.registry.departments import DEPARTMENTS, Progress
from server.registry.sheets.dispute import KINDS, Dispute

WARN_COUNT = 2
SHEET = (Link("sheet", "dispute"),)


def judge(view: View, _now: float) -> Judged:
    """Judge by the cases that are open."""
    still = sorted(
        (one for one in view.dossier.of(Dispute) if one.state is not Progress.CLOSED), key=lambda one: one.happened
    )
    if not still:
        return Judged(Level.NONE, "无未办结校闹事件", "no act against the school's order is open", SHEET)
    first = still[0]
    return Judged(
        Level.WARN if len(still) >= WARN_COUNT else Level.WATCH,
        f"{len(still)}起校闹事件未办结（{KINDS[first.kind][0]}，{first.happened}，牵头{DEPARTMENTS[first.department][0]}）",
        f"{many(len(still), 'act is', 'acts are')} open "
        f"({KINDS[first.kind][1]}, {first.happened}, {DEPARTMENTS[first.department][1]})",
        SHEET,
    )


FACTOR = Factor(
    "disputes_open",
    "校闹事件",
    "Acts against order",
    Group.SURROUNDINGS,
    "有1起未办结为关注，2起及以上为预警",
    "watch: one is open; warn: two or more",
    judge,
)
