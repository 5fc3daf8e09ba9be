"""A detector is in alarm. Its own word on the alarm lane is told first; this is for those that only say how they are."""

from server.core.alert import Flow, Severity
from server.core.rule import Finding, Rule, Subject, View, told_as


def evaluate(view: View, now: float) -> Finding | None:
    """Find a detector in alarm: an incident, which people end."""
    if view.value("alarm") is not True:
        return None
    return Finding(Severity.CRITICAL, view.changed("alarm", now), flow=Flow.INCIDENT)


RULE = Rule(
    name="fire_detected",
    label="火灾探测器报警",
    label_en="Fire detected",
    severity=Severity.CRITICAL,
    subject=Subject.DEVICE,
    trigger="烟雾或感温探测器报警",
    trigger_en="a smoke or heat detector is in alarm",
    evaluate=evaluate,
    cleared=told_as("alarm", False),
    hold_most=0,
    clear_most=0,
    kinds=frozenset({"fire_detector"}),
    watches=frozenset({"alarm"}),
    by_people=True,
    code="fire",
    security=True,
    number="A07",
)
