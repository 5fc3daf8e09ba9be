"""Rows of figures, of now or of a past day: always by counts, never by averaging."""

from collections.abc import Container, Mapping, Sequence
from typing import Protocol

from server.api import views
from server.api.show import counts, ms_or_none
from server.core.verdict import Tally, Verdict


class Place(Protocol):
    """A unit or a school, as it is named."""

    @property
    def id(self) -> str:
        """Give its id."""
        ...

    @property
    def name(self) -> str:
        """Give its name."""
        ...

    @property
    def name_en(self) -> str:
        """Give its name in English."""
        ...


class Book(Protocol):
    """Where verdicts and their counts stand: the engine, or a frozen day."""

    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give the ledger's and the live verdict of each indicator that asks about a school."""
        ...

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator over all schools below a unit."""
        ...


class Tallies:
    """Counts the verdicts of schools, always by counts and never by averaging."""

    def __init__(self, book: Book, names: list[str]) -> None:
        self._book = book
        self._names = names

    def unit_row(self, unit: Place, below: Sequence[str], mine: Container[str]) -> views.CoverageRow:
        """Give the kept figures of a unit, or count those of its schools that the caller sees, if not all."""
        seen = [school for school in below if school in mine]
        if len(seen) == len(below):
            cells = [_cell(self._book.tally(unit.id, indicator)) for indicator in self._names]
        else:
            pairs = [self._book.verdicts(school) for school in seen]
            cells = [_count([pair[indicator] for pair in pairs if indicator in pair]) for indicator in self._names]
        return views.CoverageRow(kind="unit", id=unit.id, name=unit.name, name_en=unit.name_en, cells=cells)

    def school_row(self, school: Place) -> views.CoverageRow:
        """Show one school, with the instant of its newest proof."""
        verdicts = self._book.verdicts(school.id)
        cells: list[views.CoverageCell] = []
        for indicator in self._names:
            pair = verdicts.get(indicator)
            cell = _count([pair] if pair else [])
            proof = max((one.proof_at for one in pair or () if one.proof_at is not None), default=None)
            cells.append(views.CoverageCell(ledger=cell.ledger, live=cell.live, proof_at=ms_or_none(proof)))
        return views.CoverageRow(kind="school", id=school.id, name=school.name, name_en=school.name_en, cells=cells)


def _count(pairs: Sequence[tuple[Verdict, Verdict]]) -> views.CoverageCell:
    return _cell((Tally.of(ledger for ledger, _ in pairs), Tally.of(live for _, live in pairs)))


def _cell(figures: tuple[Tally, Tally]) -> views.CoverageCell:
    ledger, live = figures
    return views.CoverageCell(ledger=counts(ledger), live=counts(live), proof_at=None)
