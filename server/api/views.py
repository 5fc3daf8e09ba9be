"""What the API says, as types: the one definition of answers, of the OpenAPI document and of the dashboard's TypeScript.

Instants are milliseconds UTC.
"""

from typing import Literal

import msgspec

from contract.messages import Argument
from contract.mode import Mode
from contract.orders import Op
from contract.records import Value
from server.commands.model import CommandState
from server.core.alert import Flow, Severity, State
from server.core.verdict import Judgement
from server.registry.model import Area, Role, SchoolKind, StationKind, UnitKind
from server.security.access import Act, Permission

Figure = Literal["ledger", "live"]
Letter = Literal["m", "n", "u", "e", "-"]
Liveness = Literal["live", "suspect", "offline", "unknown"]
ResetReason = Literal["overflow", "replay_lost", "roster", "session"]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The shape all answers share: every field is always present."""


class ScopeView(View, frozen=True, kw_only=True):
    """The branch of the tree a user sees."""

    kind: Literal["unit", "station", "school"]
    id: str
    name: str
    name_en: str


class Me(View, frozen=True, kw_only=True):
    """Who is signed in, what they see and which moves they may ask for."""

    name: str
    display: str
    role: Role
    scope: ScopeView
    csrf: str
    server_ms: int
    build: str
    acts: list[Act]
    orders: list[Op]
    permissions: list[Permission]
    city: str
    city_en: str


class UnitView(View, frozen=True, kw_only=True):
    """One unit of the education branch."""

    id: str
    kind: UnitKind
    parent: str | None
    name: str
    name_en: str


class StationView(View, frozen=True, kw_only=True):
    """One unit of the police branch."""

    id: str
    kind: StationKind
    parent: str | None
    name: str
    name_en: str


class SchoolColumns(View, frozen=True, kw_only=True):
    """Every school within reach, by columns; the index in them is `school_ix`."""

    id: list[str]
    name: list[str]
    name_en: list[str]
    kind: list[SchoolKind]
    area: list[Area]
    unit: list[str]
    station: list[str]
    lat: list[float]
    lon: list[float]
    gateway: list[str]


class IndicatorView(View, frozen=True, kw_only=True):
    """One coverage indicator with the formula that defends its number; its index is `indicator_ix`."""

    id: str
    label: str
    label_en: str
    formula: str
    formula_en: str
    source: str
    headline: bool


class CoverageLetters(View, frozen=True, kw_only=True):
    """One letter for each school and indicator, row by row."""

    ledger: str
    live: str


class Alert(View, frozen=True, kw_only=True):
    """The current picture of one alert; `count` is the number of presses, `stored: false` is not yet in the journal."""

    id: str
    ver: int
    rule: str
    sev: Severity
    state: State
    mode: Mode
    school: str
    unit: str
    station: str
    gateway: str
    device: str
    device_name: str
    place: str
    t: int
    rx: int
    updated: int
    stored: bool
    late: bool
    owner: str
    owner_display: str
    acked_at: int | None
    ended_at: int | None
    resolved_at: int | None
    cause: str
    count: int
    children: int
    escalation: int
    next_escalation_at: int | None
    first_hop: str
    flow: Flow  # An incident is a call for help and worked as one; a fault is a thing to be mended.
    code: str  # The device's own code, for rules that pass one on; else empty.


class HistoryStep(View, frozen=True, kw_only=True):
    """One entry of an alert's history."""

    at: int
    what: str
    by: str
    note: str


class PressView(View, frozen=True, kw_only=True):
    """One press of an incident; every press stays a row of its own."""

    id: str
    device: str
    t: int
    rx: int
    press: str
    stored: bool
    late: bool
    cleared_at: int | None


class Contact(View, frozen=True, kw_only=True):
    """Whom to call."""

    school: str
    phone: str
    address: str
    station: str
    station_phone: str


class RelatedDevice(View, frozen=True, kw_only=True):
    """Another device of the same school, to look at or through."""

    gateway: str
    device: str
    kind: str
    name: str
    place: str
    liveness: Liveness


class AlertDetail(Alert, frozen=True, kw_only=True):
    """One alert with its history, presses and surroundings; `acts` are the moves this user may ask for now."""

    acts: list[Act]
    history: list[HistoryStep]
    presses: list[PressView]
    detail: dict[str, str]
    contact: Contact | None
    related: list[RelatedDevice]


class AlertPage(View, frozen=True, kw_only=True):
    """One page of alerts, newest first; `next` is the cursor of the following page."""

    items: list[Alert]
    next: str | None
    total: int


class Summary(View, frozen=True, kw_only=True):
    """The picture in figures: by severity 1 to 4, real alerts only; drills and tests are counted in `drills`."""

    seq: int
    server_ms: int
    unacked: tuple[int, int, int, int]
    open: tuple[int, int, int, int]
    schools_live: int
    schools: int
    devices_live: int
    devices_unknown: int
    devices: int
    ingest_lag_ms: int
    journal: Literal["ok", "down"]
    drills: int


class Bootstrap(View, frozen=True, kw_only=True):
    """Everything for the first paint; the stream goes on after `epoch`-`seq`."""

    epoch: str
    seq: int
    server_ms: int
    units: list[UnitView]
    stations: list[StationView]
    schools: SchoolColumns
    liveness: list[Liveness]
    indicators: list[IndicatorView]
    coverage: CoverageLetters
    alerts: list[Alert]
    summary: Summary


class Counts(View, frozen=True, kw_only=True):
    """One figure; `bp` is hundredths of a percent rounded down, null where nothing is required."""

    met: int
    not_met: int
    unknown: int
    exempt: int
    bp: int | None


class CoverageCell(View, frozen=True, kw_only=True):
    """One indicator of one row, in both figures; `proof_at` is a school's newest proof."""

    ledger: Counts
    live: Counts
    proof_at: int | None


class CoverageRow(View, frozen=True, kw_only=True):
    """One unit or school with a cell for each indicator."""

    kind: Literal["unit", "school"]
    id: str
    name: str
    name_en: str
    cells: list[CoverageCell]


class Coverage(View, frozen=True, kw_only=True):
    """A unit and its children in figures."""

    as_of: int
    parent: str
    indicators: list[str]
    rows: list[CoverageRow]


class Gap(View, frozen=True, kw_only=True):
    """One line of the gap list: what is not met or unknown, where, and why."""

    school: str
    school_name: str
    unit: str
    unit_name: str
    indicator: str
    figure: Figure
    judgement: Judgement
    reasons: list[str]
    proof_at: int | None


class GapPage(View, frozen=True, kw_only=True):
    """One page of gaps."""

    items: list[Gap]
    next: str | None
    total: int


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


class VerdictView(View, frozen=True, kw_only=True):
    """What one indicator says; null judgement: the indicator does not ask about this school."""

    judgement: Judgement | None
    reasons: list[str]
    proof_at: int | None


class SchoolCoverage(View, frozen=True, kw_only=True):
    """One indicator of a school in both figures."""

    indicator: str
    ledger: VerdictView
    live: VerdictView


class SchoolPage(View, frozen=True, kw_only=True):
    """Everything about one school."""

    school: SchoolView
    station: StationView | None
    gateway: GatewayView | None
    devices: list[DeviceView]
    coverage: list[SchoolCoverage]
    alerts: list[Alert]


class Series(View, frozen=True, kw_only=True):
    """A metric over time, thinned to the asked number of points; booleans are 1 and 0."""

    unit: str
    points: list[tuple[int, float | str]]


class MetricKind(View, frozen=True, kw_only=True):
    """One metric of a device kind."""

    name: str
    label: str
    label_en: str
    type: str
    unit: str
    low: float | None
    high: float | None
    words: list[str]


class KindView(View, frozen=True, kw_only=True):
    """One device kind with its labels and metrics."""

    name: str
    label: str
    label_en: str
    pillar: str
    urgency: str
    metrics: list[MetricKind]


class Kinds(View, frozen=True, kw_only=True):
    """Every device kind the server knows."""

    items: list[KindView]


class StreamStats(View, frozen=True, kw_only=True):
    """How the stream does."""

    clients: int
    channels: int
    sent: int
    resets: int
    replays: int


class HistoryStats(View, frozen=True, kw_only=True):
    """How far the history store is behind the journal."""

    behind: int
    store: str


class AuditStats(View, frozen=True, kw_only=True):
    """What the last audit found; `ended` is 0 before the first."""

    ended: int
    passed: bool
    differences: int
    running: bool


class Stats(View, frozen=True, kw_only=True):
    """The counters of the data-health view."""

    ingest: dict[str, int]
    dead_letters: int
    lag_ms: int
    streams: StreamStats
    history: HistoryStats
    audit: AuditStats | None
    build: str


class CommandAnswer(View, frozen=True, kw_only=True):
    """One reply of a gateway to an order; codes are those of the wire."""

    code: str
    t: int
    rx: int
    text: str


class CommandView(View, frozen=True, kw_only=True):
    """An order to a gateway, and how it stands."""

    id: str
    op: Op
    gateway: str
    device: str
    device_name: str
    school: str
    arguments: dict[str, Argument]
    state: CommandState
    asked_by: str
    asked_by_display: str
    asked: int
    confirmed_by: str
    confirmed_by_display: str
    issued: int | None
    ends: int | None
    answers: list[CommandAnswer]


class Commands(View, frozen=True, kw_only=True):
    """Orders, newest first."""

    items: list[CommandView]
    next: str | None


class WindowView(View, frozen=True, kw_only=True):
    """A declared test or drill."""

    id: str
    mode: Literal["test", "drill"]
    school: str
    devices: list[tuple[str, str]]
    start: int
    end: int
    approved_by: str


class Windows(View, frozen=True, kw_only=True):
    """The declared tests and drills that have not ended."""

    items: list[WindowView]


class CheckInResult(View, frozen=True, kw_only=True):
    """What became of one check-in; `accepted` covers those told twice."""

    id: str
    status: Literal["accepted", "refused"]
    reason: str


class CheckIns(View, frozen=True, kw_only=True):
    """What became of each check-in, in the order sent."""

    items: list[CheckInResult]


class AuditEntry(View, frozen=True, kw_only=True):
    """One line of the audit log; `hash` covers the line and the `prev` one's hash."""

    seq: int
    at: int
    actor: str
    what: str
    target: str
    detail: str
    prev: str
    hash: str


class AuditPage(View, frozen=True, kw_only=True):
    """One page of the audit log, newest first."""

    items: list[AuditEntry]
    next: str | None


class AuditRun(View, frozen=True, kw_only=True):
    """One audit of everything derived: over the instants [`start`, `end`), asked for by a user or, empty, by the night."""

    id: str
    asked_by: str
    begun: int
    ended: int
    start: int
    end: int
    passed: bool
    differences: int


class AuditRuns(View, frozen=True, kw_only=True):
    """The newest audits, newest first."""

    items: list[AuditRun]


class AuditStarted(View, frozen=True, kw_only=True):
    """An audit that was taken up."""

    id: str


class AuditCheck(View, frozen=True, kw_only=True):
    """One comparison: how much was compared, what differs, and what could not be compared."""

    name: str
    about: str
    compared: int
    differences: int
    unchecked: int
    why_unchecked: str
    notes: list[str]
    shown: list[str]


class AuditReport(View, frozen=True, kw_only=True):
    """How far an audit has got, or what it found; `trouble` says why it could not come to an end."""

    id: str
    state: Literal["running", "ended", "failed"]
    stage: str
    done: int
    total: int
    trouble: str
    run: AuditRun | None
    batches: int
    readings: int
    values: int
    events: int
    checks: list[AuditCheck]


class Health(View, frozen=True, kw_only=True):
    """Whether the process lives, or is ready; `parts` names what is not."""

    status: Literal["ok", "unavailable"]
    parts: dict[str, str]


class HelloEvent(View, frozen=True, kw_only=True):
    """The stream's first event."""

    epoch: str
    seq: int
    server_ms: int
    heartbeat_s: int


class AlertsEvent(View, frozen=True, kw_only=True):
    """Alerts that are new or moved, and ids that left the picture."""

    seq: int
    up: list[Alert]
    gone: list[str]


class CoverageEvent(View, frozen=True, kw_only=True):
    """Cells that changed: school_ix, indicator_ix, figure, letter."""

    seq: int
    c: list[tuple[int, int, Figure, Letter]]


class LivenessEvent(View, frozen=True, kw_only=True):
    """Schools whose gateway changed: school_ix, liveness."""

    seq: int
    g: list[tuple[int, Liveness]]


class ResetEvent(View, frozen=True, kw_only=True):
    """The picture cannot be continued: start again from /bootstrap."""

    reason: ResetReason


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as RFC 9457 has it; `code` is stable and is what screens translate."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[str] = []
    current: AlertDetail | None = None
