"""One thing that goes wrong and comes right again and again: one alert for all of it, until it is calm."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View

TIMES = 3
SPAN_SECONDS = 1_800.0


def evaluate(view: View, _now: float) -> Finding | None:
    """Find what was raised three times within half an hour."""
    load = view.load
    if load is None or load.count < TIMES:
        return None
    return Finding(Severity.MEDIUM, load.since, (("times", str(load.count)),), children=1)


def cleared(view: View, _now: float) -> bool:
    """Say whether it was not raised for half an hour."""
    return view.load is None or view.load.count == 0


RULE = Rule(
    name="flapping",
    label="反复告警",
    label_en="Flapping",
    severity=Severity.MEDIUM,
    subject=Subject.ALERTS,
    trigger="同一设备同一规则30分钟内告警≥3次，合并为一条，平静30分钟后解除",
    trigger_en="one rule raised 3 times in 30 min for one device; all of it is one alert until 30 min are calm",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=0,
    clear_most=0,
    number="A40",
)
