"""The API over a small city, on a database in memory, with every clock in the test's hand."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from contract.errors import StorageError
from server.api.app import build_app
from server.api.parts import Parts
from server.api.screens import Screens
from server.api.show import alert_view
from server.audit.audit import Progress
from server.audit.auditor import Standing
from server.audit.report import Check, Report
from server.audit.results import Run
from server.channels.opening import open_channels
from server.commands.giving import Commands
from server.commands.store import CommandStore
from server.core.alert import Alert, State
from server.core.effects import ActRefused
from server.core.escalation import CRITICAL
from server.core.events import ActRequested, CheckInArrived, PressShown, ShelveRequested, WindowDeclared
from server.core.roster import RosterIndex
from server.drills.round_store import RoundStore
from server.drills.window_store import WindowStore
from server.evidence.evidence import Evidence
from server.evidence.files import Files
from server.evidence.reading import EvidenceReader
from server.evidence.store import EvidenceStore
from server.export.export import Export
from server.gaps.store import GapStore
from server.gaps.visit_store import VisitStore
from server.handover.store import Handovers
from server.history.store import Point
from server.importing import Importing
from server.journal.archive import ArchivedRaw
from server.journal.database import Database, open_database
from server.journal.raw import SqlRaw
from server.journal.sql import SqlJournal
from server.noise.reading import Facts
from server.notify.composing import about
from server.notify.dispatcher import Neighbours
from server.notify.model import Recipient, Way
from server.notify.notifying import Notifying, Surroundings
from server.registry.changes import Edit
from server.registry.roster_file import check_roster
from server.registry.store import Registry
from server.reports.given import GivenReports
from server.reports.making import Maker
from server.risk.keeper import RiskKeeper
from server.risk.store import RiskStore
from server.security.passwords import Passwords
from server.security.sessions import Sessions
from server.snapshots.judging import Judge
from server.snapshots.past import Past
from server.snapshots.reading import PastRecords
from server.snapshots.reasons import Reasons
from server.snapshots.store import Snapshots
from server.stream.hub import Hub, Source
from server.whatif.asking import WhatIf
from simulators.receivers.channels import channel_file
from tests.api.engine import FakeEngine
from tests.registry.city import roster, users
from tests.snapshots.night import NoProcess, in_thread

PASSWORD = "right-horse"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # Slowness is not what these tests are about.
HASH = QUICK.hash(PASSWORD)


@dataclass
class FakeHistory:
    """A history store that says what it was asked."""

    name: str = "fake"
    broken: bool = False
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def series(self, *asked: object) -> list[Point]:
        """Give two points."""
        if self.broken:
            raise StorageError("history: down")
        self.asked.append(asked)
        return [(1000, 1.0), (2000, 0.0)]


class FakeAuditor:
    """An auditor with one audit that has ended, one that runs and one that failed; takes up every other."""

    def __init__(self) -> None:
        self.standing = Standing(last_ended_ms=5, last_passed=False, last_differences=2)
        self.archiver = SimpleNamespace(batches=7)
        self.results = self
        self.asked: list[tuple[str, int | None, int | None]] = []
        self.busy = False

    def ask(self, by: str, from_day: int | None, to_day: int | None) -> str | None:
        """Take an audit up."""
        self.asked.append((by, from_day, to_day))
        return None if self.busy else "started"

    def progress(self, run: str) -> Progress | None:
        """Say how far the running one has got."""
        return Progress("journal", 3, 7) if run == "running" else None

    def trouble(self, run: str) -> str:
        """Say why the failed one did."""
        return "database: down" if run == "failed" else ""

    async def runs(self, _limit: int) -> list[Run]:
        """List the one."""
        return [RUN]

    async def run(self, run: str) -> Run | None:
        """Give the one."""
        return RUN if run == AUDIT else None

    async def report(self, run: str) -> Report | None:
        """Give its report."""
        check = Check("alarms", "rows", compared=3, differences=2, shown=["a row is missing"])
        return Report(0, 9, 1, 4, 1, 5, "duckdb", 4, 3, 2, 1, [check]) if run == AUDIT else None


AUDIT = "audit-1"
RUN = Run(AUDIT, "", 1, 5, 0, 9, passed=False, differences=2)


@dataclass
class FakeDoor:
    """A door that keeps the orders it is given."""

    orders: list[tuple[str, bytes]] = field(default_factory=list)

    def order(self, gateway: str, payload: bytes) -> None:
        """Keep it."""
        self.orders.append((gateway, payload))


def notifying(
    database: Database, engine: FakeEngine, registry: Registry, folder: Path, clock: Callable[[], float]
) -> Notifying:
    """Give notifications with the channels of a file that lead nowhere."""
    channels = open_channels(channel_file(folder, "http://127.0.0.1:9"), clock)
    neighbours = Neighbours(
        plan=lambda _alert, _audience, _now: ((Recipient("1", (Way("sms", "13800000001"),)),),),
        about=lambda alert: about(alert, registry.tree),
        chain=lambda _: CRITICAL,
        alerts=lambda: engine.alerts.values(),  # noqa: PLW0108  # Tests give it others.
        leads=lambda: True,
    )
    find = lambda id_: engine.alerts.get(id_)  # noqa: E731, PLW0108  # As above.
    around = Surroundings(neighbours, find, lambda: True, lambda _: None, 1e9)
    return Notifying(database, "server-1:test", channels, around, clock)


@dataclass
class House:
    """The API with everything a test wants to reach into."""

    app: FastAPI
    parts: Parts
    engine: FakeEngine
    hub: Hub
    registry: Registry
    database: Database
    history: FakeHistory
    now: list[float]
    acts: list[ActRequested | ShelveRequested] = field(default_factory=list)
    refuse: ActRefused | None = None
    check_ins: list[CheckInArrived] = field(default_factory=list)
    windows: list[WindowDeclared] = field(default_factory=list)
    shown: list[PressShown] = field(default_factory=list)
    clones: set[str] = field(default_factory=set)
    door: FakeDoor = field(default_factory=FakeDoor)
    storage_down: bool = False

    def client(self, address: str = "10.0.0.9") -> httpx.AsyncClient:
        """Give a browser that is not signed in."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 5000))
        return httpx.AsyncClient(transport=transport, base_url="http://campus")

    async def sign_in(self, name: str) -> httpx.AsyncClient:
        """Give a browser that is signed in and sends its CSRF token."""
        client = self.client()
        answer = await client.post("/api/v1/login", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    async def audited(self) -> list[tuple[str, str, str]]:
        """Give the audit log, oldest first, as who, what and target."""
        return [(one.actor, one.what, one.target) for one in reversed(await self.registry.audit.page(None, 500))]

    async def act(self, request: ActRequested | ShelveRequested) -> Alert | ActRefused:
        """Move an alert the way the runtime does."""
        if self.storage_down:
            raise StorageError("journal: down")
        self.acts.append(request)
        if self.refuse:
            return self.refuse
        before = self.engine.alerts[request.alert]
        after = replace(before, state=State.ACKNOWLEDGED, owner=request.by, version=before.version + 1)
        self.engine.alerts[request.alert] = after
        return after

    async def check_in(self, event: CheckInArrived) -> None:
        """Keep a check-in the way the journal does."""
        if self.storage_down:
            raise StorageError("journal: down")
        self.check_ins.append(event)


def past_days(database: Database, registry: Registry, clock: Callable[[], float]) -> Past:
    """Know past days; what is judged anew is judged here."""
    judge = Judge(PastRecords(database), SqlRaw(database), in_thread, lambda: registry.roster.calendar)  # type: ignore[arg-type]
    return Past(
        Snapshots(database),
        judge,
        NoProcess(),
        Reasons(database),
        registry_sequence=lambda: registry.sequence,
        clock=clock,
    )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Give the API of a small city at the instant 1000."""
    database = open_database("sqlite://")
    registry = Registry(database)
    await registry.replace(roster())
    await registry.accounts.put(users(HASH))
    now = [1000.0]
    sessions = Sessions(database)
    engine, history = FakeEngine(), FakeHistory()
    source = Source(
        tree=lambda: registry.tree,
        show=lambda alert: alert_view(alert, registry.tree, registry.accounts, engine),
        indicators=lambda: {one.name: place for place, one in enumerate(engine.indicators)},
    )
    hub = Hub("e1", source, sessions.use)
    sessions.on_closed = hub.close_session
    house: House

    async def act(request: ActRequested | ShelveRequested) -> Alert | ActRefused:
        return await house.act(request)

    async def check_in(event: CheckInArrived) -> None:
        await house.check_in(event)

    async def edit(edits: Sequence[Edit], *, by: str, reason: str, effective: date | None = None) -> int:
        changed = await registry.edit(edits, by=by, reason=reason, now=now[0], effective=effective, checked=check_roster)
        engine.roster = RosterIndex(registry.roster)
        return len(changed)

    store, windows = CommandStore(database), WindowStore(database)
    commands = Commands(
        store,
        registry,
        windows.declare,
        Ed25519PrivateKey.from_private_bytes(bytes(32)),
        lambda: [house.door],
        lambda gateway: gateway in house.clones,
        lambda window: house.windows.append(window),  # noqa: PLW0108  # The house is made below.
        lambda: now[0],
    )
    whatif = WhatIf(ArchivedRaw(database, tmp_path / "archive"), lambda: engine.roster, lambda: now[0])
    parts = Parts(
        engine=engine,
        act=act,
        check_in=check_in,
        windows=windows,
        rounds=RoundStore(database),
        shown=lambda event: house.shown.append(event),  # noqa: PLW0108  # The house is made below.
        declare=lambda window: house.windows.append(window),  # noqa: PLW0108  # The house is made below.
        commands=commands,
        gaps=GapStore(database),
        visits=VisitStore(database),
        risk=RiskKeeper(RiskStore(database), engine, lambda _: None, lambda: now[0]),  # type: ignore[arg-type]  # A fake.
        handovers=Handovers(database),
        notifying=notifying(database, engine, registry, tmp_path, lambda: now[0]),
        reports=Maker(GivenReports(database), PastRecords(database)),
        whatif=whatif,
        past=past_days(database, registry, lambda: now[0]),
        edit=edit,
        importing=Importing(tmp_path / "imports", registry, edit, lambda: now[0]),
        registry=registry,
        alarms=Facts(database, lambda: now[0]),
        sessions=sessions,
        passwords=Passwords(QUICK),
        hub=hub,
        history=history,  # type: ignore[arg-type]  # Only its series are read.
        clock=lambda: now[0],
        screens=Screens(lambda: now[0]),
        city="钦州市",
        city_en="Qinzhou",
        build="test",
        static=tmp_path / "static",
        export=Export(database, SqlJournal(database)),
        evidence=Evidence(
            EvidenceReader(database, SqlJournal(database), EvidenceStore(database), lambda: registry.tree),
            Files(tmp_path / "evidence"),
        ),
        auditor=FakeAuditor(),  # type: ignore[arg-type]  # As much of it as the API asks.
    )
    house = House(build_app(parts), parts, engine, hub, registry, database, history, now)
    yield house
    await whatif.close()
    await database.close()
