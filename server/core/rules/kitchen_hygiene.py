"""A kitchen's camera recognises what does not belong into a kitchen."""

from server.core.alert import Severity
from server.core.param import limit, severity
from server.core.rule import Finding, Rule, Subject, View

SEVERITY = severity(3)
CONFIDENCE = limit("confidence", "识别置信度不低于", "Confidence from", "%", 70, 40, 99, "ai_confidence")


def evaluate(view: View, now: float) -> Finding | None:
    """Find a rat, a bare head or mouth, smoke or an open bin, where the camera is sure enough."""
    event, sure = view.value("ai_event"), view.number("ai_confidence")
    if event in (None, "none") or sure is None or sure < view.of(CONFIDENCE):
        return None
    detail = (("recognised", str(event)), ("confidence", f"{sure:g}"))
    return Finding(view.severity(SEVERITY), max(view.changed("ai_event", now), view.changed("ai_confidence", now)), detail)


def cleared(view: View, now: float) -> bool:
    """Say whether nothing of the kind is recognised any more."""
    return view.value("ai_event") is not None and evaluate(view, now) is None


RULE = Rule(
    name="kitchen_hygiene",
    label="后厨卫生异常",
    label_en="Kitchen hygiene",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="后厨识别到老鼠、未戴帽或口罩、烟火或垃圾桶未盖，置信度不低于70%，持续60秒",
    trigger_en="a kitchen's camera recognises a rat, no hat or mask, smoke or an open bin with 70 % confidence or more,"
    " for 60 s",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=60,
    clear_seconds=300,
    params=(SEVERITY, CONFIDENCE),
    kinds=frozenset({"kitchen_camera"}),
    watches=frozenset({"ai_event", "ai_confidence"}),
    number="A37",
)
