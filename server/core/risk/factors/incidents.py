"""Real incidents of the last 90 days; tests, drills and false presses are none."""

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, many
from server.core.schedule import local_date

DAYS = 90
WARN_COUNT = 2
COUNTED = frozenset({"", "real"})  # Not resolved yet counts: nobody may call it false before it has been looked at.


def judge(view: View, now: float) -> Judged:
    """Judge by what the journal has."""
    if view.incidents is None:
        return Judged(Level.UNKNOWN, "近90天警情尚未读取", "the incidents of 90 days have not been read yet")
    counted = [one for one in view.incidents if one.cause in COUNTED and now - one.at < DAYS * 86_400]
    if not counted:
        return Judged(Level.NONE, "近90天无真实警情", "no real incident in 90 days")
    newest = max(counted, key=lambda one: one.at)
    day = local_date(newest.at)
    return Judged(
        Level.WARN if len(counted) >= WARN_COUNT else Level.WATCH,
        f"近90天{len(counted)}起真实或未处置警情，最近为{day}",
        f"{many(len(counted), 'incident', 'incidents')} in 90 days, real or not resolved, the last on {day}",
        tuple(Link("alert", one.alert) for one in counted[:5]),
    )


FACTOR = Factor(
    "incidents",
    "近期警情",
    "Recent incidents",
    Group.INCIDENTS,
    "近90天有1起为关注，2起及以上为预警；测试和演练不计",
    "watch: one within 90 days; warn: two or more; tests and drills never count",
    judge,
)
