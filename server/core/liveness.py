"""Whether what we hear is fresh enough to be believed. Only the server's receive time counts; a school's clock never does.

A device is offline only when its gateway is heard and it is not. When the gateway is silent, nothing can be said of the
devices: they are unknown, which is neither good nor bad.

Our own absence is no silence of a gateway, and no proof of life either. What the journal says of the time before it is
believed again once the gateway is heard: a device is live as long as its own silence allows, counted through our absence;
it is offline if it was so before, or has been silent for that long since we listen again; between the two it is unknown.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from contract.kind import Kind, Pillar
from contract.limits import PATH_SILENT_SECONDS
from contract.records import Value
from server.core.daybook import Daybook
from server.core.gap_figures import GapFigures
from server.core.param import AS_BUILT, Settings
from server.core.proof import ButtonTests
from server.core.risk.early import Early
from server.registry.dossier import NOTHING_SAID, Dossier
from server.registry.model import Device, Gateway, School

GATEWAY_OFFLINE_SECONDS = 180.0  # Three missed keepalives of 60 s, as GB/T 28181 platforms are judged.
STRANGERS_MAX = 2_000  # Unknown devices remembered for one gateway; more are as bad.
BRIDGED_SECONDS = 180.0  # A longer time without a word of a gateway, ours or its own: nobody knows what happened in it.
RECORDS_APART_SECONDS = 90.0  # A gateway tells a record each minute; where the journal has none for so long it was silent.
METRICS_KEPT_MAX = 64  # For each device; a metric beyond them is not kept here. The history has it.
SHIFT_SECONDS_MAX = 14 * 3_600.0  # A forgotten check-out does not man a post for ever.
GUARDS_KEPT_MAX = 500  # For each school; the one that was not seen for longest leaves.
REACHABLE_METRICS = ("online", "link")  # How a device says of itself, or its host of it, that it cannot be reached.


class Liveness(StrEnum):
    """What can be said of a gateway or a device now."""

    LIVE = "live"
    SUSPECT = "suspect"  # A gateway that fell silent a moment ago, or whose last path left its will.
    OFFLINE = "offline"
    UNKNOWN = "unknown"


@dataclass(slots=True, eq=False)
class GatewayState:
    """What is known of one gateway, and its devices."""

    gateway: Gateway
    school: School | None
    known_since: float  # When we began to listen for it: silence is counted from here until it is first heard.
    liveness: Liveness = Liveness.UNKNOWN
    since: float | None = None
    last_heard: float | None = None
    live_since: float = 0.0  # Since when it has been heard without a break, as far as anybody listened.
    listened_since: float = 0.0  # Since when its devices' silence counts: later than `live_since` after our own absence.
    before: "Before | None" = None  # What the journal says of it before we started, while that is of use.
    unbroken: bool = True  # Whether nothing has come between what the journal says and what we hear.
    path_heard: dict[str, float] = field(default_factory=dict)
    software: str = ""
    devices: dict[str, "DeviceState"] = field(default_factory=dict)
    check_due: float | None = None
    registered: bool = True
    strangers: dict[str, float] = field(default_factory=dict)  # Devices of no registry, and since when they speak.
    first_hop: str = ""  # How a press reaches it, as its birth told: confirmed, latched or best_effort.
    children: int = 0  # Devices of the roster behind it.
    live: int = 0  # How many of them are live …
    offline: int = 0  # … and offline; the rest is unknown.

    @property
    def paths(self) -> tuple[str, ...]:
        """Name the paths that have not been given up."""
        return tuple(sorted(self.path_heard))

    @property
    def lag_seconds(self) -> float | None:
        """Say how far its readings are behind, if it told."""
        own = self.devices.get("gw")
        lag = own.metrics.get("lag") if own else None
        return float(lag[0]) if lag and isinstance(lag[0], int | float) else None


@dataclass(slots=True)
class Before:
    """What the journal says of a gateway's last time without a break before we started, read from its end backwards."""

    last: float  # Its newest record.
    since: float  # The oldest record of that time, as far as we have read.
    broken: bool = False  # Whether what is older lies behind a silence.


@dataclass(slots=True, eq=False)
class Home:
    """One school as the fleet sees it: its gateways, its devices by kind, and its guards."""

    school: School
    dossier: Dossier = NOTHING_SAID
    settings: Settings = AS_BUILT  # What its units have set at the rules.
    gateways: list[GatewayState] = field(default_factory=list)
    by_kind: dict[str, list["DeviceState"]] = field(default_factory=dict)
    on_post: dict[str, tuple[float, bool]] = field(default_factory=dict)  # Guard -> last check-in, and whether it was "in".
    guard_seen: float | None = None  # When a guard was last known to be there.
    daybook: Daybook = field(default_factory=Daybook)
    tests: dict[tuple[str, str], ButtonTests] = field(default_factory=dict)  # By gateway and button.
    tested: float | None = None  # When the newest press was made that proved the whole way to the police.
    gaps_overdue: tuple[int, float] | None = None  # How many, and since when; None while nobody has told.
    gaps: GapFigures | None = None  # What the ledger of gaps says in numbers; None while nobody has told.
    early: Early | None = None  # What its risk profile warns of; None while nobody has told.

    def kind(self, name: str) -> list["DeviceState"]:
        """List the school's devices of a kind."""
        return self.by_kind.get(name, [])

    def checked_in(self, now: float) -> int:
        """Count the guards who came and have not left; a check-in without its end counts for one long shift only."""
        return sum(there and now - at <= SHIFT_SECONDS_MAX for at, there in self.on_post.values())


@dataclass(slots=True, eq=False)
class DeviceState:
    """What is known of one device; `metrics` maps a name to its latest value and the instant it was measured."""

    device: Device
    kind: Kind | None
    gateway: GatewayState
    home: Home | None
    silence_seconds: float
    watched: frozenset[str]  # Metrics whose change makes rules and indicators look again.
    liveness: Liveness = Liveness.UNKNOWN
    since: float | None = None
    last_rx: float | None = None
    metrics: dict[str, tuple[Value, float]] = field(default_factory=dict)
    changed: dict[str, float] = field(default_factory=dict)  # When a watched metric last changed, by our clock.
    reported_offline: bool = False  # The gateway told so on the alarm lane.
    silent_before: bool = False  # It was silent for too long already when we went away, and has told nothing since.
    settled: set[str] | None = None  # While the journal is read back: metrics whose last change is known.
    dated_back: bool = False  # While the journal is read back: a change is older than it seemed when rules last looked.
    first_hop: str = ""
    flaws: tuple[str, ...] | None = None  # What its line in the ledger lacks; None where nobody has looked yet.
    guard_seen: float | None = None  # Of a guard post: when somebody was last known to be there.
    epoch: str = ""  # Together with `position`: where the latest reading stands. An earlier one that comes late is history.
    position: int = 0
    check_due: float | None = None

    @property
    def counted(self) -> bool:
        """Say whether it counts as one of the school's devices; the gateway's own `gw` does not."""
        return self.kind is None or self.kind.pillar is not Pillar.GATEWAY

    def value(self, name: str) -> Value:
        """Give the latest value of a metric; None when it was never told."""
        found = self.metrics.get(name)
        return found[0] if found else None

    @property
    def unreachable(self) -> bool:
        """Say whether the device, or its host for it, tells that it cannot be reached."""
        return self.reported_offline or any(self.value(name) is False for name in REACHABLE_METRICS)


def judge_gateway(state: GatewayState, now: float) -> Liveness:
    """Judge a gateway by the clock alone.

    Each limit is compared as the same sum that its check was put off to, so that a check that is due always decides.
    """
    heard = state.last_heard
    if now >= (state.known_since if heard is None else heard) + GATEWAY_OFFLINE_SECONDS:
        return Liveness.OFFLINE
    if heard is None:
        return Liveness.UNKNOWN
    if now >= heard + PATH_SILENT_SECONDS:
        return Liveness.SUSPECT
    return Liveness.SUSPECT if state.liveness in (Liveness.SUSPECT, Liveness.OFFLINE) else Liveness.LIVE


def judge_device(state: DeviceState, now: float) -> Liveness:
    """Judge a device: unknown without its gateway, offline when it says so or has been silent while the gateway spoke."""
    if state.gateway.liveness is not Liveness.LIVE:
        return Liveness.UNKNOWN
    if state.unreachable or state.silent_before:
        return Liveness.OFFLINE
    heard = state.last_rx
    if heard is not None and heard >= state.gateway.live_since and now < heard + state.silence_seconds:
        return Liveness.LIVE
    return Liveness.OFFLINE if now >= silent_after(state) else Liveness.UNKNOWN


def silent_after(state: DeviceState) -> float:
    """Say at which instant a device has been silent for too long, if nothing is heard of it any more."""
    listened = state.gateway.listened_since
    heard = state.last_rx
    return (listened if heard is None or heard < listened else heard) + state.silence_seconds


def doubted_after(state: DeviceState) -> float:
    """Say at which instant a live device is not live any more, if nothing is heard of it."""
    assert state.last_rx is not None
    return state.last_rx + state.silence_seconds


def bridged(state: GatewayState, rx: float) -> float | None:
    """Say since when a gateway was heard without a break before our absence, if the break up to `rx` is ours alone."""
    before = state.before
    return before.since if before is not None and rx < before.last + BRIDGED_SECONDS else None
