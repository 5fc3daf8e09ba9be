"""The server put together: every part is made here, once, and handed to those that need it."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from contract.errors import ConfigurationError, StorageError
from contract.identity import GatewayId, PressId
from contract.records import CheckIn, encode_record
from server.api.app import build_app
from server.api.parts import Ingest as IngestView
from server.api.parts import Parts
from server.api.screens import Screens
from server.api.show import alert_view
from server.attendance import Attendance
from server.audit.auditor import Auditor, FigureChecks, Rules
from server.audit.figures import check_figures
from server.audit.report import Check
from server.channels.opening import open_channels
from server.commands.giving import Commands
from server.commands.key import signing_key
from server.commands.store import CommandStore
from server.core.engine import Engine
from server.core.events import CheckInArrived
from server.daybooks import Daybooks
from server.drills.round_store import RoundStore
from server.drills.scheduler import Scheduler
from server.drills.window_store import WindowStore
from server.evidence.evidence import Evidence
from server.evidence.opening import open_evidence
from server.export.export import Export
from server.falling import Falling
from server.gaps.keeper import Keeper
from server.gaps.store import GapStore
from server.gaps.visit_store import VisitStore
from server.handover.store import Handovers
from server.history.opening import history_of
from server.history.projector import Projector
from server.history.store import HistoryStore
from server.importing import Importing
from server.ingest.doors.door import Door
from server.ingest.doors.http import HttpDoor
from server.ingest.doors.opening import open_mqtt_doors
from server.ingest.doors.sparkplug.opening import open_sparkplug
from server.ingest.pipeline import Ingest
from server.journal.archive import ArchivedRaw, WholeJournal
from server.journal.database import Database, open_database
from server.journal.days import SqlDays
from server.journal.guards import SqlGuards
from server.journal.model import AlarmEvent
from server.journal.recent import SqlRecent
from server.journal.sql import SqlJournal
from server.noise.reading import Facts
from server.notify.notifying import Notifying
from server.notify.opening import House, open_notifying
from server.recalling import Recalling
from server.registrar import Registrar
from server.registry.accounts import write_logins
from server.registry.demo_accounts import demo_accounts, with_password
from server.registry.keys import keep_keys
from server.registry.model import Roster
from server.registry.phones import Phones
from server.registry.roster_file import read_roster
from server.registry.store import Registry
from server.registry.tree import Tree
from server.reports.given import GivenReports
from server.reports.making import Maker
from server.risk.keeper import RiskKeeper
from server.risk.store import RiskStore
from server.runtime import Runtime
from server.security.access import may_have_phone
from server.security.passwords import Passwords, generate_password
from server.security.sessions import Sessions
from server.settings import Settings, archive_folder
from server.sharing.opening import Sharing, open_sharing
from server.snapshots.opening import Days, frozen_of, open_days
from server.snapshots.reading import PastRecords
from server.snapshots.store import Snapshots
from server.stream.hub import Hub, Pulse, Source
from server.whatif.asking import WhatIf
from shell.web import WebServer

DATABASE_FILE = "anxiao.db"
DATABASE_RETRY_SECONDS = 3.0
SETTLED_KEPT_SECONDS = 86_400.0  # How long ago an alert may have ended and still be on the screens after a restart.
SWEEP_SECONDS = 30.0  # How soon an account changed on PostgreSQL by a command is so in a running server.
DRAIN_SECONDS_MAX = 5.0  # What is not committed by then is not receipted either, and comes again.
STREAMS_END_SECONDS = 2
SHARED_HISTORIES = frozenset({"influx", "influx1", "victoria"})  # Of several servers only the leader writes to one.

log = structlog.get_logger("service")


@dataclass(frozen=True, slots=True)
class Service:
    """All parts of one running server."""

    settings: Settings
    database: Database
    journal: SqlJournal
    registry: Registry
    runtime: Runtime
    hub: Hub
    sessions: Sessions
    ingest: Ingest
    doors: tuple[Door, ...]
    history: HistoryStore | None
    projector: Projector | None
    sharing: Sharing
    recalling: Recalling
    attendance: Attendance
    daybooks: Daybooks
    commands: Commands
    registrar: Registrar
    auditor: Auditor
    days: Days
    gaps: Keeper
    risk: RiskKeeper
    falling: Falling
    whatif: WhatIf | None
    notifying: Notifying
    scheduler: Scheduler
    evidence: Evidence | None
    app: FastAPI

    def not_ready(self) -> dict[str, str]:
        """Name the parts that do not do their work, each with what is wrong."""
        wrong = {} if self.ingest.journal_ok and self.runtime.journal_ok else {"journal": "does not answer"}
        wrong |= {f"door {door.name}": "not connected" for door in self.doors if not door.connected}
        return wrong


def database_address(settings: Settings) -> str:
    """Give the address of the database: the one set, else the file in the server's folder."""
    return settings.database.get_secret_value() or f"sqlite:///{settings.folder.resolve() / DATABASE_FILE}"


async def reach_database(settings: Settings) -> Database:
    """Open the database, as long as it takes: a server that started first waits for it instead of giving up."""
    while True:
        try:
            return await asyncio.to_thread(open_database, database_address(settings))
        except StorageError as error:
            if not settings.database.get_secret_value():
                raise  # Our own file is held by another process, or the disk is broken: waiting would hide it.
            log.warning("database_not_reached", error=str(error))
            await asyncio.sleep(DATABASE_RETRY_SECONDS)


async def open_service(settings: Settings, roster: Path | None = None) -> Service:
    """Make every part and bring it to where the last run stopped; nothing is served yet.

    A database that goes away meanwhile is waited for like one that is not there yet. Raises `ConfigurationError` for
    settings or a roster that cannot be used, `StorageError` for a broken database file.
    """
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise ConfigurationError("tls_cert, tls_key: set both or neither")
    settings.folder.mkdir(parents=True, exist_ok=True)
    while True:
        database = await reach_database(settings)
        try:
            return await _assembled(settings, database, roster)
        except StorageError as error:
            await database.close()
            if not settings.database.get_secret_value():
                raise
            log.warning("database_lost_while_starting", error=str(error))
            await asyncio.sleep(DATABASE_RETRY_SECONDS)


async def _registry(database: Database, roster: Path | None) -> Registry:
    """Read the registry, and make it be the roster of a file, if there is one."""
    registry = Registry(database)
    await registry.load()
    if roster is not None:
        wanted = keep_keys(read_roster(roster), registry.roster)
        if wanted != registry.roster:
            await registry.replace(wanted)
    return registry


async def _assembled(settings: Settings, database: Database, roster: Path | None) -> Service:
    clock = time.time
    registry = await _registry(database, roster)
    sessions = Sessions(database)
    await sessions.load(clock())
    engine = Engine()
    journal = SqlJournal(database)
    service: Service  # The hub's pulse and the API's health ask the finished service.

    def pulse() -> Pulse:
        ok = service.ingest.journal_ok and service.runtime.journal_ok
        return Pulse(service.ingest.lag_ms(), ok)

    source = Source(
        tree=lambda: registry.tree,
        show=lambda alert: alert_view(alert, registry.tree, registry.accounts, engine),
        indicators=lambda: {one.name: place for place, one in enumerate(engine.indicators)},
        pulse=pulse,
        windows=engine.windows_open,
    )
    hub = Hub(secrets.token_hex(4), source, sessions.use)
    sessions.on_closed = hub.close_session
    runtime = Runtime(engine, journal, hub, clock)
    history = history_of(settings)
    shared = settings.history in SHARED_HISTORIES
    whole = WholeJournal(journal, ArchivedRaw(database, archive_folder(settings)))
    projector = Projector(whole, history, may_write=lambda: sharing.leads or not shared) if history else None

    def committed(sequences: Sequence[int]) -> None:
        sharing.committed(sequences)
        if projector is not None:
            projector.notify(max(sequences))

    def watched(gateway: GatewayId) -> bool:
        return hub.police_watch(registry.tree.school_of(gateway) or "")

    phones = Phones(registry.accounts.all, lambda user, school: may_have_phone(user, school, registry.tree), clock)

    windows, rounds = WindowStore(database), RoundStore(database)
    ingest = Ingest(journal, runtime.tell, clock, on_commit=committed, watched=watched)
    sharing = open_sharing(database, settings.name, journal, windows, ingest, runtime, clock)
    commands = Commands(
        CommandStore(database),
        registry,
        windows.declare,
        signing_key(settings.folder),
        lambda: doors,
        ingest.clone_suspected,
        runtime.tell,
        clock,
    )
    http_door = HttpDoor(
        ingest.receive,
        lambda gateway: registry.tree.gateways.get(GatewayId(gateway)) or phones.find(gateway),  # The tree is replaced.
        orders=commands.waiting,
    )
    doors: tuple[Door, ...] = (*open_mqtt_doors(settings.brokers, settings.door, settings.name, ingest.receive), http_door)
    sparkplug = open_sparkplug(
        settings.sparkplug, settings.brokers, settings.door, settings.name, ingest, database, lambda: sharing.leads
    )
    doors += (sparkplug,) if sparkplug else ()

    auditor = Auditor(
        database,
        whole.raw,
        history,
        runtime.tell,
        Rules(settings.raw_days, settings.archive_days),
        figures=FigureChecks(
            lambda: figures_of(engine, registry.tree), lambda work: frozen_of(database, whole.raw, registry, work)
        ),
        leads=lambda: sharing.leads,
        clock=clock,
    )

    async def check_in(event: CheckInArrived) -> None:
        await keep_check_in(journal, event)
        runtime.tell(event)

    days = open_days(database, whole.raw, engine, registry, lambda: sharing.leads, clock)
    gaps = GapStore(database)
    risk = RiskKeeper(RiskStore(database), engine, runtime.tell, clock)
    registrar = Registrar(registry, engine, runtime.tell, lambda roster: roster_changed(roster, ingest, hub, engine), clock)
    parts = Parts(
        engine=engine,
        act=runtime.act,
        check_in=check_in,
        declare=runtime.tell,
        shown=runtime.tell,
        windows=windows,
        rounds=rounds,
        commands=commands,
        edit=registrar.edit,
        importing=Importing(settings.folder / "imports", registry, registrar.edit, clock),
        registry=registry,
        alarms=Facts(database, clock),
        sessions=sessions,
        passwords=Passwords(),
        hub=hub,
        history=history,
        clock=clock,
        screens=Screens(clock),
        city=settings.city,
        city_en=settings.city_en,
        build=version("anxiao"),
        secure=settings.tls_cert is not None,
        export=Export(database, whole),
        evidence=open_evidence(
            settings,
            database,
            journal,
            engine,
            auditor.archiver,
            lambda: registry.tree,
            lambda: sharing.leads,
            clock,
        ),
        auditor=auditor,
        past=days.past,
        whatif=WhatIf(whole.raw, lambda: engine.roster, clock),
        gaps=gaps,
        visits=VisitStore(database),
        risk=risk,
        handovers=Handovers(database),
        notifying=(notifying := notifying_of(settings, database, runtime, registry, lambda: sharing.leads, clock)),
        reports=Maker(GivenReports(database), PastRecords(database)),
        ingest=IngestView(
            counters=lambda: ingest.counters() | (sparkplug.counters() if sparkplug else {}),
            dead_letters=ingest.dead_letters,
            lag_ms=ingest.lag_ms,
            history_behind=lambda: projector.behind if projector else 0,
            shares=lambda: sharing.shares,
            leads=lambda: sharing.leads,
            not_ready=lambda: service.not_ready(),  # noqa: PLW0108  # The service is made below.
        ),
    )
    service = Service(
        settings,
        database,
        journal,
        registry,
        runtime,
        hub,
        sessions,
        ingest,
        doors,
        history,
        projector,
        sharing,
        Recalling(SqlRecent(database), runtime.tell),
        Attendance(SqlGuards(database), runtime.tell, clock),
        Daybooks(SqlDays(database), runtime.tell, clock),
        commands,
        registrar,
        auditor,
        days,
        Keeper(gaps, engine, lambda: list(registry.tree.schools), runtime.tell, lambda: sharing.leads, clock),
        risk,
        Falling(
            engine,
            Snapshots(database),
            runtime.tell,
            lambda: http_door.refused.get(HTTPStatus.FORBIDDEN, 0),
            lambda: sharing.leads,
            clock,
        ),
        parts.whatif,
        notifying,
        Scheduler(rounds, windows, engine, lambda: registry.tree, runtime.tell, lambda: sharing.leads, clock),
        parts.evidence,
        build_app(parts, http_door.app),
    )
    await sharing.start()
    now = clock()
    facts = await journal.facts(round((now - SETTLED_KEPT_SECONDS) * 1000))
    runtime.restore(registry.roster, facts, await windows.counting(now))
    ingest.load_roster(registry.roster)
    await ingest.start()
    await _know_again(service)
    await auditor.load()
    hub.load(engine.alerts.values(), engine.livenesses())
    return service


def notifying_of(
    settings: Settings,
    database: Database,
    runtime: Runtime,
    registry: Registry,
    leads: Callable[[], bool],
    clock: Callable[[], float],
) -> Notifying:
    """Make what tells people beside the screens. Raises `ConfigurationError` for a channel file that cannot be used."""
    house = House(runtime.engine, lambda: registry.tree, leads, runtime.tell, clock)
    return open_notifying(database, settings.name, open_channels(settings.channels, clock), house, settings.archive_days)


async def _know_again(service: Service) -> None:
    """Take up what the database says of the time before; the rest of it is told once the doors are open."""
    service.runtime.on_guard = service.attendance.note
    service.runtime.on_day = service.daybooks.note
    service.runtime.on_verdict = service.gaps.note
    service.runtime.on_id_taken = service.ingest.id_taken
    service.runtime.on_notification = service.notifying.tell
    await service.notifying.start()
    await service.recalling.begin()
    await service.attendance.start(service.recalling.heard_until)
    await service.daybooks.start()


async def roster_changed(roster: Roster, ingest: Ingest, hub: Hub, engine: Engine) -> None:
    """Tell everybody but the engine, which knows, that there are other schools or devices."""
    ingest.load_roster(roster)
    await asyncio.sleep(0)  # An alarm goes between the two.
    hub.load(engine.alerts.values(), engine.livenesses())


async def figures_of(engine: Engine, tree: Tree) -> Check:
    """Compare the figures that the engine keeps with what they are made of."""
    parents: dict[str, str | None] = {unit.id: unit.parent for unit in tree.units.values()}
    return await check_figures(engine, parents, {school.id: school.unit for school in tree.schools.values()})


async def keep_check_in(journal: SqlJournal, event: CheckInArrived) -> None:
    """Store a check-in that came by telephone, once however often it is sent; raises `StorageError`."""
    t_ms = round(event.t * 1000)
    record = CheckIn(
        event.id, event.device, t_ms, event.guard, event.act, point=event.point, method=event.method, skew=event.skew_ms
    )
    await journal.store_events(
        [
            AlarmEvent(
                id=PressId(event.id),
                kind="checkin",
                gateway=event.gateway,
                device=event.device,
                t_ms=t_ms,
                rx_ms=round(event.rx * 1000),
                body=encode_record(record),
            )
        ]
    )


async def give_demo_logins(service: Service, path: Path) -> None:
    """Make the demonstration's accounts with drawn passwords and write them down, unless that has been done before."""
    accounts, passwords = service.registry.accounts, Passwords()
    users = demo_accounts(service.registry.tree)
    if await asyncio.to_thread(path.exists) and all(accounts.find(user.name) for user in users):
        return
    drawn: dict[str, str] = {user.name: generate_password() for user in users}
    hashes = await asyncio.to_thread(lambda: {name: passwords.hash(password) for name, password in drawn.items()})
    await accounts.put(with_password(user, hashes[user.name]) for user in users)
    write_logins(path, drawn, {user.name: user for user in users})


async def serve(service: Service, stop: asyncio.Event) -> None:
    """Serve until told to stop, then finish in an order that loses nothing: doors, commits, facts, database."""
    settings = service.settings
    web = WebServer(
        uvicorn.Config(
            service.app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,  # Addresses of pages hold ids of schools and alerts.
            server_header=False,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
            timeout_graceful_shutdown=STREAMS_END_SECONDS,
        )
    )
    long = [
        service.ingest.run(),
        service.runtime.run(),
        service.hub.run(time.time),
        service.recalling.run(),
        service.auditor.run(),
        service.days.keeper.run(),
        service.days.past.run(),
        service.attendance.run(),
        service.daybooks.run(),
        service.gaps.run(),
        service.risk.run(),
        service.scheduler.run(),
        service.falling.run(),
        service.notifying.run(),
        _sweep(service),
    ]
    if service.database.dialect != "sqlite":
        long.append(service.registrar.run())
    if service.evidence is not None and service.evidence.keeper is not None:
        long.append(service.evidence.keeper.run())
    if service.projector is not None:
        long.append(service.projector.run())
    long += [service.commands.run(), *service.sharing.tasks()]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in long]
            doors = [group.create_task(door.run(), name=f"door-{door.name}") for door in service.doors]
            serving = group.create_task(web.serve(), name="web")
            stopping = group.create_task(stop.wait(), name="stop")
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                raise ConfigurationError(f"host, port: cannot listen on {settings.host}:{settings.port}")
            log.info("stopping")
            for task in doors:
                task.cancel()
            service.hub.close()
            web.should_exit = True
            await serving
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS_MAX):
                    await service.ingest.drain()
            for task in tasks:
                task.cancel()
    finally:
        await close(service)
    log.info("stopped")


async def close(service: Service) -> None:
    """Store what still waits and let go of the stores."""
    if service.whatif is not None:
        await service.whatif.close()
    try:
        await service.runtime.flush()
        await service.attendance.flush()
        await service.daybooks.flush()
    except StorageError as error:
        log.error("facts_lost_at_stop", error=str(error))  # noqa: TRY400  # The trace says nothing more than the words.
    await service.notifying.close()
    await service.sharing.leave()
    if service.history is not None:
        await service.history.close()
    await service.database.close()


async def _sweep(service: Service) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await service.registry.accounts.load()
            await service.sessions.sweep(time.time())
        except StorageError as error:
            log.warning("sessions_not_swept", error=str(error))
