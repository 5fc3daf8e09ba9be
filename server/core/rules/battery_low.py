"""A battery of the alarm, a button, a reader or a detector is low: the next power cut, or the next month, ends it."""

from server.core.alert import Severity
from server.core.param import Param, limit, severity
from server.core.rule import Finding, Rule, Subject, View

SEVERITY = severity(3)
HOST = limit("host_v", "12V电池低于", "12 V battery below", "V", 11.3, 10.5, 12.0, "battery_v")
HOST_WELL = limit("host_well_v", "12V电池高于此值为恢复", "12 V battery well above", "V", 12.0, 11.0, 13.5, "battery_v")
CELL = limit("cell_v", "3V电池低于", "3 V cell below", "V", 2.6, 2.2, 2.9, "cell_v")
CELL_WELL = limit("cell_well_v", "3V电池不低于此值为恢复", "3 V cell well from", "V", 2.7, 2.3, 3.2, "cell_v")
CHARGE = limit("charge", "电量低于", "Charge below", "%", 15, 5, 50, "battery")
CHARGE_WELL = limit("charge_well", "电量高于此值为恢复", "Charge well above", "%", 20, 10, 80, "battery")
# A voltage says more than a percentage, which each maker counts in its own way.
LIMITS: tuple[tuple[str, Param, Param], ...] = (
    ("battery_v", HOST, HOST_WELL),
    ("cell_v", CELL, CELL_WELL),
    ("battery", CHARGE, CHARGE_WELL),
)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a device whose battery is below its limit."""
    for metric, low, _ in LIMITS:
        told = view.number(metric)
        if told is not None:
            found = told < view.of(low)
            return Finding(view.severity(SEVERITY), view.changed(metric, now), ((metric, f"{told:g}"),)) if found else None
    return None


def cleared(view: View, _now: float) -> bool:
    """Say whether the battery is surely well again: above a second limit, so that it does not come and go."""
    for metric, low, well in LIMITS:
        told = view.number(metric)
        if told is not None:
            return told >= max(view.of(well), view.of(low))
    return False


RULE = Rule(
    name="battery_low",
    label="电池电量低",
    label_en="Battery low",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="12V电池低于11.3V，3V电池低于2.6V，或电量低于15%",
    trigger_en="a 12 V battery is below 11.3 V, a 3 V cell below 2.6 V, or a charge below 15 %",
    evaluate=evaluate,
    cleared=cleared,
    params=(SEVERITY, HOST, HOST_WELL, CELL, CELL_WELL, CHARGE, CHARGE_WELL),
    kinds=frozenset({"alarm_host", "alarm_button", "guard_post", "fire_detector"}),
    watches=frozenset({"battery_v", "cell_v", "battery"}),
    code="battery_low",
    number="A16",
)
