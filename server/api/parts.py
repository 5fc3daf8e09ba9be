"""Everything the routes work with, passed by hand once from the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.api.screens import Screens
from server.api.seams import Act, CheckIn, Declare, EditRegistry, EngineLike, Show
from server.audit.auditor import Auditor
from server.commands.giving import Commands
from server.drills.round_store import RoundStore
from server.drills.window_store import WindowStore
from server.evidence.evidence import Evidence
from server.export.export import Export
from server.gaps.store import GapStore
from server.gaps.visit_store import VisitStore
from server.handover.store import Handovers
from server.history.store import HistoryStore
from server.importing import Importing
from server.noise.reading import Facts
from server.notify.notifying import Notifying
from server.registry.store import Registry
from server.reports.making import Maker
from server.risk.keeper import RiskKeeper
from server.security.lockout import LockOut
from server.security.passwords import Passwords
from server.security.sessions import Sessions
from server.snapshots.past import Past
from server.stream.hub import Hub
from server.whatif.asking import WhatIf

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Ingest:
    """What the rest of the server tells about itself when asked."""

    counters: Callable[[], Mapping[str, int]] = dict
    dead_letters: Callable[[], int] = int
    lag_ms: Callable[[], int] = int
    history_behind: Callable[[], int] = int
    shares: Callable[[], int] = int  # Of 64: how much of the city's telemetry this server commits.
    leads: Callable[[], bool] = bool  # Whether it raises faults and escalates for all servers of the database.
    not_ready: Callable[[], Mapping[str, str]] = dict  # Part -> what is wrong with it; empty when all is well.


@dataclass(frozen=True, slots=True)
class Parts:
    """The neighbours of the API."""

    engine: EngineLike
    act: Act
    check_in: CheckIn
    declare: Declare
    shown: Show
    windows: WindowStore
    rounds: RoundStore
    commands: Commands
    gaps: GapStore
    reports: Maker
    visits: VisitStore
    risk: RiskKeeper
    notifying: Notifying
    handovers: Handovers
    edit: EditRegistry
    importing: Importing
    registry: Registry
    alarms: Facts
    sessions: Sessions
    passwords: Passwords
    hub: Hub
    history: HistoryStore | None
    clock: Callable[[], float]
    screens: Screens
    city: str
    city_en: str
    build: str
    secure: bool = False  # Served over TLS: the cookie is then never sent in the clear.
    ingest: Ingest = Ingest()
    export: Export | None = None
    evidence: Evidence | None = None
    auditor: Auditor | None = None
    past: Past | None = None
    whatif: WhatIf | None = None
    lockout: LockOut = field(default_factory=LockOut)
    addresses: LockOut = field(
        default_factory=lambda: LockOut(wrong_max=60)
    )  # One wall behind one address guesses slowly too.
    static: Path = STATIC

    def now_ms(self) -> int:
        """Give the present in milliseconds."""
        return round(self.clock() * 1000)
