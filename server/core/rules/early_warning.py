"""Several factors of a school's risk profile together say that it needs looking at, before anything has happened."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a school with an early warning; the detail names the rules and the factors, which the profile explains."""
    told = view.home.early if view.home is not None else None
    if told is None or not told.warned:
        return None
    detail = (("rules", ", ".join(told.rules)), ("factors", ", ".join(told.factors)))
    return Finding(Severity.LOW, told.since, detail)


def cleared(view: View, _now: float) -> bool:
    """Say whether the reasons have surely ended."""
    told = view.home.early if view.home is not None else None
    return told is not None and told.clear


RULE = Rule(
    name="early_warning",
    label="风险预警",
    label_en="Early warning",
    severity=Severity.LOW,
    subject=Subject.SCHOOL,
    trigger="学校风险画像中若干因素同时达到规定等级，规则见风险画像说明",
    trigger_en="several factors of the school's risk profile reach their levels at once, by stated rules",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=0,
    clear_most=0,
)
