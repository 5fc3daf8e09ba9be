"""What coverage costs a server at 200, 1,000 and 3,200 sites side by side: its pages, one edit, the night, the rounds.

    python -m bench.city_sizes [sites ...]

Runs the server's own parts on SQLite in one process. Of each: the median, the lowest and the highest of several runs, as
wall time and as processor time of this process. The whole recomputation is judged in a process of its own, as a server does.
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.import_city import city
from server.api import views
from server.api.past import past_figures
from server.api.replies import reply
from server.api.routes.coverage import figures
from server.audit.days import start_of
from server.audit.figures import check_figures
from server.audit.worker import OwnProcess
from server.core.engine import Engine
from server.core.events import Event, RosterLoaded
from server.journal.database import open_database
from server.journal.raw import SqlRaw
from server.registrar import Registrar
from server.registry.changes import put
from server.registry.model import Roster, Scope
from server.registry.store import Registry
from server.risk import keeper as risk
from server.risk.store import RiskStore
from server.snapshots.calendar import as_day
from server.snapshots.frozen import decode, judged_at
from server.snapshots.judging import Judge, Question
from server.snapshots.keeper import Keeper
from server.snapshots.reading import PastRecords
from server.snapshots.store import Snapshots
from shell.process import hold_the_collector, spare_the_collector
from simulators.places import CITY

SITES = (200, 1_000, 3_200)
DEVICES_OF = 47  # Of a site, so that 3,200 have 150,000.
DAY = as_day(date(2026, 11, 23))
TIMES = 5
Stands = tuple[Engine, Registry, Snapshots]


@dataclass
class Clock:
    """The time as the parts are told it."""

    now: float

    def __call__(self) -> float:
        """Tell it."""
        return self.now


async def timed(what: str, sites: int, times: int, work: Callable[[], Awaitable[object]]) -> None:
    """Print one line of the table."""
    walls, cores = [], []
    for _ in range(times):
        wall, core = time.perf_counter(), time.process_time()
        await work()
        walls.append((time.perf_counter() - wall) * 1_000)
        cores.append((time.process_time() - core) * 1_000)
    cells = [f"{sorted(each)[times // 2]:,.1f} ({min(each):,.1f} to {max(each):,.1f})" for each in (walls, cores)]
    print(f"| {what} | {sites:,} | {cells[0]} | {cells[1]} |", flush=True)


async def measure(sites: int, folder: Path) -> None:
    """Measure one size."""
    hold_the_collector()
    roster, clock = city(sites, sites * DEVICES_OF), Clock(start_of(DAY + 1) / 1_000 - 3_600)
    database = open_database(f"sqlite:///{folder / 'city.db'}")
    registry, engine, snapshots = Registry(database), Engine(), Snapshots(database)
    await registry.replace(roster, now=clock() - 40 * 86_400)
    engine.step(RosterLoaded(registry.roster), clock())
    spare_the_collector()  # As a server does once it stands.

    def tell(event: Event) -> None:
        engine.step(event, clock())

    async def elsewhere(_roster: Roster) -> None:
        """Leave the ingest and the screens out."""

    worker = OwnProcess(0)  # A server gives it what is left; here it would wait for whatever else runs.
    judge = Judge(PastRecords(database), SqlRaw(database), worker, lambda: registry.roster.calendar)
    parts: Any = SimpleNamespace(registry=registry, engine=engine, now_ms=lambda: 0)
    caller: Any = SimpleNamespace(reach=SimpleNamespace(scope=Scope("unit", CITY)))

    async def today() -> None:
        reply(figures(parts, caller, CITY))

    await timed("city page of today", sites, 20, today)
    await night(sites, clock, judge, worker, (engine, registry, snapshots))
    basis = views.CoverageBasis(
        on="2026-11-23",
        known="then",
        state="ready",
        taken_at=0,
        late=False,
        source="engine",
        notes=[],
        stage="",
        done=0,
        total=0,
        detail="",
        indicators=[],
    )

    async def frozen() -> None:
        told: Any = SimpleNamespace(day=await snapshots.day(DAY), basis=basis)
        reply(past_figures(parts, caller, CITY, told))

    await timed("city page of a frozen day, read and checked", sites, 20, frozen)
    registrar = Registrar(registry, engine, tell, elsewhere, clock)
    school, count = registry.roster.schools[0], [0]

    async def edit() -> None:
        count[0] += 1
        await registrar.edit([put(replace(school, pupils=count[0]))], by="bench", reason="")

    await timed("one school edited, until the engine knows", sites, TIMES, edit)
    parents: dict[str, str | None] = {unit.id: unit.parent for unit in roster.units}
    homes: dict[str, str] = {one.id: one.unit for one in roster.schools}

    async def summed() -> None:
        assert not (await check_figures(engine, parents, homes)).differences

    await timed("every unit's figures counted anew from verdicts", sites, TIMES, summed)
    keeper = risk.RiskKeeper(RiskStore(database), engine, tell, clock)
    await timed("risk keeper's round, with its pauses", sites, 3, keeper.look)
    heads = await judge.records.heads()

    async def again() -> None:
        question = Question(DAY, judged_at(DAY), heads, late=True, taken_ms=round(clock() * 1_000))
        assert len(decode(await judge.answer(question)).schools) == len(roster.schools)

    await timed("a day judged anew from registry and journal", sites, 3, again)
    worker.close()
    await database.close()


async def night(sites: int, clock: Clock, judge: Judge, worker: OwnProcess, stands: Stands) -> None:
    """Measure what happens at midnight: the day taken down, then stored; and how long the event loop was held."""
    engine, registry, snapshots = stands
    clock.now = start_of(DAY + 1) / 1_000 + 0.5
    late, stop = [0.0], asyncio.Event()

    async def ticks() -> None:
        while not stop.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.002)
            late[0] = max(late[0], time.perf_counter() - begun - 0.002)

    def fresh() -> Keeper:
        return Keeper(
            engine, snapshots, judge, worker, registry_sequence=lambda: registry.sequence, leads=lambda: True, clock=clock
        )

    async def turn() -> None:
        await fresh().turn()

    ticking = asyncio.create_task(ticks())
    await timed("midnight: every school judged and taken down", sites, TIMES, turn)
    keeper = fresh()
    await keeper.turn()
    await timed("midnight: the day stored", sites, 1, keeper.look)
    stop.set()
    await ticking
    assert keeper.frozen == 1
    print(f"| midnight: event loop late at most | {sites:,} | {late[0] * 1_000:.1f} | |", flush=True)


def main() -> None:
    """Measure each size."""
    print("| what | sites | wall ms: median (lowest to highest) | processor ms |\n|---|---|---|---|")
    for sites in [int(one) for one in sys.argv[1:]] or SITES:
        with tempfile.TemporaryDirectory(prefix="anxiao-sizes-") as folder:
            asyncio.run(measure(sites, Path(folder)))
        gc.unfreeze()
        gc.collect()


if __name__ == "__main__":
    main()
