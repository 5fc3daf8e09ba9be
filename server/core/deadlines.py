"""Deadlines: what must be looked at again and when, earliest first. Stale entries are judged by whoever asked for them."""

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """A queue of instants. Entries of the same instant come out in the order they went in, so that replays are equal."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, thing: T) -> None:
        """Ask for `thing` to come out once `due` has passed."""
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, thing))

    @property
    def first(self) -> float | None:
        """Give the instant of the first entry, which may be a stale one."""
        return self._heap[0][0] if self._heap else None

    def waits(self, now: float) -> bool:
        """Say whether something is due; it may be a stale entry."""
        return bool(self._heap) and self._heap[0][0] <= now

    def due(self, now: float, limit: int) -> Iterator[tuple[float, T]]:
        """Take out what is due, at most `limit` of it; the rest is due still."""
        heap = self._heap
        while limit > 0 and heap and heap[0][0] <= now:
            limit -= 1
            due, _, thing = heapq.heappop(heap)
            yield due, thing
