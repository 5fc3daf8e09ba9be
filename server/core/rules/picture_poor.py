"""A camera shows something, but nobody would know a face by it."""

from server.core.alert import Severity
from server.core.param import limit, severity
from server.core.rule import Finding, Rule, Subject, View

AT_GATE = severity(3, "gate_severity", "校门摄像机级别", "Severity at a gate")
ELSEWHERE = severity(4, "severity", "其他摄像机级别", "Severity elsewhere")
SCORE = limit("score", "图像评分低于", "Score below", "1", 30, 0, 80, "picture_score")
POOR = frozenset({"dark", "blur", "cast", "fog", "noise", "stripe", "flicker"})
NOT_POOR = frozenset({"signal_loss", "black", "white", "freeze", "covered", "moved", "not_diagnosable"})  # Said otherwise.


def evaluate(view: View, now: float) -> Finding | None:
    """Find a camera with a poor picture, by what was found wrong with it or by its score."""
    state, picture, score = view.state, view.value("picture"), view.number("picture_score")
    if state is None or picture in NOT_POOR:
        return None
    severity_here = view.severity(AT_GATE if state.device.at_gate else ELSEWHERE)
    if picture in POOR:
        return Finding(severity_here, view.changed("picture", now), (("picture", str(picture)),))
    if score is not None and score < view.of(SCORE):
        return Finding(severity_here, view.changed("picture_score", now), (("picture_score", f"{score:g}"),))
    return None


def cleared(view: View, _now: float) -> bool:
    """Say whether the picture is surely good, or something else is wrong with it."""
    picture, score = view.value("picture"), view.number("picture_score")
    return picture in NOT_POOR or (picture == "good" and (score is None or score >= view.of(SCORE)))


RULE = Rule(
    name="picture_poor",
    label="图像质量差",
    label_en="Poor picture",
    severity=Severity.LOW,
    subject=Subject.DEVICE,
    trigger="画面过暗、模糊、偏色、起雾、噪声、条纹或闪烁，或评分低于30，持续15分钟；校门摄像机为三级",
    trigger_en="the picture is dark, blurred, discoloured, foggy, noisy, striped or flickers, or scores below 30, for"
    " 15 min; severity 3 at a gate",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=900,
    clear_seconds=900,  # Three clean checks.
    hold_most=86_400,
    params=(AT_GATE, ELSEWHERE, SCORE),
    kinds=frozenset({"camera"}),
    watches=frozenset({"picture", "picture_score"}),
    number="A23",
)
