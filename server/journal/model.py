"""What is written to and read from the journal, as plain values; `Journal` is the seam its shell implements.

The values made for every single message are msgspec structs: one costs a tenth of a frozen dataclass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId
from contract.messages import Refusal


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One record of the alarm lane (or a repaired press) as a row.

    (id, kind, state) decides whether it is new: for a press that is its id alone. A clear bears the id of its press,
    an alert ends under the id it began with, a command is accepted and then done.
    """

    id: PressId
    kind: str  # press, clear, alert, rep
    gateway: GatewayId
    device: DeviceId
    t_ms: int
    rx_ms: int
    body: bytes  # The record's JSON.
    state: str = ""  # on or off for an alert, the code for a reply.


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One record that was refused; its position counts as done."""

    position: int
    reason: str
    detail: str
    raw: bytes


class Fence(msgspec.Struct, frozen=True):
    """The right to write for a share of the gateways: the share and the fence it was leased under."""

    share: int
    number: int


class BatchWrite(msgspec.Struct, frozen=True):
    """One batch on its way into a transaction; `first_position` to `last_position` are what it covers."""

    gateway: GatewayId
    epoch: EpochId
    lane: Lane
    first_position: int
    last_position: int
    rx_ms: int
    sha256: bytes  # Of the inflated records: a duplicate is judged by content, not by compression or time of sending.
    body: bytes  # As received; a record that was refused stands in it as a hole of one.
    events: Sequence[AlarmEvent] = ()
    holes: Sequence[tuple[int, int, str]] = ()  # (first position, count, reason)
    quarantined: Sequence[Quarantined] = ()
    fence: Fence | None = None  # Of the share by whose right it is written; None where no right is needed.


class Outcome(StrEnum):
    """What became of a batch in its transaction; each received batch ends in exactly one."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    GAP = "gap"
    CONFLICT = "conflict"
    FENCED = "fenced"  # Another server has the share by now: nothing was done, and nothing may be said.


class Written(msgspec.Struct, frozen=True):
    """The answer to one `BatchWrite`: `cursor` is the lane's committed cumulative position afterwards."""

    outcome: Outcome
    cursor: int
    refusals: Sequence[Refusal] = ()
    sequence: int = 0  # The journal's own order of raw batches, read by the projector.
    new_from: int = 0  # The first position that was new, when applied.


@dataclass(frozen=True, slots=True)
class JournaledBatch:
    """One raw batch as the projector and rebuild read it back, in the order of `sequence`.

    Records of `body` at positions below `new_from` belong to an earlier batch and are to be passed over.
    """

    sequence: int
    gateway: GatewayId
    epoch: EpochId
    lane: Lane
    first_position: int
    rx_ms: int
    body: bytes
    new_from: int = 0


@dataclass(frozen=True, slots=True)
class AlertFact:
    """One fact of an alert's history, the `number`-th from 1; `settled` says that the alert is over with it.

    `press` names the press that the fact brings to its incident, if it brings one, and `signal` whose it is (its id and
    gateway): no other fact may bring a press of that name, or the same one under another name.
    """

    alert: str
    number: int
    at_ms: int
    body: bytes
    settled: bool = False
    press: str = ""
    signal: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a press is stored: its alert and name there, and whether it is another gateway's press that took the name."""

    alert: str
    press: str
    taken: bool = False


class StoredFact(msgspec.Struct, frozen=True):
    """A fact as it is read back; `sequence` is the order of storing."""

    sequence: int
    alert: str
    number: int
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
        """Commit batches in one transaction; answers stand in the order asked. Alarms go before telemetry."""
        ...

    async def cursors(self, since_ms: int = 0) -> dict[tuple[GatewayId, EpochId, Lane], int]:
        """Read the committed cumulative positions of the streams that moved since an instant, and of each newest epoch.

        A box that has run for a year without one alarm still has its alarm lane where it left it.
        """
        ...

    async def positions(self, streams: Sequence[tuple[GatewayId, EpochId]]) -> dict[tuple[GatewayId, EpochId, Lane], int]:
        """Read the committed cumulative positions of some epochs; a lane of which nothing is committed is not there."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches in commit order, above sequence `after`; nothing can later appear below what was read."""
        ...

    async def store_events(self, events: Sequence[AlarmEvent]) -> Sequence[bool]:
        """Store events that came by no batch (repair by heartbeat, a gap); says for each whether it was new."""
        ...

    async def events(self, after_rx_ms: int) -> Sequence[AlarmEvent]:
        """Read the alarm events received since an instant, in the order received."""
        ...

    async def append_facts(self, facts: Sequence[AlertFact]) -> frozenset[str]:
        """Append facts in one transaction; names the alerts that another server had moved on, of which none was stored.

        An alert is named too when a press of it is in another one.
        """
        ...

    async def homes_of(self, presses: Mapping[str, str]) -> dict[str, Home]:
        """Say where presses are stored that are, each given by its name with whose it is."""
        ...

    async def facts(self, settled_since_ms: int = 0) -> Sequence[tuple[str, bytes]]:
        """Read the facts of every alert that is not over, or was over only after an instant, oldest first."""
        ...

    async def facts_of(self, alert: str) -> Sequence[bytes]:
        """Read every fact of one alert, however old, oldest first."""
        ...

    async def facts_after(self, sequence: int, limit: int) -> Sequence[StoredFact]:
        """Read facts in the order of storing, above a sequence; nothing can later appear below what was read."""
        ...

    async def facts_head(self) -> int:
        """Read the sequence of the newest fact; 0 when there is none."""
        ...

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Keep a message that could not be read; repeats of one digest under one topic only count."""
        ...

    async def dead_letters_add(self, letters: Sequence[DeadLetter]) -> None:
        """Keep several in one transaction."""
        ...

    async def dead_letters(self, limit: int) -> Sequence[tuple[DeadLetter, int]]:
        """Read the newest messages that could not be read, each with how often it came."""
        ...

    async def checkpoint(self, projection: str) -> int:
        """Read how far a projection has got; 0 before its first."""
        ...

    async def set_checkpoint(self, projection: str, sequence: int) -> None:
        """Say how far a projection has got."""
        ...

    async def head(self) -> int:
        """Read the newest committed sequence; 0 when there is none."""
        ...
