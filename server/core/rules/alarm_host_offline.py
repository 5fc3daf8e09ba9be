"""The one-key alarm host cannot be reached although its school can: a press may not get out."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.rule import Finding, Rule, Subject, View, is_live, silent_since


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a host that is offline. Unknown is not offline: behind a silent gateway nothing can be said."""
    if view.liveness is not Liveness.OFFLINE:
        return None
    return Finding(Severity.HIGH, silent_since(view))


RULE = Rule(
    name="alarm_host_offline",
    label="一键报警主机离线",
    label_en="Alarm host offline",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="网关在线而报警主机180秒无数据，或上报离线",
    trigger_en="the gateway is heard, and the host is silent for 180 s or reported offline",
    evaluate=evaluate,
    cleared=is_live,
    clear_seconds=300,  # Back for five minutes: a host that flaps is not mended.
    hold_most=600,  # A press may not get out: nobody may look away for longer.
    kinds=frozenset({"alarm_host"}),
    number="A12",
)
