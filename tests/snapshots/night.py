"""A small city whose readings and edits go the real ways, up to its midnight: ingest, journal, registry, engine, keeper."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contract.identity import EpochId, GatewayId
from contract.records import CheckIn, Reading, Record
from contract.records import Value as Told
from server.audit.days import day_of, start_of
from server.audit.worker import OwnProcess
from server.core.events import GatewayHeard, Ticked
from server.journal.raw import SqlRaw
from server.registrar import Registrar
from server.registry.changes import Edit
from server.registry.model import Roster
from server.registry.store import Registry
from server.snapshots.frozen import Frozen, decode
from server.snapshots.judging import Judge, Question
from server.snapshots.keeper import Keeper, Owned
from server.snapshots.reading import Known, PastRecords
from server.snapshots.store import Snapshots
from tests.audit.town import CITY, DAY, Town

MIDNIGHT = start_of(day_of(1_795_492_800_000) + 1) / 1_000  # 2026-11-25 00:00 in Asia/Shanghai.
TODAY = day_of(1_795_492_800_000)
MINUTE = 60.0
BEATS = 2  # Heartbeats in a minute, which no journal keeps.


class NoProcess:
    """Nothing to end: the work is done on a thread."""

    def close(self) -> None:
        """Do nothing."""


@dataclass
class Night:
    """All of it."""

    town: Town
    registry: Registry
    registrar: Registrar
    snapshots: Snapshots
    judge: Judge
    keeper: Keeper
    positions: dict[str, int]
    worker: Owned

    async def send(self, gateway: GatewayId, *records: Record, epoch: str = "000001abcd") -> None:
        """Let a gateway's next batch arrive."""
        first = self.positions.get(gateway + epoch, 1)
        self.positions[gateway + epoch] = first + len(records)
        await self.town.send(*records, first=first, gateway=gateway, epoch=EpochId(epoch))

    async def minutes(self, count: int, gateways: Iterable[GatewayId], *beside: Record) -> None:
        """Live through some minutes in which gateways tell that they are there, and something beside."""
        for _ in range(count):
            for gateway in gateways:
                await self.send(gateway, Reading(d="gw", t=self.town.ms(), m={"cpu": 3.0}), *beside)
            for _ in range(BEATS):
                self.town.now += MINUTE / BEATS
                for gateway in gateways:
                    self.town.runtime.tell(GatewayHeard(gateway, self.town.now, "mqtt-a"))
                self.tick()

    def tick(self) -> None:
        """Let time pass."""
        self.town.runtime.tell(Ticked())
        while self.town.engine.behind(self.town.now):
            self.town.runtime.tell(Ticked())

    async def edit(self, *edits: Edit, effective: date | None = None) -> None:
        """Edit the registry."""
        await self.registrar.edit(edits, by="anne", reason="found wrong", effective=effective)

    async def turn(self) -> Frozen:
        """Freeze the day at its turn."""
        return await self.turn_of(MIDNIGHT)

    async def turn_of(self, midnight: float) -> Frozen:
        """Freeze the day that ends at a midnight."""
        self.town.now = max(self.town.now, midnight + 0.5)
        self.tick()
        await self.keeper.turn()
        await self.keeper.look()
        assert self.keeper.newest is not None
        return await self.day(self.keeper.newest.day)

    async def day(self, day: int) -> Frozen:
        """Read a frozen day."""
        read = await self.snapshots.day(day)
        assert read is not None
        return read.frozen

    async def again(self, frozen: Frozen) -> Frozen:
        """Judge a frozen day anew by what was known when it was taken."""
        question = Question(
            day=frozen.day,
            until=frozen.taken_ms / 1_000,
            known=Known(frozen.registry_sequence, frozen.journal_sequence),
            late=False,
            taken_ms=frozen.taken_ms,
            listening_ms=frozen.listening_ms,
        )
        return decode(await self.judge.answer(question))

    async def known_now(self, day: int) -> Frozen:
        """Judge a day anew by all that is known now."""
        heads = await self.judge.records.heads()
        question = Question(day, start_of(day + 1) / 1_000 - 0.001, heads, late=True, taken_ms=self.town.ms())
        return decode(await self.judge.answer(question))


async def in_thread(function: object, *args: object) -> object:
    """Work where we are: a process would cost each test a second."""
    return function(*args)  # type: ignore[operator]  # It is one of `server.snapshots.judging`.


async def night_of(town: Town, *, until_midnight: float = 3 * 3_600, own_process: bool = False, leads: bool = True) -> Night:
    """Make a city that stands so many seconds before its midnight."""
    town.now = MIDNIGHT - until_midnight
    registry = Registry(town.database)
    await registry.replace(CITY.roster, now=town.now - 30 * DAY)
    town.runtime.restore(registry.roster, [], [])
    registrar = Registrar(registry, town.engine, town.runtime.tell, nobody, lambda: town.now)
    worker = OwnProcess() if own_process else NoProcess()
    judge = Judge(
        PastRecords(town.database),
        SqlRaw(town.database),
        worker if isinstance(worker, OwnProcess) else in_thread,  # type: ignore[arg-type]  # Generic in what it gives.
        lambda: registry.roster.calendar,
    )
    keeper = Keeper(
        town.engine,
        Snapshots(town.database),
        judge,
        worker,
        registry_sequence=lambda: registry.sequence,
        leads=lambda: leads,
        clock=lambda: town.now,
    )
    return Night(town, registry, registrar, Snapshots(town.database), judge, keeper, {}, worker)


def telling(device: str, at: float, **metrics: Told) -> Reading:
    """Make a reading."""
    return Reading(d=device, t=round(at * 1_000), m=dict(metrics))


def coming(device: str, at: float, guard: str, number: int, act: str = "in") -> CheckIn:
    """Make a check-in."""
    return CheckIn(f"00000000-0000-7000-8000-{number:012d}", device, round(at * 1_000), guard, act)


async def nobody(_roster: Roster) -> None:
    """Need not be told of another roster."""
