"""Buttons that were pressed for nothing again and again: the next press may not be believed."""

from collections import Counter

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View

DAYS = 30
WATCH_COUNT, WARN_COUNT = 2, 3  # Three of one button within 30 days are an order for maintenance.
FALSE = frozenset({"false_human", "false_device"})


def judge(view: View, now: float) -> Judged:
    """Judge by the button with the most false presses."""
    if view.incidents is None:
        return Judged(Level.UNKNOWN, "近30天误报尚未读取", "the false presses of 30 days have not been read yet")
    by_button = Counter(
        (one.gateway, one.device) for one in view.incidents if one.cause in FALSE and now - one.at < DAYS * 86_400
    )
    if not by_button:
        return Judged(Level.NONE, "近30天无误报", "no false press in 30 days")
    (gateway, device), count = by_button.most_common(1)[0]
    level = Level.WARN if count >= WARN_COUNT else Level.WATCH if count >= WATCH_COUNT else Level.NONE
    return Judged(
        level,
        f"按钮{device}近30天误报{count}次",
        f"button {device} was pressed for nothing {count} times in 30 days",
        (Link("device", f"{gateway}/{device}"),),
    )


FACTOR = Factor(
    "false_presses",
    "误报",
    "False presses",
    Group.INCIDENTS,
    "同一按钮近30天误报2次为关注，3次及以上为预警",
    "watch: two false presses of one button within 30 days; warn: three or more",
    judge,
)
