"""A host with short ways to tell it things, and a journal in memory that judges batches as the real one does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.messages import Heartbeat, OpenPress, Receipt, Refusal, encode_message
from contract.records import Press, Reading, Record, encode_record
from server.core.events import Event
from server.ingest.host import Host
from server.ingest.model import (
    Arrived,
    Bury,
    Committed,
    Effect,
    EventsStored,
    Failed,
    Fate,
    Input,
    LookedUp,
    LookUp,
    Origin,
    Pending,
    SendReceipt,
    StoreEvents,
    Tell,
    What,
    Write,
)
from server.journal.model import AlarmEvent, BatchWrite, DeadLetter, Outcome, Written

T = TypeVar("T", bound=Event)
E = TypeVar("E", bound=Effect)

G = GatewayId("gw-0001")
EPOCH = EpochId("000001abcd")
LATER = EpochId("000002abcd")
DOOR = Origin("mqtt-1")


def press_id(number: int) -> str:
    """Make a press id that is easy to read."""
    return f"00000000-0000-7000-8000-{number:012d}"


def press(number: int = 1, device: str = "sos-1", t: int = 1_000) -> Press:
    """Make a press."""
    return Press(id=press_id(number), d=device, t=t)


def reading(device: str = "cam-1", t: int = 1_000, **metrics: float | bool | str | None) -> Reading:
    """Make a reading; without metrics, of a camera that works."""
    return Reading(d=device, t=t, m=dict(metrics) or {"online": True})


def telemetry(first: int, *records: Record, gateway: str = G, epoch: str = EPOCH) -> bytes:
    """Make the bytes of a telemetry batch."""
    return framed(Lane.TELEMETRY, first, *[encode_record(record) for record in records], gateway=gateway, epoch=epoch)


def alarms(first: int, *records: Record, gateway: str = G, epoch: str = EPOCH) -> bytes:
    """Make the bytes of an alarm batch."""
    return framed(Lane.ALARM, first, *[encode_record(record) for record in records], gateway=gateway, epoch=epoch)


def framed(lane: Lane, first: int, *bodies: bytes, gateway: str = G, epoch: str = EPOCH) -> bytes:
    """Make the bytes of a batch of records that are already encoded."""
    return encode_batch(GatewayId(gateway), EpochId(epoch), lane, first, 1_000, bodies)


def heartbeat(
    hi: dict[str, int] | None = None,
    lo: dict[str, int] | None = None,
    presses: Sequence[OpenPress] = (),
    s: int = 100_000,
    epoch: str = EPOCH,
    old: dict[str, dict[str, list[int]]] | None = None,
    kept: dict[str, dict[str, int]] | None = None,
) -> bytes:
    """Make the bytes of a heartbeat."""
    beat = Heartbeat(1, epoch, "boot", 7, s, 1, hi or {}, lo or {}, list(presses), "mqtt-a", old or {}, kept or {})
    return encode_message(beat)


class MemoryJournal:
    """Judges batches as the real journal does, and keeps them in lists."""

    def __init__(self) -> None:
        self.cursors: dict[tuple[GatewayId, EpochId, Lane], int] = {}
        self.digests: dict[tuple[GatewayId, EpochId, Lane, int, int], bytes] = {}
        self.batches: list[BatchWrite] = []
        self.events: dict[tuple[str, str, str, str], AlarmEvent] = {}

    def write(self, batches: Sequence[BatchWrite]) -> list[Written]:
        """Commit a group."""
        return [self._take(batch) for batch in batches]

    def store(self, events: Sequence[AlarmEvent]) -> list[bool]:
        """Store events; says for each whether it was new."""
        new = [(event.id, event.kind, event.state, event.gateway) not in self.events for event in events]
        for event in events:
            self.events.setdefault((event.id, event.kind, event.state, event.gateway), event)
        return new

    def _take(self, batch: BatchWrite) -> Written:
        key = (batch.gateway, batch.epoch, batch.lane)
        cursor = self.cursors.get(key, 0)
        if batch.first_position > cursor + 1:
            return Written(Outcome.GAP, cursor)
        span = (*key, batch.first_position, batch.last_position)
        if batch.last_position <= cursor:
            if self.digests.get(span, batch.sha256) == batch.sha256:
                return Written(Outcome.DUPLICATE, cursor)
            self.store(batch.events)
            count = batch.last_position - batch.first_position + 1
            refusal = Refusal(batch.lane.value, batch.first_position, count, "position_conflict")
            return Written(Outcome.CONFLICT, cursor, (refusal,))
        self.cursors[key] = batch.last_position
        self.digests[span] = batch.sha256
        self.batches.append(batch)
        self.store(batch.events)
        refusals = [Refusal(batch.lane.value, bad.position, 1, bad.reason) for bad in batch.quarantined]
        return Written(Outcome.APPLIED, batch.last_position, refusals, len(self.batches), cursor + 1)


@dataclass
class Hosting:
    """A host, its journal, and everything the host has asked for since the last `clear`."""

    host: Host = field(default_factory=Host)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    effects: list[Effect] = field(default_factory=list)
    waiting: list[Pending] = field(default_factory=list)
    storing: list[StoreEvents] = field(default_factory=list)
    silent: bool = False  # Whether the journal does not say where lanes stand.

    def arrives(
        self, leaf: str, payload: bytes, now: float = 100.0, gateway: str = G, origin: Origin = DOOR
    ) -> list[Effect]:
        """Let a message arrive, and leave what it asks of the journal undone."""
        return self.say(Arrived(origin, gateway, leaf, payload), now)

    def say(self, told: Input, now: float = 100.0) -> list[Effect]:
        """Tell the host something; gives what follows from it."""
        effects = self.host.step(told, now)
        self.effects += effects
        for effect in effects:
            if isinstance(effect, LookUp):
                found = {
                    (epoch, lane): self.journal.cursors.get((effect.gateway, epoch, lane), 0)
                    for epoch in effect.epochs
                    for lane in Lane
                }
                effects = [*effects, *self.say(LookedUp(effect, None if self.silent else found), now)]
        self.waiting += [effect.pending for effect in effects if isinstance(effect, Write)]
        self.storing += [effect for effect in effects if isinstance(effect, StoreEvents)]
        return effects

    def commit(self, now: float = 100.0) -> list[Effect]:
        """Let the journal commit everything that waits, in one group; then the events that came by no batch."""
        group, self.waiting = self.waiting, []
        effects: list[Effect] = []
        if group:
            effects += self.say(Committed(group, self.journal.write([one.batch for one in group])), now)
        storing, self.storing = self.storing, []
        for request in storing:
            effects += self.say(EventsStored(request, self.journal.store(request.events)), now)
        return effects

    def fail(self, now: float = 100.0) -> list[Effect]:
        """Let the journal fail to commit what waits."""
        group, self.waiting = self.waiting, []
        return self.say(Failed(group), now)

    def done(self, leaf: str, payload: bytes, now: float = 100.0, gateway: str = G) -> list[Effect]:
        """Let a message arrive and be committed; gives all that followed."""
        return self.arrives(leaf, payload, now, gateway) + self.commit(now)

    def fate(self, what: What, fate: Fate) -> int:
        """Count the messages of a kind that ended so."""
        return self.host.tally.fates[what, fate]

    def balance(self) -> tuple[int, int]:
        """Give what was received, and what has a fate or is still in the journal's hands."""
        tally = self.host.tally
        return sum(tally.received.values()), sum(tally.fates.values()) + tally.pending


def told(effects: Sequence[Effect], kind: type[T]) -> list[T]:
    """List the events of a kind that the engine is told."""
    return [effect.event for effect in effects if isinstance(effect, Tell) and isinstance(effect.event, kind)]


def of(effects: Sequence[Effect], kind: type[E]) -> list[E]:
    """List the effects of a kind."""
    return [effect for effect in effects if isinstance(effect, kind)]


def receipts(effects: Sequence[Effect]) -> list[Receipt]:
    """List the receipts sent."""
    return [effect.receipt for effect in of(effects, SendReceipt)]


def letters(effects: Sequence[Effect]) -> list[DeadLetter]:
    """List what was buried."""
    return [effect.letter for effect in of(effects, Bury)]


def place(effects: Sequence[Effect], wanted: Callable[[Effect], bool]) -> int:
    """Find where the first effect of some sort stands; fails where there is none."""
    return next(index for index, effect in enumerate(effects) if wanted(effect))


def raw_json(value: object) -> bytes:
    """Write any value as JSON."""
    return msgspec.json.encode(value)
