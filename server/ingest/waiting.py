"""A queue that is emptied many items at a time, after giving the first of them a moment to find company."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Waiting(Generic[T]):
    """One task takes; anybody puts, without waiting. Whoever puts keeps the bound: see `len`."""

    def __init__(self, collect_seconds: float) -> None:
        self._items: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._collect_seconds = collect_seconds

    def __len__(self) -> int:
        return len(self._items)

    @property
    def first(self) -> T | None:
        """Show the item that has waited longest."""
        return self._items[0] if self._items else None

    def put(self, item: T) -> None:
        """Add an item."""
        self._items.append(item)
        if len(self._items) == 1:
            self._arrived.set()

    async def take(self, items_max: int) -> list[T]:
        """Wait for at least one item and take what is there, in order."""
        items = self._items
        while not items:
            self._arrived.clear()
            await self._arrived.wait()
        if self._collect_seconds and len(items) < items_max:
            await asyncio.sleep(self._collect_seconds)
        return [items.popleft() for _ in range(min(items_max, len(items)))]
