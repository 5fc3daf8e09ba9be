"""A county's figure of coverage falls from one day to the next, or is no longer whole after it was."""

from server.core.alert import Severity
from server.core.events import ServiceJudged
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a unit whose figure has dropped; the code names the indicator."""
    told = view.signal
    if not isinstance(told, ServiceJudged) or told.rule != RULE.name or not told.found:
        return None
    return Finding(Severity.MEDIUM, told.rx, told.detail, code=told.code)


RULE = Rule(
    name="coverage_dropped",
    label="覆盖率下降",
    label_en="Coverage dropped",
    severity=Severity.MEDIUM,
    subject=Subject.SIGNAL,
    trigger="县区实时覆盖率较前一日快照下降超过1个百分点，或五项指标曾达100%后跌破",
    trigger_en="a county's figure is more than one point below the last frozen day, or a target's that was whole is not",
    evaluate=evaluate,
    number="A41",
)
