"""The telemetry lane of the node: in order, a few batches at a time, by one path; another path when that one brings nothing.

Only positions are kept here. Bodies are read back from the outbox for each sending, so a backlog of days costs no memory.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.batch import encode_batch
from contract.identity import EpochId, GatewayId, Lane
from contract.limits import BATCH_RECORDS_MAX, BATCHES_PER_SECOND_MAX, WINDOW_DEFAULT, WINDOW_MAX
from contract.messages import Refusal
from contract.records import Hole, encode_record
from gateway.doubt import Splitting
from gateway.node_events import Effect, Load, Loaded, Send, Trim, Turned
from gateway.paths import Paths

BATCH_BYTES = 65_536
PATIENCE_SECONDS = 5.0  # Without progress for so long everything in flight is sent again, by the next path.
PATIENCE_DOUBLED_MAX = 4  # Then it is as long as it gets.
PATIENCE_SECONDS_MAX = 60.0
READ_AGAIN_SECONDS = 1.0  # After a read that gave nothing.
ASKED_SECONDS = 1.0  # A server that sees a gap asks with each batch in flight; once is enough.
RESTART_JITTER_SECONDS = 10.0  # After a server's start every gateway sends again, but not all in the same second.


@dataclass(frozen=True, slots=True)
class _Span:
    """A batch by its positions and the time it was first sent, which makes it the same bytes again."""

    first: int
    last: int
    stamp: int  # 0: never sent.
    alone: bool = False  # One record without company.


@dataclass(slots=True)
class _Stream:
    epoch: EpochId
    lo: int
    last: int  # Durable: only this can be sent.
    splitting: Splitting = field(default_factory=Splitting)
    given_up: set[int] = field(default_factory=set)


class TelemetryLane:
    """Drains streams oldest first. The window says how many batches may be without a receipt."""

    def __init__(self, gateway: GatewayId, paths: Paths, jitter: Callable[[], float]) -> None:
        self._gateway = gateway
        self._paths = paths
        self._jitter = jitter
        self._streams: deque[_Stream] = deque()
        self._current: EpochId | None = None
        self._flights: deque[_Span] = deque()
        self._again: deque[_Span] = deque()
        self._next = 1
        self._loading: _Span | None = None
        self._path: str | None = None
        self._stalls = 0
        self._stall_at: float | None = None
        self._read_at: float | None = None
        self._nudge_at: float | None = None
        self._asked_at = float("-inf")
        self._second = -1
        self._sent_this_second = 0
        self.window = WINDOW_DEFAULT
        self.stalls_total = 0

    def keep(self, epoch: EpochId, first: int, last: int) -> None:
        """Take up what an earlier epoch left."""
        self._streams.append(_Stream(epoch, first - 1, last))
        if len(self._streams) == 1:
            self._next = first

    def begin(self, epoch: EpochId) -> None:
        """Begin a new epoch; earlier ones are drained first."""
        self._streams.append(_Stream(epoch, 0, 0))
        self._current = epoch
        if len(self._streams) == 1:
            self._next = 1

    def durable(self, epoch: EpochId, position: int, now: float) -> list[Effect]:
        """Learn of records that can be sent."""
        for stream in self._streams:
            if stream.epoch == epoch:
                stream.last = max(stream.last, position)
        return self.pump(now)

    def pump(self, now: float) -> list[Effect]:
        """Ask for the next batch when the window, the rate and a path allow it."""
        if self._read_at is not None:
            if now < self._read_at:
                return []
            self._read_at = None
        if self._loading is not None or not self._streams:
            return []
        if not self._choose_path() or not self._rate_allows(now):
            return []
        head = self._streams[0]
        while self._again and self._again[0].last <= head.lo:
            self._again.popleft()
        if self._again:
            wanted = self._again.popleft()
        elif self._next <= head.last and len(self._flights) < self.window:
            wanted = _Span(self._next, head.last, 0)
        else:
            return []
        self._loading = wanted
        records = 1 if head.splitting.alone(wanted.first) else BATCH_RECORDS_MAX
        return [Load(Lane.TELEMETRY, head.epoch, wanted.first, wanted.last, records, BATCH_BYTES)]

    def loaded(self, event: Loaded, stamp: int, now: float) -> list[Effect]:
        """Send what was read, and ask for more."""
        head, wanted = self._streams[0], self._loading
        if wanted is None or event.epoch != head.epoch or event.first != wanted.first:
            return []  # Asked for before the outbox moved on; the answer that counts is still to come.
        self._loading = None
        if event.last < event.first:
            self._read_at = now + READ_AGAIN_SECONDS
            if wanted.stamp:
                self._again.appendleft(wanted)
            return []
        if wanted.stamp and event.last < wanted.last:
            self._again.appendleft(_Span(event.last + 1, wanted.last, wanted.stamp))
        self._next = max(self._next, event.last + 1)
        span = _Span(event.first, event.last, wanted.stamp or stamp, alone=len(event.bodies) == 1)
        if span.last <= head.lo:
            return self.pump(now)
        if not self._choose_path():
            self._again.appendleft(span)
            return []
        self._flights.append(span)
        if self._stall_at is None:
            self._expect(now)
        self._sent_this_second += 1
        bodies = event.bodies
        if span.first in head.given_up:
            bodies = (encode_record(Hole(n=span.last - span.first + 1, why="refused")),)
        return [self._send(head.epoch, span.first, span.stamp, bodies), *self.pump(now)]

    def receipted(self, epoch: EpochId, through: int, now: float) -> list[Effect]:
        """Forget what the server keeps, and go on."""
        stream = next((one for one in self._streams if one.epoch == epoch), None)
        if stream is None:
            return []
        if through <= stream.lo:
            return []
        stream.lo = min(through, stream.last)
        stream.splitting.done(stream.lo)
        effects: list[Effect] = [Trim(Lane.TELEMETRY, epoch, stream.lo)]
        head = self._streams[0]
        if stream is head:
            self._flights = deque(span for span in self._flights if span.last > head.lo)
            self._next = max(self._next, head.lo + 1)
            self._stalls = 0
            self._expect(now)
        if head.lo >= head.last and head.epoch != self._current:
            self._leave_head()
        return [*effects, *self.pump(now)]

    def asked(self, epoch: EpochId, now: float) -> list[Effect]:
        """Send again what is in flight, because the server saw a gap."""
        head = self._streams[0]
        if epoch != head.epoch or now - self._asked_at < ASKED_SECONDS or not self._choose_path():
            return []
        self._asked_at = now
        self._send_again(now)
        return self.pump(now)

    def refused(self, epoch: EpochId, position: int, now: float) -> list[Effect]:
        """Send one by one what the server could not read, and give up the record that it cannot read alone."""
        head = self._streams[0]
        span = next((span for span in self._flights if span.first == position), None)
        if head.epoch != epoch or span is None:
            return []
        if span.alone and not head.splitting.refused_alone(position, now):
            return []
        effects: list[Effect] = []
        if not span.alone:
            head.splitting.refused_together(span.last)
        elif position not in head.given_up and head.splitting.hopeless(position):
            head.given_up.add(position)
            effects.append(Turned((Refusal(Lane.TELEMETRY.value, position, span.last - position + 1, "unreadable"),)))
        self._flights.remove(span)
        self._again.appendleft(span)
        return [*effects, *self.pump(now)]

    def move(self, old: EpochId, durable: int, now: float) -> list[Effect]:
        """Drop what stands in a new epoch now."""
        stream = next((one for one in self._streams if one.epoch == old), None)
        if stream is not None:
            stream.last = max(durable, stream.lo)
            if stream is self._streams[0] and stream.lo >= stream.last:
                self._leave_head()
        return self.pump(now)

    def path_up(self, now: float) -> list[Effect]:
        """Use a path that has come up when nothing else was there, or when it is preferred."""
        preferred = next(iter(self._paths.every(Lane.TELEMETRY)), None)
        if preferred != self._path:
            self._path = preferred
            self._send_again(now)
        return self.pump(now)

    def path_down(self, path: str, now: float) -> list[Effect]:
        """Go on by another path at once when the one in use is gone."""
        if path == self._path:
            self._path = None
            self._send_again(now)
        return self.pump(now)

    def server_started(self, now: float) -> None:
        """Plan to send again what is in flight, at a moment of our own."""
        self._nudge_at = now + RESTART_JITTER_SECONDS * self._jitter()

    def due(self, now: float) -> list[Effect]:
        """Do what time alone asks for. Every deadline in the past is gone afterwards."""
        self._rate_allows(now)
        if self._nudge_at is not None and self._nudge_at <= now:
            self._nudge_at = None
            self._send_again(now)
        if self._stall_at is not None and self._stall_at <= now:
            self._stalls += 1
            self.stalls_total += 1
            self._path = self._paths.next_after(self._path or "", Lane.TELEMETRY)
            self._send_again(now)
        return self.pump(now)

    def deadline(self) -> float | None:
        """Say when `due` must be called next."""
        times = [self._nudge_at, self._stall_at, self._read_at]
        if self._sent_this_second >= BATCHES_PER_SECOND_MAX and self._wants():
            times.append(float(self._second + 1))
        return min((at for at in times if at is not None), default=None)

    def waiting(self) -> int:
        """Count the positions without a receipt."""
        return sum(max(0, stream.last - stream.lo) for stream in self._streams)

    def in_flight(self) -> int:
        """Count the batches without a receipt."""
        return len(self._flights) + len(self._again) + (1 if self._loading and self._loading.stamp else 0)

    def high_low(self) -> tuple[int, int]:
        """Give the last durable position of the current epoch and the last one receipted."""
        return self._streams[-1].last, self._streams[-1].lo

    def older(self) -> dict[EpochId, tuple[int, int]]:
        """Give what earlier epochs still wait with, as first and last position."""
        return {s.epoch: (s.lo + 1, s.last) for s in self._streams if s.epoch != self._current and s.last > s.lo}

    @property
    def path(self) -> str:
        """Name the path in use; empty for none."""
        return self._path or ""

    def _wants(self) -> bool:
        return bool(self._streams) and (
            bool(self._again) or (self._next <= self._streams[0].last and len(self._flights) < self.window)
        )

    def _leave_head(self) -> None:
        """Go on with the next epoch."""
        self._streams.popleft()
        self._flights.clear()
        self._again.clear()
        self._loading = None
        self._stall_at = None
        self._next = self._streams[0].lo + 1
        if len(self._streams) > 1 and self._streams[0].lo >= self._streams[0].last:
            self._leave_head()

    def _send_again(self, now: float) -> None:
        """Queue everything in flight for sending as the same batches."""
        again = sorted({*self._flights, *self._again}, key=lambda span: span.first)
        self._again = deque(again)
        self._flights.clear()
        self._stall_at = None
        self._expect(now)

    def _expect(self, now: float) -> None:
        """Plan when to lose patience."""
        if not self._flights and not self._again:
            self._stall_at = None
            return
        patience = min(PATIENCE_SECONDS * 2 ** min(self._stalls, PATIENCE_DOUBLED_MAX), PATIENCE_SECONDS_MAX)
        if self._stalls:
            patience *= 0.8 + 0.4 * self._jitter()
        self._stall_at = now + patience

    def _send(self, epoch: EpochId, first: int, stamp: int, bodies: Sequence[bytes]) -> Send:
        assert self._path is not None
        payload = encode_batch(self._gateway, epoch, Lane.TELEMETRY, first, stamp, bodies)
        return Send(self._path, "up/t", payload, Lane.TELEMETRY)

    def _choose_path(self) -> bool:
        path = self._paths.named(self._path) if self._path else None
        if path is None or not path.usable(Lane.TELEMETRY):
            self._path = next(iter(self._paths.every(Lane.TELEMETRY)), None)
        return self._path is not None

    def _rate_allows(self, now: float) -> bool:
        if int(now) != self._second:
            self._second, self._sent_this_second = int(now), 0
        return self._sent_this_second < BATCHES_PER_SECOND_MAX


def allowed_window(asked: int) -> int:
    """Give the window within its limits; 0 is a pause until the next receipt."""
    return max(0, min(WINDOW_MAX, asked))
