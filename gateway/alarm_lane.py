"""The alarm lane of the node: every way at once, again and again, until the server says that it keeps the alarm.

A batch reaches back to the first alarm without a receipt, so that each one can be applied by itself, whatever was lost.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.limits import BATCH_RECORDS_MAX, HTTPS_AFTER_SECONDS
from contract.messages import Refusal
from contract.records import Hole, encode_record
from gateway.doubt import Splitting
from gateway.node_events import Appended, Effect, Load, Loaded, Send, Stored, Trim, Turned
from gateway.paths import Paths

AGAIN_SECONDS = (1.0, 2.0, 5.0)  # Then every 5 s for ever: slower would be felt, faster would drown a sick server.
HELD_MAX = 1_000  # Alarms without a receipt kept in memory; the others are read back as these are receipted.
TOGETHER_MAX = 20  # A new alarm takes up to this many unreceipted ones along; beyond it goes alone, then in order.
BATCHES_PER_ROUND = 4
_HOLE = b'{"k":"hole"'  # How `encode_record` begins one.
BATCH_BYTES = 65_536
RESEND_SECONDS = 0.2  # A server that sees a gap asks with every batch; it is answered this often.


@dataclass(frozen=True, slots=True)
class _Held:
    first: int
    last: int
    body: bytes
    id: str


class _Identity(msgspec.Struct):
    id: str = ""


@dataclass(slots=True)
class _Stream:
    """The unreceipted alarms of one epoch."""

    epoch: EpochId
    lo: int
    last: int
    durable: int
    held: deque[_Held] = field(default_factory=deque)
    loading: bool = False
    https_at: float | None = None
    again_at: float | None = None
    attempts: int = 0
    sent_through: int = 0
    asked_at: float = float("-inf")
    splitting: Splitting = field(default_factory=Splitting)
    alone: set[int] = field(default_factory=set)  # First positions of what went without company.
    stamps: dict[tuple[int, int], int] = field(default_factory=dict)  # A batch sent again is the same bytes.

    @property
    def held_through(self) -> int:
        return self.held[-1].last if self.held else self.lo


class AlarmLane:
    """Sends what is told, keeps asking, and says what may be forgotten. `stamp` gives the time a batch is sent."""

    def __init__(self, gateway: GatewayId, paths: Paths, jitter: Callable[[], float]) -> None:
        self._gateway = gateway
        self._paths = paths
        self._jitter = jitter
        self._streams: dict[EpochId, _Stream] = {}
        self.rounds_again = 0  # Rounds sent because no receipt came in time.

    def keep(self, epoch: EpochId, first: int, last: int, now: float) -> list[Effect]:
        """Take up what an earlier epoch left; it is read back and sent before anything else."""
        stream = self._streams[epoch] = _Stream(epoch, lo=first - 1, last=last, durable=last, again_at=now)
        return self._fill(stream)

    def begin(self, epoch: EpochId) -> None:
        """Begin a new epoch."""
        self._streams[epoch] = _Stream(epoch, lo=0, last=0, durable=0)

    def appended(self, epoch: EpochId, event: Appended, stamp: int, now: float) -> list[Effect]:
        """Send a new alarm at once on every MQTT path; by HTTPS when nothing answers, or at once when nothing else is up."""
        stream = self._streams[epoch]
        stream.last = event.position + event.positions - 1
        alarm = _Held(event.position, stream.last, event.body, event.id)
        contiguous = stream.held_through == event.position - 1
        if contiguous and len(stream.held) < HELD_MAX:
            stream.held.append(alarm)
        together = contiguous and len(stream.held) <= TOGETHER_MAX
        paths = self._paths.mqtt(Lane.ALARM)
        stream.https_at = _earlier(stream.https_at, now + (HTTPS_AFTER_SECONDS if paths else 0.0))
        stream.again_at = _earlier(stream.again_at, now + AGAIN_SECONDS[0])
        stream.attempts = 0
        if together:
            return self._round(stream, paths, stamp)
        return self._send(stream, [alarm], paths, stamp)

    def durable(self, epoch: EpochId, position: int) -> None:
        """Learn what can be read back."""
        if stream := self._streams.get(epoch):
            stream.durable = max(stream.durable, position)

    def loaded(self, event: Loaded, stamp: int, now: float) -> list[Effect]:
        """Take alarms read back and send them at once."""
        stream = self._streams.get(event.epoch)
        if stream is None:
            return []
        stream.loading = False
        if event.first != stream.held_through + 1 or event.last < event.first:
            return []  # Receipted meanwhile, or unreadable just now: the next round asks again.
        at = event.first
        for body in event.bodies:
            hole = body.startswith(_HOLE)
            last = event.last if hole else at
            stream.held.append(_Held(at, last, body, "" if hole else _identity(body)))
            at = last + 1
        if stream.again_at is None or stream.sent_through < event.first:
            stream.again_at = now + AGAIN_SECONDS[0]
            return [*self._round(stream, self._paths.every(Lane.ALARM), stamp), *self._fill(stream)]
        return self._fill(stream)

    def move(self, old: EpochId, durable: int) -> None:
        """Drop what stands in a new epoch now."""
        if stream := self._streams.get(old):
            stream.last = stream.durable = max(durable, stream.lo)
            while stream.held and stream.held[-1].last > stream.last:
                stream.held.pop()
            if stream.lo >= stream.last:
                del self._streams[old]

    def path_up(self, path: str, stamp: int) -> list[Effect]:
        """Send everything without a receipt on a path that has just come up."""
        return [effect for stream in self._streams.values() for effect in self._round(stream, [path], stamp)]

    def send_all(self, stamp: int) -> list[Effect]:
        """Send everything without a receipt on every path: a server has just started."""
        every = self._paths.every(Lane.ALARM)
        return [effect for stream in self._streams.values() for effect in self._round(stream, every, stamp)]

    def receipted(self, epoch: EpochId, through: int, stamp: int, now: float) -> list[Effect]:
        """Forget what the server keeps, say so, and go on with what follows."""
        stream = self._streams.get(epoch)
        if stream is None:
            return []
        if through <= stream.lo:
            return []
        stream.lo = min(through, stream.last)
        done = []
        while stream.held and stream.held[0].last <= stream.lo:
            done.append(stream.held.popleft())
        stream.stamps = {span: value for span, value in stream.stamps.items() if span[1] > stream.lo}
        stream.alone = {first for first in stream.alone if first > stream.lo}
        stream.splitting.done(stream.lo)
        stream.attempts = 0
        effects: list[Effect] = [Trim(Lane.ALARM, epoch, stream.lo)]
        if ids := tuple(alarm.id for alarm in done if alarm.id):
            effects.append(Stored(ids))
        if stream.lo >= stream.last:
            stream.https_at = stream.again_at = None
            if epoch != next(reversed(self._streams)):
                del self._streams[epoch]
            return effects
        stream.again_at = now + AGAIN_SECONDS[0]
        effects += self._fill(stream)
        if stream.sent_through <= stream.lo:
            effects += self._round(stream, self._paths.every(Lane.ALARM), stamp)
        return effects

    def asked(self, epoch: EpochId, stamp: int, now: float) -> list[Effect]:
        """Send again what has no receipt, because the server saw a gap."""
        stream = self._streams.get(epoch)
        if stream is None or now - stream.asked_at < RESEND_SECONDS:
            return []
        stream.asked_at = now
        return self._round(stream, self._paths.every(Lane.ALARM), stamp)

    def refused(self, epoch: EpochId, position: int, stamp: int, now: float) -> list[Effect]:
        """Send one by one what the server could not read, and give up the record that it cannot read alone."""
        stream = self._streams.get(epoch)
        place = None if stream is None else next((i for i, a in enumerate(stream.held) if a.first == position), None)
        if stream is None or place is None:
            return []
        every = self._paths.every(Lane.ALARM)
        if position not in stream.alone:
            stream.splitting.refused_together(stream.sent_through)
            return self._round(stream, every, stamp)
        alarm = stream.held[place]
        counted = stream.splitting.refused_alone(position, now)
        if not counted or not stream.splitting.hopeless(position) or alarm.body.startswith(_HOLE):
            return []  # It is sent again with the next round.
        n = alarm.last - alarm.first + 1
        stream.held[place] = _Held(alarm.first, alarm.last, encode_record(Hole(n=n, why="refused")), "")
        stream.stamps.pop((alarm.first, alarm.last), None)
        turned = Turned((Refusal(Lane.ALARM.value, position, n, "unreadable"),))
        return [turned, *self._round(stream, every, stamp)]

    def due(self, stamp: int, now: float) -> list[Effect]:
        """Do what time alone asks for."""
        effects: list[Effect] = []
        for stream in list(self._streams.values()):
            if stream.https_at is not None and stream.https_at <= now:
                stream.https_at = None
                effects += self._round(stream, self._paths.https(), stamp)
            if stream.again_at is not None and stream.again_at <= now:
                stream.attempts += 1
                wait = AGAIN_SECONDS[min(stream.attempts, len(AGAIN_SECONDS) - 1)]
                stream.again_at = now + wait * (0.8 + 0.4 * self._jitter())
                self.rounds_again += 1
                effects += self._fill(stream)
                effects += self._round(stream, self._paths.every(Lane.ALARM), stamp)
        return effects

    def deadline(self) -> float | None:
        """Say when `due` must be called next."""
        times = [at for s in self._streams.values() for at in (s.https_at, s.again_at) if at is not None]
        return min(times, default=None)

    def waiting(self) -> int:
        """Count the positions without a receipt."""
        return sum(stream.last - stream.lo for stream in self._streams.values())

    def high_low(self, epoch: EpochId) -> tuple[int, int]:
        """Give the last position appended and the last one receipted."""
        stream = self._streams[epoch]
        return stream.last, stream.lo

    def older(self, current: EpochId) -> dict[EpochId, tuple[int, int]]:
        """Give what earlier epochs still wait with, as first and last position."""
        return {s.epoch: (s.lo + 1, s.last) for s in self._streams.values() if s.epoch != current and s.last > s.lo}

    def _fill(self, stream: _Stream) -> list[Effect]:
        """Read back alarms that are not in memory, when there is room for them."""
        first, last = stream.held_through + 1, min(stream.last, stream.durable)
        if stream.loading or first > last or len(stream.held) > HELD_MAX // 2:
            return []
        stream.loading = True
        return [Load(Lane.ALARM, stream.epoch, first, last, BATCH_RECORDS_MAX, BATCH_BYTES)]

    def _round(self, stream: _Stream, paths: Sequence[str], stamp: int) -> list[Effect]:
        """Send from the first unreceipted alarm on, a few batches at most."""
        effects: list[Effect] = []
        batch: list[_Held] = []
        size = batches = 0
        for alarm in stream.held:
            full = len(batch) >= BATCH_RECORDS_MAX or size + len(alarm.body) > BATCH_BYTES
            if batch and (full or stream.splitting.alone(batch[0].first)):
                effects += self._send(stream, batch, paths, stamp)
                batch, size, batches = [], 0, batches + 1
                if batches == BATCHES_PER_ROUND:
                    return effects
            batch.append(alarm)
            size += len(alarm.body) + 1
        return effects + (self._send(stream, batch, paths, stamp) if batch else [])

    def _send(self, stream: _Stream, batch: Sequence[_Held], paths: Sequence[str], stamp: int) -> list[Effect]:
        if not paths:
            return []
        first, last = batch[0].first, batch[-1].last
        if len(batch) == 1:
            stream.alone.add(first)
        else:
            stream.alone.discard(first)
        sent_at = stream.stamps.setdefault((first, last), stamp)
        stream.sent_through = max(stream.sent_through, last)
        payload = encode_batch(self._gateway, stream.epoch, Lane.ALARM, first, sent_at, [alarm.body for alarm in batch])
        return [Send(path, "up/a", payload, Lane.ALARM) for path in paths]


def _earlier(planned: float | None, at: float) -> float:
    return at if planned is None else min(planned, at)


def _identity(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Identity).id
    except msgspec.DecodeError:
        return ""
