"""What the ingest host can be told and what it asks of its shell, as plain values.

The values made for every message are msgspec structs: one costs a tenth of a frozen dataclass.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from contract.identity import DeviceId, EpochId, GatewayId, Lane
from contract.messages import Heartbeat, Receipt
from contract.records import Reading
from server.core.events import Event
from server.journal.model import AlarmEvent, BatchWrite, DeadLetter, JournaledBatch, Written
from server.registry.model import Roster


class Fate(StrEnum):
    """What became of a message. Each one received ends in exactly one of these, so they add up."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    GAP = "gap"  # Something before it is missing: nothing was applied, the gateway is asked to send from there.
    REFUSED = "refused"  # It was understood and not taken: unknown gateway, no room, two contents for one position.
    DEAD = "dead"  # It could not be read, and is kept as a dead letter.
    FAILED = "failed"  # The journal could not commit it; the gateway still has it and sends it again.
    ELSEWHERE = "elsewhere"  # Another server has this gateway's share: it commits and answers.


class What(StrEnum):
    """The kinds of message, as they are counted."""

    ALARM = "alarm"
    TELEMETRY = "telemetry"
    HEARTBEAT = "heartbeat"
    BIRTH = "birth"
    LINK = "link"
    NOW = "now"
    REPLY = "reply"
    OTHER = "other"


BUSY = "busy"  # The reason of a telemetry batch that was not taken because too many wait for the journal.


class Origin(msgspec.Struct, frozen=True):
    """Where a message came in, and so where its answer goes out; `request` is 0 where a door has no requests."""

    door: str
    request: int = 0


class Arrived(msgspec.Struct, frozen=True):
    """A message came in at a door: the gateway and leaf of its address, not believed yet, and its bytes."""

    origin: Origin
    gateway: str
    leaf: str
    payload: bytes


class Pending(msgspec.Struct, frozen=True):
    """A batch on its way through the journal, with what is to be told once it is committed."""

    origin: Origin
    what: What
    batch: BatchWrite
    readings: Sequence[Reading] = ()
    positions: Sequence[int] = ()
    told_after: Sequence[Event] = ()


class Committed(msgspec.Struct, frozen=True):
    """The journal has answered a group of batches."""

    group: Sequence[Pending]
    written: Sequence[Written]


class Failed(msgspec.Struct, frozen=True):
    """The journal could not commit a group, or nobody knows whether it did: nothing of it may be receipted."""

    group: Sequence[Pending]


class EventsStored(msgspec.Struct, frozen=True):
    """Events that came by no batch are in the journal; `new` says for each whether it was not there before."""

    request: "StoreEvents"
    new: Sequence[bool]


class EventsFailed(msgspec.Struct, frozen=True):
    """No database takes these events, by a mistake of ours; the next heartbeat or batch brings them again."""

    request: "StoreEvents"


class RosterChanged(msgspec.Struct, frozen=True):
    """Which gateways exist and of which kind their devices are; before the first of these every gateway is taken."""

    devices: Mapping[GatewayId, Mapping[DeviceId, str]]


class Restored(msgspec.Struct, frozen=True):
    """What the journal knew when the server started; `signals` are keys of what was received since `since_ms`."""

    cursors: Mapping[tuple[GatewayId, EpochId, Lane], int]
    signals: Sequence[str]
    since_ms: int


class LookedUp(msgspec.Struct, frozen=True):
    """Where lanes stand in the journal, as it says itself; `cursors` is None when it does not answer."""

    request: "LookUp"
    cursors: Mapping[tuple[EpochId, Lane], int] | None


class SharesChanged(msgspec.Struct, frozen=True):
    """Which shares of the gateways are ours, each with its fence. Before the first of these every share is."""

    fences: Mapping[int, int]


class FollowedBatch(msgspec.Struct, frozen=True):
    """Another server has committed a batch."""

    batch: JournaledBatch


class FollowedEvents(msgspec.Struct, frozen=True):
    """Alarm events that are in the journal, whoever stored them."""

    events: Sequence[AlarmEvent]


Input = (
    Arrived
    | Committed
    | Failed
    | EventsStored
    | EventsFailed
    | RosterChanged
    | Restored
    | LookedUp
    | SharesChanged
    | FollowedBatch
    | FollowedEvents
)


class Tell(msgspec.Struct, frozen=True):
    """Tell the engine."""

    event: Event


class Write(msgspec.Struct, frozen=True):
    """Commit a batch, and answer with `Committed` or `Failed`."""

    pending: Pending


class StoreEvents(msgspec.Struct, frozen=True):
    """Commit events that came by no batch, however long it takes, and answer with `EventsStored` or `EventsFailed`."""

    origin: Origin
    gateway: GatewayId
    epoch: EpochId
    events: Sequence[AlarmEvent]
    repair: bool  # Found by a heartbeat; otherwise in a batch that may not be applied yet.


class LookUp(msgspec.Struct, frozen=True):
    """Read where the lanes of some epochs of a gateway stand in the journal, and answer with `LookedUp`.

    Another server may have committed what we know nothing of, so we look before we tell a gateway that something is missing.
    """

    origin: Origin
    gateway: GatewayId
    beat: Heartbeat
    epochs: Sequence[EpochId]


class SendReceipt(msgspec.Struct, frozen=True):
    """Send a receipt to a gateway. Everything in it is committed."""

    origin: Origin
    gateway: GatewayId
    receipt: Receipt


class SendSeen(msgspec.Struct, frozen=True):
    """Tell a gateway that presses are on the screens already."""

    origin: Origin
    gateway: GatewayId
    ids: Sequence[str]


class Finish(msgspec.Struct, frozen=True):
    """Nothing more will be sent for this message. A door that holds a request open answers it now."""

    origin: Origin
    fate: Fate
    reason: str = ""
    detail: str = ""


class Bury(msgspec.Struct, frozen=True):
    """Keep a message that could not be read."""

    letter: DeadLetter


Effect = Tell | Write | StoreEvents | LookUp | SendReceipt | SendSeen | Finish | Bury


class Tally:
    """Everything the host counts. Only the host adds to it; anybody may read it."""

    def __init__(self) -> None:
        self.received = dict.fromkeys(What, 0)
        self.fates = {(what, fate): 0 for what in What for fate in Fate}
        self.reasons: dict[str, int] = {}  # Of messages refused or dead, and of records in quarantine.
        self.readings = 0
        self.quarantined = 0
        self.repair_press = 0  # Presses found by a heartbeat although they had had the time to arrive.
        self.early_press = 0  # Presses a heartbeat told before their own batch came: two connections, one faster.
        self.lost_commits = 0  # Lanes whose gateway holds a receipt for more than we have.
        self.conflicts = 0
        self.clones = 0
        self.pending = 0  # Messages that have no fate yet.
        self.pending_bytes = 0

    def count(self, what: What, fate: Fate, reason: str = "") -> None:
        """Give one message its fate."""
        self.fates[what, fate] += 1
        if reason:
            self.reason(reason)

    def reason(self, reason: str) -> None:
        """Count why something was not taken."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


def roster_changed(roster: Roster) -> RosterChanged:
    """Reduce the registry to what the host needs of it."""
    devices: dict[GatewayId, dict[DeviceId, str]] = {gateway.id: {} for gateway in roster.gateways}
    for device in roster.devices:
        if not device.decommissioned:
            devices.setdefault(device.gateway, {})[device.id] = device.kind
    return RosterChanged(devices)
