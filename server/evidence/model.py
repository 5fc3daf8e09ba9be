"""What the evidence of an incident is made of. Instants: milliseconds UTC, `t` by the school's clock, `rx` by ours."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from contract.records import Value
from server.core.alert import Alert, Flow

AROUND_MS = 300_000  # Of readings before and after each press.
SETTLE_MS = 60_000  # After it: by then what was measured in time has come.
LATE_MS = 6 * 3_600_000  # A trace with gaps is taken once more after this, for a school that was cut off sends what it kept.


class Shelf(StrEnum):
    """For how long evidence is kept, by what it is of."""

    REAL = "real"  # Of a real press.
    REHEARSAL = "rehearsal"  # Of a test or drill.
    FAULT = "fault"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the timeline. `t` is missing where nothing but the server's clock knows of it."""

    rx: int
    t: int | None = None
    kind: str  # press, act, system, escalation, notification, police, order, window, evidence
    what: str
    by: str = ""
    role: str = ""
    ref: str = ""
    note: str = ""
    detail: dict[str, str] = {}

    @property
    def at(self) -> int:
        """Give the instant by which it is ordered: when it happened, else when it was known."""
        return self.rx if self.t is None else self.t


Point = tuple[int, int, int, Value]  # t, rx, clock quality (3 best, 0 unknown), value


class Series(msgspec.Struct, frozen=True):
    """One metric of one device in the order of its time; every reading as it came, nothing thinned."""

    gateway: str
    device: str
    metric: str
    points: list[Point]


class TraceDevice(msgspec.Struct, frozen=True):
    """A device of the school as the registry had it when the trace was taken."""

    gateway: str
    device: str
    kind: str
    name: str
    place: str


class Quiet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of which the trace does not tell, or in which a camera saw nothing; `device` is empty for a gateway."""

    gateway: str
    device: str
    start: int
    end: int
    why: str  # silent, no_reading, hole, blind, unreadable
    detail: str = ""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The readings around the presses of an incident. `source` is `journal`, or empty where they have left the database."""

    source: str
    taken: int
    presses: int
    spans: list[tuple[int, int]]
    spans_left_out: int
    devices: list[TraceDevice]
    devices_left_out: int
    series: list[Series]
    points_left_out: int
    quiet: list[Quiet]
    whole: bool  # Nothing is left out, and every gateway was heard all the time.


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did with the evidence itself: on record in the same transaction as its line of the audit log."""

    alert: str
    at_ms: int
    actor: str
    role: str
    what: str  # viewed, exported, downloaded, attached, marked, held, lift_asked, lift_refused, lifted, traced, expired
    ref: str = ""
    note: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of an incident. `kind` and `source` say what it is and where from: people now, a gateway's camera later."""

    id: str
    alert: str
    shelf: Shelf
    at_ms: int
    actor: str
    role: str
    name: str
    note: str
    kind: str
    source: str
    media_type: str
    sha256: str
    bytes: int
    removed_ms: int = 0  # Marked as not to be used; its bytes stay until their time is over.
    removed_by: str = ""
    removed_why: str = ""
    expired_ms: int = 0  # Its time was over and its bytes are gone.


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold of an incident's evidence; `lifted_ms` is 0 while it stands."""

    alert: str
    number: int
    from_ms: int
    to_ms: int
    placed_ms: int
    placed_by: str
    reason: str
    asked_ms: int = 0  # To lift it; a second person decides.
    asked_by: str = ""
    asked_why: str = ""
    lifted_ms: int = 0
    lifted_by: str = ""


def shelf_of(alert: Alert) -> Shelf:
    """Say for how long evidence of an alert is kept."""
    if alert.flow is not Flow.INCIDENT:
        return Shelf.FAULT
    return Shelf.REAL if alert.mode == "real" else Shelf.REHEARSAL
