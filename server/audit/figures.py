"""Whether the figures of coverage are the sum of what they are made of: each unit's, of its schools and the units below it.

The engine keeps them by difference, so a mistake would stay for ever. Each unit is one step of the event loop and holds at
every instant by itself; together they prove that every figure up to the city's is the count of the schools' verdicts.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from server.audit.report import Check
from server.core.verdict import Judgement, Tally, Verdict


class Indicated(Protocol):
    """What is asked of an indicator."""

    @property
    def name(self) -> str:
        """Give its name."""
        ...


class Figures(Protocol):
    """What is asked of the engine."""

    @property
    def indicators(self) -> Sequence[Indicated]:
        """Give every indicator."""
        ...

    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give a school's verdicts."""
        ...

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the kept counts of an indicator below a unit."""
        ...


async def check_figures(engine: Figures, parents: Mapping[str, str | None], schools: Mapping[str, str]) -> Check:
    """Compare the kept figures of every unit; `parents` is unit -> the unit above, `schools` is school -> unit."""
    check = Check("coverage", "each unit's kept figures with the verdicts of its schools and the units below it")
    below: dict[str, list[str]] = {unit: [] for unit in parents}
    within: dict[str, list[str]] = {unit: [] for unit in parents}
    for unit, parent in parents.items():
        if parent in below:
            below[parent].append(unit)
    for school, unit in schools.items():
        if unit in within:
            within[unit].append(school)
    for unit in parents:
        _compare(check, engine, unit, below[unit], within[unit])
        await asyncio.sleep(0)
    return check


def _compare(check: Check, engine: Figures, unit: str, units: Iterable[str], schools: Iterable[str]) -> None:
    verdicts = [engine.verdicts(school) for school in schools]
    for indicator in engine.indicators:
        kept = engine.tally(unit, indicator.name)
        for place, figure in enumerate(("ledger", "live")):
            counts = [0] * len(Judgement)
            for other in units:
                counts = _more(counts, _counts(engine.tally(other, indicator.name)[place]))
            for of_school in verdicts:
                pair = of_school.get(indicator.name)
                if pair is not None:
                    counts = _more(counts, pair[place].counts)
            check.compared += 1
            if counts != _counts(kept[place]):
                words = f"{unit} {indicator.name} {figure}: kept {_counts(kept[place])}, counted {counts}"
                check.differs(f"{words} ({', '.join(judgement.value for judgement in Judgement)})")


def _more(counts: Iterable[int], others: Iterable[int]) -> list[int]:
    return [one + more for one, more in zip(counts, others, strict=True)]


def _counts(tally: Tally) -> list[int]:
    return [getattr(tally, judgement.value) for judgement in Judgement]
