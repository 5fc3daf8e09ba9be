"""A gate barrier does not get where it is sent: half-way it stops nobody and lets nobody out."""

from server.core.alert import Severity
from server.core.param import limit, severity
from server.core.rule import Finding, Rule, Subject, View

SEVERITY = severity(2)
SLOW = limit("slow", "升降超过", "Rises or falls in more than", "ms", 12_000, 4_000, 60_000, "rise_time", "fall_time")


def evaluate(view: View, now: float) -> Finding | None:
    """Find a barrier that tells a fault, stands half-way, or takes twice its time."""
    fault = view.number("fault_code")
    if fault:
        return Finding(view.severity(SEVERITY), view.changed("fault_code", now), (("fault_code", f"{fault:g}"),))
    if view.value("position") == "mid":
        return Finding(view.severity(SEVERITY), view.changed("position", now), (("position", "mid"),))
    for metric in ("rise_time", "fall_time"):
        took = view.number(metric)
        if took is not None and took > view.of(SLOW):
            return Finding(view.severity(SEVERITY), view.changed(metric, now), ((metric, f"{took:g}"),))
    return None


def cleared(view: View, now: float) -> bool:
    """Say whether it surely stands up or down, without a fault and after moves in good time."""
    return view.value("position") in ("up", "down") and evaluate(view, now) is None


RULE = Rule(
    name="barrier_stuck",
    label="防冲撞装置卡滞",
    label_en="Barrier stuck",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="防冲撞装置报故障、停在中途满15秒，或升降超过12秒",
    trigger_en="a barrier tells a fault, stands half-way, or takes more than 12 s to rise or fall, for 15 s",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=15,
    clear_seconds=60,
    params=(SEVERITY, SLOW),
    kinds=frozenset({"barrier"}),
    watches=frozenset({"fault_code", "position", "rise_time", "fall_time"}),
    number="A28",
)
