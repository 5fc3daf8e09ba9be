"""The protocol of CS1 at the school's end: what is sent, by which way, how often, and what a receipt lets us forget.

Pure: `step(event, now)` gives effects, and the shell carries them out in the order given. `now` is the monotonic clock.
The promise: whatever was appended to the outbox is offered to the server until a receipt says that it is kept there.
Alarms go by every way at once and never wait for telemetry; nothing has a greatest number of attempts.
"""

from collections import deque
from collections.abc import Callable, Container, Sequence
from typing import Any

from contract.batch import inflate
from contract.errors import Refused
from contract.identity import EpochId, GatewayId, Lane
from contract.limits import HEARTBEAT_SECONDS, OLD_EPOCHS_MAX, OPEN_PRESSES_MAX, VERSION
from contract.messages import (
    Command,
    Heartbeat,
    Link,
    OpenPress,
    Receipt,
    Refusal,
    ServerNotice,
    decode_message,
    encode_message,
)
from contract.messages import Seen as SeenNote
from gateway.alarm_lane import AlarmLane
from gateway.announcement import Announcement, Description
from gateway.damage import Damage
from gateway.latest import Latest
from gateway.node_events import (
    Anchored,
    Appended,
    BirthAsked,
    Commanded,
    DevicesChanged,
    Durable,
    Effect,
    Event,
    Kept,
    Loaded,
    Moved,
    OpenChanged,
    PathDown,
    PathKind,
    PathSpec,
    PathUp,
    Raised,
    Receipted,
    Received,
    ReplayAsked,
    Sampled,
    Seen,
    Send,
    Stored,
    Ticked,
    Trim,
    Turned,
)
from gateway.paths import Path, Paths
from gateway.record_clock import RecordClock
from gateway.replays import Replays, only_lost
from gateway.telemetry_lane import TelemetryLane, allowed_window

NONCES_MAX = 64  # Heartbeats whose answer may still come; older answers say nothing about the clock.
# While a broker carries us, HTTPS only has to show that it still could: a request costs both ends ten times a message.
HTTPS_HEARTBEAT_SECONDS = 60.0
HTTPS_BIRTH_SECONDS = 10.0  # A box that no broker lets in by then tells its birth by HTTPS.
CLONE_SECONDS = 600.0  # Without another receipt for what was never appended, the other box is gone.
RETELL_SECONDS = 300.0  # How often a server is told of earlier epochs unasked: a box on HTTPS alone hears of no restart.
ENDED_EPOCHS_MAX = 32  # In one heartbeat; the others follow with the next.
SERVER_HEARTBEAT_SECONDS = 8.0  # A server that starts hears of every box within this; a city's boxes spread over it.
SERVERS_MAX = 64  # Server starts remembered, so that a notice that comes by every path counts once.


class Node:
    """All that the protocol remembers. Begin with `Kept` for each stream that earlier starts left."""

    def __init__(
        self,
        gateway: GatewayId,
        epoch: EpochId,
        paths: Sequence[PathSpec],
        clock: RecordClock,
        jitter: Callable[[], float],
        now: float,
        description: Description | None = None,
    ) -> None:
        self.clock = clock
        self.epoch = epoch
        self.paths = Paths(paths, now)
        self.unreadable = 0  # Messages from the server's side that could not be read.
        self.clones = 0  # Receipts for more than was ever appended.
        self._gateway = gateway
        self._jitter = jitter
        self._alarms = AlarmLane(gateway, self.paths, jitter)
        self._telemetry = TelemetryLane(gateway, self.paths, jitter)
        self._replays = Replays(gateway, self.paths)
        self._damage = Damage()
        self._latest = Latest(gateway, self.paths)
        self._announcement = Announcement(
            gateway, clock.boot, description or Description(), [path.name for path in self.paths.all]
        )
        self._open: tuple[OpenPress, ...] = ()
        self._nonce = 0
        self._sent: dict[int, float] = {}  # nonce -> when its heartbeat went out.
        self._servers: dict[str, None] = {}
        self._retell: deque[EpochId] = deque()  # Epochs whose receipts the server is to be told of anew.
        self._retell_at = now + RETELL_SECONDS
        self._clock_told = False
        self._clone_until: float | None = None
        self._begun = False
        self._steps: dict[type, Callable[[Any, float], list[Effect]]] = {
            Kept: self._kept,
            Receipted: self._receipted_before,
            ReplayAsked: self._replay_asked,
            BirthAsked: lambda _event, now: self._tell_birth(now),
            Appended: self._appended,
            Sampled: self._sampled,
            Durable: self._durable,
            Loaded: self._loaded,
            Moved: self._moved,
            PathUp: self._path_up,
            PathDown: self._path_down,
            Received: self._received,
            DevicesChanged: self._devices_changed,
            OpenChanged: self._open_changed,
            Ticked: lambda _event, _now: [],
        }
        for path in self.paths.all:
            if path.kind is PathKind.HTTPS:  # It has no connection that could come up.
                path.heartbeat_at = now + HEARTBEAT_SECONDS * jitter()
                self._announcement.path_up(path.name, now + HTTPS_BIRTH_SECONDS, 0.0)

    def step(self, event: Event, now: float) -> list[Effect]:
        """Take in one thing that happened and say what follows; then whatever time alone asks for by now."""
        if not self._begun and not isinstance(event, Kept | Receipted):
            self._begin()
        effects = self._steps[type(event)](event, now)
        return effects + self._due(now) if self._begun else effects

    def deadline(self) -> float:
        """Say when the node must be told `Ticked` at the latest."""
        times = [self._alarms.deadline(), self._telemetry.deadline(), self._replays.deadline()]
        times.append(self._announcement.deadline())
        times += [path.heartbeat_at for path in self.paths.all]
        times += [self.paths.silent_at(), self._clone_until, self._latest.deadline()]
        return min((at for at in times if at is not None), default=float("inf"))

    # ---------------------------------------------------------------- for the status page and the shells

    def waiting(self, lane: Lane) -> int:
        """Count a lane's positions that have no receipt yet."""
        return self._alarms.waiting() if lane is Lane.ALARM else self._telemetry.waiting()

    @property
    def in_flight(self) -> int:
        """Count the telemetry batches that have no receipt yet."""
        return self._telemetry.in_flight()

    @property
    def window(self) -> int:
        """Say how many telemetry batches the server lets us have in flight."""
        return self._telemetry.window

    @property
    def telemetry_path(self) -> str:
        """Name the path that telemetry goes by; empty for none."""
        return self._telemetry.path

    @property
    def rounds_again(self) -> int:
        """Count how often alarms were sent again because no receipt came."""
        return self._alarms.rounds_again

    @property
    def stalls(self) -> int:
        """Count how often telemetry changed its path or was sent again because no receipt came."""
        return self._telemetry.stalls_total

    @property
    def clone_suspected(self) -> bool:
        """Say whether another box seems to bear our name: no command may be obeyed then, it may be meant for the other."""
        return self._clone_until is not None

    def paths_up(self) -> list[str]:
        """Name the paths whose connections stand."""
        return [path.name for path in self.paths.all if path.up]

    def will(self, path: str) -> bytes:
        """Give what an alarm connection leaves with its broker as its will: retained, under the leaf `link`."""
        return encode_message(Link(on=False, ep=self.epoch, boot=self.clock.boot, path=path))

    # ---------------------------------------------------------------- the outbox

    def _begin(self) -> None:
        self._begun = True
        self._alarms.begin(self.epoch)
        self._telemetry.begin(self.epoch)

    def _kept(self, event: Kept, now: float) -> list[Effect]:
        assert not self._begun, "what earlier starts left is told before anything else"
        if event.last < event.first:
            return []
        if event.first > 1:
            self._replays.receipted_through(event.lane, event.epoch, event.first - 1)
        if event.lane is Lane.ALARM:
            return self._alarms.keep(event.epoch, event.first, event.last, now)
        self._telemetry.keep(event.epoch, event.first, event.last)
        return []

    def _receipted_before(self, event: Receipted, _now: float) -> list[Effect]:
        self._replays.receipted_through(event.lane, event.epoch, event.through)
        self._retell.append(event.epoch)
        return []

    def _replay_asked(self, event: ReplayAsked, now: float) -> list[Effect]:
        return self._replays.asked(event.lane, event.epoch, event.position, now, commanded=True)

    def _appended(self, event: Appended, now: float) -> list[Effect]:
        if event.lane is Lane.TELEMETRY:
            return []  # Sent when it is durable.
        return self._alarms.appended(self.epoch, event, self.clock.utc_ms(now), now)

    def _sampled(self, event: Sampled, _now: float) -> list[Effect]:
        self._latest.sampled(event.position, event.reading)
        return []

    def _durable(self, event: Durable, now: float) -> list[Effect]:
        if event.lane is Lane.TELEMETRY:
            if event.epoch == self.epoch:
                self._latest.durable(event.position, now)
            return self._telemetry.durable(event.epoch, event.position, now)
        self._alarms.durable(event.epoch, event.position)
        return []

    def _loaded(self, event: Loaded, now: float) -> list[Effect]:
        stamp = self.clock.utc_ms(now)
        effects = self._replays.loaded(event, stamp, now)
        lost = only_lost(event.bodies)
        if effects is None:
            lane = self._alarms if event.lane is Lane.ALARM else self._telemetry
            effects = lane.loaded(event, stamp, now)
        elif lost:
            lost = any(isinstance(effect, Send) for effect in effects)  # Otherwise the claim is still in doubt.
        if lost:
            effects += self._damage.declared(event.lane, event.epoch, event.first, event.last)
        return effects

    def _moved(self, event: Moved, now: float) -> list[Effect]:
        self.epoch = event.epoch
        self._latest.begin()
        self._alarms.begin(event.epoch)
        self._telemetry.begin(event.epoch)
        self._alarms.move(event.old, event.durable.get(Lane.ALARM, 0))
        effects = self._telemetry.move(event.old, event.durable.get(Lane.TELEMETRY, 0), now)
        for position, body in event.alarms:
            again = Appended(Lane.ALARM, position, body=body)
            effects += self._alarms.appended(event.epoch, again, self.clock.utc_ms(now), now)
        self._announcement.asked(self.paths.every(Lane.TELEMETRY), now, 0.0)
        return effects

    # ---------------------------------------------------------------- the paths

    def _path_up(self, event: PathUp, now: float) -> list[Effect]:
        path = self.paths.named(event.path)
        if path is None or event.lane in path.up:
            return []
        first = not path.up
        path.up.add(event.lane)
        effects: list[Effect] = []
        if first:
            path.down_since = None
            if path.kind is PathKind.MQTT:
                path.heartbeat_at = now
            if path.told_down:
                path.told_down = False
                effects.append(Raised("path_down", on=False, text=path.name))
        if path.kind is PathKind.HTTPS:
            return effects
        if event.lane is Lane.ALARM:
            effects += self._alarms.path_up(path.name, self.clock.utc_ms(now))
            link = encode_message(Link(on=True, ep=self.epoch, boot=self.clock.boot, path=path.name))
            effects.append(Send(path.name, "link", link, Lane.ALARM, retain=True))
            return effects
        self._announcement.path_up(path.name, now, self._jitter())
        return effects + self._telemetry.path_up(now)

    def _path_down(self, event: PathDown, now: float) -> list[Effect]:
        path = self.paths.named(event.path)
        if path is None or event.lane not in path.up:
            return []
        path.up.discard(event.lane)
        if not path.up:
            path.down_since = now
        if path.kind is PathKind.HTTPS:
            return []
        if not path.up:
            path.heartbeat_at = None
        if not self.paths.mqtt(Lane.ALARM):
            for other in self.paths.all:
                if other.kind is PathKind.HTTPS:  # It carries us alone now: say at once that we live.
                    other.heartbeat_at = now
        if event.lane is Lane.ALARM:
            return []  # What is without a receipt goes on by the other paths, as it does anyway.
        self._announcement.path_down(path.name)
        return self._telemetry.path_down(path.name, now)

    def _devices_changed(self, event: DevicesChanged, now: float) -> list[Effect]:
        self._announcement.devices_changed(event.devices, self.paths.every(Lane.TELEMETRY), now)
        return []

    def _open_changed(self, event: OpenChanged, _now: float) -> list[Effect]:
        self._open = event.presses
        return []

    # ---------------------------------------------------------------- what comes down

    def _received(self, event: Received, now: float) -> list[Effect]:
        try:
            match event.leaf:
                case "rc":
                    return self._answer(event.payload, now)
                case "cmd":
                    return self._command(event, decode_message(event.payload, Command), now)
                case "srv":
                    return self._server(decode_message(event.payload, ServerNotice), now)
        except Refused:
            pass
        self.unreadable += 1
        return []

    def _answer(self, payload: bytes, now: float) -> list[Effect]:
        try:
            receipt = decode_message(payload, Receipt)
        except Refused:
            return [Seen(tuple(decode_message(payload, SeenNote).seen))]
        return self._receipt(receipt, now)

    def _receipt(self, receipt: Receipt, now: float) -> list[Effect]:
        epoch, stamp = EpochId(receipt.ep), self.clock.utc_ms(now)
        effects = self._measure(receipt, now)
        self._telemetry.window = allowed_window(receipt.win)
        if receipt.ids:
            effects.append(Stored(tuple(receipt.ids)))
        if refused := tuple(refusal for refusal in receipt.no if refusal.n > 0):
            effects.append(Turned(refused))
        for refusal in receipt.no:
            if refusal.n == 0:  # The whole batch could not be read, and nobody knows how far it went.
                effects += self._refused(epoch, refusal, stamp, now)
        for lane, through in receipt.c.items():
            effects += self._committed(epoch, lane, through, stamp, now)
        for lane, position in receipt.rs.items():
            effects += self._asked(epoch, lane, position, stamp, now)
        return effects

    def _committed(self, epoch: EpochId, told: str, through: int, stamp: int, now: float) -> list[Effect]:
        if epoch == self.epoch and through > self._last(told):
            return self._clone(told, through, now)
        lane = _lane(told)
        if lane is None:
            return []
        again = self._replays.receipted(lane, epoch, through)
        if lane is Lane.ALARM:
            effects = self._alarms.receipted(epoch, through, stamp, now)
        else:
            effects = self._telemetry.receipted(epoch, through, now)
        for effect in effects:
            if isinstance(effect, Trim):
                self._replays.receipted_through(lane, epoch, effect.through)
                if epoch != self.epoch and epoch not in self._waiting_epochs(lane):
                    self._retell.append(epoch)  # It may have gone further than the disk remembers.
        return effects + again + self._damage.receipted(lane, epoch, through)

    def _asked(self, epoch: EpochId, told: str, position: int, stamp: int, now: float) -> list[Effect]:
        """Send again from where the server saw a gap, also what it had receipted: it was restored from an older backup."""
        lane = _lane(told)
        if lane is None:
            return []
        again = self._replays.asked(lane, epoch, position, now)
        if again and epoch == self.epoch:
            self._plan_retelling()  # It may lack earlier epochs as well.
        if lane is Lane.ALARM:
            return again + self._alarms.asked(epoch, stamp, now)
        return again + self._telemetry.asked(epoch, now)

    def _refused(self, epoch: EpochId, refusal: Refusal, stamp: int, now: float) -> list[Effect]:
        if refusal.x == Lane.ALARM.value:
            return self._alarms.refused(epoch, refusal.p, stamp, now)
        if refusal.x == Lane.TELEMETRY.value:
            return self._telemetry.refused(epoch, refusal.p, now)
        return []

    def _last(self, lane: str) -> int:
        if lane == Lane.ALARM.value:
            return self._alarms.high_low(self.epoch)[0]
        return self._telemetry.high_low()[0]

    def _clone(self, lane: str, through: int, now: float) -> list[Effect]:
        """Believe no receipt for what was never appended: another box bears our name."""
        self.clones += 1
        told, self._clone_until = self._clone_until is not None, now + CLONE_SECONDS
        if told:
            return []
        return [
            Raised("clone", on=True, text=f"a receipt for position {through} of lane {lane}; appended: {self._last(lane)}")
        ]

    def _measure(self, receipt: Receipt, now: float) -> list[Effect]:
        sent = self._sent.pop(receipt.h, None) if receipt.h is not None else None
        if sent is None:
            return []
        anchor = self.clock.measure(sent, now, receipt.st)
        effects: list[Effect] = [] if anchor is None else [Anchored(anchor)]
        bad = self.clock.bad(now)
        if bad != self._clock_told:
            self._clock_told = bad
            effects.append(Raised("clock_bad", on=bad, text=f"{self.clock.offset_ms(now)} ms from the server's clock"))
        return effects

    def _command(self, event: Received, command: Command, now: float) -> list[Effect]:
        if command.op == "resend_birth" and not command.sig:  # Harmless and limited in rate; nobody hears an answer.
            return self._tell_birth(now)
        return [Commanded(event.path, command, inflate(event.payload))]

    def _tell_birth(self, now: float) -> list[Effect]:
        self._announcement.asked(self.paths.every(Lane.TELEMETRY), now, self._jitter())
        return []

    def _server(self, notice: ServerNotice, now: float) -> list[Effect]:
        """Send again what a server that has just started may never have seen."""
        if not notice.on or notice.id in self._servers:
            return []
        self._servers[notice.id] = None
        if len(self._servers) > SERVERS_MAX:
            del self._servers[next(iter(self._servers))]
        self._plan_retelling()
        self._telemetry.server_started(now)
        for path in self.paths.all:
            if path.heartbeat_at is not None and path.kind is PathKind.MQTT:
                path.heartbeat_at = min(path.heartbeat_at, now + SERVER_HEARTBEAT_SECONDS * self._jitter())
        return self._alarms.send_all(self.clock.utc_ms(now))

    # ---------------------------------------------------------------- time

    def _due(self, now: float) -> list[Effect]:
        effects = self._alarms.due(self.clock.utc_ms(now), now)
        effects += self._replays.due(now)
        for path in self.paths.all:
            if path.heartbeat_at is not None and path.heartbeat_at <= now:
                spare = path.kind is PathKind.HTTPS and bool(self.paths.mqtt(Lane.ALARM))
                path.heartbeat_at = now + (HTTPS_HEARTBEAT_SECONDS if spare else HEARTBEAT_SECONDS)
                effects.append(self._heartbeat(path, now))
        if self._clone_until is not None and self._clone_until <= now:
            self._clone_until = None
            effects.append(Raised("clone", on=False, text="no more receipts of another box"))
        for path in self.paths.silent(now):
            path.told_down = True
            effects.append(Raised("path_down", on=True, text=path.name))
        effects += self._telemetry.due(now)
        low, older = self._telemetry.high_low()[1], bool(self._telemetry.older())
        effects += self._latest.due(self.epoch, low, self.clock.utc_ms(now), now, older=older)
        told_by_broker = bool(self.paths.mqtt(Lane.TELEMETRY))
        for name, leaf, payload in self._announcement.due(self.epoch, now):
            if told_by_broker and name in self.paths.https():
                continue
            effects.append(Send(name, leaf, payload, Lane.TELEMETRY, retain=True))
        return effects

    def _heartbeat(self, path: Path, now: float) -> Send:
        self._nonce += 1
        self._sent[self._nonce] = now
        if len(self._sent) > NONCES_MAX:
            del self._sent[next(iter(self._sent))]
        alarm_high, alarm_low = self._alarms.high_low(self.epoch)
        high, low = self._telemetry.high_low()
        beat = Heartbeat(
            v=VERSION,
            ep=self.epoch,
            boot=self.clock.boot,
            h=self._nonce,
            s=self.clock.utc_ms(now),
            mono=int(now * 1000),
            hi={Lane.ALARM.value: alarm_high, Lane.TELEMETRY.value: high},
            lo={Lane.ALARM.value: alarm_low, Lane.TELEMETRY.value: low},
            open=list(self._open[-OPEN_PRESSES_MAX:]),
            path=path.name,
            old=self._older(),
            kept=self._ended(now),
        )
        lane = Lane.ALARM if path.usable(Lane.ALARM) else Lane.TELEMETRY
        return Send(path.name, "hb", encode_message(beat), lane)

    def _older(self) -> dict[str, dict[str, list[int]]]:
        """Tell what earlier epochs still wait with, the oldest ones when there are too many."""
        found: dict[str, dict[str, list[int]]] = {}
        for lane, older in ((Lane.ALARM, self._alarms.older(self.epoch)), (Lane.TELEMETRY, self._telemetry.older())):
            for epoch, (first, last) in older.items():
                found.setdefault(epoch, {})[lane.value] = [first, last]
        return dict(sorted(found.items())[:OLD_EPOCHS_MAX])

    def _plan_retelling(self) -> None:
        """Tell the server anew, with the next heartbeats, how far earlier epochs had their receipts."""
        self._retell = deque(self._replays.ended())

    def _ended(self, now: float) -> dict[str, dict[str, int]]:
        """Tell of some epochs how far they had their receipts, newest first: a server that lost some of it asks for them."""
        if now >= self._retell_at:
            self._retell_at = now + RETELL_SECONDS
            self._plan_retelling()
        through = self._replays.ended()
        epochs = self._replays.active()[:ENDED_EPOCHS_MAX]
        while self._retell and len(epochs) < ENDED_EPOCHS_MAX:
            epochs.append(self._retell.pop())
        waiting = {lane: self._waiting_epochs(lane) for lane in Lane}
        kept = {
            epoch: {lane.value: end for lane, end in through[epoch].items() if epoch not in waiting[lane]}
            for epoch in epochs
            if epoch in through and epoch != self.epoch
        }
        return {epoch: lanes for epoch, lanes in kept.items() if lanes}

    def _waiting_epochs(self, lane: Lane) -> Container[EpochId]:
        """Name the earlier epochs that still wait for receipts: they are told of as such."""
        return self._alarms.older(self.epoch) if lane is Lane.ALARM else self._telemetry.older()


def _lane(told: str) -> Lane | None:
    """Read the name of a lane; one that a later version may have is not ours."""
    return Lane(told) if told in (Lane.ALARM.value, Lane.TELEMETRY.value) else None
