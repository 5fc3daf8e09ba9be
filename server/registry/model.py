"""The registry's facts as plain values, parsed once and then trusted; the core reads them, the store writes them.

Instants are seconds UTC as floats, dates are `datetime.date` in Asia/Shanghai.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contract.identity import DeviceId, GatewayId, SchoolId, StationId, UnitId, UserName
from server.registry.record import Record


class UnitKind(StrEnum):
    """The levels of the education branch of the tree; schools hang under any of them."""

    CITY = "city"
    COUNTY = "county"  # A county, a district, or the port zone, which reports by itself.
    TOWNSHIP = "township"


class StationKind(StrEnum):
    """The levels of the police branch of the tree."""

    BUREAU = "bureau"  # 市公安局
    SUB_BUREAU = "sub_bureau"  # 分局 or 县局
    STATION = "station"  # 派出所


class SchoolKind(StrEnum):
    """The kinds of school as education statistics know them."""

    KINDERGARTEN = "kindergarten"
    PRIMARY = "primary"
    TEACHING_POINT = "teaching_point"
    JUNIOR = "junior"
    NINE_YEAR = "nine_year"
    SENIOR = "senior"
    VOCATIONAL = "vocational"
    SPECIAL = "special"


class Area(StrEnum):
    """Where a school lies, by the code of education statistics: 111 and 112 urban, 121 to 123 town, 210 and 220 rural."""

    URBAN = "urban"
    TOWN = "town"
    RURAL = "rural"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the education branch."""

    id: UnitId
    kind: UnitKind
    parent: UnitId | None
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Station:
    """One unit of the police branch."""

    id: StationId
    kind: StationKind
    parent: StationId | None
    name: str
    name_en: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A daily span of minutes after midnight, Asia/Shanghai, half open."""

    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Term:
    """One school term, both days included."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """When pupils are at school: terms, the days that differ from the week's pattern, and the hours of a school day."""

    terms: tuple[Term, ...]
    holidays: frozenset[date] = frozenset()
    make_up_days: frozenset[date] = frozenset()  # 调休: Saturdays and Sundays that are school days.
    exam_days: frozenset[date] = frozenset()  # 高考 and 中考: school days on which drills and tests are out of place.
    class_hours: tuple[Window, ...] = (Window(8 * 60, 11 * 60 + 30), Window(14 * 60 + 30, 16 * 60 + 40))
    peaks: tuple[Window, ...] = (Window(7 * 60, 8 * 60), Window(16 * 60 + 40, 18 * 60))


@dataclass(frozen=True, slots=True)
class School:
    """One school; what it declares, and its people, stand in the ledger (`server.registry.record`)."""

    id: SchoolId
    name: str
    name_en: str
    kind: SchoolKind
    area: Area
    unit: UnitId  # The education unit it reports to: a township or a county.
    station: StationId  # The police station of its territory.
    pupils: int
    boarders: int
    latitude: float
    longitude: float
    datum: str = "WGS-84"
    address: str = ""
    contact: str = ""  # A duty role and telephone, e.g. 安全办 0777-xxxxxxx; shown to police only.
    contact_phone: str = ""
    gates: int = 1
    guards_at_peak: int = 1  # Guards that must be on post at arrival and leaving.
    opened: date | None = None
    closed: date | None = None  # The first day on which it is no school any more.
    merged_into: SchoolId | None = None
    central: SchoolId | None = None  # 中心校, which manages a teaching point.
    key_target: bool = False  # 反恐怖主义重点目标: records are kept for 90 days.


@dataclass(frozen=True, slots=True)
class Gateway:
    """The box of one school; `key_hash` is what its HTTPS credentials are checked against."""

    id: GatewayId
    school: SchoolId
    key_hash: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the roster. (gateway, id) is its identity on the wire and everywhere else."""

    gateway: GatewayId
    id: DeviceId
    kind: str  # A name of contract.kinds.KINDS.
    school: SchoolId
    name: str = ""
    place: str = ""
    at_gate: bool = False  # A camera or barrier of a school gate: its faults weigh more.
    gb_id: str = ""  # The 20-digit GB/T 28181 id, where it has one.
    decommissioned: bool = False
    area: str = ""  # The key area it watches, of `server.registry.sheets.device.AREAS`.
    vendor: str = ""
    model: str = ""
    ip: str = ""
    mac: str = ""
    installed: date | None = None


class Role(StrEnum):
    """Who somebody is to the service; what each may do is one table in server/security/access.py."""

    POLICE_LIAISON = "police_liaison"
    COMMAND_CENTRE = "command_centre"
    EDUCATION_OFFICER = "education_officer"
    SCHOOL_DIRECTOR = "school_director"
    GUARD = "guard"
    MAINTAINER = "maintainer"
    ADMINISTRATOR = "administrator"
    WALL = "wall"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Scope:
    """The branch of the tree a user sees: a unit, a station or one school, with everything below it."""

    kind: str  # unit, station or school
    id: str


@dataclass(frozen=True, slots=True)
class User:
    """One person or device that logs in."""

    name: UserName
    display: str
    role: Role
    scope: Scope
    password_hash: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """The whole registry at one instant, as the core reads it."""

    units: tuple[Unit, ...] = ()
    stations: tuple[Station, ...] = ()
    schools: tuple[School, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    devices: tuple[Device, ...] = ()
    calendar: Calendar = Calendar(terms=())
    records: tuple[Record, ...] = ()  # The ledger, in the order of its sheets.
