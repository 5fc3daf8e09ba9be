"""A camera is covered or turned away. While pupils are there, somebody may be hiding what he does."""

from server.core.alert import Severity
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, told_as
from server.core.schedule import must_be_up_began, next_boundary

AT_SCHOOL = severity(2, "school_severity", "上学时段级别", "Severity while pupils are there")
ELSE = severity(3, "severity", "其他时段级别", "Severity at other times")
BLOCKED = frozenset({"covered", "moved"})


def evaluate(view: View, now: float) -> Finding | None:
    """Find a camera that is covered or moved; in class hours and at the peaks it is worse."""
    picture = view.value("picture")
    if picture not in BLOCKED:
        return None
    pupils = must_be_up_began(view.calendar, now) is not None
    detail = (("picture", str(picture)),)
    return Finding(
        view.severity(AT_SCHOOL if pupils else ELSE),
        view.changed("picture", now),
        detail,
        again_at=None if pupils else next_boundary(view.calendar, now),
    )


RULE = Rule(
    name="camera_blocked",
    label="摄像机被遮挡或移动",
    label_en="Camera covered or moved",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="画面诊断为遮挡或场景变化；上课和上下学时段为二级，其他时段为三级",
    trigger_en="the picture is found covered or moved: severity 2 in class hours and at the peaks, 3 at other times",
    evaluate=evaluate,
    cleared=told_as("picture", "good"),
    clear_most=3_600,
    params=(AT_SCHOOL, ELSE),
    kinds=frozenset({"camera"}),
    watches=frozenset({"picture"}),
    number="A22",
)
