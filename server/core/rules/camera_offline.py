"""A camera cannot be reached although its school can; at a gate that is a hole in the protection."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, is_live, silent_since

AT_GATE = severity(2, "gate_severity", "校门摄像机级别", "Severity at a gate")
ELSEWHERE = severity(3, "severity", "其他摄像机级别", "Severity elsewhere")


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a camera that is offline, not one of which nothing is known."""
    if view.state is None or view.liveness is not Liveness.OFFLINE:
        return None
    return Finding(view.severity(AT_GATE if view.state.device.at_gate else ELSEWHERE), silent_since(view))


RULE = Rule(
    name="camera_offline",
    label="摄像机离线",
    label_en="Camera offline",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="网关在线而摄像机180秒无数据，或上报离线；校门摄像机为二级",
    trigger_en="the gateway is heard, and the camera is silent for 180 s or reported offline; severity 2 at a gate",
    evaluate=evaluate,
    cleared=is_live,
    clear_seconds=300,  # Back for five minutes: a camera that flaps is not mended.
    kinds=frozenset({"camera"}),
    params=(AT_GATE, ELSEWHERE),
    number="A19",
)
