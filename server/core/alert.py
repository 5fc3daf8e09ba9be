"""An alert: what was found wrong, where, how bad, and how far people have got with it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from server.core.chain import Plan


class Severity(IntEnum):
    """How bad: 1 is danger to life (一级), 4 is housekeeping (四级); the same order as GB/T 28181 alarm priorities."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class State(StrEnum):
    """Where an alert stands. Presses end in `reviewed`, device faults in `closed`."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"
    WORK_ORDER = "work_order"
    RECOVERED = "recovered"
    CLOSED = "closed"


class Flow(StrEnum):
    """Which moves an alert can make: an incident is closed by people only, a fault may recover by itself."""

    INCIDENT = "incident"
    FAULT = "fault"


OVER = frozenset({State.RESOLVED, State.REVIEWED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Attached:
    """One press that belongs to an incident; every press stays a row of its own."""

    id: str
    device: str
    t: float
    rx: float
    press: str
    stored: bool
    late: bool
    cleared_at: float | None = None
    repaired: bool = False  # Found by a heartbeat's open list rather than by the alarm lane.
    stored_at: float | None = None  # When we learnt that the journal has it.
    shown_at: float | None = None  # When the first police screen had drawn it.
    receipted_at: float | None = None  # When the police's side acknowledged it, beside what officers do here.


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an alert's history: what happened, when, by whom, why."""

    at: float
    what: str
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """The current picture of one alert. `version` grows with each change; `t` is when it happened, `rx` when we knew."""

    id: str
    rule: str
    severity: Severity
    state: State
    mode: str  # real, test or drill as the server decided
    school: str
    gateway: str
    device: str  # "" when the alert is about the whole gateway or school
    t: float
    rx: float
    version: int
    updated: float
    stored: bool = True  # False: shown before the journal has committed it (未入库).
    late: bool = False
    owner: str = ""
    acknowledged_at: float | None = None
    resolved_at: float | None = None
    cause: str = ""
    escalation: int = 0  # The escalation step reached.
    next_escalation_at: float | None = None
    ended_at: float | None = None  # When the condition itself ended, for rules that clear.
    presses: tuple[Attached, ...] = ()  # The newest ones; `press_count` counts all.
    history: tuple[Step, ...] = ()
    detail: tuple[tuple[str, str], ...] = ()  # What the rule wants to tell: code, value, threshold, …
    children: int = 0  # Devices made unknown by this root cause.
    flow: Flow = Flow.FAULT
    code: str = ""  # What exactly was reported, where one rule covers several things: duress, fire, …
    confirmed: bool = False  # A second signal of the same school spoke within minutes: false needs two people.
    press_count: int = 0
    moved_version: int = 0  # The version of the last move by a person or of the last press: who acts must have seen it.
    proposed_by: str = ""  # Who asked first to close a confirmed incident as not real, …
    proposed_cause: str = ""  # … and with which cause.
    plan: Plan | None = None  # Who is told and when, as chosen when it rang last; None: it rang before plans were kept.
    ack_expires_at: float | None = None  # Until when somebody has to act on the acknowledgement.
    ack_expired: bool = False  # It rings again because nobody acted on an acknowledgement.
    rings: int = 1  # How often its chain has begun: raised, pressed or opened again, worse, acknowledged in vain.
    unit: str = ""  # The area it is about, where it is about no one school: a group of alerts with one cause.
    group: str = ""  # The alert that it stands under: one cause, one row.
    shelved_until: float | None = None  # Put aside by a person until then.
    shelved_by: str = ""
    shelved_whole: bool = False  # Whatever its rule says of its device until then, and not this alert alone.
    planned: str = ""  # The planned work in whose span it lasts.

    @property
    def held(self) -> str:
        """Say why nobody is called for it: shelved, planned or grouped; empty where it rings. An incident always rings."""
        if self.flow is Flow.INCIDENT:
            return ""
        if self.shelved_until is not None:
            return "shelved"
        return "planned" if self.planned else "grouped" if self.group else ""

    @property
    def open(self) -> bool:
        """Say whether people still have to work on it."""
        return self.state not in OVER
