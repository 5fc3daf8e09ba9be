"""The receiving end of CS1: judges every message, and says what is shown, committed, receipted, refused or buried.

Pure: `step(input, now)` gives effects, and the shell carries them out in the order given. The order is the promise:
a press is told and its "seen" sent before its batch goes to the journal; a receipt follows only on a commit.
Every message ends in exactly one `Fate`, and they add up to what was received, less what is still in the journal's hands.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from contract.batch import Batch, decode_plain_batch, encode_batch, inflate
from contract.errors import Reason, Refused
from contract.identity import GatewayId, Lane, parse_device_id, parse_epoch_id, parse_gateway_id
from contract.limits import VERSION, WINDOW_DEFAULT
from contract.messages import Birth, Heartbeat, Link, Now, Receipt, Refusal, decode_message
from contract.records import Reading, check_reading, decode_record
from contract.topics import ROOT
from server.core.events import (
    BirthArrived,
    GatewayHeard,
    GatewayLinkChanged,
    PressArrived,
    PressStored,
    ReadingsArrived,
    Unreadable,
)
from server.ingest.checking import Checks, first_wrong
from server.ingest.followed import told_of_batch, told_of_events
from server.ingest.gateways import Gateways, GatewayState, learn
from server.ingest.heartbeats import Cursors, Heartbeats, open_presses
from server.ingest.model import (
    BUSY,
    Arrived,
    Bury,
    Committed,
    Effect,
    EventsFailed,
    EventsStored,
    Failed,
    Fate,
    Finish,
    FollowedBatch,
    FollowedEvents,
    Input,
    LookedUp,
    LookUp,
    Pending,
    Restored,
    RosterChanged,
    SendReceipt,
    SendSeen,
    SharesChanged,
    StoreEvents,
    Tally,
    Tell,
    What,
    Write,
)
from server.ingest.receipts import Receipts
from server.ingest.salvage import read_head, salvage
from server.ingest.shares import share_of
from server.ingest.signals import Signals
from server.ingest.sorting import (
    DETAIL_MAX,
    Signal,
    Sorted,
    event_key,
    signal_key,
    sort_alarms,
    sort_telemetry,
)
from server.journal.model import AlarmEvent, BatchWrite, DeadLetter, Fence, Outcome, Written

PENDING_TELEMETRY_MAX = 20_000  # Batches waiting for the journal: a few seconds of it at its best.
PENDING_ALARMS_MAX = 50_000  # Alarms are taken long after telemetry is not; a city has never pressed so often.
PENDING_BYTES_MAX = 256 * 1024 * 1024  # Of both, as they came; telemetry stops at half of it.
WINDOW_LOW = 1  # What a gateway may have in flight when the journal's queue is long or it sends too much.
WINDOW_LOWER_ABOVE = PENDING_TELEMETRY_MAX // 4
HEARD_EVERY_SECONDS = 1.0  # The engine counts silence in tens of seconds; telling it of every message would only cost.
HEAD_BYTES = 4_096  # Of a dead letter.

_SERVED = {"up/a": What.ALARM, "up/t": What.TELEMETRY, "hb": What.HEARTBEAT, "birth": What.BIRTH, "link": What.LINK}
_FATES = {
    Outcome.APPLIED: Fate.APPLIED,
    Outcome.DUPLICATE: Fate.DUPLICATE,
    Outcome.GAP: Fate.GAP,
    Outcome.CONFLICT: Fate.REFUSED,
    Outcome.FENCED: Fate.ELSEWHERE,
}


class Host:
    """All that ingest remembers between two messages. Owned by one task; `tally` may be read by anybody."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._gateways = Gateways()
        self._signals = Signals()
        self._cursors: Cursors = {}
        self._heartbeats = Heartbeats(self.tally, self._signals, self._cursors, self._window)
        self._fences: Mapping[int, int] | None = None  # Of the shares that are ours; None: all are, and nobody else writes.
        self._pending = {Lane.ALARM: 0, Lane.TELEMETRY: 0}
        self._steps: dict[type, Callable[[Any, float], list[Effect]]] = {
            Arrived: self._arrived,
            Committed: self._committed,
            Failed: self._failed,
            EventsStored: self._events_stored,
            EventsFailed: lambda _input, _now: [],
            RosterChanged: self._roster_changed,
            Restored: self._restored,
            LookedUp: self._looked_up,
            SharesChanged: self._shares_changed,
            FollowedBatch: self._followed_batch,
            FollowedEvents: self._followed_events,
        }
        self._readers: dict[What, Callable[[Arrived, GatewayId, GatewayState, float], list[Effect]]] = {
            What.ALARM: self._alarms,
            What.TELEMETRY: self._telemetry,
            What.HEARTBEAT: self._heartbeat,
            What.BIRTH: self._birth,
            What.LINK: self._link,
            What.REPLY: self._reply,
            What.NOW: self._now,
            What.OTHER: self._other,
        }

    def step(self, told: Input, now: float) -> list[Effect]:
        """Take in one thing and say what follows; nothing that a gateway sends raises."""
        return self._steps[type(told)](told, now)

    def knows(self, event: AlarmEvent) -> bool:
        """Say whether the engine has been told of an event since we started, or has been restored with it."""
        return self._signals.known(event_key(event))

    def clone_suspected(self, gateway: GatewayId) -> bool:
        """Say whether a second box seems to bear this name: no command may go to either then."""
        state = self._gateways.get(gateway)
        return state is not None and bool(state.clone)

    # ---------------------------------------------------------------- messages

    def _arrived(self, message: Arrived, now: float) -> list[Effect]:
        what = _what(message.leaf)
        self.tally.received[what] += 1
        try:
            gateway = parse_gateway_id(message.gateway)
            state = self._gateways.get(gateway)
            if state is None:
                return self._stranger(message, what, gateway, now)
            return self._readers[what](message, gateway, state, now)
        except Refused as refusal:
            return self._dead(message, what, refusal, now)

    def _telemetry(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        tally = self.tally
        fence: Fence | None = None
        if self._fences is not None and not message.origin.request:  # A request has come to us alone: we answer it.
            fence = self._fence_of(gateway)
            if fence is None:
                tally.count(What.TELEMETRY, Fate.ELSEWHERE)
                return self._heard(gateway, state, now)
        if self._pending[Lane.TELEMETRY] >= PENDING_TELEMETRY_MAX or tally.pending_bytes >= PENDING_BYTES_MAX // 2:
            return self._refused(message, What.TELEMETRY, BUSY, "too many batches wait for the journal")
        read = _read_batch(message.payload)
        if isinstance(read, _Unread):
            return self._unreadable(message, What.TELEMETRY, gateway, read, now)
        if read.batch.gateway != gateway or read.batch.lane is not Lane.TELEMETRY:
            return self._dead(message, What.TELEMETRY, _misplaced(read.batch, gateway, Lane.TELEMETRY), now)
        found = sort_telemetry(read.batch, state.checks, now, read.spoilt)
        effects = self._heard(gateway, state, now)
        effects.append(self._write(message, What.TELEMETRY, read, found, now, fence))
        return effects

    def _alarms(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        read = _read_batch(message.payload)
        if isinstance(read, _Unread):
            return self._unreadable(message, What.ALARM, gateway, read, now)
        if read.batch.gateway != gateway or read.batch.lane is not Lane.ALARM:
            return self._dead(message, What.ALARM, _misplaced(read.batch, gateway, Lane.ALARM), now)
        found = sort_alarms(read.batch, now, read.spoilt)
        effects = self._show(found.signals)
        effects += [Tell(Unreadable(gateway, Lane.ALARM.value, bad.reason, bad.detail, now)) for bad in found.quarantined]
        shown = [signal.id for signal in found.signals if isinstance(signal, PressArrived)]
        if shown:
            effects.append(SendSeen(message.origin, gateway, shown))
        effects += self._heard(gateway, state, now)
        if self._pending[Lane.ALARM] >= PENDING_ALARMS_MAX or self.tally.pending_bytes >= PENDING_BYTES_MAX:
            return effects + self._refused(message, What.ALARM, BUSY, "shown, but too many wait for the journal")
        effects.append(self._write(message, What.ALARM, read, found, now))
        return effects

    def _fence_of(self, gateway: GatewayId) -> Fence | None:
        share = share_of(gateway)
        number = self._fences.get(share) if self._fences is not None else None
        return None if number is None else Fence(share, number)

    def _write(
        self, message: Arrived, what: What, read: "_Read", found: Sorted, now: float, fence: Fence | None = None
    ) -> Write:
        batch, body = read.batch, message.payload
        if found.bodies is not None:
            head = (batch.gateway, batch.epoch, batch.lane, batch.first_position, batch.sent_at_ms)
            body = encode_batch(*head, found.bodies, grade=batch.grade)
        tally = self.tally
        tally.pending += 1
        tally.pending_bytes += len(body)
        self._pending[batch.lane] += 1
        write = BatchWrite(
            batch.gateway,
            batch.epoch,
            batch.lane,
            batch.first_position,
            batch.first_position + batch.positions - 1,
            int(now * 1_000),
            _digest(read.plain),
            body,
            found.events,
            found.holes,
            found.quarantined,
            fence,
        )
        return Write(Pending(message.origin, what, write, found.readings, found.positions, found.told_after))

    def _show(self, signals: Iterable[Signal]) -> list[Effect]:
        """Tell what is not on the screens yet, before anything is committed."""
        return [Tell(signal) for signal in signals if self._signals.show(signal_key(signal))]

    def _heard(self, gateway: GatewayId, state: GatewayState, now: float, path: str = "") -> list[Effect]:
        if not path and now - state.heard_at < HEARD_EVERY_SECONDS:
            return []
        state.heard_at = now
        return [Tell(GatewayHeard(gateway, now, path))]

    # ---------------------------------------------------------------- beside the batches

    def _heartbeat(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        beat = decode_message(message.payload, Heartbeat)
        for text in (beat.ep, *beat.old, *beat.kept):  # All that can be refused is read before anything is remembered.
            parse_epoch_id(text)
        presses, unreadable = open_presses(beat.open)
        effects: list[Effect] = []
        for refusal in unreadable:  # One of them hides none of its neighbours.
            self.tally.reason(refusal.reason.value)
            effects.append(Tell(_told_unreadable(gateway, refusal, now)))
        effects += self._heard(gateway, state, now, beat.path or message.origin.door)
        effects += self._heartbeats.answer(message.origin, gateway, state, beat, presses, now)
        done = self._done(message, What.HEARTBEAT)
        asked = message.origin.request and any(isinstance(effect, LookUp) for effect in effects)
        return effects if asked else effects + done  # A request is answered when the journal has been asked.

    def _birth(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        birth = decode_message(message.payload, Birth)
        if birth.g != gateway:
            raise Refused(Reason.FOREIGN_GATEWAY, f"birth of {birth.g[:40]!r} under the name of {gateway}")
        parse_epoch_id(birth.ep)
        for device in birth.devs:
            parse_device_id(device.d)
        learn(state, birth)
        return [Tell(BirthArrived(birth, now)), *self._done(message, What.BIRTH)]

    def _link(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        link = decode_message(message.payload, Link)
        epoch = parse_epoch_id(link.ep)
        stale = not link.on and state.epoch is not None and epoch < state.epoch  # The will of a start long gone.
        state.hear_of(epoch, now)
        told = [] if stale else [Tell(GatewayLinkChanged(gateway, link.on, link.path or message.origin.door, now))]
        return [*told, *self._done(message, What.LINK)]

    def _reply(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        """Take a reply to a command as a sign of life: its durable copy comes by the alarm lane."""
        decode_record(inflate(message.payload))
        return [*self._heard(gateway, state, now), *self._done(message, What.REPLY)]

    def _now(self, message: Arrived, gateway: GatewayId, state: GatewayState, now: float) -> list[Effect]:
        """Show the newest values of a box that drains a backlog: they are not stored, and their readings follow in order."""
        told = decode_message(message.payload, Now)
        epoch = parse_epoch_id(told.ep)
        if told.g != gateway:
            raise Refused(Reason.FOREIGN_GATEWAY, f"values of {told.g[:40]!r} under the name of {gateway}")
        readings: list[Reading] = []
        positions: list[int] = []
        for one in told.r:
            reading = Reading(one.d, one.t, one.m, one.q)
            if _believable(reading, state.checks):  # What breaks the contract goes to quarantine with its own batch.
                readings.append(reading)
                positions.append(one.p)
        effects = self._heard(gateway, state, now)
        if readings:
            effects.append(Tell(ReadingsArrived(gateway, epoch, now, positions, readings)))
        return [*effects, *self._done(message, What.NOW)]

    # ---------------------------------------------------------------- what is not taken

    def _other(self, message: Arrived, _gateway: GatewayId, _state: GatewayState, _now: float) -> list[Effect]:
        raise Refused(Reason.BAD_TOPIC, f"{message.leaf[:40]!r} is nothing a gateway sends")

    def _stranger(self, message: Arrived, what: What, gateway: GatewayId, now: float) -> list[Effect]:
        effects = self._refused(message, what, Reason.UNKNOWN_GATEWAY.value, f"{gateway} is not in the roster")
        if what is What.ALARM:  # It may be a press of a box nobody has entered yet: never in silence.
            refusal = Refused(Reason.UNKNOWN_GATEWAY, f"{gateway} is not in the roster")
            effects = [Bury(_letter(message, refusal, now)), Tell(_told_unreadable(gateway, refusal, now)), *effects]
        return effects

    def _refused(self, message: Arrived, what: What, reason: str, detail: str) -> list[Effect]:
        self.tally.count(what, Fate.REFUSED, reason)
        return [Finish(message.origin, Fate.REFUSED, reason, detail)]

    def _unreadable(self, message: Arrived, what: What, gateway: GatewayId, unread: "_Unread", now: float) -> list[Effect]:
        """Bury a batch, and name it to its gateway, which sends its records in smaller ones and gives up what is left."""
        refusal = unread.refusal
        effects = self._dead(message, what, refusal, now)
        head = read_head(unread.plain)
        if head is None or head.gateway != gateway or f"up/{head.lane}" != message.leaf:
            return effects
        no = [Refusal(head.lane, head.position, 0, refusal.reason.value)]
        receipt = Receipt(VERSION, head.epoch, int(now * 1_000), no=no, win=self._window())
        return [*effects[:-1], SendReceipt(message.origin, gateway, receipt), effects[-1]]

    def _dead(self, message: Arrived, what: What, refusal: Refused, now: float) -> list[Effect]:
        reason = refusal.reason.value
        self.tally.count(what, Fate.DEAD, reason)
        effects: list[Effect] = [Bury(_letter(message, refusal, now))]
        if what is What.ALARM:
            effects.append(Tell(_told_unreadable(GatewayId(message.gateway[:40]), refusal, now)))
        effects.append(Finish(message.origin, Fate.DEAD, reason, refusal.detail[:DETAIL_MAX]))
        return effects

    def _done(self, message: Arrived, what: What) -> list[Effect]:
        self.tally.count(what, Fate.APPLIED)
        return [Finish(message.origin, Fate.APPLIED)]

    # ---------------------------------------------------------------- after the journal

    def _committed(self, answer: Committed, now: float) -> list[Effect]:
        effects: list[Effect] = []
        receipts = Receipts(int(now * 1_000), self._window())
        finished: list[Effect] = []
        for pending, written in zip(answer.group, answer.written, strict=True):
            self._release(pending)
            batch = pending.batch
            outcome = written.outcome
            fate = _FATES[outcome]
            if outcome is Outcome.FENCED:
                self.tally.count(pending.what, fate)
                continue
            self._cursors[batch.gateway, batch.epoch, batch.lane] = written.cursor
            reason = Reason.POSITION_CONFLICT.value if outcome is Outcome.CONFLICT else ""
            self.tally.count(pending.what, fate, reason)
            receipts.add(pending, written, self._gateways.get(batch.gateway), now)
            if outcome is Outcome.APPLIED:
                effects += self._applied(pending, written, now)
            elif outcome is Outcome.GAP:
                effects += self._out_of_order(pending)
            elif outcome is Outcome.CONFLICT:
                effects += self._conflict(pending, now)
            elif batch.events:
                effects += self._stored(batch.events, now)
            if pending.origin.request:
                finished.append(Finish(pending.origin, fate, reason))
        return effects + receipts.effects() + finished

    def _applied(self, pending: Pending, written: Written, now: float) -> list[Effect]:
        batch = pending.batch
        effects: list[Effect] = []
        if pending.readings:
            readings, positions = pending.readings, pending.positions
            if written.new_from > batch.first_position:
                readings, positions = _from(written.new_from, readings, positions)
            self.tally.readings += len(readings)
            effects.append(Tell(ReadingsArrived(batch.gateway, batch.epoch, batch.rx_ms / 1_000, positions, readings)))
        if batch.events:
            effects += self._stored(batch.events, now)
        if pending.told_after:
            effects += [Tell(event) for event in pending.told_after]
        if batch.quarantined:
            self.tally.quarantined += len(batch.quarantined)
            for bad in batch.quarantined:
                self.tally.reason(bad.reason)
        return effects

    def _stored(self, events: Iterable[AlarmEvent], now: float) -> list[Effect]:
        """Confirm signals that were shown as not yet saved."""
        return [
            Tell(PressStored(event.id, event.gateway, now))
            for event in events
            if event.kind in ("press", "alert") and self._signals.store(event_key(event))
        ]

    def _out_of_order(self, pending: Pending) -> list[Effect]:
        """Store the alarms of a batch that is not applied now: each is whole in itself."""
        batch = pending.batch
        if not batch.events:
            return []
        return [StoreEvents(pending.origin, batch.gateway, batch.epoch, batch.events, repair=False)]

    def _conflict(self, pending: Pending, now: float) -> list[Effect]:
        self.tally.conflicts += 1
        batch = pending.batch
        detail = f"two contents for positions {batch.first_position} to {batch.last_position} of epoch {batch.epoch}"
        reason = Reason.POSITION_CONFLICT.value
        told = Tell(Unreadable(batch.gateway, batch.lane.value, reason, detail, now))
        return [*self._stored(batch.events, now), told]

    def _failed(self, answer: Failed, _now: float) -> list[Effect]:
        """Give batches back to their gateways; the alarms in them, shown already, are stored as soon as that is possible."""
        effects: list[Effect] = []
        for pending in answer.group:
            self._release(pending)
            self.tally.count(pending.what, Fate.FAILED)
            effects += self._out_of_order(pending)
            if pending.origin.request:
                effects.append(Finish(pending.origin, Fate.FAILED, "journal_down", "the journal cannot commit now"))
        return effects

    def _release(self, pending: Pending) -> None:
        self.tally.pending -= 1
        self.tally.pending_bytes -= len(pending.batch.body)
        self._pending[pending.batch.lane] -= 1

    def _events_stored(self, answer: EventsStored, now: float) -> list[Effect]:
        request = answer.request
        effects: list[Effect] = []
        for event, new in zip(request.events, answer.new, strict=True):
            if request.repair and new:
                effects += self._heartbeats.stored(event, now)
            effects += self._stored([event], now)
        ids: list[str] = [event.id for event in request.events if event.kind == "press"]
        if ids and not request.repair:
            receipt = Receipt(VERSION, request.epoch, int(now * 1_000), ids=ids, win=self._window())
            effects.append(SendReceipt(request.origin, request.gateway, receipt))
        return effects

    def _window(self) -> int:
        return WINDOW_LOW if self._pending[Lane.TELEMETRY] > WINDOW_LOWER_ABOVE else WINDOW_DEFAULT

    # ---------------------------------------------------------------- the shell's own

    def _roster_changed(self, told: RosterChanged, _now: float) -> list[Effect]:
        self._gateways.load(told.devices)
        return []

    def _restored(self, told: Restored, _now: float) -> list[Effect]:
        for key, position in told.cursors.items():
            self._cursors[key] = max(position, self._cursors.get(key, 0))  # What was committed since it was read is newer.
        self._signals.restore(told.signals, told.since_ms)
        return []

    def _looked_up(self, told: LookedUp, now: float) -> list[Effect]:
        effects = self._heartbeats.looked_up(told, now)
        origin = told.request.origin
        return [*effects, Finish(origin, Fate.APPLIED)] if origin.request else effects

    # ---------------------------------------------------------------- other servers

    def _shares_changed(self, told: SharesChanged, _now: float) -> list[Effect]:
        self._fences = told.fences
        return []

    def _followed_batch(self, told: FollowedBatch, now: float) -> list[Effect]:
        batch = told.batch
        try:
            events, last = told_of_batch(batch, self._signals, now)
        except Refused as refusal:  # Another version of ours took it; the journal keeps it, and we count that we cannot.
            self.tally.reason(refusal.reason.value)
            return []
        key = (batch.gateway, batch.epoch, batch.lane)
        self._cursors[key] = max(last, self._cursors.get(key, 0))
        return [Tell(event) for event in events]

    def _followed_events(self, told: FollowedEvents, now: float) -> list[Effect]:
        return [Tell(event) for event in told_of_events(told.events, self._signals, now)]


class _Read(NamedTuple):
    """A batch as it was read; `spoilt` holds the records of which not even the JSON can be, by their place."""

    plain: bytes
    batch: Batch
    spoilt: Mapping[int, bytes]


class _Unread(NamedTuple):
    """A batch of which nothing can be read but, perhaps, its head."""

    plain: bytes
    refusal: Refused


def _read_batch(payload: bytes) -> _Read | _Unread:
    """Read a batch, and where that fails, what can be saved of it."""
    plain = b""
    try:
        plain = inflate(payload)
        return _Read(plain, decode_plain_batch(plain), {})
    except Refused as refusal:
        saved = salvage(plain)
        return _Unread(plain, refusal) if saved is None else _Read(plain, *saved)


def _believable(reading: Reading, checks: Mapping[str, Checks]) -> bool:
    try:
        check_reading(reading)
    except Refused:
        return False
    known = checks.get(reading.d)
    return known is None or first_wrong(reading, known) is None


def _what(leaf: str) -> What:
    what = _SERVED.get(leaf)
    if what is not None:
        return what
    if leaf.startswith("birth/"):
        return What.BIRTH
    return {"now": What.NOW, "rep": What.REPLY}.get(leaf, What.OTHER)


def _misplaced(batch: Batch, gateway: GatewayId, lane: Lane) -> Refused:
    if batch.gateway != gateway:
        return Refused(Reason.FOREIGN_GATEWAY, f"batch of {batch.gateway} under the name of {gateway}")
    return Refused(Reason.WRONG_LANE, f"batch of lane {batch.lane.value} on lane {lane.value}")


def _digest(plain: bytes) -> bytes:
    """Take the digest of what a batch says, not of when it was sent: a box that restarts no longer knows that."""
    records = plain.find(b'"r":')
    return hashlib.sha256(memoryview(plain)[max(0, records) :]).digest()


def _letter(message: Arrived, refusal: Refused, now: float) -> DeadLetter:
    return DeadLetter(
        gateway=message.gateway[:40],
        topic=f"{ROOT}/{message.gateway[:40]}/{message.leaf}"[:80],
        reason=refusal.reason.value,
        detail=refusal.detail[:DETAIL_MAX],
        sha256=hashlib.sha256(message.payload).digest(),
        head=message.payload[:HEAD_BYTES],
        rx_ms=int(now * 1_000),
    )


def _from(position: int, readings: Sequence[Reading], positions: Sequence[int]) -> tuple[list[Reading], list[int]]:
    """Leave out what an earlier batch had brought already."""
    kept = [(reading, place) for reading, place in zip(readings, positions, strict=True) if place >= position]
    return [reading for reading, _ in kept], [place for _, place in kept]


def _told_unreadable(gateway: GatewayId, refusal: Refused, now: float) -> Unreadable:
    return Unreadable(gateway, Lane.ALARM.value, refusal.reason.value, refusal.detail[:DETAIL_MAX], now)
