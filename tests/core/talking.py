"""A small city for the core's tests, and short ways to tell the engine things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec

from contract.identity import DeviceId, GatewayId, PressId, SchoolId, StationId, UnitId
from contract.records import Value
from server.core.alert import Alert
from server.core.effects import ActRefused, AlertChanged, DayNoted, Effect, LivenessChanged, NotificationDue, VerdictChanged
from server.core.engine import Engine
from server.core.events import (
    ActRequested,
    DeviceAlerted,
    Event,
    FactRestored,
    GatewayHeard,
    PressArrived,
    PressStored,
    ReadingArrived,
    RosterLoaded,
    Ticked,
    WindowDeclared,
)
from server.registry.model import (
    Area,
    Calendar,
    Device,
    Gateway,
    Roster,
    School,
    SchoolKind,
    Station,
    StationKind,
    Term,
    Unit,
    UnitKind,
)
from server.registry.record import Record
from server.registry.sheets import in_order
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.guard import Guard

CALENDAR = Calendar(terms=(Term(date(2026, 2, 16), date(2026, 7, 3)), Term(date(2026, 9, 1), date(2027, 1, 15))))
UNITS = (
    Unit(UnitId("450700"), UnitKind.CITY, None, "钦州市", "Qinzhou"),
    Unit(UnitId("450702"), UnitKind.COUNTY, UnitId("450700"), "钦南区", "Qinnan"),
    Unit(UnitId("450702-01"), UnitKind.TOWNSHIP, UnitId("450702"), "一镇", "Town One"),
    Unit(UnitId("450721"), UnitKind.COUNTY, UnitId("450700"), "灵山县", "Lingshan"),
)
STATIONS = (
    Station(StationId("b"), StationKind.BUREAU, None, "市局", "Bureau"),
    Station(StationId("b-1"), StationKind.SUB_BUREAU, StationId("b"), "分局", "Sub-bureau"),
    Station(StationId("b-1-1"), StationKind.STATION, StationId("b-1"), "派出所", "Station"),
)


def beijing(day: date, hour: int, minute: int = 0, second: int = 0) -> float:
    """Give an instant of a day in Asia/Shanghai as seconds UTC."""
    return (day.toordinal() - 719_163) * 86_400.0 + (hour - 8) * 3_600 + minute * 60 + second


MONDAY = date(2026, 3, 2)  # A school day of the calendar above.
NOON = beijing(MONDAY, 12)


@dataclass(frozen=True, slots=True)
class Described(School):
    """A school with what its ledger says."""

    records: tuple[Record, ...] = ()


def said(in_place: bool, evidence: str = "", dated: date | None = None, expires: date | None = None) -> Declaration:
    """Say whether an item is in place; school and item are filled in by `school`."""
    digest = "0" * 64 if evidence else ""
    return Declaration(
        school=SchoolId(""), id="", in_place=in_place, evidence=evidence, photo_sha256=digest, dated=dated, expires=expires
    )


def excuse(indicator: str, document: str, approver: str, reason: str, until: date) -> Exemption:
    """Write an exemption; the school is filled in by `school`."""
    return Exemption(school=SchoolId(""), id=indicator, document=document, approver=approver, reason=reason, until=until)


def school(
    number: int = 1,
    unit: str = "450702-01",
    *,
    guards: int = 2,
    declared: Mapping[str, Declaration] | None = None,
    exemptions: Sequence[Exemption] = (),
    **facts: object,
) -> Described:
    """Make one urban primary school with its ledger; anything can be said otherwise."""
    id_ = SchoolId(f"450700{number:04d}")
    records: list[Record] = [Guard(school=id_, id=f"g{one}", certificate=f"c{one}") for one in range(1, guards + 1)]
    records += [msgspec.structs.replace(one, school=id_, id=item) for item, one in (declared or {}).items()]
    records += [msgspec.structs.replace(one, school=id_) for one in exemptions]
    plain = Described(
        id=SchoolId(f"450700{number:04d}"),
        name=f"第{number}小学",
        name_en=f"No. {number} Primary",
        kind=SchoolKind.PRIMARY,
        area=Area.URBAN,
        unit=UnitId(unit),
        station=StationId("b-1-1"),
        pupils=600,
        boarders=0,
        latitude=21.95,
        longitude=108.62,
        records=tuple(records),
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  # The caller names the fields.


def gateway_of(number: int) -> GatewayId:
    """Name the gateway of a school of the small city."""
    return GatewayId(f"gw-{number:04d}")


KINDS_OF_A_SCHOOL = {
    "btn-1": "alarm_button",
    "btn-2": "alarm_button",
    "host": "alarm_host",
    "cam-1": "camera",
    "cam-2": "camera",
    "bar-1": "barrier",
    "gate-1": "gate",
    "post-1": "guard_post",
    "nvr": "recorder",
}


def city(*schools: School, calendar: Calendar = CALENDAR, kinds: dict[str, str] | None = None) -> Roster:
    """Make a roster of the given schools, each with its gateway and one or two devices of every kind."""
    chosen = schools or (school(1),)
    numbers = {each.id: int(each.id[-4:]) for each in chosen}
    devices = [
        Device(gateway_of(numbers[each.id]), DeviceId(name), kind, each.id, name=name, at_gate=name in ("cam-1", "bar-1"))
        for each in chosen
        for name, kind in (KINDS_OF_A_SCHOOL if kinds is None else kinds).items()
    ]
    gateways = tuple(Gateway(gateway_of(numbers[each.id]), each.id) for each in chosen)
    records = in_order(record for each in chosen if isinstance(each, Described) for record in each.records)
    return Roster(UNITS, STATIONS, tuple(chosen), gateways, tuple(devices), calendar, records)


def press_id(number: int) -> PressId:
    """Make a press id that is easy to read."""
    return PressId(f"00000000-0000-7000-8000-{number:012d}")


@dataclass
class Talk:
    """An engine with short words for what is told to it; keeps the effects of the last thing said, and every fact."""

    engine: Engine = field(default_factory=Engine)
    effects: list[Effect] = field(default_factory=list)
    facts: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[DayNoted] = field(default_factory=list)

    def say(self, event: Event, now: float) -> list[Effect]:
        """Tell the engine one event."""
        self.effects = self.engine.step(event, now)
        self.notes += [effect for effect in self.effects if isinstance(effect, DayNoted)]
        self.facts += [(each.alert.id, each.fact) for each in self.changed() if each.fact is not None]
        return self.effects

    def changed(self) -> list[AlertChanged]:
        """List the alert changes of the last step."""
        return [effect for effect in self.effects if isinstance(effect, AlertChanged)]

    def told(self) -> list[NotificationDue]:
        """List the notifications of the last step."""
        return [effect for effect in self.effects if isinstance(effect, NotificationDue)]

    def refused(self) -> ActRefused:
        """Give the one refusal of the last step."""
        [refusal] = [effect for effect in self.effects if isinstance(effect, ActRefused)]
        return refusal

    def lives(self) -> list[LivenessChanged]:
        """List the liveness changes of the last step."""
        return [effect for effect in self.effects if isinstance(effect, LivenessChanged)]

    def verdicts(self) -> list[VerdictChanged]:
        """List the changed verdicts of the last step."""
        return [effect for effect in self.effects if isinstance(effect, VerdictChanged)]

    def press(
        self,
        number: int,
        now: float,
        *,
        device: str = "btn-1",
        school_number: int = 1,
        t: float | None = None,
        quality: int = 3,
        stored: bool = True,
        claimed: str = "real",
    ) -> Alert:
        """Press a button, and give the incident as it then stands."""
        gateway = gateway_of(school_number)
        at = now if t is None else t
        event = PressArrived(press_id(number), gateway, DeviceId(device), at, now, quality, "short", claimed, stored)
        self.say(event, now)
        found = self.engine.alert_of(press_id(number))
        assert found is not None
        return found

    def alerted(self, number: int, code: str, now: float, *, device: str = "btn-1", on: bool = True) -> None:
        """Report trouble on the alarm lane."""
        event = DeviceAlerted(press_id(number), gateway_of(1), DeviceId(device), code, on, now, now, "real", stored=True)
        self.say(event, now)

    def act(self, alert: Alert | str, act: str, now: float, *, by: str = "wang", **more: object) -> Alert:
        """Ask for a move, having seen the alert as it stands; gives it as it stands afterwards."""
        key = alert if isinstance(alert, str) else alert.id
        seen = more.pop("version", None) or self.engine.alerts[key].version
        self.say(ActRequested(key, act, by, "police_liaison", seen, **more), now)  # type: ignore[arg-type]
        return self.engine.alerts[key]

    def stored(self, number: int, now: float) -> None:
        """Say that the journal has committed a press."""
        told = self.engine.alert_of(press_id(number))
        gateway = GatewayId(told.gateway) if told is not None else gateway_of(1)
        self.say(PressStored(press_id(number), gateway, now), now)

    def window(self, start: float, end: float, *, mode: str = "test", device: str = "btn-1", by: str = "station") -> None:
        """Declare a test or drill of one button."""
        devices = frozenset({(gateway_of(1), DeviceId(device))})
        self.say(WindowDeclared(f"w-{start}-{device}", mode, school().id, devices, start, end, by), start)

    def tick(self, now: float) -> list[Effect]:
        """Let time pass."""
        return self.say(Ticked(), now)

    def heard(self, now: float, *, school_number: int = 1, path: str = "mqtt-1") -> list[Effect]:
        """Hear a gateway's heartbeat."""
        return self.say(GatewayHeard(gateway_of(school_number), now, path), now)

    def read(
        self, device: str, now: float, *, school_number: int = 1, t: float | None = None, **metrics: Value
    ) -> list[Effect]:
        """Hear a reading."""
        self.position += 1
        at = now if t is None else t
        gateway = gateway_of(school_number)
        return self.say(ReadingArrived(gateway, DeviceId(device), at, now, self.position, 3, metrics), now)

    position: int = 0

    def restarted(self, now: float, roster: Roster | None = None) -> "Talk":
        """Give a new engine that was told the stored facts, as after a restart."""
        fresh = Talk()
        fresh.say(RosterLoaded(roster or self.engine.roster.roster), now)
        for alert, body in self.facts:
            fresh.say(FactRestored(alert, body), now)
            assert fresh.effects == []
        return fresh


def talking(*schools: School, roster: Roster | None = None, now: float = 0) -> Talk:
    """Give an engine that knows the given schools, or the given roster; one plain school without either."""
    fresh = Talk()
    fresh.say(RosterLoaded(roster or city(*schools)), now)
    return fresh
