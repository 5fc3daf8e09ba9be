"""A school's gateway is heard, and what it tells of its devices is old: the line is too narrow, or was cut for long."""

from server.core.alert import Severity
from server.core.param import limit, severity
from server.core.rule import Finding, Rule, Subject, View

SEVERITY = severity(3)
LAG = limit("lag", "数据落后超过", "Behind by more than", "s", 900, 120, 86_400, "lag")


def evaluate(view: View, now: float) -> Finding | None:
    """Find a gateway whose readings are far behind; its alarms never wait for them."""
    lag = view.number("lag")
    if lag is None or lag <= view.of(LAG):
        return None
    return Finding(view.severity(SEVERITY), view.changed("lag", now), (("lag", f"{lag:g}"),))


def cleared(view: View, _now: float) -> bool:
    """Say whether it has surely caught up."""
    lag = view.number("lag")
    return lag is not None and lag <= view.of(LAG)


RULE = Rule(
    name="gateway_behind",
    label="网关数据落后",
    label_en="Gateway behind",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="网关上报数据落后15分钟以上，持续10分钟",
    trigger_en="a gateway tells that its readings are more than 15 min behind, for 10 min",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=600,
    clear_seconds=300,
    params=(SEVERITY, LAG),
    kinds=frozenset({"gateway"}),
    watches=frozenset({"lag"}),
    number="A17",
)
