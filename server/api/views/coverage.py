"""Coverage in figures, and the gaps behind them."""

from typing import Literal

from server.api.views.common import Figure, View
from server.core.verdict import Judgement
from server.gaps.model import GapState


class IndicatorView(View, frozen=True, kw_only=True):
    """One coverage indicator with the formula that defends its number; its index is `indicator_ix`."""

    id: str
    label: str
    label_en: str
    formula: str
    formula_en: str
    source: str
    source_en: str
    headline: bool
    group: str  # Where it stands: headline, strength, national, quality or institution.
    counts: str  # What its figures count: schools, guards, devices, …
    counts_en: str
    believed: str  # For how long a live proof is believed, in words.
    believed_en: str
    ledger_only: bool  # No device can prove it: the live figure says nothing of the schools.
    made_of_items: bool  # Each item of its ledger has a figure of its own.


class CoverageLetters(View, frozen=True, kw_only=True):
    """One letter for each school and indicator, row by row."""

    ledger: str
    live: str


class Counts(View, frozen=True, kw_only=True):
    """One figure; `bp` is hundredths of a percent rounded down, null where nothing is required."""

    met: int
    not_met: int
    unknown: int
    exempt: int
    bp: int | None


class CoverageCell(View, frozen=True, kw_only=True):
    """One indicator of one row, in both figures; `proof_at` is a school's newest proof."""

    ledger: Counts
    live: Counts
    proof_at: int | None


class CoverageRow(View, frozen=True, kw_only=True):
    """One unit or school with a cell for each indicator."""

    kind: Literal["unit", "school"]
    id: str
    name: str
    name_en: str
    cells: list[CoverageCell]


class IndicatorScopeView(View, frozen=True, kw_only=True):
    """Whom one indicator asks about in a unit; `said_by` is the unit that says so, null where it is so by itself."""

    kindergartens: bool
    urban_only: bool
    said_by: str | None
    differs: bool  # Whether a unit below says otherwise.


class CoverageBasis(View, frozen=True, kw_only=True):
    """Which past day is shown, and whose knowledge: without rows where it is not there (yet), and `state` says why."""

    on: str
    known: Literal["then", "now"]
    state: Literal["ready", "working", "none", "failed", "busy"]
    taken_at: int | None
    late: bool  # Frozen afterwards, for no server was there at its turn.
    source: Literal["engine", "journal"] | None  # What the live figures are made of.
    notes: list[str]
    stage: str
    done: int
    total: int
    detail: str
    indicators: list[IndicatorView]  # As they stood that day.


class Coverage(View, frozen=True, kw_only=True):
    """A unit and its children in figures; `scopes` follow `indicators`. `basis` names a past day."""

    as_of: int
    parent: str
    indicators: list[str]
    scopes: list[IndicatorScopeView]
    rows: list[CoverageRow]
    basis: CoverageBasis | None = None


class ItemName(View, frozen=True, kw_only=True):
    """One item of an indicator's ledger."""

    id: str
    label: str
    label_en: str


class ItemRow(View, frozen=True, kw_only=True):
    """One unit; `counts` follow the items."""

    unit: str
    name: str
    name_en: str
    counts: list[Counts]


class Items(View, frozen=True, kw_only=True):
    """The items of one indicator in a unit and its children, by the ledger; the unit itself comes first."""

    as_of: int
    parent: str
    indicator: str
    items: list[ItemName]
    rows: list[ItemRow]
    basis: CoverageBasis | None = None


class GapStanding(View, frozen=True, kw_only=True):
    """Where the line of a cell stands in the ledger of gaps; without a state the cell is too young to have one."""

    id: str
    state: GapState | None
    owner: str
    due: str | None
    overdue: bool
    watched_since: int | None


class Gap(View, frozen=True, kw_only=True):
    """One line of the gap list: what is not met or unknown, where, and why."""

    school: str
    school_name: str
    unit: str
    unit_name: str
    indicator: str
    figure: Figure
    judgement: Judgement
    reasons: list[str]
    proof_at: int | None
    line: GapStanding | None = None  # Not in a spreadsheet.


class GapPage(View, frozen=True, kw_only=True):
    """One page of gaps."""

    items: list[Gap]
    next: str | None
    total: int
    basis: CoverageBasis | None = None  # Of the gaps of a past day.


class VerdictView(View, frozen=True, kw_only=True):
    """What one indicator says; null judgement: the indicator does not ask about this school."""

    judgement: Judgement | None
    reasons: list[str]
    proof_at: int | None


class SchoolCoverage(View, frozen=True, kw_only=True):
    """One indicator of a school in both figures."""

    indicator: str
    ledger: VerdictView
    live: VerdictView
