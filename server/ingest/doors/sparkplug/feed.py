"""One lane of an edge node's gateway: gives what arrives positions of our own, and offers it until the journal has it.

An edge node keeps nothing and hears of no receipt, so from its message to our commit this is the only copy. Pure.
"""

import itertools
from collections import deque
from collections.abc import Sequence

import msgspec

from contract.identity import EpochId, Lane
from contract.limits import BATCH_RECORDS_MAX
from contract.records import Hole, encode_record

RECORDS_MAX = 20_000  # Waiting for a journal that is down; beyond it the oldest readings become a declared hole.
BYTES_MAX = 131_072  # Of one batch's records: half of what a batch may be.
RETRY_SECONDS = 1.0


class Part(msgspec.Struct):
    """One record that has no commit yet."""

    count: int  # Positions covered: one, or as many as a hole has.
    body: bytes


class Offer(msgspec.Struct, frozen=True):
    """A batch to be offered to ingest."""

    first: int
    last: int
    bodies: list[bytes]


class Feed:
    """Records in order, from the first without a commit. Alarms go out at once, readings one batch after the other."""

    def __init__(self, epoch: EpochId, lane: Lane) -> None:
        self.epoch = epoch
        self.lane = lane
        self._parts: deque[Part] = deque()
        self._first = 1  # The position of the first part.
        self._offered = 0  # Parts on their way, from the first on …
        self._at = 1  # … and the position after them.
        self._again_at: float | None = None  # When everything is offered once more.

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def first(self) -> int:
        """Name the first position without a commit."""
        return self._first

    def add(self, bodies: Sequence[bytes]) -> int:
        """Take records; says how many older ones had to be given up for them."""
        self._parts.extend(Part(1, body) for body in bodies)
        return self._shed(len(self._parts) - RECORDS_MAX) if len(self._parts) > RECORDS_MAX else 0

    def offer(self, now: float) -> Offer | None:
        """Give the next batch to offer, if there is one and its turn has come."""
        if self._again_at is not None and now >= self._again_at:
            self._rewind()
        if self._offered >= len(self._parts):
            return None
        if self.lane is Lane.TELEMETRY and (self._offered or self._again_at is not None):
            return None
        bodies: list[bytes] = []
        size, first = 0, self._at
        for part in itertools.islice(self._parts, self._offered, None):
            size += len(part.body)
            if len(bodies) >= BATCH_RECORDS_MAX or (bodies and size > BYTES_MAX):
                break
            bodies.append(part.body)
            self._at += part.count
        self._offered += len(bodies)
        return Offer(first, self._at - 1, bodies)

    def committed(self, last: int) -> None:
        """Forget everything up to a position: the journal has it."""
        while self._parts and self._first + self._parts[0].count - 1 <= last:
            self._first += self._parts.popleft().count
            self._offered = max(0, self._offered - 1)
        self._at = max(self._at, self._first)

    def failed(self, now: float) -> None:
        """Offer everything again, a little later; a new alarm does not wait for that, for it is shown before any commit."""
        if self._again_at is None:
            self._again_at = now + RETRY_SECONDS

    def drop(self) -> int:
        """Give up what waits; nothing of it was committed, so its positions are given anew."""
        dropped = len(self._parts)
        self._parts.clear()
        self._rewind()
        return dropped

    def move_to(self, other: "Feed") -> None:
        """Hand everything over to a feed of a new epoch."""
        other._parts.extend(self._parts)  # noqa: SLF001  # Another of our own kind.
        self.drop()

    def _shed(self, many: int) -> int:
        """Put a hole in the place of the oldest records, at most as often as a tenth of all has come."""
        many = min(max(many, RECORDS_MAX // 10), len(self._parts))
        positions = sum(self._parts.popleft().count for _ in range(many))
        self._parts.appendleft(Part(positions, encode_record(Hole(n=positions, why="shed"))))
        self._rewind()  # What was on its way may still be committed; then the hole is only partly new.
        return many

    def _rewind(self) -> None:
        self._offered, self._at, self._again_at = 0, self._first, None
