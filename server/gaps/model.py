"""What a gap is: one cell that is not met or unknown, or one finding of a visit, and what was done about it. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contract.errors import AnxiaoError
from contract.identity import SchoolId

VISIT = "visit"  # The figure of a gap that people found; those of cells are `ledger` and `live`.
MOVES_MAX = 1_000  # On record of one gap; beyond it people are refused, the service is not.
EVIDENCE_MAX = 10  # References of one move.


class GapState(StrEnum):
    """Where a gap stands."""

    OPEN = "open"  # 未整改
    IN_PROGRESS = "in_progress"  # 整改中
    TO_VERIFY = "to_verify"  # 待复核
    CLOSED = "closed"  # 销号


class Move(StrEnum):
    """What can happen to a gap; the first six are asked for by people, the others are the service's own word."""

    ASSIGN = "assign"  # Give it an owner and a due date, or others.
    RECTIFY = "rectify"  # Say that it is mended, with evidence.
    SEND_BACK = "send_back"  # Say that it is not.
    CLOSE = "close"  # 销号: another person has seen that it is.
    REOPEN = "reopen"
    NOTE = "note"
    FOUND = "found"
    TURNED_MET = "turned_met"  # Its cell is no gap any more.
    RELAPSED = "relapsed"  # Its cell is one again.


PEOPLES = frozenset({Move.ASSIGN, Move.RECTIFY, Move.SEND_BACK, Move.CLOSE, Move.REOPEN, Move.NOTE})


class NotMoved(AnxiaoError):
    """A move that is not made; `code` is the API's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reference to a document or photo, never its content; the digest shows that no other was put in its place."""

    reference: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """How one gap stands. `id` is made of its cell, or of its visit and number, so that no two servers make two of one."""

    id: str
    school: SchoolId
    indicator: str  # Of a finding: the one it bears upon, or empty.
    figure: str  # ledger, live or visit
    state: GapState
    bad: bool  # Whether its cell was a gap by the last word that counted; a finding's is until it is closed.
    reasons: tuple[str, ...]  # Codes, as when it was found or came back; of a finding its words.
    clause: str  # Which rule asks for it.
    severity: str  # Of a finding: minor, serious or grave; empty for a cell.
    first_ms: int
    opened_ms: int  # Since when it is open this time.
    version: int = 1  # Counts its moves.
    owner: str = ""  # An office or department, never a person.
    due: date | None = None
    closed_ms: int = 0  # 0 while it is open.
    rectified_by: str = ""
    reopened: int = 0
    visit: str = ""

    @property
    def open(self) -> bool:
        """Say whether somebody still has to do something about it."""
        return self.state is not GapState.CLOSED

    @property
    def of_cell(self) -> bool:
        """Say whether it is a cell of coverage, and not a finding."""
        return self.figure != VISIT


@dataclass(frozen=True, slots=True)
class Asked:
    """A move that a person asks for; `version` is the last they saw."""

    move: Move
    by: str
    role: str
    version: int
    note: str = ""
    owner: str = ""
    due: date | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One move on record; nothing ever changes it. `by` is empty for the service."""

    gap: str
    number: int
    at_ms: int
    move: Move
    state: GapState  # After it.
    by: str = ""
    role: str = ""
    note: str = ""  # A person's words, or the reasons' codes.
    owner: str = ""
    due: date | None = None
    evidence: tuple[Evidence, ...] = ()


def cell_id(school: str, indicator: str, figure: str) -> str:
    """Name the gap of a cell."""
    return f"{school}.{indicator}.{figure}"


def finding_id(visit: str, number: int) -> str:
    """Name the gap of a finding."""
    return f"{VISIT}.{visit}.{number}"
