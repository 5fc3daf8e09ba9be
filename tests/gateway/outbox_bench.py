"""An outbox on the bench: simulated disks, a writer that works when told, a listener that remembers."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.errors import StorageError
from contract.identity import EpochId, Lane
from contract.records import Hole, Reading, decode_record, encode_record
from gateway.disk import Disk
from gateway.lane_store import Read
from gateway.outbox import Outbox
from gateway.outbox_limits import OutboxLimits
from gateway.writer import QueuedWriter

SMALL = OutboxLimits(segment_bytes=1024, preallocate=True, alarm_reserve_bytes=4096, budget_bytes=8192, tail_bytes=0)


@dataclass
class Listener:
    """Remembers what it was told."""

    durable_at: dict[tuple[Lane, EpochId], int] = field(default_factory=dict)
    moves: list[tuple[EpochId, dict[Lane, int], EpochId, Sequence[tuple[int, bytes]]]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def durable(self, lane: Lane, epoch: EpochId, position: int) -> None:
        """Note the position."""
        self.durable_at[lane, epoch] = position

    def moved(self, old: EpochId, durable: dict[Lane, int], new: EpochId, alarms: Sequence[tuple[int, bytes]]) -> None:
        """Note the move."""
        self.moves.append((old, durable, new, alarms))

    def troubled(self, code: str, text: str, *, on: bool) -> None:
        """Note the trouble."""
        self.troubles.append(code if on else f"no {code}")
        self.texts.append(text)


class Bench:
    """An outbox on simulated disks with a writer that works when told."""

    def __init__(self, *disks: Disk, limits: OutboxLimits = SMALL, seed: int = 1, least: int = 100) -> None:
        self.writer = QueuedWriter()
        chance = random.Random(seed)
        self.outbox = Outbox.open(
            disks, limits, self.writer, random_bits=lambda: chance.getrandbits(64), fresh_counter=least
        )
        self.told = Listener()
        self.outbox.listen(self.told)
        self.acknowledged: list[int] = []
        self.errors: list[StorageError] = []

    def append(self, lane: Lane, *numbers: int) -> None:
        """Append one record for each number, not waiting for the disk."""
        for number in numbers:
            self.outbox.append(lane, body(number), self._done(number))

    def read(self, lane: Lane, epoch: EpochId, first: int, last: int | None = None) -> Read:
        """Read records back."""
        found: list[Read] = []
        self.outbox.load(lane, epoch, first, last, records_max=500, bytes_max=65_536, done=found.append)
        self.writer.drain()
        return found[0]

    def read_all(self, lane: Lane) -> list[bytes]:
        """Read everything that earlier starts left."""
        bodies: list[bytes] = []
        for kept in self.outbox.recovered[lane]:
            at = kept.first
            while at <= kept.last:
                got = self.read(lane, kept.epoch, at, kept.last)
                bodies += got.bodies
                at = got.last + 1
        return bodies

    def _done(self, number: int) -> Callable[[StorageError | None], None]:
        def done(error: StorageError | None) -> None:
            if error is None:
                self.acknowledged.append(number)
            else:
                self.errors.append(error)

        return done


def body(number: int) -> bytes:
    """Make a record of about 60 bytes that tells its number."""
    return encode_record(Reading(d="cam-001", t=1_000 + number, m={"number": number}))


def numbers(bodies: Sequence[bytes]) -> list[object]:
    """Give the numbers of readings, and holes as (why, n)."""
    records = [decode_record(one) for one in bodies]
    return [
        (record.why, record.n) if isinstance(record, Hole) else record.m["number"]
        for record in records
        if isinstance(record, Hole | Reading)
    ]
