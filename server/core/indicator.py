"""What an indicator is: it asks about some schools and judges each twice, by the ledger and by what was heard. All pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from server.core.liveness import DeviceState, Home, Liveness
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Judgement, Verdict
from server.registry.dossier import Dossier
from server.registry.model import Calendar, School, SchoolKind
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption

# What the policy calls 中小学; teaching points are among them and are attached to a central school for management only.
SCHOOLS = frozenset(SchoolKind) - {SchoolKind.KINDERGARTEN}
EVERY_KIND = frozenset(SchoolKind)


@dataclass(frozen=True, slots=True)
class View:
    """What an indicator may see of one school; `listening_since` is when this server began to hear the city."""

    school: School
    home: Home
    calendar: Calendar
    listening_since: float

    @property
    def dossier(self) -> Dossier:
        """Give what the ledger says of the school."""
        return self.home.dossier

    def devices(self, *kinds: str) -> list[DeviceState]:
        """List the school's devices of some kinds."""
        return [device for kind in kinds for device in self.home.kind(kind)]


Judge = Callable[[View, float], Verdict]
Turn = Callable[[View, Verdict, float], float | None]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator with everything that is printed beside its figure."""

    name: str
    label: str
    label_en: str
    formula: str
    formula_en: str
    source: str
    ledger: Judge
    live: Judge
    asks: Callable[[School], bool] = lambda _school: True
    headline: bool = True
    target_basis_points: int = 10_000
    deadline: date | None = None
    freshness_seconds: float = 86_400.0  # How long a live proof is believed.
    turns_at: Turn | None = None  # When a live verdict turns by time alone; without it, when its proof is too old.
    watches: Mapping[str, frozenset[str]] = field(default_factory=dict)  # Kind -> metrics whose change may change a verdict.


def turn(indicator: Indicator, view: View, live: Verdict, now: float) -> float | None:
    """Say when a live verdict turns by time alone; None where only something that happens can turn it."""
    if indicator.turns_at is not None:
        return indicator.turns_at(view, live, now)
    if live.judgement is Judgement.MET and live.proof_at is not None:
        return live.proof_at + indicator.freshness_seconds
    return None


def in_service(school: School, now: float) -> bool:
    """Say whether a school exists on the day: indicators ask about no other."""
    today = local_date(now)
    return (school.opened is None or school.opened <= today) and (school.closed is None or today < school.closed)


def exempt(view: View, indicator: str, now: float) -> Verdict | None:
    """Give the exemption in force: with document, approver, reason and an end that has not passed."""
    today = local_date(now)
    written = view.dossier.find(Exemption, indicator)
    if written is None or not (written.document and written.approver and written.reason) or today > written.until:
        return None
    return Verdict(Judgement.EXEMPT, ("exempt",))


def declared(view: View, items: Sequence[str], now: float) -> Verdict:
    """Judge declared items: all in place with valid evidence is met, one missing is not met, one unsure is unknown."""
    today = local_date(now)
    missing: list[str] = []
    unsure: list[str] = []
    proofs: list[float] = []
    for item in items:
        told = view.dossier.find(Declaration, item)
        if told is None:
            unsure.append(f"{item}.undeclared")
        elif not told.in_place:
            missing.append(f"{item}.missing")
        elif told.expires is not None and told.expires < today:
            unsure.append(f"{item}.lapsed")
        elif told.dated is not None:
            proofs.append(start_of_day(told.dated))
    return settle(missing, unsure, min(proofs, default=None))


def settle(missing: Sequence[str], unsure: Sequence[str], proof_at: float | None) -> Verdict:
    """Put parts together: what is missing decides before what is unsure, and both before what is there."""
    if missing:
        return Verdict(Judgement.NOT_MET, (*missing, *unsure), proof_at)
    if unsure:
        return Verdict(Judgement.UNKNOWN, tuple(unsure), proof_at)
    return Verdict(Judgement.MET, (), proof_at)


def latest(devices: Sequence[DeviceState], *metrics: str) -> float | None:
    """Give the newest instant (seconds) that devices tell in metrics of milliseconds."""
    told = [device.value(metric) for device in devices for metric in metrics]
    return max((value / 1000 for value in told if isinstance(value, int) and not isinstance(value, bool)), default=None)


def any_live(devices: Sequence[DeviceState]) -> bool:
    """Say whether at least one device is surely heard."""
    return any(device.liveness is Liveness.LIVE for device in devices)


def all_offline(devices: Sequence[DeviceState]) -> bool:
    """Say whether every device is surely gone; none is no answer."""
    return bool(devices) and all(device.liveness is Liveness.OFFLINE for device in devices)
