"""A recorder cannot be reached although its school can: what its cameras see may not be kept."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, is_live, silent_since

SEVERITY = severity(3)


def evaluate(view: View, _now: float) -> Finding | None:
    """Find a recorder that is offline, not one of which nothing is known."""
    if view.liveness is not Liveness.OFFLINE:
        return None
    return Finding(view.severity(SEVERITY), silent_since(view))


RULE = Rule(
    name="recorder_offline",
    label="录像机离线",
    label_en="Recorder offline",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="网关在线而录像机180秒无数据，或上报离线",
    trigger_en="the gateway is heard, and the recorder is silent for 180 s or reported offline",
    evaluate=evaluate,
    cleared=is_live,
    clear_seconds=300,
    params=(SEVERITY,),
    kinds=frozenset({"recorder"}),
    number="A19",
)
