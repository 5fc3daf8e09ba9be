"""Fills a box's outbox with readings of the last days, as if its uplink had been down. A program of its own."""

import secrets
import sys
import time
from pathlib import Path

from contract.errors import StorageError
from contract.identity import DeviceId, Lane
from contract.records import Reading, encode_record
from gateway.disk import PosixDisk
from gateway.outbox import Outbox
from gateway.outbox_limits import OutboxLimits
from gateway.writer import QueuedWriter
from simulators.chaos.plan import METER, SERIAL

DAYS_MS = 3 * 86_400_000
GROUP = 2_000
BUDGET_BYTES = 1 << 30


class _Deaf:
    """Listens to an outbox and does nothing."""

    def durable(self, *_: object, **_more: object) -> None:
        """Hear that records are on disk."""

    def moved(self, *_: object, **_more: object) -> None:
        """Hear that the disk failed, which ends us."""
        raise StorageError("the disk failed while it was filled")

    def troubled(self, *_: object, **_more: object) -> None:
        """Hear of trouble."""


def fill(folder: Path, count: int) -> None:
    """Append so many numbered readings, spread evenly over three days until now, the oldest first."""
    writer = QueuedWriter()
    limits = OutboxLimits(alarm_reserve_bytes=1 << 20, budget_bytes=BUDGET_BYTES, unsynced_max=2 * GROUP)
    outbox = Outbox.open([PosixDisk(folder)], limits, writer, random_bits=lambda: secrets.randbits(32))
    outbox.listen(_Deaf())
    began, step = time.time() * 1_000 - DAYS_MS, DAYS_MS / count
    for serial in range(1, count + 1):
        body = encode_record(Reading(DeviceId(METER), int(began + serial * step), {SERIAL: serial}))
        taken = outbox.append(Lane.TELEMETRY, body)
        assert taken is not None
        if serial % GROUP == 0 or serial == count:
            outbox.flush()
            writer.drain()
    outbox.close()
    writer.drain()


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))
