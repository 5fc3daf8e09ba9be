"""A gate barrier works, and will not for long: hot or little oil, wrong pressure, water in its pit, a labouring motor."""

from server.core.alert import Severity
from server.core.param import limit, severity
from server.core.rule import Finding, Rule, Subject, View

SEVERITY = severity(3)
OIL_TEMP = limit("oil_temp", "油温高于", "Oil hotter than", "Cel", 70, 50, 95, "oil_temp")
OIL_LEVEL = limit("oil_level", "油位低于", "Oil lower than", "%", 20, 5, 60, "oil_level")
PRESSURE_LOW = limit("pressure_low", "压力低于", "Pressure below", "MPa", 5, 0, 8, "pressure")
PRESSURE_HIGH = limit("pressure_high", "压力高于", "Pressure above", "MPa", 8, 6, 20, "pressure")
CURRENT = limit("current", "电机电流高于", "Motor current above", "A", 25, 5, 80, "motor_current")


def wrong(view: View) -> list[tuple[str, str]]:
    """List what is out of its range, with its value."""
    found: list[tuple[str, str]] = []
    for metric, low, high in (
        ("oil_temp", None, OIL_TEMP),
        ("oil_level", OIL_LEVEL, None),
        ("pressure", PRESSURE_LOW, PRESSURE_HIGH),
        ("motor_current", None, CURRENT),
    ):
        told = view.number(metric)
        if told is not None and ((low is not None and told < view.of(low)) or (high is not None and told > view.of(high))):
            found.append((metric, f"{told:g}"))
    if view.value("pit_water") is True:
        found.append(("pit_water", "true"))
    return found


def evaluate(view: View, now: float) -> Finding | None:
    """Find a barrier of which something is out of its range."""
    found = wrong(view)
    if not found:
        return None
    return Finding(view.severity(SEVERITY), min(view.changed(metric, now) for metric, _ in found), tuple(found))


def cleared(view: View, _now: float) -> bool:
    """Say whether it tells of itself, and nothing of it is wrong."""
    told = any(view.value(metric) is not None for metric in ("oil_temp", "oil_level", "pressure", "pit_water"))
    return told and not wrong(view)


RULE = Rule(
    name="barrier_health",
    label="防冲撞装置隐患",
    label_en="Barrier in bad health",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="油温高于70℃、油位低于20%、压力不在5至8MPa、电机电流高于25A或基坑积水，持续60秒",
    trigger_en="oil above 70 °C or below 20 %, pressure outside of 5 to 8 MPa, motor current above 25 A, or water in"
    " the pit, for 60 s",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=60,
    clear_seconds=1_800,
    params=(SEVERITY, OIL_TEMP, OIL_LEVEL, PRESSURE_LOW, PRESSURE_HIGH, CURRENT),
    kinds=frozenset({"barrier"}),
    watches=frozenset({"oil_temp", "oil_level", "pressure", "motor_current", "pit_water"}),
    number="A29",
)
