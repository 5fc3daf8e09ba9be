"""A button was pressed within a declared test of it. It ends by itself once it is proven from end to end, not before."""

from contract.mode import Mode
from server.core.alert import Flow, Severity
from server.core.events import PressArrived
from server.core.rule import Finding, Rule, Subject, View


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a test press: housekeeping, told to the tester alone, so that it never stands among the real ones."""
    press = view.signal
    if not isinstance(press, PressArrived) or view.mode is not Mode.TEST:
        return None
    return Finding(
        severity=Severity.LOW,
        since=press.t,
        detail=(("press", press.press), ("mode_claimed", press.mode_claimed), *view.ruling.detail),
        flow=Flow.INCIDENT,
    )


RULE = Rule(
    name="test_press",
    label="试警",
    label_en="Test press",
    severity=Severity.LOW,
    subject=Subject.SIGNAL,
    trigger="收到已申报试警时段内登记按钮的报警；全程（入库、公安画面、公安回执）按时完成后自动结束",
    trigger_en="a listed button is pressed within a declared test of it; it ends by itself once all steps are proven",
    evaluate=evaluate,
    kinds=frozenset({"alarm_button", "alarm_host"}),
    number="A09",
)
