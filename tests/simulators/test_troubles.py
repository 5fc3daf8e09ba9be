"""Each rule of devices fires in the simulated city when its trouble is ordered, and ends when it is undone."""

from datetime import date

import pytest

from contract.identity import DeviceId, EpochId
from contract.kind import check_value
from contract.kinds import KINDS
from contract.records import Reading, Value
from server.core.alert import Alert
from server.core.engine import Engine
from server.core.events import ActRequested, GatewayHeard, ReadingsArrived, RosterLoaded, Ticked
from server.core.roster import RosterIndex
from server.core.rule import Subject
from server.core.rules import RULES
from server.registry.model import Device
from server.whatif.model import sliced
from simulators.behaviour import Conduct, Orders, conduct_of
from simulators.city import make_city
from simulators.day import moment
from simulators.extras import EXTRAS
from simulators.samples import Scene, sample, thing
from simulators.troubles import TROUBLES
from tests.simulators.test_behaviour import at

CITY = make_city(200, 1, date(2026, 11, 24)).roster
INDEX = RosterIndex(CITY)
EPOCH = EpochId("0000000001")
TICK, TELL = 5.0, 60.0
PATIENCE_SECONDS = 5_400.0
# Where class hours are not when a rule looks: in the evening, at night, and while the kitchen is at work.
WHEN = {"visitor_overstay": at(18, 30), "perimeter_off": at(23), "kitchen_camera_off": at(10, 5)}
ALL_OF_KIND = {"alarm_test_overdue": ("alarm_host", "alarm_button")}


def boarding_school() -> str:
    """Find a school that has everything: extras, and a powered barrier."""
    kinds: dict[str, set[str]] = {}
    for device in CITY.devices:
        kinds.setdefault(device.school, set()).add(device.kind)
    wanted = {kind for kind, *_ in EXTRAS} | {"barrier", "recorder"}
    return next(school for school, known in kinds.items() if wanted <= known)


class Place:
    """One school of the city under a clock of its own, before an engine that has every rule."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.now = WHEN.get(rule, at(8, 30))
        school = boarding_school()
        kind = TROUBLES[rule].kind
        roster = sliced(INDEX, school, RULES[rule])
        self.devices: list[Device] = list(roster.devices)
        self.gateway = roster.gateways[0].id
        if kind == "gateway":
            self.devices.append(Device(self.gateway, DeviceId("gw"), "gateway", roster.schools[0].id))
        self.orders = Orders()
        self.conduct: Conduct = conduct_of(roster.schools[0], INDEX.dossier(school), self.gateway, 1, cameras_off=0.0)
        self.engine = Engine()
        self.engine.step(RosterLoaded(roster), self.now)
        self.position = 0
        self.about = [one.id for one in self.devices if one.kind in ALL_OF_KIND.get(rule, (kind,))]
        if rule not in ALL_OF_KIND:
            self.about = self.about[:1]

    def trouble(self, *, on: bool) -> None:
        """Order the trouble, or undo it."""
        for device in self.about:
            self.orders.troubles[device] = {self.rule} if on else set()

    def tell(self) -> None:
        """Let every device tell how it is."""
        here = moment(CITY.calendar, self.now)
        scene = Scene(self.conduct, here, self.orders, None)
        own: dict[str, Value] = {"cpu": 5.0, "lag": 0}
        readings = [Reading("gw", round(self.now * 1_000), own | self._own())]
        for device in self.devices:
            metrics = sample(thing(device), scene)
            if metrics is not None and device.id != "gw":
                readings.append(Reading(device.id, round(self.now * 1_000), metrics))
        positions = range(self.position + 1, self.position + len(readings) + 1)
        self.position += len(readings)
        self.engine.step(ReadingsArrived(self.gateway, EPOCH, self.now, positions, readings), self.now)

    def _own(self) -> dict[str, Value]:
        ordered = self.orders.troubles.get(DeviceId("gw")) or ()
        return {name: value for one in ordered for name, value in (TROUBLES[one].tells or {}).items()}

    def live(self, seconds: float, until: bool | None = None) -> None:
        """Let time pass, or until the alert of the rule is there (True) or gone (False)."""
        end = self.now + seconds
        while self.now < end and (until is None or bool(self.alert) is not until):
            self.now += TICK
            if self.now % 30 < TICK:
                self.engine.step(GatewayHeard(self.gateway, self.now, "mqtt-1"), self.now)
            if self.now % TELL < TICK:
                self.tell()
            self.engine.step(Ticked(), self.now)

    @property
    def alert(self) -> Alert | None:
        """Give the open alert of the rule about the troubled device, or about the school."""
        school = RULES[self.rule].subject is Subject.SCHOOL
        return next(
            (
                one
                for one in self.engine.alerts.values()
                if one.rule == self.rule and one.open and (school or one.device in self.about)
            ),
            None,
        )


@pytest.mark.parametrize("rule", TROUBLES)
def test_a_trouble_makes_its_rule_fire_and_its_end_ends_it(rule: str) -> None:
    place = Place(rule)
    place.live(200)
    assert place.alert is None, "all is well at first"
    place.trouble(on=True)
    place.live(PATIENCE_SECONDS, until=True)
    alert = place.alert
    assert alert is not None
    place.trouble(on=False)
    if not RULES[rule].by_people:
        place.live(PATIENCE_SECONDS, until=False)
        assert place.alert is None
        return
    place.live(1_200)
    assert place.alert is not None, "people end it"
    last = ("resolve", "real") if alert.flow == "incident" else ("close", "fixed")
    for act, cause in (("acknowledge", ""), last):
        now = place.engine.alerts[alert.id]
        place.engine.step(ActRequested(alert.id, act, "wang", "police_liaison", now.version, cause=cause), place.now)
    assert place.alert is None


def test_every_rule_of_devices_has_a_trouble() -> None:
    rules = {rule.name for rule in RULES.values() if rule.subject is Subject.DEVICE}
    assert rules <= set(TROUBLES)


def test_what_troubles_tell_fits_the_kinds() -> None:
    for trouble in TROUBLES.values():
        for name, value in (trouble.tells or {}).items():
            metric = KINDS[trouble.kind].metric(name)
            assert metric is not None, name
            check_value(metric, value)
