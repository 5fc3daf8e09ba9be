"""A camera recognises danger: a weapon, a fight, somebody where nobody should be. People look, and decide what it is."""

from server.core.alert import Flow, Severity
from server.core.param import limit
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import must_be_up_began, peak_began

CONFIDENCE = limit("confidence", "识别置信度不低于", "Confidence from", "%", 80, 50, 99, "ai_confidence")
DANGER = frozenset({"weapon", "fight"})


def evaluate(view: View, now: float) -> Finding | None:
    """Find danger that is recognised with enough confidence; an intruder counts but when everybody comes or goes."""
    event, sure = view.value("ai_event"), view.number("ai_confidence")
    if event not in DANGER and event != "intrusion":
        return None
    if sure is None or sure < view.of(CONFIDENCE):
        return None
    if event == "intrusion" and peak_began(view.calendar, now) is not None:
        return None
    severity = Severity.HIGH if must_be_up_began(view.calendar, now) is not None else Severity.MEDIUM
    detail = (("recognised", str(event)), ("confidence", f"{sure:g}"))
    since = max(view.changed("ai_event", now), view.changed("ai_confidence", now))
    return Finding(severity, since, detail, flow=Flow.INCIDENT)


def cleared(view: View, now: float) -> bool:
    """Say whether it surely recognises no danger any more."""
    return view.value("ai_event") is not None and evaluate(view, now) is None


RULE = Rule(
    name="camera_ai",
    label="智能识别到危险",
    label_en="Danger recognised",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="摄像机识别到凶器、打架或闯入且置信度不低于80%；上课和上下学时段为二级，其他时段为三级",
    trigger_en="a camera recognises a weapon, a fight or an intruder with 80 % confidence or more: severity 2 in class"
    " hours and at the peaks, 3 at other times",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=60,
    clear_most=0,  # Only people end it.
    params=(CONFIDENCE,),
    kinds=frozenset({"camera"}),
    watches=frozenset({"ai_event", "ai_confidence"}),
    by_people=True,
    security=True,
    number="A05",
)
