"""Everything the engine can ask of its shell. Effects are values: the shell stores, streams and notifies."""

from dataclasses import dataclass

from contract.identity import DeviceId, GatewayId
from server.core.alert import Alert
from server.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class AlertChanged:
    """An alert was raised or moved. `fact` is to be appended to its history; None for what the journal holds already.

    `press` names the press that the fact brings to its incident; empty when it brings none.
    """

    alert: Alert
    fact: bytes | None
    press: str = ""


@dataclass(frozen=True, slots=True)
class AlertGone:
    """An alert of ours that no journal has: all it told is told by another server's. `alert` is as it last stood."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class FactDropped:
    """A fact that was not taken needs not be said any more: the alert says it already, or has moved on."""

    alert: Alert | None


@dataclass(frozen=True, slots=True)
class AlertBehind:
    """Facts of an alert are stored that we never saw: it is to be read again, and told as `AlertOvertaken`."""

    alert: str


@dataclass(frozen=True, slots=True)
class ActRefused:
    """A requested move is not legal now; `code` is stable for the API, `alert` is the state to show instead."""

    code: str  # not_found, version_conflict, illegal_move, cause_required, second_person_required
    detail: str
    alert: Alert | None


@dataclass(frozen=True, slots=True)
class VerdictChanged:
    """One indicator of one school changed, in the ledger's or the live figure; None where the school is not asked."""

    school: str
    indicator: str
    ledger: Verdict | None
    live: Verdict | None


@dataclass(frozen=True, slots=True)
class LivenessChanged:
    """A device or gateway became live, suspect, offline or unknown.

    With `device` empty it is the gateway; when that one is not live, all its devices are unknown without being named.
    """

    gateway: str
    device: str
    liveness: str
    since: float


@dataclass(frozen=True, slots=True)
class GuardSeen:
    """A guard came on post, was there or left; `guard` is empty where a reader only counts. To be known after a restart."""

    gateway: GatewayId
    device: DeviceId
    guard: str
    at: float
    present: bool


@dataclass(frozen=True, slots=True)
class DayNoted:
    """What a figure will look back at: a day's rounds or peak, an alarm's answer. To be known after a restart.

    A later word of the same school and key takes the place of an earlier one; `at` says when it may be forgotten.
    """

    school: str
    key: str
    at: float
    value: str


@dataclass(frozen=True, slots=True)
class IdTaken:
    """A gateway told a signal under an id that another gateway's signal bears; it is shown under a name of its own."""

    gateway: GatewayId
    device: DeviceId
    id: str
    holder: str  # The gateway whose signal it is here.
    t: float


@dataclass(frozen=True, slots=True)
class NotificationDue:
    """Somebody must be told by other channels: all audiences of one step of the chain, at once and side by side.

    `step` is the escalation step that asked for it. Of one alert the same step is asked for again only by a later ring,
    which `alert.rings` counts.
    """

    alert: Alert
    step: int
    audiences: tuple[str, ...]


Effect = (
    AlertChanged
    | AlertGone
    | FactDropped
    | AlertBehind
    | ActRefused
    | VerdictChanged
    | LivenessChanged
    | GuardSeen
    | DayNoted
    | IdTaken
    | NotificationDue
)
