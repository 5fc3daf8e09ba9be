"""A fire detector would not tell a fire: a fault, dirt, or somebody has taken it down."""

from server.core.alert import Severity
from server.core.param import limit, severity
from server.core.rule import Finding, Rule, Subject, View

SEVERITY = severity(3)
DIRT = limit("dirt", "污染程度高于", "Dirtier than", "%", 80, 40, 100, "dirt")


def evaluate(view: View, now: float) -> Finding | None:
    """Find a detector that tells a fault, was taken down, or is too dirty."""
    for metric in ("fault", "tamper"):
        if view.value(metric) is True:
            return Finding(view.severity(SEVERITY), view.changed(metric, now), (("reason", metric),))
    dirt = view.number("dirt")
    if dirt is not None and dirt > view.of(DIRT):
        return Finding(view.severity(SEVERITY), view.changed("dirt", now), (("reason", "dirt"), ("dirt", f"{dirt:g}")))
    return None


def cleared(view: View, now: float) -> bool:
    """Say whether it surely tells that nothing is wrong with it."""
    return any(view.value(metric) is not None for metric in ("fault", "tamper", "dirt")) and evaluate(view, now) is None


RULE = Rule(
    name="fire_detector_fault",
    label="火灾探测器故障",
    label_en="Fire detector faulty",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="探测器故障、被拆动，或污染程度高于80%",
    trigger_en="a detector tells a fault, was taken down, or is dirtier than 80 %",
    evaluate=evaluate,
    cleared=cleared,
    params=(SEVERITY, DIRT),
    kinds=frozenset({"fire_detector"}),
    watches=frozenset({"fault", "tamper", "dirt"}),
    number="A07",
)
