"""The two figures by which rectification is reported: 整改率 and 超期率. Pure; counts are added up, never percentages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from server.core.gap_figures import GapFigures
from server.core.schedule import local_date
from server.gaps.model import Gap

DUE_SOON_DAYS = 7  # From then on the owner is reminded.


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts over some gaps, each in its present turn. Rates are hundredths of a percent, rounded down; None of nothing."""

    open: int = 0
    overdue: int = 0  # Open, and its due day is over.
    due_soon: int = 0  # Open, and due within `DUE_SOON_DAYS`.
    due: int = 0  # Its due day is over, or it was closed before: what can be judged.
    on_time: int = 0  # Of these: closed, no later than on the due day.
    undated: int = 0  # Open, without a due day.

    def __add__(self, other: "Rates") -> "Rates":
        """Add the counts of two sets of gaps."""
        return Rates(
            self.open + other.open,
            self.overdue + other.overdue,
            self.due_soon + other.due_soon,
            self.due + other.due,
            self.on_time + other.on_time,
            self.undated + other.undated,
        )

    @property
    def figures(self) -> GapFigures:
        """Give them as the indicators of rectification use them."""
        return GapFigures(self.due, self.on_time, self.open, self.overdue, self.undated)

    @property
    def rectified_bp(self) -> int | None:
        """Give 整改率: closed on time / due."""
        return None if self.due == 0 else self.on_time * 10_000 // self.due

    @property
    def overdue_bp(self) -> int | None:
        """Give 超期率: overdue / open. Rounded up, because here the lower number is the better one."""
        return None if self.open == 0 else -(-self.overdue * 10_000 // self.open)


def overdue(gap: Gap, today: date) -> bool:
    """Say whether an open gap's due day is over."""
    return gap.open and gap.due is not None and gap.due < today


def due_soon(gap: Gap, today: date) -> bool:
    """Say whether an open gap is due today or within a week."""
    return gap.open and gap.due is not None and 0 <= (gap.due - today).days <= DUE_SOON_DAYS


def rates(gaps: Iterable[Gap], today: date) -> Rates:
    """Count some gaps on a day, Asia/Shanghai. One without a due date is open, and nothing can be said of its time."""
    total = Rates()
    for gap in gaps:
        late = overdue(gap, today)
        closed = not gap.open and gap.due is not None
        in_time = closed and gap.due is not None and local_date(gap.closed_ms / 1_000) <= gap.due
        undated = gap.open and gap.due is None
        soon = due_soon(gap, today)
        total += Rates(int(gap.open), int(late), int(soon), int(late or closed), int(in_time), int(undated))
    return total
