"""Somebody opens or moves a one-key alarm: a host or a button that is tampered with is no protection."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View, told_as


def evaluate(view: View, now: float) -> Finding | None:
    """Find a host or button that tells of tampering; only people end it, for it may be shut again by the same hand."""
    if view.value("tamper") is not True:
        return None
    return Finding(Severity.HIGH, view.changed("tamper", now))


RULE = Rule(
    name="host_tampered",
    label="一键报警设备被拆动",
    label_en="One-key alarm tampered with",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="报警主机或按钮的防拆触发",
    trigger_en="the tamper contact of an alarm host or button is open",
    evaluate=evaluate,
    cleared=told_as("tamper", False),
    hold_most=60,
    clear_most=0,  # Only people end it.
    kinds=frozenset({"alarm_host", "alarm_button"}),
    watches=frozenset({"tamper"}),
    by_people=True,
    code="tamper",
    security=True,
    number="A14",
)
