"""Nobody can look into the kitchen while the meal is made (明厨亮灶)."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, silent_since
from server.core.schedule import meal_began

SEVERITY = severity(3)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a kitchen's camera that is offline or has no stream at meal hours."""
    began = meal_began(view.calendar, now)
    if began is None:
        return None
    if view.liveness is Liveness.OFFLINE:
        return Finding(view.severity(SEVERITY), max(began, silent_since(view)), (("reason", "silent"),))
    if view.value("stream") is False:
        return Finding(view.severity(SEVERITY), max(began, view.changed("stream", now)), (("reason", "no_stream"),))
    return None


def cleared(view: View, now: float) -> bool:
    """Say whether it is surely seen again, or the meal hours are over."""
    if meal_began(view.calendar, now) is None:
        return True
    return view.liveness is Liveness.LIVE and view.value("stream") is not False


RULE = Rule(
    name="kitchen_camera_off",
    label="明厨亮灶离线",
    label_en="Kitchen camera off",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="供餐时段（6:00–7:30、10:00–12:30、16:00–18:30）后厨摄像机离线或无码流满10分钟",
    trigger_en="a kitchen's camera is offline or without a stream for 10 min at meal hours (6:00 to 7:30, 10:00 to"
    " 12:30, 16:00 to 18:30)",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=600,
    params=(SEVERITY,),
    kinds=frozenset({"kitchen_camera"}),
    watches=frozenset({"stream"}),
    clocked=True,
    number="A37",
)
