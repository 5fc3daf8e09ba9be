"""A gate was forced. Its own word on the alarm lane is told first; this is for gates that only say how they are."""

from server.core.alert import Flow, Severity
from server.core.rule import Finding, Rule, Subject, View, told_as


def evaluate(view: View, now: float) -> Finding | None:
    """Find a gate that tells it was forced: an incident, which people end."""
    if view.value("forced") is not True:
        return None
    return Finding(Severity.CRITICAL, view.changed("forced", now), flow=Flow.INCIDENT)


RULE = Rule(
    name="gate_forced",
    label="校门被强行打开",
    label_en="Gate forced",
    severity=Severity.CRITICAL,
    subject=Subject.DEVICE,
    trigger="校门上报被强行打开",
    trigger_en="a gate tells that it was opened by force",
    evaluate=evaluate,
    cleared=told_as("forced", False),
    hold_most=0,
    clear_most=0,
    kinds=frozenset({"gate"}),
    watches=frozenset({"forced"}),
    by_people=True,
    code="forced",
    security=True,
    number="A04",
)
