"""Wires leak or grow hot: how many fires of old school buildings begin."""

from server.core.alert import Severity
from server.core.param import limit
from server.core.rule import Finding, Rule, Subject, View

CURRENT = limit(
    "current", "剩余电流高于（三级）", "Residual current above, severity 3", "mA", 300, 100, 1_000, "residual_current"
)
CURRENT_HIGH = limit(
    "current_high", "剩余电流高于（二级）", "Residual current above, severity 2", "mA", 500, 200, 2_000, "residual_current"
)
TEMP = limit("temp", "线温高于（三级）", "Wire hotter than, severity 3", "Cel", 70, 50, 100, "wire_temp")
TEMP_HIGH = limit("temp_high", "线温高于（二级）", "Wire hotter than, severity 2", "Cel", 90, 60, 140, "wire_temp")
LIMITS = (("residual_current", CURRENT, CURRENT_HIGH), ("wire_temp", TEMP, TEMP_HIGH))


def evaluate(view: View, now: float) -> Finding | None:
    """Find a circuit that leaks, is hot or arcs."""
    if view.value("arc") is True:
        return Finding(Severity.HIGH, view.changed("arc", now), (("arc", "true"),))
    found: list[tuple[str, str]] = []
    severity = Severity.MEDIUM
    for metric, limit_here, high in LIMITS:
        told = view.number(metric)
        if told is not None and told > view.of(limit_here):
            found.append((metric, f"{told:g}"))
            severity = Severity.HIGH if told > view.of(high) else severity
    if not found:
        return None
    return Finding(severity, min(view.changed(metric, now) for metric, _ in found), tuple(found))


def cleared(view: View, now: float) -> bool:
    """Say whether the circuit surely tells that it is well."""
    return any(view.number(metric) is not None for metric, _, _ in LIMITS) and evaluate(view, now) is None


RULE = Rule(
    name="electric_fire_risk",
    label="电气火灾隐患",
    label_en="Electric fire risk",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="剩余电流高于300mA或线温高于70℃（三级）；高于500mA、90℃或有故障电弧为二级；持续30秒",
    trigger_en="residual current above 300 mA or a wire above 70 °C (severity 3); above 500 mA or 90 °C, or an arc, 2;"
    " for 30 s",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=30,
    clear_seconds=600,
    hold_most=600,
    params=(CURRENT, CURRENT_HIGH, TEMP, TEMP_HIGH),
    kinds=frozenset({"electric_fire"}),
    watches=frozenset({"residual_current", "wire_temp", "arc"}),
    number="A38",
)
