"""When a target is reached at the pace of the last weeks, by a robust slope that two bad days do not bend. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

DAYS_LEAST = 14  # Frozen days; of fewer nobody can tell a pace.
SPAN_LEAST = 21  # Days from the first to the last of them.
HORIZON_DAYS = 3_650  # What takes longer is not reached at this pace.
QUARTER = 4


class Outcome(StrEnum):
    """What can be said."""

    ALREADY = "already"
    DATE = "date"
    NOT_AT_THIS_PACE = "not_at_this_pace"
    TOO_FEW_DAYS = "too_few_days"
    NOTHING_REQUIRED = "nothing_required"


@dataclass(frozen=True, slots=True)
class Point:
    """One frozen day: how many are met, of how many that are required and not exempt."""

    day: int
    met: int
    basis: int


@dataclass(frozen=True, slots=True)
class Pace:
    """When 100 % is reached. `per_week` is by how many the gap shrinks in a week; `latest` is None where it may never be."""

    outcome: Outcome
    per_week: float = 0.0
    day: int | None = None
    earliest: int | None = None
    latest: int | None = None


def pace_of(points: Sequence[Point]) -> Pace:
    """Judge the pace by the median of the slopes between any two days (Theil-Sen); the range is that of the middle half.

    `points` come in the order of their days, of the last weeks alone.
    """
    if not points or points[-1].basis == 0:
        return Pace(Outcome.NOTHING_REQUIRED if points else Outcome.TOO_FEW_DAYS)
    last = points[-1]
    left = last.basis - last.met
    if left == 0:
        return Pace(Outcome.ALREADY)
    if len(points) < DAYS_LEAST or last.day - points[0].day < SPAN_LEAST:
        return Pace(Outcome.TOO_FEW_DAYS)
    gaps = [(point.day, point.basis - point.met) for point in points]
    slopes = sorted(
        (later - gap) / (after - day) for place, (day, gap) in enumerate(gaps) for after, later in gaps[place + 1 :]
    )
    slope = median(slopes)
    day = _reached(last.day, left, slope)
    if day is None:
        return Pace(Outcome.NOT_AT_THIS_PACE, per_week=-slope * 7 + 0.0)
    quarter = len(slopes) // QUARTER
    return Pace(
        Outcome.DATE,
        -slope * 7,
        day,
        _reached(last.day, left, slopes[quarter]),
        _reached(last.day, left, slopes[-1 - quarter]),
    )


def _reached(day: int, left: int, slope: float) -> int | None:
    if slope >= 0 or left / -slope > HORIZON_DAYS:
        return None
    return day + math.ceil(left / -slope)
