"""What a rule is: it looks at a view and finds something wrong, or not. Rules are pure and know nothing of alerts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from contract.mode import Mode
from contract.records import Value
from server.core.alert import Flow, Severity
from server.core.events import AuditJudged, DeviceAlerted, PressArrived, ServiceJudged, StepUnreached, Unreadable
from server.core.liveness import DeviceState, GatewayState, Home, Liveness
from server.core.noise.area import Area, Load
from server.core.param import AS_BUILT, Param, Settings, seconds
from server.core.proof import ButtonTests
from server.core.windows import REAL, Ruling
from server.registry.dossier import NOTHING_SAID, Dossier
from server.registry.model import Calendar, School

Signal = PressArrived | DeviceAlerted | Unreadable | AuditJudged | ServiceJudged | StepUnreached


class Subject(StrEnum):
    """What a rule looks at."""

    SIGNAL = "signal"  # One thing told, the moment it is told.
    DEVICE = "device"
    GATEWAY = "gateway"
    SCHOOL = "school"
    AREA = "area"  # What goes wrong in many schools of a unit at once.
    ALERTS = "alerts"  # How often other alerts come.


@dataclass(frozen=True, slots=True)
class View:
    """What a rule may see: one device, gateway or school, or one signal, with the calendar and what its city has set."""

    calendar: Calendar
    school: School | None = None
    gateway: GatewayState | None = None
    state: DeviceState | None = None
    home: Home | None = None  # The school with all that is known of it; None where no school is known.
    posts: Sequence[DeviceState] = ()  # The guard posts of the school.
    area: Area | None = None
    load: Load | None = None
    checked_in: int = 0  # Guards who came on post and have not left, by their check-ins.
    listening_since: float = 0.0  # Since when the city has been listened to.
    tests: ButtonTests | None = None  # Of the button looked at.
    signal: Signal | None = None
    ruling: Ruling = REAL  # What the signal was taken for, as the server decided.
    settings: Settings = AS_BUILT

    @property
    def mode(self) -> Mode:
        """Give the mode of the signal."""
        return self.ruling.mode

    @property
    def liveness(self) -> Liveness:
        """Give the liveness of the device looked at; unknown without one."""
        return self.state.liveness if self.state else Liveness.UNKNOWN

    @property
    def dossier(self) -> Dossier:
        """Give what the ledger says of the school."""
        return self.home.dossier if self.home is not None else NOTHING_SAID

    def of(self, param: Param) -> float:
        """Give the value of a setting that holds here."""
        return self.settings.of(param)

    def severity(self, param: Param) -> Severity:
        """Give the severity that is set here."""
        return Severity(int(self.settings.of(param)))

    def value(self, metric: str) -> Value:
        """Give what the device looked at tells now; None where it is not surely heard, or has not told it."""
        state = self.state
        return state.value(metric) if state is not None and state.liveness is Liveness.LIVE else None

    def number(self, metric: str) -> float | None:
        """Give a number that the device looked at tells now; None as above."""
        told = self.value(metric)
        return told if isinstance(told, int | float) and not isinstance(told, bool) else None

    def changed(self, metric: str, now: float) -> float:
        """Say since when the device looked at has told a watched metric as it is."""
        return self.state.changed.get(metric, now) if self.state is not None else now


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


def told_as(metric: str, *values: Value) -> Callable[[View, float], bool]:
    """Give what says that the device looked at surely tells one of some values."""
    return lambda view, _now: view.value(metric) in values and view.value(metric) is not None


def silent_since(view: View) -> float:
    """Say since when nothing has been heard of the device looked at, as far as we listened."""
    assert view.state is not None
    return silent_for(view.state)


def silent_for(state: DeviceState) -> float:
    """Say since when nothing has been heard of a device, as far as we listened, or since when it tells that it is gone."""
    if state.last_rx is None:
        return state.gateway.live_since
    return state.last_rx if state.since is None else min(state.last_rx, state.since)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `cleared` says that the finding is surely over; between found and surely over lies "cannot tell"."""

    name: str
    label: str
    label_en: str
    severity: Severity  # The usual one, for lists and documents; a finding has its own.
    subject: Subject
    trigger: str  # When it is found, in one sentence, with the usual settings.
    trigger_en: str
    evaluate: Callable[[View, float], Finding | None]
    cleared: Callable[[View, float], bool] = never
    hold_seconds: float = 0.0  # How long it must be found without a break before anybody is told.
    clear_seconds: float = 0.0  # How long it must be over without a break before the alert ends.
    hold_most: float = 3_600.0  # The longest hold and clear that a city may set; with 0 it is no setting.
    clear_most: float = 7_200.0
    params: tuple[Param, ...] = ()  # What else a city may set.
    kinds: frozenset[str] = field(default_factory=frozenset)  # The kinds of device whose change makes it look.
    watches: frozenset[str] = field(default_factory=frozenset)  # Metrics whose change makes it look again.
    clocked: bool = False  # Whether the hours of the day matter to it.
    security: bool = False  # About people and gates rather than equipment: at severity 1 or 2 no storm hides it.
    gathers: bool = False  # Of a school: it looks once with the next tick, however many of its devices have changed.
    look_at: Callable[[View, float], float | None] | None = None  # When time alone may make it find something.
    by_people: bool = False  # Whether only people end its alerts, however well all is again.
    code: str = ""  # By which a device may tell the same on the alarm lane: while that alert is open, this one is not told.
    number: str = ""  # Its number in the field's list of alerts, for documents.
    hold: Param = field(init=False)
    clear: Param = field(init=False)

    def __post_init__(self) -> None:
        hold = seconds("hold", "持续多久才报", "Told after", self.hold_seconds, 0, self.hold_most)
        clear = seconds("clear", "恢复多久才消", "Over after", self.clear_seconds, 0, self.clear_most)
        object.__setattr__(self, "hold", hold)
        object.__setattr__(self, "clear", clear)

    @property
    def settings(self) -> tuple[Param, ...]:
        """List all that a city may set; nothing where a signal is told the moment it comes."""
        if self.subject is Subject.SIGNAL:
            return self.params
        times = ((self.hold, self.hold_most), (self.clear, self.clear_most))
        return (*(param for param, most in times if most > 0), *self.params)
