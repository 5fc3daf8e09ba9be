"""One school: what the registry says, its box, its devices."""

from contract.records import Value
from server.api.views.alerts import Alert
from server.api.views.common import Liveness, View
from server.api.views.coverage import SchoolCoverage
from server.api.views.units import StationView
from server.registry.model import Area, SchoolKind


class DeclarationView(View, frozen=True, kw_only=True):
    """What the ledger says of one item."""

    in_place: bool
    evidence: str
    dated: str | None
    expires: str | None


class ExemptionView(View, frozen=True, kw_only=True):
    """A written exemption of one indicator."""

    indicator: str
    document: str
    approver: str
    reason: str
    until: str


class SchoolView(View, frozen=True, kw_only=True):
    """One school of the registry; contacts are empty for roles that may not see them."""

    id: str
    name: str
    name_en: str
    kind: SchoolKind
    area: Area
    unit: str
    station: str
    pupils: int
    boarders: int
    lat: float
    lon: float
    datum: str
    address: str
    contact: str
    contact_phone: str
    gates: int
    guards_on_roll: int
    guards_at_peak: int
    opened: str | None
    closed: str | None
    merged_into: str | None
    central: str | None  # The school that manages this teaching point.
    points: list[str]  # The teaching points that this school manages, those within reach.
    declared: dict[str, DeclarationView]
    exemptions: list[ExemptionView]


class GatewayView(View, frozen=True, kw_only=True):
    """The school's box as the server hears it."""

    id: str
    liveness: Liveness
    since: int | None
    last_heard: int | None
    paths: list[str]
    lag_seconds: float | None
    software: str


class MetricView(View, frozen=True, kw_only=True):
    """The newest value of one metric and when the device measured it."""

    value: Value
    t: int


class DeviceView(View, frozen=True, kw_only=True):
    """One device of a school with what it last said."""

    gateway: str
    id: str
    kind: str
    name: str
    place: str
    at_gate: bool
    liveness: Liveness
    since: int | None
    last_rx: int | None
    metrics: dict[str, MetricView]


class SchoolPage(View, frozen=True, kw_only=True):
    """Everything about one school."""

    school: SchoolView
    station: StationView | None
    gateway: GatewayView | None
    devices: list[DeviceView]
    coverage: list[SchoolCoverage]
    alerts: list[Alert]
