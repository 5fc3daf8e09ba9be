"""Everything the engine can be told. Instants are seconds UTC: `t` the school's estimate, `rx` the server's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.identity import DeviceId, EpochId, GatewayId, PressId
from contract.messages import Birth
from contract.records import Reading, Value
from server.core.alert import Severity
from server.core.effects import DayNoted, GuardSeen
from server.core.gap_figures import GapFigures
from server.core.risk.early import Early
from server.core.roster import RosterIndex
from server.registry.model import Roster


@dataclass(frozen=True, slots=True)
class RosterLoaded:
    """The registry was read or has changed; it replaces what was known before."""

    roster: Roster


@dataclass(frozen=True, slots=True)
class ReadingArrived:
    """A device measured something. `position` orders readings of one gateway, `t` never does."""

    gateway: GatewayId
    device: DeviceId
    t: float
    rx: float
    position: int
    quality: int
    metrics: dict[str, Value]


@dataclass(frozen=True, slots=True)
class ReadingsArrived:
    """The readings of one committed batch, told at once: one event for each would cost more than all the rest of ingest.

    `positions[i]` is the place of `readings[i]`; (epoch, position) orders all readings of a gateway, `t` never does.
    A reading's `d` is its device, `t` is milliseconds UTC, `m` its metrics and `q` its clock quality.
    """

    gateway: GatewayId
    epoch: EpochId
    rx: float
    positions: Sequence[int]
    readings: Sequence[Reading]


@dataclass(frozen=True, slots=True)
class CheckInArrived:
    """A guard came on post, left, patrolled or answered."""

    id: str
    gateway: GatewayId
    device: DeviceId
    t: float
    rx: float
    guard: str
    act: str
    point: str = ""
    method: str = ""
    skew_ms: int = 0  # How far the guard's telephone was ahead of the server's clock; `t` is put right by it.


@dataclass(frozen=True, slots=True)
class PressArrived:
    """A press reached the server. It may not be committed yet: `stored` says so and `PressStored` follows."""

    id: PressId
    gateway: GatewayId
    device: DeviceId
    t: float
    rx: float
    quality: int
    press: str
    mode_claimed: str
    stored: bool = False
    repaired: bool = False  # Found by a heartbeat's open list rather than by the alarm lane.


@dataclass(frozen=True, slots=True)
class PressStored:
    """The journal has committed the press."""

    id: PressId
    gateway: GatewayId
    rx: float


@dataclass(frozen=True, slots=True)
class PressShown:
    """A police screen has drawn the first `count` presses of an alert, at an instant of our clock."""

    alert: str
    count: int
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class PressReceipted:
    """The police's side has acknowledged the presses of an alert by a system of its own, at an instant of its clock."""

    alert: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class PressCleared:
    """The school reset the button; this closes nothing."""

    id: PressId
    gateway: GatewayId
    device: DeviceId
    t: float
    rx: float
    by: str


@dataclass(frozen=True, slots=True)
class DeviceAlerted:
    """A device or gateway reports trouble on the alarm lane; `code` is one of contract.records.ALERT_CODES or unknown."""

    id: str
    gateway: GatewayId
    device: DeviceId
    code: str
    on: bool
    t: float
    rx: float
    mode_claimed: str
    text: str = ""
    stored: bool = False


@dataclass(frozen=True, slots=True)
class GatewayHeard:
    """Anything at all came from the gateway on `path`; `lag_seconds` is how far its telemetry is behind, if it said so."""

    gateway: GatewayId
    rx: float
    path: str = ""


@dataclass(frozen=True, slots=True)
class GatewayLinkChanged:
    """A connection of the gateway came up, or its will says that it went down."""

    gateway: GatewayId
    on: bool
    path: str
    rx: float


@dataclass(frozen=True, slots=True)
class BirthArrived:
    """A gateway described itself and its devices."""

    birth: Birth
    rx: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message could not be read; on the alarm lane this is an operator's alert, never a silence."""

    gateway: GatewayId
    lane: str
    reason: str
    detail: str
    rx: float


@dataclass(frozen=True, slots=True)
class AuditJudged:
    """What the audits say of the journal and all that is derived from it; told again and again, it says the same once."""

    code: str  # difference: some days do not agree; overdue: none has been audited for two days.
    found: bool
    rx: float
    days: tuple[int, ...] = ()  # Since 1970-01-01, Asia/Shanghai.


@dataclass(frozen=True, slots=True)
class ServiceJudged:
    """What a part of the service finds wrong with it or with its figures, or finds no longer; told often, it counts once."""

    rule: str  # The rule that tells it.
    code: str  # What it is about: a channel, a door, an indicator.
    found: bool
    rx: float
    unit: str = ""  # Of the city, where it is one unit's.
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StepUnreached:
    """Of one audience of a step of an alert nobody was reached: none was on duty, or every way to everybody failed."""

    alert: str
    school: str
    rule: str
    severity: Severity  # Of the alert that is not told.
    step: int
    audience: str
    why: str  # nobody_on_duty or every_way_failed
    since: float


@dataclass(frozen=True, slots=True)
class NotificationsJudged:
    """All steps that reached nobody, told by the leader; what is not among them has been told, or is wanted no more."""

    steps: Sequence[StepUnreached]
    rx: float


@dataclass(frozen=True, slots=True)
class GapsOverdue:
    """Which schools have gaps whose due day is over: how many, and when the oldest of these days ended. Others have none."""

    schools: Mapping[str, tuple[int, float]]


@dataclass(frozen=True, slots=True)
class GapsCounted:
    """The gaps of some schools in numbers; of the others they stay as they were."""

    schools: Mapping[str, GapFigures]


@dataclass(frozen=True, slots=True)
class EarlyTold:
    """What the risk profiles of some schools warn of now; of the others it stays as it was."""

    schools: Mapping[str, Early]


@dataclass(frozen=True, slots=True)
class ActRequested:
    """A person asks for a move of an alert's lifecycle; `version` is what they saw: two never overwrite each other."""

    alert: str
    act: str  # acknowledge, dispatch, arrive, resolve, review, close, reopen, note, escalate
    by: str
    role: str
    version: int
    note: str = ""
    cause: str = ""  # real, false_human, false_device, test, drill, duplicate, fixed, …
    key: str = ""  # The request's idempotency key.
    also: frozenset[str] = frozenset()  # Other accounts of the same person, who proposes and agrees by one or by none.


@dataclass(frozen=True, slots=True)
class ShelveRequested:
    """A person asks to put a fault aside until an instant, or with None to give it back."""

    alert: str
    by: str
    role: str
    until: float | None
    reason: str
    whole: bool = False  # Whatever the rule says of the device until then, and not this alert alone.
    key: str = ""


@dataclass(frozen=True, slots=True)
class FactRestored:
    """One fact of an alert as it was stored, replayed in order when the server starts."""

    alert: str
    body: bytes


@dataclass(frozen=True, slots=True)
class FactFollowed:
    """A fact of an alert was stored, by whichever server: the `number`-th of the alert."""

    alert: str
    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class AlertOvertaken:
    """Another server had moved an alert first: its stored facts, and those of ours that were not taken, oldest first.

    `elsewhere` names the presses of the lost facts that are stored in another incident or under another name, `taken`
    those whose id is stored as that of another gateway's press.
    """

    alert: str
    stored: Sequence[bytes]
    lost: Sequence[bytes]
    elsewhere: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LeadChanged:
    """Of several servers one raises and ends faults and escalates for all; says whether it is this one."""

    leads: bool


@dataclass(frozen=True, slots=True)
class GuardsRestored:
    """Who was on post and when, as it was kept, the longest ago first; and since when the city has been listened to."""

    seen: Sequence[GuardSeen]
    listening_since: float


@dataclass(frozen=True, slots=True)
class DaysRestored:
    """What was noted of the last days, the longest ago first."""

    notes: Sequence[DayNoted]


@dataclass(frozen=True, slots=True)
class RecallBegan:
    """What the journal says of the time before we started is told from here on, beside everything else.

    `offline` names the devices whose gateways reported them as lost and not as found again.
    """

    offline: Sequence[tuple[GatewayId, DeviceId]]


@dataclass(frozen=True, slots=True)
class Recalled:
    """One batch of before we started, told newest first; `ended` is the journal's newest `rx` of that time."""

    gateway: GatewayId
    epoch: EpochId
    rx: float
    ended: float
    positions: Sequence[int]
    readings: Sequence[Reading]
    check_ins: Sequence[CheckInArrived] = ()


@dataclass(frozen=True, slots=True)
class RecallEnded:
    """All that is worth knowing of the time before has been told."""


@dataclass(frozen=True, slots=True)
class RosterEdited:
    """Another roster, of which only what is said of some schools differs; `ledger_only` where all that is in the ledger.

    Many schools are told in pieces, so that no alarm waits for a city: each piece has the whole new index.
    """

    index: RosterIndex
    schools: Sequence[str]
    ledger_only: bool


@dataclass(frozen=True, slots=True)
class WindowDeclared:
    """A test or drill was declared: only presses of the listed buttons within it may be of that mode.

    Told again it takes the place of what was told before: ended earlier, or without an approval, which withdraws it.
    """

    id: str
    mode: str
    school: str
    devices: frozenset[tuple[GatewayId, DeviceId]]
    start: float
    end: float
    approved_by: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed; sent about once a second."""


Event = (
    RosterLoaded
    | RosterEdited
    | ReadingArrived
    | ReadingsArrived
    | CheckInArrived
    | PressArrived
    | PressStored
    | PressCleared
    | PressShown
    | PressReceipted
    | DeviceAlerted
    | GatewayHeard
    | GatewayLinkChanged
    | BirthArrived
    | Unreadable
    | AuditJudged
    | ServiceJudged
    | NotificationsJudged
    | GapsOverdue
    | GapsCounted
    | EarlyTold
    | ActRequested
    | ShelveRequested
    | FactRestored
    | FactFollowed
    | AlertOvertaken
    | LeadChanged
    | GuardsRestored
    | DaysRestored
    | RecallBegan
    | Recalled
    | RecallEnded
    | WindowDeclared
    | Ticked
)
