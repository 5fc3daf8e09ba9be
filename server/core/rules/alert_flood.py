"""More alerts in one area than an officer can answer: screens show the urgent ones and count the rest."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View

ALERTS_MAX = 10  # ISA-18.2: more than ten in ten minutes is a flood, …
CALM_MAX = 4  # … and it is over when fewer than five came in ten minutes.
SPAN_SECONDS = 600.0


def evaluate(view: View, _now: float) -> Finding | None:
    """Find that more than ten alerts rang within ten minutes."""
    load = view.load
    if load is None or load.count <= ALERTS_MAX:
        return None
    return Finding(Severity.MEDIUM, load.since, (("alerts", str(load.count)),))


def cleared(view: View, _now: float) -> bool:
    """Say whether fewer than five rang within ten minutes."""
    return view.load is None or view.load.count <= CALM_MAX


RULE = Rule(
    name="alert_flood",
    label="告警泛滥",
    label_en="Alert flood",
    severity=Severity.MEDIUM,
    subject=Subject.ALERTS,
    trigger="同一区县10分钟内响起的告警超过10条；10分钟内少于5条后解除",
    trigger_en="more than 10 alerts rang in a county within 10 min; over when fewer than 5 did",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=0,
    clear_most=0,
    number="A40",
)
