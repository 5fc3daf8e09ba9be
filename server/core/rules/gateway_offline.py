"""A school's gateway is silent. This is one alert: its devices are unknown, and none of them has an alert of its own."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import seconds
from server.core.rule import Finding, Rule, Subject, View

# A restart or a short cut is over by then; before it, the alert is a fault and no danger.
HIGH_AFTER = seconds("high_after", "多久后升为二级", "Severity 2 after", 600, 180, 3_600)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a gateway that has been silent for three minutes; after ten, protection is held to be lost."""
    gateway = view.gateway
    if gateway is None or gateway.liveness is not Liveness.OFFLINE:
        return None
    since = gateway.known_since if gateway.last_heard is None else gateway.last_heard
    worse_at = since + view.of(HIGH_AFTER)
    if now >= worse_at:
        return Finding(Severity.HIGH, since, children=gateway.children)
    return Finding(Severity.MEDIUM, since, children=gateway.children, again_at=worse_at)


def cleared(view: View, _now: float) -> bool:
    """Say whether the gateway is heard again."""
    return view.gateway is not None and view.gateway.liveness is Liveness.LIVE


RULE = Rule(
    name="gateway_offline",
    label="学校网关离线",
    label_en="School gateway offline",
    severity=Severity.HIGH,
    subject=Subject.GATEWAY,
    trigger="网关静默180秒（三级），满10分钟升为二级；其下设备状态记为未知",
    trigger_en="the gateway is silent for 180 s (severity 3), and for 10 min (severity 2); its devices are unknown",
    evaluate=evaluate,
    cleared=cleared,
    params=(HIGH_AFTER,),
    number="A18",
    clear_seconds=300,  # Back for five minutes.
)
