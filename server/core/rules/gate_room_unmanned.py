"""Nobody has given a sign of life in the gate room for hours."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import seconds
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import DAY_HOURS, is_school_day, local_date, minute_of_day, next_boundary, start_of_day
from server.registry.sheets.declaration import Declaration

DAY = seconds("day", "白天多久无人应答", "By day, nobody for", 7_200, 1_800, 14_400)
NIGHT = seconds("night", "夜间多久无人应答", "By night, nobody for", 10_800, 1_800, 21_600)
HIGH_AFTER = seconds("high_after", "再过多久升为二级", "Severity 2 after so much more", 900, 0, 7_200)


def allowed(view: View, now: float) -> tuple[float, float] | None:
    """Say since when somebody has to be there, and for how long nobody need give a sign; None where nobody has to be.

    By day that is each school day; by night where the ledger says that the gate room is manned for 24 hours.
    """
    today, minute = local_date(now), minute_of_day(now)
    if DAY_HOURS.start_minute <= minute < DAY_HOURS.end_minute:
        if not is_school_day(view.calendar, today):
            return None
        return start_of_day(today) + DAY_HOURS.start_minute * 60, view.of(DAY)
    declared = view.dossier.find(Declaration, "closed_gate_room_24h")
    if declared is None or not declared.in_place:
        return None
    evening = start_of_day(today) + DAY_HOURS.end_minute * 60
    return evening if now >= evening else evening - 86_400.0, view.of(NIGHT)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a school whose guards have given no sign, while a reader is heard by which they could."""
    due = _due(view, now)
    if due is None or now < due:
        return None
    worse_at = due + view.of(HIGH_AFTER)
    if now >= worse_at:
        return Finding(Severity.HIGH, due)
    return Finding(Severity.MEDIUM, due, again_at=worse_at)


def cleared(view: View, now: float) -> bool:
    """Say whether somebody has given a sign, or nobody has to be there any more."""
    if allowed(view, now) is None:
        return True
    due = _due(view, now)
    return due is not None and now < due


def look_at(view: View, now: float) -> float | None:
    """Look when the time of the last sign is over, or somebody has to be there."""
    return _due(view, now) or next_boundary(view.calendar, now)


def _due(view: View, now: float) -> float | None:
    held, home = allowed(view, now), view.home
    if held is None or home is None or home.guard_seen is None:
        return None
    if not any(post.liveness is Liveness.LIVE for post in view.posts):
        return None  # A silent reader is no proof that nobody is there.
    began, longest = held
    heard = max(post.gateway.listened_since for post in view.posts if post.liveness is Liveness.LIVE)
    return max(began, home.guard_seen, view.listening_since, heard) + longest


RULE = Rule(
    name="gate_room_unmanned",
    label="门卫室无人应答",
    label_en="Gate room unmanned",
    severity=Severity.MEDIUM,
    subject=Subject.SCHOOL,
    trigger="上学日白天2小时、夜间（台账为24小时值守的）3小时无到岗、巡查或应答（三级）；再过15分钟为二级",
    trigger_en="no guard has come, patrolled or answered for 2 h by day on school days, or 3 h by night where the"
    " ledger says that the gate room is manned for 24 h (severity 3); 2 after 15 min more",
    evaluate=evaluate,
    cleared=cleared,
    look_at=look_at,
    hold_most=0,  # By day and by night it has times of its own.
    params=(DAY, NIGHT, HIGH_AFTER),
    kinds=frozenset({"guard_post"}),
    watches=frozenset({"on_duty"}),
    clocked=True,
    security=True,
    number="A33",
)
