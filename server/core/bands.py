"""Bands of numbers that change with each reading: only a value that moves from one band to another is a change."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

from contract.records import Value
from server.core.param import AS_BUILT, Settings

CLOCK_OFF_MS_MAX = 5_000  # A clock may be five seconds off Beijing time.
GAP_SECONDS_MAX = 600  # Ten minutes of a day's recording may be missing.


def clock_right(value: Value) -> bool | None:
    """Say whether a clock is right; None where nothing is told."""
    return abs(value) <= CLOCK_OFF_MS_MAX if isinstance(value, int) and not isinstance(value, bool) else None


def gap_small(value: Value) -> bool | None:
    """Say whether what is missing of a day's recording is little; None where nothing is told."""
    return value <= GAP_SECONDS_MAX if isinstance(value, int) and not isinstance(value, bool) else None


BANDS: Mapping[str, Callable[[Value], object]] = {"clock_offset": clock_right, "gap": gap_small}


def moved(metric: str, before: Value, after: Value, settings: Settings = AS_BUILT) -> bool:
    """Say whether a metric's value has changed as far as anybody judges by it, with what is set for its school."""
    if before == after:
        return False
    band, edges = BANDS.get(metric), settings.edges.get(metric)
    if band is None and edges is None:
        return True
    if band is not None and band(before) != band(after):
        return True
    return edges is not None and _place(edges, before) != _place(edges, after)


def _place(edges: tuple[float, ...], value: Value) -> object:
    """Say between which edges a value lies, or upon which; anything but a number is a place of its own."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return bisect_left(edges, value), bisect_right(edges, value)
