"""A barrier was moved or a gate released by its emergency switch: somebody has a reason, and says it."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View


def released(view: View) -> bool | None:
    """Say whether the emergency switch is in use; None where that is not known."""
    mode, release = view.value("mode"), view.value("emergency_release")
    if mode == "efo" or release is True:
        return True
    return None if mode is None and release is None else False


def evaluate(view: View, now: float) -> Finding | None:
    """Find a barrier or gate whose emergency switch is in use; people end it, with the reason."""
    if released(view) is not True:
        return None
    metric = "emergency_release" if view.value("emergency_release") is True else "mode"
    return Finding(Severity.HIGH, view.changed(metric, now), (("by", metric),))


def cleared(view: View, _now: float) -> bool:
    """Say whether it is surely not in use any more."""
    return released(view) is False


RULE = Rule(
    name="emergency_release",
    label="应急操作或释放",
    label_en="Emergency release used",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="使用了防冲撞装置的应急操作（EFO），或校门的紧急释放",
    trigger_en="a barrier's emergency fast operation, or a gate's emergency release, is used",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=60,
    clear_most=0,  # Only people end it.
    kinds=frozenset({"barrier", "gate"}),
    watches=frozenset({"mode", "emergency_release"}),
    by_people=True,
    security=True,
    number="A30",
)
