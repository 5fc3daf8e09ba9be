"""The newest readings in memory: sending them needs no reading back from the disk."""

from collections import deque

from gateway.lane_store import Read
from gateway.segment import positions_of


class Tail:
    """The last records of the current epoch's readings that are durable, in at most `bytes_max` bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._records: deque[tuple[int, bytes]] = deque()
        self._bytes = 0

    def remember(self, position: int, body: bytes) -> None:
        """Take in the next record; the oldest make room for it."""
        self._records.append((position, body))
        self._bytes += len(body)
        while self._bytes > self._bytes_max:
            self._bytes -= len(self._records.popleft()[1])

    def clear(self) -> None:
        """Forget everything: a new epoch begins."""
        self._records.clear()
        self._bytes = 0

    def read(self, first: int, last: int | None, records_max: int, bytes_max: int) -> Read | None:
        """Give records when the first one asked for is still there."""
        if not self._records or first < self._records[0][0]:
            return None
        bodies: list[bytes] = []
        total, expected = 0, first
        for position, body in self._records:
            if position < first:
                continue
            if position != expected or (last is not None and position > last):
                break
            if bodies and (len(bodies) >= records_max or total + len(body) + 1 > bytes_max):
                break
            bodies.append(body)
            total += len(body) + 1
            expected = position + positions_of(body)
        return Read(first, expected - 1, tuple(bodies)) if bodies else None
