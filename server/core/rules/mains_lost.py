"""A school's alarm, or its gateway, runs on its battery: it goes on for hours, and then it does not."""

from server.core.alert import Severity
from server.core.param import limit
from server.core.rule import Finding, Rule, Subject, View

# Of a 12 V battery, and of a gateway's own: some 30 % are left.
WEAK_V = limit(
    "weak_v", "主机电池低于此值升为二级", "Severity 2 below, battery of the host", "V", 11.6, 10.8, 12.6, "battery_v"
)
WEAK = limit("weak", "网关电量低于此值升为二级", "Severity 2 below, battery of the gateway", "%", 30, 10, 80, "batt")


def on_battery(view: View) -> bool | None:
    """Say whether the device looked at runs without mains; None where that is not known.

    A gateway speaks for a school without a host alone: one power cut is one alert.
    """
    if view.state is not None and view.state.device.kind == "gateway":
        if view.home is not None and view.home.kind("alarm_host"):
            return False
        told = view.value("ups")
        return told if isinstance(told, bool) else None
    told = view.value("mains")
    return not told if isinstance(told, bool) else None


def evaluate(view: View, now: float) -> Finding | None:
    """Find a host or gateway without mains; with a weak battery it is worse."""
    if on_battery(view) is not True:
        return None
    own = view.state is not None and view.state.device.kind == "gateway"
    metric, weak = ("batt", WEAK) if own else ("battery_v", WEAK_V)
    left = view.number(metric)
    severity = Severity.HIGH if left is not None and left < view.of(weak) else Severity.MEDIUM
    detail = ((metric, f"{left:g}"),) if left is not None else ()
    return Finding(severity, view.changed("ups" if own else "mains", now), detail)


def cleared(view: View, _now: float) -> bool:
    """Say whether there is surely mains again."""
    return on_battery(view) is False


RULE = Rule(
    name="mains_lost",
    label="市电中断",
    label_en="Mains lost",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="报警主机（无主机时为网关）市电中断满60秒（三级）；电池余量约低于30%为二级",
    trigger_en="the alarm host, or the gateway where there is none, is without mains for 60 s (severity 3); 2 with a"
    " battery below some 30 %",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=60,
    params=(WEAK_V, WEAK),
    kinds=frozenset({"alarm_host", "gateway"}),
    watches=frozenset({"mains", "battery_v", "ups", "batt"}),
    number="A15",
)
