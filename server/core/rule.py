"""What a rule is: it looks at a view and finds something wrong, or not. Rules are pure and know nothing of alerts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from contract.mode import Mode
from server.core.alert import Flow, Severity
from server.core.events import AuditJudged, DeviceAlerted, PressArrived, Unreadable
from server.core.liveness import DeviceState, GatewayState, Liveness
from server.core.risk.early import Early
from server.registry.model import Calendar, School

Signal = PressArrived | DeviceAlerted | Unreadable | AuditJudged


class Subject(StrEnum):
    """What a rule looks at."""

    SIGNAL = "signal"  # One thing told, the moment it is told.
    DEVICE = "device"
    GATEWAY = "gateway"
    SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class View:
    """What a rule may see: one device, gateway or school, or one signal, with the calendar."""

    calendar: Calendar
    school: School | None = None
    gateway: GatewayState | None = None
    state: DeviceState | None = None
    posts: Sequence[DeviceState] = ()  # The guard posts of the school.
    gaps_overdue: tuple[int, float] | None = None  # Of the school: how many, and since when; None while nobody has told.
    early: Early | None = None  # What the school's risk profile warns of; None while nobody has told.
    checked_in: int = 0  # Guards who came on post and have not left, by their check-ins.
    signal: Signal | None = None
    mode: Mode = Mode.REAL  # Of the signal, as the server decided.

    @property
    def liveness(self) -> Liveness:
        """Give the liveness of the device looked at; unknown without one."""
        return self.state.liveness if self.state else Liveness.UNKNOWN


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong: how bad, since when, and what to tell."""

    severity: Severity
    since: float
    detail: tuple[tuple[str, str], ...] = ()
    flow: Flow = Flow.FAULT
    code: str = ""
    children: int = 0
    hold_seconds: float | None = None  # Instead of the rule's, where the one looked at is given another time.
    again_at: float | None = None  # Look again then, although nothing may have changed: it may have become worse.


def never(_view: View, _now: float) -> bool:
    """Say that a finding does not end by itself: only people close it."""
    return False


def is_live(view: View, _now: float) -> bool:
    """Say whether the device looked at is surely heard."""
    return view.liveness is Liveness.LIVE


def silent_since(view: View) -> float:
    """Say since when nothing has been heard of the device looked at, as far as we listened."""
    state = view.state
    assert state is not None
    return state.gateway.live_since if state.last_rx is None else state.last_rx


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `cleared` says that the finding is surely over; between found and surely over lies "cannot tell"."""

    name: str
    label: str
    label_en: str
    severity: Severity  # The usual one, for lists and documents; a finding has its own.
    subject: Subject
    trigger: str  # When it is found, in one sentence.
    trigger_en: str
    evaluate: Callable[[View, float], Finding | None]
    cleared: Callable[[View, float], bool] = never
    hold_seconds: float = 0.0  # How long it must be found without a break before anybody is told.
    clear_seconds: float = 0.0  # How long it must be over without a break before the alert ends.
    kinds: frozenset[str] = field(default_factory=frozenset)  # For device rules: the kinds it looks at.
    watches: frozenset[str] = field(default_factory=frozenset)  # Metrics whose change makes it look again.
    clocked: bool = False  # Whether the hours of the day matter to it.
