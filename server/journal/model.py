"""What is written to and read from the journal, as plain values; `Journal` is the seam its shell implements."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId
from contract.messages import Refusal


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One record of the alarm lane (or a repaired press) as a row; `id` alone decides whether it is new."""

    id: PressId
    kind: str  # press, clear, alert, rep
    gateway: GatewayId
    device: DeviceId
    t_ms: int
    rx_ms: int
    body: bytes  # The record's JSON.


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One record that was refused; its position counts as done."""

    position: int
    reason: str
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class BatchWrite:
    """One batch on its way into a transaction; `first_position` to `last_position` are what it covers."""

    gateway: GatewayId
    epoch: EpochId
    lane: Lane
    first_position: int
    last_position: int
    rx_ms: int
    sha256: bytes  # Of the inflated JSON: a duplicate is judged by content, not by compression.
    body: bytes  # As received.
    events: Sequence[AlarmEvent] = ()
    holes: Sequence[tuple[int, int, str]] = ()  # (first position, count, reason)
    quarantined: Sequence[Quarantined] = ()


class Outcome(StrEnum):
    """What became of a batch in its transaction; each received batch ends in exactly one."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    GAP = "gap"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to one `BatchWrite`: `cursor` is the lane's committed cumulative position afterwards."""

    outcome: Outcome
    cursor: int
    refusals: Sequence[Refusal] = ()
    sequence: int = 0  # The journal's own order of raw batches, read by the projector.


@dataclass(frozen=True, slots=True)
class JournaledBatch:
    """One raw batch as the projector and rebuild read it back, in the order of `sequence`."""

    sequence: int
    gateway: GatewayId
    epoch: EpochId
    lane: Lane
    first_position: int
    rx_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be read: its reason, digest and first 4 kB are kept, and repeats are counted."""

    gateway: str
    topic: str
    reason: str
    detail: str
    sha256: bytes
    head: bytes
    rx_ms: int


class Journal(Protocol):
    """The seam. Every method returns only after the database has committed, or raises `contract.errors.StorageError`."""

    async def write(self, batches: Sequence[BatchWrite]) -> Sequence[Written]:
        """Commit batches, in one transaction where that helps; answers stand in the order asked."""
        ...

    async def cursors(self) -> dict[tuple[GatewayId, EpochId, Lane], int]:
        """Read every committed cumulative position."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches in commit order, above sequence `after`."""
        ...

    async def store_events(self, events: Sequence[AlarmEvent]) -> Sequence[bool]:
        """Store events that came by no batch (repair by heartbeat); says for each whether it was new."""
        ...

    async def events(self, after_rx_ms: int) -> Sequence[AlarmEvent]:
        """Read the alarm events received since an instant."""
        ...

    async def append_fact(self, alert: str, at_ms: int, body: bytes) -> None:
        """Append one fact to an alert's history."""
        ...

    async def facts(self) -> Sequence[tuple[str, bytes]]:
        """Read the facts of every alert that is still of interest, oldest first."""
        ...

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Keep a message that could not be read; repeats of one digest only count."""
        ...
