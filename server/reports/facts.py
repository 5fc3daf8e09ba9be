"""What reports are made of: the figures of one branch on one day, with the registry that names everything. All pure.

Each report is a function of this value alone, so the same day and the same knowledge give the same report.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from server.core.roster import RosterIndex
from server.core.verdict import Judgement, Tally, Verdict
from server.gaps.model import Gap
from server.registry.model import School, Scope, Station, Unit

Pair = tuple[Verdict, Verdict]
LEDGER, LIVE = 0, 1
FIGURES = (LEDGER, LIVE)
FIGURE_NAMES = ("ledger", "live")


class Asked(Protocol):
    """An indicator with what is printed beside its figure."""

    @property
    def name(self) -> str:
        """Give its name."""
        ...

    @property
    def label(self) -> str:
        """Give its name in Chinese."""
        ...

    @property
    def label_en(self) -> str:
        """Give its name in English."""
        ...

    @property
    def formula(self) -> str:
        """Give its formula in Chinese."""
        ...

    @property
    def formula_en(self) -> str:
        """Give its formula in English."""
        ...

    @property
    def source(self) -> str:
        """Name the rule that asks for it."""
        ...

    @property
    def source_en(self) -> str:
        """Name it in English; empty on days that were frozen before it was kept."""
        ...

    @property
    def headline(self) -> bool:
        """Say whether it is one of the targets."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """One branch on one day. `verdicts` hold its schools in service, in the order of the roster, and no other."""

    day: date
    as_of_ms: int  # The instant that was judged.
    frozen: str  # The hash of the frozen day, or empty for figures of this very moment.
    scope: Scope
    index: RosterIndex
    indicators: tuple[Asked, ...]
    verdicts: Mapping[str, Mapping[str, Pair]]
    gaps: tuple[Gap, ...] | None = None  # Of these schools, as they stood then; None where the ledger is not asked.

    @property
    def schools(self) -> list[School]:
        """List the schools that are counted."""
        return [self.index.schools[school] for school in self.verdicts if school in self.index.schools]

    @property
    def headline(self) -> list[Asked]:
        """List the indicators that are targets."""
        return [indicator for indicator in self.indicators if indicator.headline]

    def places(self) -> list[Unit | Station]:
        """List the units, or for a branch of the police the stations, directly below the branch that have schools."""
        known: Iterable[Unit | Station] = (
            self.index.roster.units if self.scope.kind == "unit" else self.index.roster.stations
        )
        return [place for place in known if place.parent == self.scope.id and self.below(place.id)]

    def below(self, place: str) -> list[str]:
        """List the counted schools below a unit or a station."""
        of = self.index.schools_of_station if self.scope.kind == "station" else self.index.schools_under
        return [school for school in of(place) if school in self.verdicts]

    def tally(self, schools: Iterable[str], indicator: str, figure: int) -> Tally:
        """Count one figure of an indicator over some schools, or their heads, devices, rounds."""
        pairs = (self.verdicts[school].get(indicator) for school in schools)
        return Tally.of(pair[figure] for pair in pairs if pair is not None)

    def cells(self, *judgements: Judgement) -> Iterator[tuple[School, Asked, int, Verdict]]:
        """List every cell judged so, school by school."""
        for school in self.schools:
            pairs = self.verdicts[school.id]
            for indicator in self.indicators:
                pair = pairs.get(indicator.name)
                for figure in FIGURES:
                    if pair is not None and pair[figure].judgement in judgements:
                        yield school, indicator, figure, pair[figure]


def branch(index: RosterIndex, scope: Scope) -> Sequence[str]:
    """List the schools of a branch of either tree, or the one school."""
    match scope.kind:
        case "unit":
            return index.schools_under(scope.id)
        case "station":
            return index.schools_of_station(scope.id)
        case _:
            return [scope.id] if scope.id in index.schools else []


def names(index: RosterIndex, scope: Scope) -> tuple[str, str]:
    """Give the Chinese and English name of a branch; its id where nothing knows it."""
    tables: dict[str, Mapping[str, Unit | Station | School]] = {
        "unit": index.units,
        "station": index.stations,
        "school": index.schools,
    }
    place = tables.get(scope.kind, {}).get(scope.id)
    return (place.name, place.name_en) if place is not None else (scope.id, scope.id)
