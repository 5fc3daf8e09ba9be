"""A camera can be reached and shows nothing: no signal, a black or a frozen picture."""

from server.core.alert import Severity
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View

AT_GATE = severity(2, "gate_severity", "校门摄像机级别", "Severity at a gate")
ELSEWHERE = severity(3, "severity", "其他摄像机级别", "Severity elsewhere")
NOTHING_SEEN = frozenset({"signal_loss", "black", "white", "freeze"})


def evaluate(view: View, now: float) -> Finding | None:
    """Find a camera that is on line without a stream, or whose picture shows nothing that happens."""
    state = view.state
    if state is None:
        return None
    severity_here = view.severity(AT_GATE if state.device.at_gate else ELSEWHERE)
    picture = view.value("picture")
    if picture in NOTHING_SEEN:
        return Finding(severity_here, view.changed("picture", now), (("picture", str(picture)),))
    if view.value("stream") is False:
        return Finding(severity_here, view.changed("stream", now), (("picture", "no_stream"),))
    return None


def cleared(view: View, _now: float) -> bool:
    """Say whether it surely streams, and the last judgement of its picture found something else."""
    return view.value("stream") is True and view.value("picture") not in NOTHING_SEEN


RULE = Rule(
    name="video_lost",
    label="视频丢失或定格",
    label_en="Video lost or frozen",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="摄像机在线而无码流、无信号、全黑、全白或画面定格；校门摄像机为二级",
    trigger_en="a camera is on line without a stream or signal, or its picture is black, white or frozen; severity 2 at"
    " a gate",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=5,
    clear_seconds=900,  # Three clean checks.
    params=(AT_GATE, ELSEWHERE),
    kinds=frozenset({"camera"}),
    watches=frozenset({"picture", "stream"}),
    number="A21",
)
