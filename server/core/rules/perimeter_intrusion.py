"""Somebody comes over the perimeter, or cuts it."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View

BROKEN = frozenset({"intrusion", "cut", "short"})


def evaluate(view: View, now: float) -> Finding | None:
    """Find an armed zone with an intrusion; one that says nothing of its arming counts as armed."""
    zone = view.value("zone")
    if zone not in BROKEN or view.value("armed") is False:
        return None
    return Finding(Severity.HIGH, view.changed("zone", now), (("zone", str(zone)),))


def cleared(view: View, _now: float) -> bool:
    """Say whether the zone surely tells nothing of the kind, or is not armed."""
    zone = view.value("zone")
    return zone is not None and (zone not in BROKEN or view.value("armed") is False)


RULE = Rule(
    name="perimeter_intrusion",
    label="周界入侵",
    label_en="Perimeter intrusion",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="布防的周界防区入侵、断线或短路",
    trigger_en="an armed zone of the perimeter tells an intrusion, a cut or a short",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=60,
    clear_seconds=600,  # No new event for ten minutes; and people have looked.
    kinds=frozenset({"perimeter"}),
    watches=frozenset({"zone", "armed"}),
    by_people=True,
    security=True,
    number="A06",
)
