"""The seam of history stores: what the projector writes to them and what a screen reads back."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from contract.identity import DeviceId, GatewayId
from contract.records import Value

NS_PER_MS = 1_000_000

Point = tuple[int, float | str]  # Milliseconds UTC and the value; a boolean reads as 1.0 or 0.0.


class Row(msgspec.Struct, frozen=True, gc=False):
    """One record of one device: its metrics as fields, at one instant that no other record of the device shares.

    A struct without garbage collection, because millions pass by: it refers only to what the decoded batch holds.
    """

    gateway: GatewayId
    device: DeviceId
    t_ns: int  # The record's milliseconds, then its position: two records of one millisecond do not overwrite each other.
    metrics: dict[str, Value]


class HistoryStore(Protocol):
    """One place where history is kept. Every method raises `StorageError` when the store did not do what was asked.

    What is kept: numbers, booleans as 1 and 0, and short texts where the store can (`keeps_texts`). Absent values (null)
    leave no trace. Never faces, never video. Writing the same rows again changes no answer.
    """

    name: str
    keeps_texts: bool
    loss_horizon_seconds: float  # How long after a write the store may still lose it, when it is killed.

    async def append(self, rows: Sequence[Row], checkpoint: int) -> None:
        """Keep the rows and the checkpoint: both or neither where the store has transactions, else rows first."""
        ...

    async def checkpoint(self) -> int:
        """Read the checkpoint last kept; 0 for an empty store."""
        ...

    async def incarnation(self) -> str:
        """Name the present run of the store; a changed name means that what was written within the horizon may be lost."""
        ...

    async def series(
        self, gateway: GatewayId, device: DeviceId, metric: str, start_ms: int, end_ms: int, points: int
    ) -> list[Point]:
        """Read one metric in [start, end), oldest first, as at most `points` points.

        Where no more than that many are kept, they come as they were measured. Otherwise the span is cut into
        `points // 2` equal buckets, and each gives its least value at its start and its greatest at its middle (one
        point where they are equal): a dip of one second stays visible in a chart of a month. Of texts, each bucket
        gives its last.
        """
        ...

    async def drop(self) -> None:
        """Forget everything, the checkpoint too: the projector then builds the history anew."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...


def bucket_ms(start_ms: int, end_ms: int, points: int) -> int:
    """Give the width of the buckets that [start, end) is cut into for at most `points` points."""
    buckets = max(1, points // 2)
    return max(1, -(-(end_ms - start_ms) // buckets))


def extremes(at_ms: int, width_ms: int, least: float, greatest: float) -> list[Point]:
    """Give the one or two points that stand for a bucket."""
    if least == greatest:
        return [(at_ms, least)]
    return [(at_ms, least), (at_ms + width_ms // 2, greatest)]


def thin(measured: Sequence[Point], start_ms: int, end_ms: int, points: int) -> list[Point]:
    """Do for points in hand, oldest first, what `HistoryStore.series` promises, for stores that cannot do it themselves."""
    if len(measured) <= points:
        return list(measured)
    width = bucket_ms(start_ms, end_ms, points)
    buckets: dict[int, list[float | str]] = {}
    for at_ms, value in measured:
        buckets.setdefault((at_ms - start_ms) // width, []).append(value)
    thinned: list[Point] = []
    for number, values in buckets.items():
        at_ms = start_ms + number * width
        numbers = [value for value in values if not isinstance(value, str)]
        thinned += extremes(at_ms, width, min(numbers), max(numbers)) if numbers else [(at_ms, values[-1])]
    return thinned
