"""A small installation without a network: real ingest, engine, journal, projector and history, at an hour of our own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date

from sqlalchemy import text

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.messages import Heartbeat, OpenPress, encode_message
from contract.records import Clear, DeviceAlert, Hole, Press, Reading, Record, encode_record
from server.audit.audit import Audit
from server.audit.derived import Derived
from server.audit.report import Check, Report
from server.core.engine import Engine
from server.history.content import AuditedStore
from server.history.projector import Projector
from server.ingest.pipeline import Ingest
from server.journal.database import Database
from server.journal.raw import RawSource, SqlRaw
from server.journal.sql import SqlJournal
from server.runtime import Runtime
from simulators.city import make_city
from tests.ingest.shelling import MemoryDoor

CITY = make_city(3, 7, date(2026, 3, 2))
BUTTON = next(device for device in CITY.roster.devices if device.kind == "alarm_button")
GATEWAY = BUTTON.gateway
CAMERA = next(device for device in CITY.roster.devices if device.kind == "camera" and device.gateway == GATEWAY)
EPOCH = EpochId("000001abcd")
NOON = 1_795_492_800.0  # 2026-11-24 12:00 in Asia/Shanghai.
DAY = 86_400.0


Frozen = Callable[[tuple[int, int]], Awaitable[Check]]


class Screens:
    """Nobody looks."""

    def effects(self, *_: object) -> None:
        """Take it."""


def press_id(number: int) -> str:
    """Make a press id that is easy to read."""
    return f"00000000-0000-7000-8000-{number:012d}"


class Town:
    """All of it; `now` is the clock."""

    def __init__(self, database: Database, store: AuditedStore | None) -> None:
        self.now = NOON
        self.database = database
        self.store = store
        self.journal = SqlJournal(database)
        self.source: RawSource = SqlRaw(database)
        self.engine = Engine()
        self.runtime = Runtime(self.engine, self.journal, Screens(), lambda: self.now)
        self.ingest = Ingest(self.journal, self.runtime.tell, lambda: self.now, collect_seconds=0.0)
        self.door = MemoryDoor()
        self.next = {Lane.ALARM: 1, Lane.TELEMETRY: 1}

    async def send(
        self,
        *records: Record,
        lane: Lane = Lane.TELEMETRY,
        first: int | None = None,
        epoch: EpochId = EPOCH,
        gateway: GatewayId = GATEWAY,
    ) -> None:
        """Let a batch arrive and be committed; without `first` it follows the one before."""
        begin = self.next[lane] if first is None else first
        self.next[lane] = begin + sum(record.positions() for record in records)
        body = encode_batch(gateway, epoch, lane, begin, self.ms(), [encode_record(record) for record in records])
        self.ingest.receive(self.door, gateway, f"up/{lane.value}", body)
        await self.ingest.drain()
        await self.runtime.flush()

    async def beat(self, *presses: OpenPress) -> None:
        """Let a heartbeat tell of open presses."""
        beat = Heartbeat(v=1, ep=EPOCH, boot="b", h=1, s=self.ms(), mono=0, hi={}, lo={}, open=list(presses))
        self.ingest.receive(self.door, GATEWAY, "hb", encode_message(beat))
        await self.ingest.drain()
        await self.runtime.flush()

    async def project(self) -> None:
        """Bring the history up to the journal."""
        assert self.store is not None
        await Projector(self.journal, self.store).catch_up()

    async def an_hour(self, hours: int = 1) -> None:
        """Live through some ordinary time: readings, a press with its clear, an alert that begins and ends."""
        for hour in range(hours):
            number = round(self.now) % 1_000_000
            await self.send(
                *(self.reading(at, fps=20 + at / 4, online=at % 3 != 0, model=f"m{at}") for at in range(5)),
                Reading(d=CAMERA.id, t=self.ms() + 9, m={"fps": None}),
            )
            if hour % 3 == 0:
                await self.send(self.press(number), lane=Lane.ALARM)
                await self.send(Clear(id=press_id(number), d=BUTTON.id, t=self.ms() + 1), lane=Lane.ALARM)
                alert = DeviceAlert(id=press_id(number + 1), d=CAMERA.id, code="tamper", t=self.ms())
                over = DeviceAlert(id=press_id(number + 1), d=CAMERA.id, code="tamper", t=self.ms(), on=False)
                await self.send(alert, over, lane=Lane.ALARM)
            self.now += 3_600

    def reading(self, after_ms: int = 0, **metrics: float | str | bool) -> Reading:
        """Make a reading of the camera, so many milliseconds after now."""
        return Reading(d=CAMERA.id, t=self.ms() + after_ms, m=dict(metrics))

    def press(self, number: int) -> Press:
        """Make a press of the button."""
        return Press(id=press_id(number), d=BUTTON.id, t=self.ms(), n=number)

    def hole(self, count: int, why: str = "shed") -> Hole:
        """Make a declared gap."""
        return Hole(n=count, why=why)

    def ms(self) -> int:
        """Give the hour in milliseconds."""
        return round(self.now * 1_000)

    async def audit(self, from_day: int | None = None, to_day: int | None = None, *, frozen: Frozen | None = None) -> Report:
        """Audit as the command does."""
        audit = Audit(self.source, Derived(self.database), self.store, clock=lambda: self.now, frozen=frozen)
        return await audit.run(from_day, to_day)

    async def sql(self, statement: str, **values: object) -> int:
        """Change a table behind everybody's back; says how many rows."""
        return await self.database.run(lambda connection: connection.execute(text(statement), values).rowcount)

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Read rows."""
        return await self.database.run(lambda connection: [tuple(row) for row in connection.execute(text(statement))])


@contextlib.asynccontextmanager
async def living(database: Database, store: AuditedStore | None) -> AsyncIterator[Town]:
    """Run a town."""
    town = Town(database, store)
    town.runtime.restore(CITY.roster, [], [])
    town.ingest.load_roster(CITY.roster)
    await town.ingest.start()
    running = asyncio.create_task(town.ingest.run())
    try:
        yield town
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        if store is not None:
            await store.close()


def failed(report: Report) -> list[str]:
    """Name the checks that did not pass."""
    return [check.name for check in report.checks if not check.passed]


def check(report: Report, name: str) -> Check:
    """Give one check."""
    return next(one for one in report.checks if one.name == name)


def told(report: Report) -> Sequence[str]:
    """Give all that is told in words."""
    return [words for one in report.checks for words in one.shown]
