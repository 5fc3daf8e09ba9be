"""Somebody pressed the one-key alarm. Whatever is not a declared test or drill is real and rings as a danger to life."""

from contract.mode import Mode
from contract.records import SILENT_PRESSES
from server.core.alert import Flow, Severity
from server.core.events import PressArrived
from server.core.rule import Finding, Rule, Subject, View
from server.registry.phones import is_phone


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a press; a rehearsal is housekeeping, so that it never stands among the real ones."""
    press = view.signal
    if not isinstance(press, PressArrived):
        return None
    return Finding(
        severity=Severity.CRITICAL if view.mode is Mode.REAL else Severity.LOW,
        since=press.t,
        detail=(("press", press.press), ("mode_claimed", press.mode_claimed), *view.ruling.detail),
        flow=Flow.INCIDENT,
        code=_code(press),
    )


def _code(press: PressArrived) -> str:
    """Name what is an incident of its own: a silent call, which the school cannot see, and a guard's phone."""
    if press.press in SILENT_PRESSES:
        return "duress"
    return "sos" if is_phone(press.gateway) else ""


RULE = Rule(
    name="one_key_press",
    label="一键报警",
    label_en="One-key alarm",
    severity=Severity.CRITICAL,
    subject=Subject.SIGNAL,
    trigger="收到一键报警，且不在已申报的测试或演练时段内",
    trigger_en="a press arrives that no declared test or drill of that very button covers",
    evaluate=evaluate,
    kinds=frozenset({"alarm_button", "alarm_host"}),
    number="A01, A02, A08",
)
