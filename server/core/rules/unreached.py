"""A step of an escalation has reached nobody: whoever relies on being told must know."""

from server.core.alert import Severity
from server.core.events import StepUnreached
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find it; nobody reached of a danger to life is one itself. The code is the audience."""
    told = view.signal
    if not isinstance(told, StepUnreached):
        return None
    grave = told.severity is Severity.CRITICAL
    detail = (("alert", told.alert), ("rule", told.rule), ("step", str(told.step)), ("why", told.why))
    return Finding(Severity.CRITICAL if grave else Severity.MEDIUM, told.since, detail=detail, code=told.audience)


RULE = Rule(
    name="unreached",
    label="通知未送达",
    label_en="Nobody reached",
    severity=Severity.CRITICAL,
    subject=Subject.SIGNAL,
    trigger="升级步骤无人值班，或所有通知方式均未送达",
    trigger_en="a step of an escalation has nobody on duty, or no way of telling them that works",
    evaluate=evaluate,
    number="A42",
)
