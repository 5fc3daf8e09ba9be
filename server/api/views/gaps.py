"""The ledger of gaps: lines, their history, and figures of rectification."""

from server.api.views.common import View
from server.core.verdict import Judgement
from server.gaps.model import GapState, Move


class GapEvidence(View, frozen=True, kw_only=True):
    """A reference to a document or photo, and the digest that holds it fast."""

    reference: str
    sha256: str


class GapEntry(View, frozen=True, kw_only=True):
    """One move of a gap; `by` is empty for the service itself."""

    number: int
    at: int
    move: Move
    state: GapState
    by: str
    by_display: str
    role: str
    note: str
    owner: str
    due: str | None
    evidence: list[GapEvidence]


class GapLine(View, frozen=True, kw_only=True):
    """One gap. `reasons` and `judgement` are of this moment for a cell; null where the indicator asks no more."""

    id: str
    ver: int
    school: str
    school_name: str
    school_name_en: str
    unit: str
    county: str
    indicator: str
    figure: str
    state: GapState
    judgement: Judgement | None
    reasons: list[str]
    found_reasons: list[str]
    clause: str
    clause_en: str
    severity: str
    visit: str
    owner: str
    due: str | None
    overdue: bool
    due_soon: bool
    first: int
    opened: int
    closed: int | None
    reopened: int
    proof_at: int | None
    may: list[Move]


class GapLines(View, frozen=True, kw_only=True):
    """One page of gaps."""

    items: list[GapLine]
    next: str | None
    total: int


class GapDetail(View, frozen=True, kw_only=True):
    """One gap with all that was done about it."""

    line: GapLine
    history: list[GapEntry]


class GapCounts(View, frozen=True, kw_only=True):
    """The gaps of one unit in numbers; rates are hundredths of a percent, null of nothing."""

    unit: str
    name: str
    name_en: str
    open: int
    in_progress: int
    to_verify: int
    closed: int
    overdue: int
    due_soon: int
    due: int
    on_time: int
    rectified_bp: int | None
    overdue_bp: int | None


class GapSummary(View, frozen=True, kw_only=True):
    """A unit's gaps and its counties' in numbers; `young` cells have no line yet. `owners` are those in use."""

    as_of: int
    rows: list[GapCounts]
    young: int
    owners: list[str]
