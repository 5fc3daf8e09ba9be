"""How long figures and reports of a whole city take on one core: judging all of it, reading a page's counts, each report.

python -m bench.coverage [sites …]
"""

import sys
import time
from collections.abc import Callable
from datetime import date

from server.core.engine import Engine
from server.core.events import RosterLoaded
from server.registry.model import Scope
from server.reports import REPORTS
from server.reports.facts import Facts, branch
from server.reports.page import page
from server.reports.workbook import workbook
from server.snapshots.calendar import as_day
from server.snapshots.frozen import judged_at
from simulators.city import make_city
from simulators.places import CITY

DAY = date(2026, 11, 24)
SIZES = (200, 1_000, 3_200)


def timed(work: Callable[[], object]) -> float:
    """Give the milliseconds of the best of three runs."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best * 1_000


def measure(sites: int) -> None:
    """Measure one size and print its lines."""
    roster = make_city(sites, 1, DAY).roster
    engine, now = Engine(), judged_at(as_day(DAY))
    whole = timed(lambda: engine.step(RosterLoaded(roster), now))
    units = [unit.id for unit in roster.units if unit.kind.value != "township"]
    names = [one.name for one in engine.indicators]
    counts = timed(lambda: [engine.tally(unit, name) for unit in units for name in names])
    index, scope = engine.roster, Scope("unit", CITY)
    verdicts = {str(school): engine.verdicts(school) for school in branch(index, scope)}
    facts = Facts(DAY, round(now * 1_000), "", scope, index, tuple(engine.indicators), verdicts, ())
    print(f"{sites} sites: judged whole {whole:.0f} ms, counts of the city page {counts:.1f} ms")
    for report in REPORTS.values():
        paper = report.make(facts, "zh")
        made = timed(lambda report=report: report.make(facts, "zh"))  # type: ignore[misc]
        shown, book = timed(lambda paper=paper: page(paper)), timed(lambda paper=paper: workbook(paper))  # type: ignore[misc]
        print(f"  {report.name}: made {made:.0f} ms, page {shown:.0f} ms, workbook {book:.0f} ms")


if __name__ == "__main__":
    for size in [int(one) for one in sys.argv[1:]] or SIZES:
        measure(size)
