"""Nobody has tried the one-key alarm for too long: that it works is a hope."""

from server.core.alert import Severity
from server.core.indicator import latest
from server.core.param import Param
from server.core.requirements import alarm_test
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import DAY_SECONDS, local_date

HIGH_AFTER = Param("high_after", "再过多久升为二级", "Severity 2 after so much more", "d", 30, 0, 180)


def tested(view: View, now: float) -> float | None:
    """Give the newest test: one proven from end to end, or where that is enough the last that a host or button tells of."""
    if view.home is None:
        return None
    if alarm_test.RULE.of(view.dossier, local_date(now)).proven:
        return view.home.tested
    told = latest([*view.home.kind("alarm_host"), *view.home.kind("alarm_button")], "last_test")
    return max((at for at in (told, view.home.tested) if at is not None and at <= now), default=None)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a school whose newest test is older than its region allows; of one that never told of any, nothing is said."""
    at = tested(view, now)
    if at is None:
        return None
    due = at + _period(view, now)
    if now < due:
        return None
    worse_at = due + view.of(HIGH_AFTER) * DAY_SECONDS
    detail = (("days", str(int((now - at) // DAY_SECONDS))),)
    if now >= worse_at:
        return Finding(Severity.HIGH, due, detail)
    return Finding(Severity.MEDIUM, due, detail, again_at=worse_at)


def cleared(view: View, now: float) -> bool:
    """Say whether it was tested in time again."""
    at = tested(view, now)
    return at is not None and now < at + _period(view, now)


def look_at(view: View, now: float) -> float | None:
    """Look when the newest test becomes too old."""
    at = tested(view, now)
    return None if at is None else at + _period(view, now)


def _period(view: View, now: float) -> float:
    return alarm_test.RULE.of(view.dossier, local_date(now)).days * DAY_SECONDS


RULE = Rule(
    name="alarm_test_overdue",
    label="一键报警试警超期",
    label_en="Alarm test overdue",
    severity=Severity.MEDIUM,
    subject=Subject.SCHOOL,
    trigger="距最近一次成功试警超过地区规定的周期（30或90天，三级）；再过30天为二级",
    trigger_en="the last successful alarm test is older than the region's period (30 or 90 days; severity 3), and by 30"
    " more days (2)",
    evaluate=evaluate,
    cleared=cleared,
    look_at=look_at,
    hold_most=0,  # The period is the region's requirement.
    clear_most=0,
    params=(HIGH_AFTER,),
    gathers=True,
    kinds=frozenset({"alarm_host", "alarm_button"}),
    watches=frozenset({"last_test"}),
    number="A11",
)
