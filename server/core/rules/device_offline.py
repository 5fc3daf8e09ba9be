"""Another device cannot be reached although its school can: a barrier, a gate, a reader, a detector, a machine."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, is_live, silent_since

BARRIER = severity(2, "barrier_severity", "防冲撞装置级别", "Severity of a barrier")
SEVERITY = severity(3)


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a device that is offline, not one of which nothing is known."""
    if view.state is None or view.liveness is not Liveness.OFFLINE:
        return None
    return Finding(view.severity(BARRIER if view.state.device.kind == "barrier" else SEVERITY), silent_since(view))


RULE = Rule(
    name="device_offline",
    label="设备离线",
    label_en="Device offline",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="网关在线而防冲撞装置（二级）、校门、读卡器、探测器、周界或访客机在规定时间内无数据，或上报离线",
    trigger_en="the gateway is heard, and a barrier (severity 2), gate, reader, detector, perimeter zone or visitor"
    " machine is silent for longer than its kind may be, or reported offline",
    evaluate=evaluate,
    cleared=is_live,
    clear_seconds=300,
    params=(BARRIER, SEVERITY),
    kinds=frozenset({"barrier", "gate", "guard_post", "fire_detector", "electric_fire", "perimeter", "visitor_machine"}),
)
