"""Alarms that no disk takes: kept in memory, bounded, so that they can be sent again until a disk or a receipt comes."""

from collections import deque

from contract.identity import EpochId
from contract.records import Hole, encode_record
from gateway.lane_store import Read
from gateway.segment import positions_of


class MemoryLane:
    """Records of one epoch in order of position. Beyond the bound the oldest go, and reading them gives a hole."""

    def __init__(self, records_max: int) -> None:
        self._records_max = records_max
        self._epoch = EpochId("")
        self._from = 1  # The first position that was ever here.
        self._records: deque[tuple[int, bytes]] = deque()

    def __len__(self) -> int:
        return len(self._records)

    def add(self, epoch: EpochId, position: int, body: bytes) -> None:
        """Keep a record."""
        if epoch != self._epoch or not self._records:
            if epoch != self._epoch:
                self._records.clear()
            self._epoch, self._from = epoch, position
        self._records.append((position, body))
        if len(self._records) > self._records_max:
            self._records.popleft()

    def trim(self, epoch: EpochId, through: int) -> None:
        """Forget what has a receipt."""
        if epoch != self._epoch:
            return
        while self._records and self._records[0][0] <= through:
            self._records.popleft()
        self._from = max(self._from, through + 1)

    def read(self, epoch: EpochId, first: int, last: int | None, records_max: int, bytes_max: int) -> Read | None:
        """Give consecutive records from `first`, or a hole where they had to go; None when they were never here."""
        if epoch != self._epoch or not self._records or first < self._from:
            return None
        oldest = self._records[0][0]
        if first < oldest:
            end = oldest - 1 if last is None else min(last, oldest - 1)
            return Read(first, end, (encode_record(Hole(n=end - first + 1, why="lost")),))
        bodies: list[bytes] = []
        total, expected = 0, first
        for position, body in self._records:
            if position < first:
                continue
            full = bodies and (len(bodies) >= records_max or total + len(body) + 1 > bytes_max)
            if full or (last is not None and position > last):
                break
            bodies.append(body)
            total += len(body) + 1
            expected = position + positions_of(body)
        return Read(first, expected - 1, tuple(bodies)) if bodies else None

    def take(self) -> list[bytes]:
        """Hand over everything, in order."""
        bodies = [body for _, body in self._records]
        self._records.clear()
        self._epoch = EpochId("")
        return bodies
