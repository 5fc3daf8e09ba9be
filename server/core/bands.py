"""Bands of numbers that change with each reading: only a value that moves from one band to another is a change."""

from collections.abc import Callable, Mapping

from contract.records import Value

CLOCK_OFF_MS_MAX = 5_000  # A clock may be five seconds off Beijing time.
GAP_SECONDS_MAX = 600  # Ten minutes of a day's recording may be missing.


def clock_right(value: Value) -> bool | None:
    """Say whether a clock is right; None where nothing is told."""
    return abs(value) <= CLOCK_OFF_MS_MAX if isinstance(value, int) and not isinstance(value, bool) else None


def gap_small(value: Value) -> bool | None:
    """Say whether what is missing of a day's recording is little; None where nothing is told."""
    return value <= GAP_SECONDS_MAX if isinstance(value, int) and not isinstance(value, bool) else None


BANDS: Mapping[str, Callable[[Value], object]] = {"clock_offset": clock_right, "gap": gap_small}


def moved(metric: str, before: Value, after: Value) -> bool:
    """Say whether a metric's value has changed as far as anybody judges by it."""
    if before == after:
        return False
    band = BANDS.get(metric)
    return band is None or band(before) != band(after)
