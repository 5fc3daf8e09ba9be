"""An engine of plain dictionaries: the API's tests say what it knows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contract.records import Value
from server.core.alert import Alert, Attached, Flow, Severity, State, Step
from server.core.events import WindowDeclared
from server.core.liveness import Home
from server.core.proof import ButtonTests
from server.core.roster import RosterIndex
from server.core.verdict import Judgement, Tally, Verdict
from server.registry.dossier import Dossier
from server.registry.sheets.scope import IndicatorScope
from server.registry.tree import Tree
from tests.registry.city import FIRST, roster


@dataclass(frozen=True)
class FakeIndicator:
    """One indicator."""

    name: str
    label: str = "指标"
    label_en: str = "Indicator"
    formula: str = "达标/应达标"
    formula_en: str = "met/required"
    source: str = "GB/T 29315"
    source_en: str = "GB/T 29315"
    headline: bool = True
    ledger_only: bool = False
    items: tuple[str, ...] = ()
    makes_gaps: bool = True
    group: str = "headline"
    counts: tuple[str, str] = ("所学校", "schools")
    believed: tuple[str, str] = ("24小时", "24 h")

    def scope(self, dossier: Dossier) -> tuple[bool, bool]:
        """Say whom it asks about: as the region has it, or kindergartens too."""
        told = dossier.find(IndicatorScope, self.name)
        return (told is None or told.kindergartens is not False, told is not None and told.urban_only is True)


@dataclass(frozen=True)
class FakeDevice:
    """What is known of one device."""

    liveness: str = "live"
    since: float | None = 900.0
    last_rx: float | None = 990.0
    metrics: Mapping[str, tuple[Value, float]] = field(default_factory=lambda: {"online": (True, 989.5)})


@dataclass(frozen=True)
class FakeGateway:
    """What is known of one gateway."""

    liveness: str = "live"
    since: float | None = 900.0
    last_heard: float | None = 995.0
    paths: tuple[str, ...] = ("mqtt-a",)
    lag_seconds: float | None = 0.5
    software: str = "1.0"


@dataclass
class FakeEngine:
    """The engine's readable state."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    indicators: list[FakeIndicator] = field(default_factory=lambda: [FakeIndicator("t1"), FakeIndicator("t2")])
    roster: RosterIndex = field(default_factory=lambda: RosterIndex(roster()))
    judged: dict[str, dict[str, tuple[Verdict, Verdict]]] = field(default_factory=dict)

    open_windows: list[WindowDeclared] = field(default_factory=list)

    def windows_open(self, now: float) -> Iterable[WindowDeclared]:
        """Give what the test says is under way."""
        return [window for window in self.open_windows if window.start <= now <= window.end]

    tested: dict[str, dict[tuple[str, str], ButtonTests]] = field(default_factory=dict)

    def tests(self, school: str) -> Mapping[tuple[str, str], ButtonTests]:
        """Give what the test says of tests at a school."""
        return self.tested.get(school, {})

    def alert_of(self, signal: str) -> Alert | None:
        """Find the alert of a press."""
        return next((alert for alert in self.alerts.values() if any(one.id == signal for one in alert.presses)), None)

    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give the verdicts of a school."""
        return self.judged.get(school, {})

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Count the schools of the small city below a unit, one by one."""
        below = [self.verdicts(school) for school in Tree(roster()).branch_of_unit(unit).schools]
        pairs = [pair[indicator] for pair in below if indicator in pair]
        ledger, live = (Counter(pair[figure].judgement for pair in pairs) for figure in (0, 1))
        return Tally(*(ledger[one] for one in Judgement)), Tally(*(live[one] for one in Judgement))

    def device(self, gateway: str, device: str) -> FakeDevice | None:  # noqa: ARG002  # The seam has it.
        """Know the devices of the first school only."""
        return FakeDevice() if gateway == "gw-first" else None

    def home(self, school: str) -> Home | None:
        """Know every school of the roster, without its devices."""
        known = self.roster.school(school)
        return Home(known, self.roster.dossier(school)) if known else None

    def gateway(self, gateway: str) -> FakeGateway | None:
        """Know the gateway of the first school only."""
        return FakeGateway() if gateway == "gw-first" else None

    def first_hop(self, gateway: str, device: str) -> str:  # noqa: ARG002  # The seam has it.
        """Know nothing of first hops."""
        return ""


def verdict(judgement: Judgement, *reasons: str, proof_at: float | None = None) -> Verdict:
    """Make a verdict."""
    return Verdict(judgement, reasons, proof_at)


def press(id_: str, **changes: object) -> Alert:
    """Make an open incident of one press at the first school."""
    fields: dict[str, object] = {
        "id": id_,
        "rule": "one_key_press",
        "severity": Severity.CRITICAL,
        "state": State.RAISED,
        "mode": "real",
        "school": FIRST,
        "gateway": "gw-first",
        "device": "button-1",
        "t": 990.0,
        "rx": 990.25,
        "version": 3,
        "updated": 991.0,
        "flow": Flow.INCIDENT,
        "presses": (Attached("p-1", "button-1", 990.0, 990.25, "short", stored=True, late=False),),
        "press_count": 1,
        "history": (Step(990.25, "raised"),),
    } | changes
    return Alert(**fields)  # type: ignore[arg-type]  # Each is of the field's type.


def fault(id_: str, **changes: object) -> Alert:
    """Make an open fault of a camera at the first school."""
    fields: dict[str, object] = {
        "rule": "camera_offline",
        "severity": Severity.MEDIUM,
        "device": "cam-1",
        "flow": Flow.FAULT,
        "presses": (),
        "press_count": 0,
    }
    return press(id_, **(fields | changes))
