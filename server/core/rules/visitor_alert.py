"""The visitor machine knows somebody who must not come in, or finds somebody who never registered."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View, told_as

FOUND = frozenset({"blacklist", "unregistered"})


def evaluate(view: View, now: float) -> Finding | None:
    """Find such a visitor; who it is never travels. People end it."""
    event = view.value("event")
    if event not in FOUND:
        return None
    return Finding(Severity.HIGH, view.changed("event", now), (("visitor", str(event)),))


RULE = Rule(
    name="visitor_alert",
    label="访客核验报警",
    label_en="Visitor alert",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="访客机核验到黑名单人员或未登记访客",
    trigger_en="a visitor machine finds somebody of the blacklist, or who is not registered",
    evaluate=evaluate,
    cleared=told_as("event", "none"),
    hold_most=60,
    clear_most=0,  # Only people end it.
    kinds=frozenset({"visitor_machine"}),
    watches=frozenset({"event"}),
    by_people=True,
    security=True,
    number="A36",
)
