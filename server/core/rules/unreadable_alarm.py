"""Something came on an alarm lane and could not be read. It may have been a press: operators are told, never nobody."""

from server.core.alert import Severity
from server.core.events import Unreadable
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find an unreadable message of an alarm lane; one of telemetry is only counted at the door."""
    told = view.signal
    if not isinstance(told, Unreadable) or told.lane != "a":
        return None
    return Finding(Severity.HIGH, told.rx, detail=(("reason", told.reason), ("detail", told.detail)))


RULE = Rule(
    name="unreadable_alarm",
    label="报警无法识别",
    label_en="Unreadable alarm",
    severity=Severity.HIGH,
    subject=Subject.SIGNAL,
    trigger="报警通道收到无法解析的数据，可能是一次报警",
    trigger_en="data on an alarm lane cannot be read; it may have been a press",
    evaluate=evaluate,
)
