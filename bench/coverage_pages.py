"""What the whole city's page of a frozen day costs the server: read, checked and drawn, cold and warm.

Run with `python -m bench.coverage_pages`.
"""

import asyncio
import gc
import time
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

from server.api import views
from server.api.past import past_figures
from server.api.replies import reply
from server.core.engine import Engine
from server.core.events import RosterLoaded
from server.journal.database import open_database
from server.registry.model import Scope
from server.registry.tree import Tree
from server.snapshots.calendar import as_day
from server.snapshots.frozen import Basis, Pair, encode, freeze, judged_at
from server.snapshots.store import Snapshots
from simulators.city import make_city

SITES = (200, 1_000, 3_200)
DAY = as_day(date(2026, 3, 10))
TIMES = 20


async def measure(sites: int) -> str:
    """Freeze a day of a city, and give its page."""
    roster = make_city(sites, 7, date(2026, 3, 2)).roster
    engine, at = Engine(), judged_at(DAY)
    engine.step(RosterLoaded(roster), at)
    begun = time.perf_counter()
    verdicts: dict[str, Mapping[str, Pair]] = {school.id: engine.judged(school.id, at) for school in roster.schools}
    judged = time.perf_counter() - begun
    frozen = freeze(DAY, engine.roster, engine.indicators, verdicts, Basis(0, "engine", 0, 0, 0))
    database = open_database("sqlite://")
    snapshots = Snapshots(database)
    head = await snapshots.append(frozen)
    root = next(unit.id for unit in roster.units if unit.parent is None)
    parts: Any = SimpleNamespace(registry=SimpleNamespace(tree=Tree(roster)), now_ms=lambda: 0)
    caller: Any = SimpleNamespace(reach=SimpleNamespace(scope=Scope("unit", root)))
    basis = views.CoverageBasis(
        on="2026-03-10",
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
    gc.collect()
    gc.freeze()  # As a server does once it stands.
    cold, warm = [], []
    for _ in range(TIMES):
        begun = time.perf_counter()
        day = await snapshots.day(DAY)
        told: Any = SimpleNamespace(day=day, basis=basis)
        reply(past_figures(parts, caller, root, told))
        cold.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        reply(past_figures(parts, caller, root, told))
        warm.append(time.perf_counter() - begun)
    await database.close()
    told_in = [f"{sorted(each)[TIMES // 2] * 1_000:.1f}, {max(each) * 1_000:.1f}" for each in (cold, warm)]
    plain = len(encode(frozen)) / 1_048_576
    return f"| {sites:,} | {told_in[0]} | {told_in[1]} | {judged * 1_000:.0f} | {plain:.1f} | {head.bytes / 1_024:.0f} |"


async def main() -> None:
    """Measure each size."""
    print("| sites | cold ms: median, worst | warm ms: median, worst | judged ms | MiB plain | KiB kept |")
    for sites in SITES:
        print(await measure(sites), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
