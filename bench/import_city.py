"""A city's registry brought as one workbook into a running registry: how long it takes, and what the alarm line feels of it.

    python -m bench.import_city --schools 3200 --devices 150000 [--form csv] [--database postgresql://...]

Runs the server's own parts in one process, on SQLite or on an empty PostgreSQL: the import as the API starts it, the
registrar, a real engine. Beside them an urgent commit every 50 ms (as an alarm's) and a tick of the event loop every 5 ms
say how long either had to wait.
"""

import argparse
import asyncio
import gc
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sqlalchemy import text

from contract.identity import DeviceId
from server.core.engine import Engine
from server.core.events import Event, RosterLoaded
from server.importing import Import, Importing
from server.journal.database import Database, open_database
from server.registrar import Registrar
from server.registry.exchange.writing import write_csv, write_workbook
from server.registry.model import Roster
from server.registry.sheets import SHEETS
from server.registry.store import Registry
from shell.process import spare_the_collector
from simulators.city import make_city

TICK_SECONDS = 0.005
COMMIT_SECONDS = 0.05
POLL_SECONDS = 0.05


@dataclass
class Felt:
    """What the alarm line felt, by the stage of the import."""

    loop: dict[str, list[float]] = field(default_factory=dict)
    commits: dict[str, list[float]] = field(default_factory=dict)
    collected: dict[str, float] = field(default_factory=dict)  # The longest walk of the garbage collector, which stops all.
    stage: str = "idle"
    _walk: float = 0.0

    def walk(self, phase: str, _info: object) -> None:
        """Note how long the garbage collector walks."""
        if phase == "start":
            self._walk = time.perf_counter()
        else:
            taken = time.perf_counter() - self._walk
            self.collected[self.stage] = max(taken, self.collected.get(self.stage, 0.0))


async def ticks(felt: Felt) -> None:
    """Note how late the event loop comes back."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK_SECONDS)
        felt.loop.setdefault(felt.stage, []).append(time.perf_counter() - began - TICK_SECONDS)


async def commits(felt: Felt, database: Database) -> None:
    """Note how long an urgent commit takes."""
    while True:
        stage, began = felt.stage, time.perf_counter()
        await database.run(lambda one: one.execute(text("insert into bench_alarm values (1)")), urgent=True)
        felt.commits.setdefault(stage, []).append(time.perf_counter() - began)
        await asyncio.sleep(COMMIT_SECONDS)


def processor() -> float:
    """Give the seconds of processor time taken by this process and those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def city(schools: int, devices: int) -> Roster:
    """Make a city with at least so many devices."""
    roster = make_city(schools, 1, date(2026, 11, 24)).roster
    more = []
    cameras = [one for one in roster.devices if one.kind == "camera"]
    for number in range(max(0, devices - len(roster.devices))):
        model = cameras[number % len(cameras)]
        serial = number // len(cameras)
        more.append(replace(model, id=DeviceId(f"more{serial}-{model.id}"), gb_id=""))
    return replace(roster, devices=(*roster.devices, *more))


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """Send a file as a browser does."""
    with path.open("rb") as file:
        while data := file.read(1 << 16):
            yield data


async def until_still(job: Import, felt: Felt, stages: dict[str, float]) -> None:
    """Wait until an import does nothing more, noting its stages."""
    while job.busy:
        felt.stage = job.state
        stages[job.state] = stages.get(job.state, 0.0) + POLL_SECONDS
        await asyncio.sleep(POLL_SECONDS)
    felt.stage = "idle"


async def measure(folder: Path, wanted: Roster, file: Path, sheet: str, address: str) -> None:
    """Bring the file and print what was felt."""
    database = open_database(address or f"sqlite:///{folder / 'bench.db'}")
    await database.run(lambda one: one.execute(text("create table bench_alarm (told float)")))
    registry = Registry(database)
    devices_only = replace(wanted, devices=(), records=())
    base = devices_only if sheet else replace(devices_only, schools=(), gateways=())
    await registry.replace(base)
    engine = Engine()
    engine.step(RosterLoaded(registry.roster), time.time())

    def tell(event: Event) -> None:
        engine.step(event, time.time())

    async def elsewhere(_roster: Roster) -> None:
        """Leave the ingest and the screens out."""

    registrar = Registrar(registry, engine, tell, elsewhere, time.time)
    importing = Importing(folder / "imports", registry, registrar.edit, time.time)
    spare_the_collector()  # As a server does once it stands.
    felt, stages = Felt(), dict[str, float]()
    gc.callbacks.append(felt.walk)
    cpu = processor()
    beside = [asyncio.create_task(ticks(felt)), asyncio.create_task(commits(felt, database))]
    began = time.perf_counter()
    job = await importing.take(pieces(file), by="bench", name=file.name, sheet=sheet, whole=False, permit=lambda *_: None)
    assert job is not None
    await until_still(job, felt, stages)
    assert job.ready, (job.trouble, job.faults[:3])
    shown = time.perf_counter() - began
    importing.apply(job, reason="bench", effective=None, permit=lambda *_: None)
    began = time.perf_counter()
    await until_still(job, felt, stages)
    applied = time.perf_counter() - began
    for task in beside:
        task.cancel()
    gc.callbacks.remove(felt.walk)
    spent = f"{processor() - cpu:.1f} s of processor time with its own process"
    print(f"{file.suffix}: {job.changed} lines; shown after {shown:.1f} s, applied in {applied:.1f} s; {spent}")
    for stage in felt.loop:
        loop, commit = sorted(felt.loop[stage]), sorted(felt.commits.get(stage, [0.0]))
        print(
            f"  {stage:10} loop late p99 {loop[int(len(loop) * 0.99)] * 1e3:6.1f} max {loop[-1] * 1e3:6.1f} ms; "
            f"urgent commit p99 {commit[int(len(commit) * 0.99)] * 1e3:6.1f} max {commit[-1] * 1e3:6.1f} ms; "
            f"collector at most {felt.collected.get(stage, 0.0) * 1e3:.0f} ms"
        )
    print(f"  memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    assert len(registry.roster.devices) == len(wanted.devices)
    await database.close()


def main() -> None:
    """Measure a workbook of schools, gateways and devices, and the devices as CSV."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=3_200)
    parser.add_argument("--devices", type=int, default=150_000)
    parser.add_argument("--form", choices=("xlsx", "csv"), default="xlsx")
    parser.add_argument("--database", default="", help="an empty PostgreSQL database instead of SQLite")
    options = parser.parse_args()
    wanted = city(options.schools, options.devices)
    print(f"{len(wanted.schools)} schools, {len(wanted.devices)} devices")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.form == "xlsx":
            file = folder / "city.xlsx"
            pages = [
                (SHEETS["school"], wanted.schools),
                (SHEETS["gateway"], wanted.gateways),
                (SHEETS["device"], wanted.devices),
            ]
            write_workbook(file, pages, 0, personal=True)
        else:
            file = folder / "city.csv"
            file.write_bytes(b"".join(write_csv(SHEETS["device"], wanted.devices, 0, personal=True)))
        asyncio.run(measure(folder, wanted, file, "" if options.form == "xlsx" else "device", options.database))


if __name__ == "__main__":
    main()
