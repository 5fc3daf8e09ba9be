"""A one-key button or pillar cannot be supervised any more: nobody can say that a press of it would get out."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View, is_live, silent_since

SEVERITY = severity(2)
BROKEN = frozenset({"open", "fault"})  # The loop is closed through its end-of-line resistor while all is well.


def evaluate(view: View, now: float) -> Finding | None:
    """Find a button whose supervision is lost, or whose loop is not closed."""
    if view.liveness is Liveness.OFFLINE:
        return Finding(view.severity(SEVERITY), silent_since(view), (("reason", "silent"),))
    loop = view.value("loop")
    if loop in BROKEN:
        return Finding(view.severity(SEVERITY), view.changed("loop", now), (("reason", f"loop_{loop}"),))
    return None


def cleared(view: View, now: float) -> bool:
    """Say whether the button is surely heard, and its loop is not known to be broken."""
    return is_live(view, now) and view.value("loop") not in BROKEN


RULE = Rule(
    name="button_lost",
    label="报警按钮失联",
    label_en="Alarm button lost",
    severity=Severity.HIGH,
    subject=Subject.DEVICE,
    trigger="网关在线而按钮125分钟无巡检、上报断开，或回路断开、故障",
    trigger_en="the gateway is heard, and the button has not been supervised for 125 min, is reported lost, or its loop"
    " is broken",
    evaluate=evaluate,
    cleared=cleared,
    clear_seconds=60,
    hold_most=600,
    kinds=frozenset({"alarm_button"}),
    watches=frozenset({"loop"}),
    params=(SEVERITY,),
    number="A13",
)
