"""What an indicator is: it asks about some schools and judges each twice, by the ledger and by what was heard. All pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from server.core.liveness import DeviceState, Home, Liveness
from server.core.past import NOTHING_PAST, Past
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Judgement, Verdict
from server.registry.dossier import NOTHING_SAID, Dossier
from server.registry.model import Area, Calendar, School, SchoolKind
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption
from server.registry.sheets.scope import IndicatorScope

# What the policy calls 中小学; teaching points are among them and are attached to a central school for management only.
SCHOOLS = frozenset(SchoolKind) - {SchoolKind.KINDERGARTEN}
EVERY_KIND = frozenset(SchoolKind)
EVERY_AREA = frozenset(Area)
URBAN = frozenset({Area.URBAN})
COUNTS_SCHOOLS = ("所学校", "schools")


class Group(StrEnum):
    """Where an indicator stands on the screens: beside its like, in this order."""

    HEADLINE = "headline"  # The five targets of the city's own policy.
    STRENGTH = "strength"  # The guards' targets in their stronger readings.
    NATIONAL = "national"  # The fourth of the national plan, 护学岗.
    QUALITY = "quality"  # Whether what is there works.
    INSTITUTION = "institution"  # What is in writing (制度防): plans, drills, letters, hazards.


@dataclass(frozen=True, slots=True)
class View:
    """What an indicator may see of one school; `listening_since` is when this server began to hear the city."""

    school: School
    home: Home
    calendar: Calendar
    listening_since: float
    past: Past = NOTHING_PAST

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
    group: Group = Group.HEADLINE
    kinds: frozenset[SchoolKind] = EVERY_KIND  # Which schools are asked, where a region does not say otherwise.
    areas: frozenset[Area] = EVERY_AREA
    area_fixed: bool = False  # Whether its text names the area, so that no region may say otherwise.
    counts: tuple[str, str] = COUNTS_SCHOOLS  # What its figures count, in both languages.
    due: Callable[[View, float], bool] | None = None  # Whether there is anything to ask about now; without it, always.
    source_en: str = ""
    ledger_only: bool = False  # Nothing that is heard can prove it: the live figure is unknown, and says so.
    items: tuple[str, ...] = ()  # Declared items of which the ledger's verdict is made, where each has a figure of its own.
    makes_gaps: bool = True  # Whether a cell that is not met or unknown is a gap; a figure about gaps opens none.
    target_basis_points: int = 10_000
    deadline: date | None = None
    freshness_seconds: float = 86_400.0  # How long a live proof is believed.
    believed: tuple[str, str] = ("24小时", "24 h")  # The same in words, which may say more.
    turns_at: Turn | None = None  # When a live verdict turns by time alone; without it, when its proof is too old.
    watches: Mapping[str, frozenset[str]] = field(default_factory=dict)  # Kind -> metrics whose change may change a verdict.

    @property
    def headline(self) -> bool:
        """Say whether it is one of the five targets."""
        return self.group is Group.HEADLINE

    def scope(self, dossier: Dossier) -> tuple[bool, bool]:
        """Say whether kindergartens are asked, and whether urban schools alone are, as the region has it."""
        kindergartens, urban_only = SchoolKind.KINDERGARTEN in self.kinds, self.areas == URBAN
        told = dossier.find(IndicatorScope, self.name)
        if told is None:
            return kindergartens, urban_only
        if told.kindergartens is not None:
            kindergartens = told.kindergartens
        if told.urban_only is not None and not self.area_fixed:
            urban_only = told.urban_only
        return kindergartens, urban_only

    def asks(self, school: School, dossier: Dossier = NOTHING_SAID) -> bool:
        """Say whether a school is in the denominator."""
        kindergartens, urban_only = self.scope(dossier)
        if school.kind is SchoolKind.KINDERGARTEN:
            if not kindergartens:
                return False
        elif school.kind not in self.kinds:
            return False
        if urban_only:
            return school.area is Area.URBAN
        return self.areas == URBAN or school.area in self.areas


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


def unheard(_view: View, _now: float) -> Verdict:
    """Judge live what no device can tell of: unknown, with that as its reason."""
    return Verdict(Judgement.UNKNOWN, ("live.cannot_prove",))


def any_live(devices: Sequence[DeviceState]) -> bool:
    """Say whether at least one device is surely heard."""
    return any(device.liveness is Liveness.LIVE for device in devices)


def all_offline(devices: Sequence[DeviceState]) -> bool:
    """Say whether every device is surely gone; none is no answer."""
    return bool(devices) and all(device.liveness is Liveness.OFFLINE for device in devices)


def shared(met: int, not_met: int, unknown: int, reasons: Sequence[str] = (), proof_at: float | None = None) -> Verdict:
    """Judge a school of which an indicator counts parts: one part that is missing decides before one that is unsure."""
    judgement = Judgement.NOT_MET if not_met else Judgement.UNKNOWN if unknown else Judgement.MET
    return Verdict(judgement, tuple(reasons), proof_at, (met, not_met, unknown, 0))


def wholly(verdict: Verdict, parts: int) -> Verdict:
    """Let a verdict of the whole school hold for each of its parts."""
    place = list(Judgement).index(verdict.judgement)
    units = [0, 0, 0, 0]
    units[place] = parts
    return Verdict(verdict.judgement, verdict.reasons, verdict.proof_at, (units[0], units[1], units[2], units[3]))
