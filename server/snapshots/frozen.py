"""A frozen day as a value: every school's verdicts with all that is needed to read them in ten years. All pure.

It names its own indicators with the formula of that day, and its own units and schools, so that a later version with other
indicators, or a roster that has lost a school, shows a past day as it was.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import msgspec

from server.audit.days import day_name
from server.core.indicator import Group, Indicator
from server.core.rollup import Rollup
from server.core.roster import RosterIndex
from server.core.schedule import start_of_day
from server.core.verdict import Judgement, Tally, Verdict
from server.registry.model import School
from server.snapshots.calendar import as_date

VERSION = 1
BODY_BYTES_MAX = 64 * 1_048_576  # Of one day before it is compressed: a province of 25,000 sites has some 10 MB.
LETTERS = {Judgement.MET: "m", Judgement.NOT_MET: "n", Judgement.UNKNOWN: "u", Judgement.EXEMPT: "e"}
JUDGEMENTS = {letter: judgement for judgement, letter in LETTERS.items()}

Pair = tuple[Verdict, Verdict]
Part = tuple[str, list[int], int | None, tuple[int, int, int, int] | None]  # Letter, reasons, proof's ms, what is counted.
Cell = tuple[Part, Part]  # The ledger's, then the live one.


_CELLS_IN, _CELLS_OUT = msgspec.json.Decoder(list[Cell | None]), msgspec.json.Encoder()


class FrozenIndicator(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator as it stood that day."""

    name: str
    label: str
    label_en: str
    formula: str
    formula_en: str
    source: str
    source_en: str = ""
    believed: tuple[str, str] = ("", "")
    group: str
    counts: tuple[str, str]
    ledger_only: bool
    target_basis_points: int

    @property
    def headline(self) -> bool:
        """Say whether it was one of the targets."""
        return self.group == Group.HEADLINE.value


class FrozenUnit(msgspec.Struct, frozen=True, array_like=True):
    """One unit of the tree of that day."""

    id: str
    kind: str
    parent: str | None
    name: str
    name_en: str


class FrozenSchool(msgspec.Struct, frozen=True, array_like=True):
    """One school of that day; `cells` follow the indicators, None for one that does not ask about it.

    They stay JSON until somebody asks for them: a whole city of them read at once would hold up an alarm.
    """

    id: str
    name: str
    name_en: str
    unit: str
    station: str
    cells: msgspec.Raw  # Of a list of cells.


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of one day. `judged_ms` is the instant that is judged, `taken_ms` when that was really done.

    `source` says what the live verdicts are made of: `engine`, as the screens had them, or `journal`, judged anew from it.
    `notes` are stable codes of what could not be known.
    """

    version: int = VERSION
    day: int
    judged_ms: int
    taken_ms: int
    source: str
    listening_ms: int
    registry_sequence: int
    journal_sequence: int
    notes: list[str]
    indicators: list[FrozenIndicator]
    reasons: list[str]
    units: list[FrozenUnit]
    schools: list[FrozenSchool]


def judged_at(day: int) -> float:
    """Give the instant that stands for a day: its last millisecond, on which the day's dates still hold."""
    return start_of_day(as_date(day + 1)) - 0.001


@dataclass(frozen=True, slots=True)
class Basis:
    """When a day was taken, and what was known then: see `Frozen`."""

    taken_ms: int
    source: str
    listening_ms: int
    registry_sequence: int
    journal_sequence: int
    notes: tuple[str, ...] = ()


def freeze(
    day: int,
    index: RosterIndex,
    indicators: Iterable[Indicator],
    verdicts: Mapping[str, Mapping[str, Pair]],
    basis: Basis,
) -> Frozen:
    """Put a frozen day together; a school without verdicts (not in service that day) is left out."""
    asked = [frozen_indicator(indicator) for indicator in indicators]
    reasons: dict[str, int] = {}
    roster = index.roster
    return Frozen(
        day=day,
        judged_ms=round(judged_at(day) * 1_000),
        taken_ms=basis.taken_ms,
        source=basis.source,
        listening_ms=basis.listening_ms,
        registry_sequence=basis.registry_sequence,
        journal_sequence=basis.journal_sequence,
        notes=list(basis.notes),
        indicators=asked,
        units=[FrozenUnit(unit.id, unit.kind.value, unit.parent, unit.name, unit.name_en) for unit in roster.units],
        schools=[
            _school(school, [verdicts[school.id].get(one.name) for one in asked], reasons)
            for school in roster.schools
            if verdicts.get(school.id)
        ],
        reasons=list(reasons),
    )


def frozen_indicator(indicator: Indicator) -> FrozenIndicator:
    """Take down what is printed beside an indicator's figure."""
    return FrozenIndicator(
        name=indicator.name,
        label=indicator.label,
        label_en=indicator.label_en,
        formula=indicator.formula,
        formula_en=indicator.formula_en,
        source=indicator.source,
        source_en=indicator.source_en,
        believed=indicator.believed,
        group=indicator.group.value,
        counts=indicator.counts,
        ledger_only=indicator.ledger_only,
        target_basis_points=indicator.target_basis_points,
    )


def _school(school: School, pairs: Sequence[Pair | None], reasons: dict[str, int]) -> FrozenSchool:
    cells = [None if pair is None else _cell(pair, reasons) for pair in pairs]
    raw = msgspec.Raw(_CELLS_OUT.encode(cells))
    return FrozenSchool(school.id, school.name, school.name_en, school.unit, school.station, raw)


def _cell(pair: Pair, reasons: dict[str, int]) -> Cell:
    return _part(pair[0], reasons), _part(pair[1], reasons)


def _part(verdict: Verdict, reasons: dict[str, int]) -> Part:
    places = [reasons.setdefault(reason, len(reasons)) for reason in verdict.reasons]
    proof_ms = None if verdict.proof_at is None else round(verdict.proof_at * 1_000)
    return LETTERS[verdict.judgement], places, proof_ms, verdict.units


def encode(frozen: Frozen) -> bytes:
    """Write a day as its canonical bytes, of which the hash is taken."""
    return msgspec.json.encode(frozen)


def compress(body: bytes) -> bytes:
    """Make the bytes of a day small."""
    return zlib.compress(body, 6)


def inflated(compressed: bytes) -> bytes:
    """Give the very bytes of a day that were hashed. Raises `ValueError` for what is no day."""
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(compressed, BODY_BYTES_MAX)
    except zlib.error as error:
        raise ValueError(f"a frozen day: {error}") from error
    if not inflater.eof:
        raise ValueError("a frozen day: cut off, or larger than any is")
    return body


def decode(compressed: bytes) -> Frozen:
    """Read a day back. Raises `ValueError` for bytes that are none."""
    return msgspec.json.decode(inflated(compressed), type=Frozen)


def sha256(body: bytes) -> str:
    """Give the digest of a day's bytes."""
    return hashlib.sha256(body).hexdigest()


class FrozenDay:
    """One frozen day with its indexes. It never changes; `figures` are those of its units where they are known already."""

    def __init__(self, frozen: Frozen, figures: "Mapping[str, Figures] | None" = None) -> None:
        self.frozen = frozen
        self.figures = figures
        self.names = [indicator.name for indicator in frozen.indicators]
        self.units = {unit.id: unit for unit in frozen.units}
        self.schools = {school.id: school for school in frozen.schools}

    @property
    def title(self) -> str:
        """Name the day."""
        return day_name(self.frozen.day)

    def verdicts(self, school: str) -> Mapping[str, Pair]:
        """Give a school's verdicts of that day; none of one that was in no service."""
        known = self.schools.get(school)
        if known is None:
            return {}
        pairs = zip(self.names, _CELLS_IN.decode(known.cells), strict=True)
        return {name: self._pair(cell) for name, cell in pairs if cell is not None}

    def _pair(self, cell: Cell) -> Pair:
        return self._verdict(cell[0]), self._verdict(cell[1])

    def _verdict(self, part: Part) -> Verdict:
        letter, reasons, proof_ms, units = part
        words = tuple(self.frozen.reasons[place] for place in reasons)
        return Verdict(JUDGEMENTS[letter], words, None if proof_ms is None else proof_ms / 1_000, units)

    def path(self, unit: str) -> tuple[str, ...]:
        """Name a unit and those above it on that day; a loop in the data ends where it began."""
        found: list[str] = []
        at: str | None = unit
        while at is not None and at in self.units and at not in found:
            found.append(at)
            at = self.units[at].parent
        return tuple(found)

    @cached_property
    def under(self) -> Mapping[str, Sequence[str]]:
        """List the schools below each unit."""
        found: dict[str, list[str]] = {unit: [] for unit in self.units}
        paths = {unit: self.path(unit) for unit in self.units}
        for school in self.frozen.schools:
            for unit in paths.get(school.unit, ()):
                found[unit].append(school.id)
        return found

    @cached_property
    def _rollup(self) -> Rollup:
        rollup = Rollup()
        paths = {unit: self.path(unit) for unit in self.units}
        for school in self.frozen.schools:
            rollup.moved(paths.get(school.unit, ()), {}, self.verdicts(school.id))
        return rollup

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator below a unit."""
        if self.figures is not None:
            return self.figures.get(unit, {}).get(indicator, (Tally(), Tally()))
        return self._rollup.of(unit, indicator)

    def tallies(self) -> dict[str, str]:
        """Write the counts of every unit as they are kept for series: whole numbers by name, what is nought left out."""
        return {
            unit: msgspec.json.encode(
                {name: [_counts(tally) for tally in self.tally(unit, name)] for name in self.names}
            ).decode()
            for unit in self.units
        }


Kept = dict[str, list[dict[str, int]]]  # Indicator -> the ledger's counts and the live ones.


Figures = Mapping[str, tuple[Tally, Tally]]


def read_tallies(text: str) -> Figures:
    """Read the counts of one unit back; a number that this version does not know is left aside."""
    known = {field.name for field in fields(Tally)}
    read = msgspec.json.decode(text, type=Kept)
    return {
        name: (_tally(figures[0], known), _tally(figures[1], known)) for name, figures in read.items() if len(figures) > 1
    }


def _tally(counts: Mapping[str, int], known: set[str]) -> Tally:
    return Tally(**{name: value for name, value in counts.items() if name in known})


def _counts(tally: Tally) -> dict[str, int]:
    return {field.name: value for field in fields(tally) if (value := getattr(tally, field.name))}
