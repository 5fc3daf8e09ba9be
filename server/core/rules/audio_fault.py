"""Nobody can talk through the one-key alarm: police hear nothing of what happens, and cannot answer."""

from server.core.alert import Severity
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, told_as

SEVERITY = severity(3)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a host whose own check of its microphone and speaker fails."""
    if view.value("audio_ok") is not False:
        return None
    return Finding(view.severity(SEVERITY), view.changed("audio_ok", now))


RULE = Rule(
    name="audio_fault",
    label="一键报警音频故障",
    label_en="Alarm audio faulty",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="报警主机音频自检不通过满5分钟",
    trigger_en="the alarm host's check of its audio fails for 5 min",
    evaluate=evaluate,
    cleared=told_as("audio_ok", True),
    hold_seconds=300,
    clear_seconds=300,
    params=(SEVERITY,),
    kinds=frozenset({"alarm_host"}),
    watches=frozenset({"audio_ok"}),
)
