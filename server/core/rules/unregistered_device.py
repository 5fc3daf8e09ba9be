"""A box or a device speaks that the registry does not know: either the registry has a gap, or somebody plays."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View

NAMES_SHOWN_MAX = 10  # The alert says how many there are; the list is for a first look.


def evaluate(view: View, _now: float) -> Finding | None:
    """Find strangers: one alert for a gateway, however many of its devices are unknown."""
    gateway = view.gateway
    if gateway is None or (gateway.registered and not gateway.strangers):
        return None
    names = sorted(gateway.strangers)[:NAMES_SHOWN_MAX]
    since = min(gateway.strangers.values(), default=gateway.known_since)
    return Finding(Severity.LOW, since, detail=(("devices", ", ".join(names)), ("count", str(len(gateway.strangers)))))


def cleared(view: View, _now: float) -> bool:
    """Say whether the registry knows them all by now."""
    return view.gateway is not None and view.gateway.registered and not view.gateway.strangers


RULE = Rule(
    name="unregistered_device",
    label="未登记的设备",
    label_en="Unregistered device",
    severity=Severity.LOW,
    subject=Subject.GATEWAY,
    trigger="收到台账中不存在的网关或设备的数据",
    trigger_en="a gateway or device that is not in the registry sends data",
    evaluate=evaluate,
    cleared=cleared,
    number="A39",
)
