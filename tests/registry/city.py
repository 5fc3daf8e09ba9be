"""A small city for tests: two counties, three schools, two branches of police, one user of each role and place."""

from dataclasses import replace
from datetime import date, datetime

from contract.identity import DeviceId, GatewayId, SchoolId, StationId, UnitId, UserName
from server.registry.departments import Department
from server.registry.model import (
    Area,
    Calendar,
    Device,
    Gateway,
    Role,
    Roster,
    School,
    SchoolKind,
    Scope,
    Station,
    StationKind,
    Term,
    Unit,
    UnitKind,
    User,
)
from server.registry.outside import OutsideKind, OutsideLevel
from server.registry.record import Record
from server.registry.sheets import in_order
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.dispute import Dispute, DisputeKind
from server.registry.sheets.document import Document, DocumentKind
from server.registry.sheets.drill import Drill, DrillKind
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.gate import SchoolGate
from server.registry.sheets.guard import Guard
from server.registry.sheets.hazard import Hazard, HazardKind
from server.registry.sheets.kit import Kit
from server.registry.sheets.letter import Letter, LetterLevel
from server.registry.sheets.outside_gate import OutsideGate
from server.registry.sheets.post import Post
from server.registry.sheets.school_duty import SchoolDuty
from server.registry.sheets.training import Training, TrainingKind
from server.security.tokens import digest

CITY, NORTH, SOUTH, TOWN = UnitId("450700"), UnitId("450703"), UnitId("450702"), UnitId("450703-01")
BUREAU, NORTH_BUREAU, SOUTH_BUREAU = StationId("P0"), StationId("P1"), StationId("P2")
NORTH_STATION, SOUTH_STATION = StationId("P1-1"), StationId("P2-1")
FIRST, SECOND, THIRD = SchoolId("3145000001"), SchoolId("3145000002"), SchoolId("3145000003")
GATEWAY_KEY = "the key of gw-first"


def unit(id_: UnitId, kind: UnitKind, parent: UnitId | None) -> Unit:
    """Make a unit named by its id."""
    return Unit(id_, kind, parent, f"单位{id_}", f"Unit {id_}")


def station(id_: StationId, kind: StationKind, parent: StationId | None) -> Station:
    """Make a station named by its id."""
    return Station(id_, kind, parent, f"所{id_}", f"Station {id_}", f"0777-{id_}")


def school(id_: SchoolId, unit_: UnitId, station_: StationId) -> School:
    """Make a school with something in every field."""
    return School(
        id=id_,
        name=f"学校{id_}",
        name_en=f"School {id_}",
        kind=SchoolKind.PRIMARY,
        area=Area.URBAN,
        unit=unit_,
        station=station_,
        pupils=600,
        boarders=20,
        latitude=21.98,
        longitude=108.62,
        address="某路1号",
        contact="安全办",
        contact_phone="0777-100",
        gates=2,
        opened=date(2001, 9, 1),
        key_target=True,
    )


def ledger(school_: SchoolId) -> tuple[Record, ...]:
    """Say something of a school on some sheets."""
    return (
        Declaration(
            school=school_,
            id="one_key_alarm",
            in_place=True,
            evidence="doc-1",
            dated=date(2025, 1, 2),
            expires=date(2027, 1, 2),
        ),
        Exemption(school=school_, id="t5", document="文号7", approver="局长", reason="窄路", until=date(2027, 7, 1)),
        *(Guard(school=school_, id=f"g{number}", name=f"保安{number}", certificate=f"证{number}") for number in (1, 2, 3)),
        Kit(school=school_, id="k1", item="helmet", count=2, expires=date(2027, 7, 1)),
        SchoolGate(school=school_, id="1", name="东门", main=True),
        Post(school=school_, id="1", kind="gate_room", device="post-1"),
        SchoolDuty(school=school_, id="1", person="安全主任", hours="07:00-19:00", ways="sms 10000000001"),
        *institution(school_),
    )


def institution(school_: SchoolId) -> tuple[Record, ...]:
    """Say something of a school on each sheet of its institutional defence and its surroundings."""
    monday, begins, ends = date(2026, 9, 7), datetime(2026, 9, 8, 6), datetime(2026, 9, 9, 18, 30)  # noqa: DTZ001
    return (
        Document(school=school_, id="1", kind=DocumentKind.PLAN_FIRE, approved=monday, review_due=date(2027, 9, 6)),
        Training(school=school_, id="1", kind=TrainingKind.GUARDS, held_on=monday, people=4, minutes=90),
        Drill(school=school_, id="1", kind=DrillKind.EVACUATION, held_on=monday, people=600, minutes=20),
        Letter(school=school_, id="1", level=LetterLevel.COUNTY_SCHOOL, signed=monday, until=date(2027, 8, 31)),
        Hazard(school=school_, id="1", kind=HazardKind.STALLS, department=Department.MARKET_SUPERVISION, found=monday),
        Dispute(school=school_, id="1", kind=DisputeKind.OBSTRUCTION, department=Department.POLICE, happened=monday),
        OutsideGate(
            school=school_,
            id="110:1",
            source="110",
            kind=OutsideKind.POLICE_CALL,
            level=OutsideLevel.YELLOW,
            begins=begins,
            ends=ends,
            distance_m=80,
        ),
    )


def devices(gateway: GatewayId, school_: SchoolId) -> tuple[Device, ...]:
    """Make the devices of one school."""
    return (
        Device(gateway, DeviceId("button-1"), "alarm_button", school_, "门卫按钮", "东门", at_gate=True),
        Device(
            gateway,
            DeviceId("cam-1"),
            "camera",
            school_,
            "校门摄像机",
            "东门",
            at_gate=True,
            gb_id=f"4507020000132{school_[-7:]}",
        ),
        Device(gateway, DeviceId("post-1"), "guard_post", school_, "东门岗", "东门"),
        Device(gateway, DeviceId("old-1"), "camera", school_, decommissioned=True),
    )


def roster() -> Roster:
    """Make the whole city: the first school in a town of the north, the second in the north, the third in the south."""
    gateways = (GatewayId("gw-first"), GatewayId("gw-second"), GatewayId("gw-third"))
    schools = (school(FIRST, TOWN, NORTH_STATION), school(SECOND, NORTH, NORTH_STATION), school(THIRD, SOUTH, SOUTH_STATION))
    pairs = tuple(zip(gateways, schools, strict=True))
    return Roster(
        units=(
            unit(CITY, UnitKind.CITY, None),
            unit(NORTH, UnitKind.COUNTY, CITY),
            unit(SOUTH, UnitKind.COUNTY, CITY),
            unit(TOWN, UnitKind.TOWNSHIP, NORTH),
        ),
        stations=(
            station(BUREAU, StationKind.BUREAU, None),
            station(NORTH_BUREAU, StationKind.SUB_BUREAU, BUREAU),
            station(SOUTH_BUREAU, StationKind.SUB_BUREAU, BUREAU),
            station(NORTH_STATION, StationKind.STATION, NORTH_BUREAU),
            station(SOUTH_STATION, StationKind.STATION, SOUTH_BUREAU),
        ),
        schools=schools,
        gateways=tuple(Gateway(gateway, one.id, digest(GATEWAY_KEY)) for gateway, one in pairs),
        devices=tuple(device for gateway, one in pairs for device in devices(gateway, one.id)),
        calendar=Calendar(terms=(Term(date(2026, 9, 1), date(2027, 1, 20)),), holidays=frozenset({date(2026, 10, 1)})),
        records=in_order(record for one in schools for record in ledger(one.id)),
    )


NORTH_SCOPES = {
    Role.POLICE_LIAISON: Scope("station", NORTH_STATION),
    Role.COMMAND_CENTRE: Scope("station", NORTH_BUREAU),
    Role.EDUCATION_OFFICER: Scope("unit", NORTH),
    Role.SCHOOL_DIRECTOR: Scope("school", FIRST),
    Role.GUARD: Scope("school", FIRST),
    Role.MAINTAINER: Scope("unit", NORTH),
    Role.ADMINISTRATOR: Scope("unit", NORTH),
    Role.WALL: Scope("station", NORTH_BUREAU),
    Role.SUPERVISOR: Scope("unit", NORTH),
}


def users(password_hash: str = "") -> tuple[User, ...]:
    """Make one user of each role in the north, named by the role, and two who see the whole city."""
    north = [
        User(UserName(role.value), f"{role.value} 北", role, scope, password_hash) for role, scope in NORTH_SCOPES.items()
    ]
    chief = User(UserName("chief"), "市局指挥中心", Role.COMMAND_CENTRE, Scope("station", BUREAU), password_hash)
    bureau = User(UserName("bureau"), "市教育局", Role.EDUCATION_OFFICER, Scope("unit", CITY), password_hash)
    gone = replace(chief, name=UserName("gone"), disabled=True)
    return (*north, chief, bureau, gone)
