"""How the cells of coverage make, settle and reopen gaps. Pure.

A cell of the ledger changes when somebody edits the ledger, and counts at once. A live cell changes with every cable and
every restart, so what it says counts when it has said so for a day without a break; until then it is watched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contract.identity import SchoolId
from server.core.verdict import Judgement, Verdict
from server.gaps.lifecycle import found, relapsed, turned_met
from server.gaps.model import Entry, Gap, GapState, cell_id

BAD = frozenset({Judgement.NOT_MET, Judgement.UNKNOWN})
FIGURES = ("ledger", "live")
HELD_MS = {"ledger": 0, "live": 24 * 3_600_000}  # How long a figure must say the same before it counts.
NOT_ASKED = "not_asked"  # The indicator asks about the school no more, or the school is gone.


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the engine has it now."""

    school: SchoolId
    indicator: str
    figure: str
    verdict: Verdict
    clause: str

    @property
    def id(self) -> str:
        """Name the gap that is its."""
        return cell_id(self.school, self.indicator, self.figure)

    @property
    def bad(self) -> bool:
        """Say whether it is a gap."""
        return self.verdict.judgement in BAD


@dataclass(frozen=True, slots=True)
class Watch:
    """A cell that says another thing than its gap does, and since when; it does not count yet."""

    id: str
    school: SchoolId
    bad: bool
    since_ms: int


@dataclass(slots=True)
class Changes:
    """What has to be written."""

    made: list[Gap] = field(default_factory=list)
    moved: list[Gap] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    watched: list[Watch] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # Ids of watches that are over.

    def __bool__(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self.made or self.moved or self.watched or self.dropped)


def compare(
    cells: Iterable[Cell], gaps: Mapping[str, Gap], watches: Mapping[str, Watch], now_ms: int, figures: Iterable[str]
) -> Changes:
    """Say what some schools' cells change. `gaps` and `watches` are all of these schools; only `figures` are looked at."""
    looked_at = frozenset(figures)
    changes = Changes()
    asked = {cell.id: cell for cell in cells if cell.figure in looked_at}
    for cell in asked.values():
        gap = gaps.get(cell.id)
        known_bad = gap is not None and gap.bad
        if cell.bad == known_bad:
            _drop(changes, watches, cell.id)
        elif _counts(changes, watches, cell, now_ms):
            _take(changes, cell, gap, now_ms)
    for gap in gaps.values():
        if gap.of_cell and gap.figure in looked_at and gap.id not in asked and gap.bad:
            _drop(changes, watches, gap.id)
            _move(changes, turned_met(gap, NOT_ASKED, now_ms))
    for watch in watches.values():
        if watch.id not in asked and watch.id not in gaps and watch.id.rpartition(".")[2] in looked_at:
            changes.dropped.append(watch.id)
    return changes


def _counts(changes: Changes, watches: Mapping[str, Watch], cell: Cell, now_ms: int) -> bool:
    """Say whether a cell has said so for long enough; otherwise it is watched from now on."""
    held = HELD_MS[cell.figure]
    watch = watches.get(cell.id)
    since = watch.since_ms if watch is not None and watch.bad == cell.bad else now_ms
    if now_ms - since >= held:
        _drop(changes, watches, cell.id)
        return True
    if watch is None or watch.bad != cell.bad:
        changes.watched.append(Watch(cell.id, cell.school, cell.bad, now_ms))
    return False


def _take(changes: Changes, cell: Cell, gap: Gap | None, now_ms: int) -> None:
    reasons = cell.verdict.reasons
    if gap is None:
        made = Gap(
            id=cell.id,
            school=cell.school,
            indicator=cell.indicator,
            figure=cell.figure,
            state=GapState.OPEN,
            bad=True,
            reasons=reasons,
            clause=cell.clause,
            severity="",
            first_ms=now_ms,
            opened_ms=now_ms,
        )
        changes.made.append(made)
        changes.entries.append(found(made, now_ms))
    elif cell.bad:
        _move(changes, relapsed(gap, reasons, now_ms))
    else:
        _move(changes, turned_met(gap, cell.verdict.judgement.value, now_ms))


def _move(changes: Changes, moved: tuple[Gap, Entry]) -> None:
    changes.moved.append(moved[0])
    changes.entries.append(moved[1])


def _drop(changes: Changes, watches: Mapping[str, Watch], id_: str) -> None:
    if id_ in watches:
        changes.dropped.append(id_)
