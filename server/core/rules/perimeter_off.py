"""The perimeter guards nothing while the campus has to be closed: not armed, bypassed, or without voltage."""

from server.core.alert import Severity
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import closed_began

SEVERITY = severity(3)
OFF = frozenset({"bypassed", "low_voltage"})


def evaluate(view: View, now: float) -> Finding | None:
    """Find a zone that is off in closed hours; the time counts from when it had to be on."""
    began = closed_began(view.calendar, now)
    if began is None:
        return None
    zone = view.value("zone")
    if zone in OFF:
        return Finding(view.severity(SEVERITY), max(began, view.changed("zone", now)), (("zone", str(zone)),))
    if view.value("armed") is False:
        return Finding(view.severity(SEVERITY), max(began, view.changed("armed", now)), (("zone", "disarmed"),))
    return None


def cleared(view: View, now: float) -> bool:
    """Say whether it is surely on, or need not be any more."""
    if closed_began(view.calendar, now) is None:
        return True
    return view.value("armed") is True and view.value("zone") not in OFF


RULE = Rule(
    name="perimeter_off",
    label="周界未布防",
    label_en="Perimeter off",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="上课时段或夜间周界防区撤防、旁路或欠压满10分钟",
    trigger_en="a zone of the perimeter is not armed, bypassed or without voltage in class hours or at night for 10 min",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=600,
    params=(SEVERITY,),
    kinds=frozenset({"perimeter"}),
    watches=frozenset({"zone", "armed"}),
    clocked=True,
    number="A06",
)
