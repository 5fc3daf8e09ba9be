"""What the ledger of gaps says of one school in numbers, as the indicators of rectification use it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GapFigures:
    """Counts of a school's gaps, each in its present turn."""

    due: int = 0  # Its due day is over, or it was closed before.
    on_time: int = 0  # Of these: closed, no later than on the due day.
    open: int = 0
    overdue: int = 0  # Open, and its due day is over.
    undated: int = 0  # Open, without a due day.


NO_GAPS = GapFigures()
