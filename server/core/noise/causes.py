"""Which alerts can have one cause together, and where it then lies: in a unit of the city, or on a way to the server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.core.alert import Alert
from server.core.fleet import OWN_DEVICE, Fleet
from server.core.rule import Rule
from server.core.rules import area_power, area_silent, device_alert, gateway_offline, path_lost

PATH_DOWN = "path_down"
MAINS_RULES = frozenset({"mains_lost"})


class Place(NamedTuple):
    """Where a cause can lie: a unit, and a path where one is meant."""

    unit: str
    path: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of common cause: its alerts, where each of them points to (nearest first), and the rules that name it."""

    name: str
    is_part: Callable[[Alert], bool]
    places: Callable[[Alert, Fleet], Sequence[Place]]
    rules: tuple[Rule, ...]


def _dark(alert: Alert) -> bool:
    return alert.rule == gateway_offline.RULE.name or alert.rule in MAINS_RULES


def _above(alert: Alert, fleet: Fleet) -> Sequence[Place]:
    school = fleet.roster.school(alert.school)
    return [Place(unit, "") for unit in fleet.roster.unit_path(school.unit)] if school is not None else []


def _misses_path(alert: Alert) -> bool:
    return alert.rule == device_alert.RULE.name and alert.code == PATH_DOWN


def _on_path(alert: Alert, fleet: Fleet) -> Sequence[Place]:
    path = dict(alert.detail).get("text", "")
    above = _above(alert, fleet)
    return [Place(above[-1].unit, path)] if above and path else []


DARK = Cause("dark", _dark, _above, (path_lost.RULE, area_power.RULE, area_silent.RULE))
PATH = Cause("path", _misses_path, _on_path, (path_lost.RULE,))
CAUSES = (DARK, PATH)
GROUP_RULES: Mapping[str, tuple[Rule, ...]] = {rule.name: (rule,) for cause in CAUSES for rule in cause.rules}


def place_of(group: Alert) -> Place:
    """Say where the cause of a group lies."""
    return Place(group.unit, group.code)


def powerless(alert: Alert, fleet: Fleet) -> bool:
    """Say whether the last word of a place was that it had no mains."""
    if alert.rule in MAINS_RULES:
        return True
    gateway = fleet.gateways.get(alert.gateway)
    if gateway is None:
        return False
    own = gateway.devices.get(OWN_DEVICE)
    if own is not None and own.value("ups") is True:
        return True
    return any(one.device.kind == "alarm_host" and one.value("mains") is False for one in gateway.devices.values())
