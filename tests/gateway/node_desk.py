"""A protocol node on the desk: its outbox is a dictionary, its paths are lists of what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from contract.batch import Batch, decode_batch
from contract.identity import EpochId, GatewayId, Lane, make_press_id
from contract.messages import Heartbeat, Receipt, Refusal, ServerNotice, decode_message, encode_message
from contract.records import Hole, Press, Reading, encode_record
from gateway.node import Node
from gateway.node_events import (
    Appended,
    Durable,
    Effect,
    Event,
    Kept,
    Load,
    Loaded,
    PathDown,
    PathKind,
    PathSpec,
    PathUp,
    Received,
    Send,
    Ticked,
    Trim,
)
from gateway.record_clock import RecordClock

GATEWAY = GatewayId("gw-0001")
EPOCH = EpochId("0000020000")
OLDER = EpochId("0000010000")
A, B, WEB = PathSpec("mqtt-a", PathKind.MQTT), PathSpec("mqtt-b", PathKind.MQTT), PathSpec("https", PathKind.HTTPS)
WALL_MS = 1_795_478_400_000
START = 1_000.0


def press(number: int) -> tuple[str, bytes]:
    """Make the press with a number, as its id and body."""
    identity = make_press_id(WALL_MS, number)
    return identity, encode_record(Press(id=identity, d="btn-1", t=WALL_MS + number))


def reading(number: int) -> bytes:
    """Make the reading with a number."""
    return encode_record(Reading(d="cam-1", t=WALL_MS + number, m={"count": number}))


@dataclass
class Sent:
    """Something the node sent, and when."""

    at: float
    path: str
    leaf: str
    payload: bytes
    send: Send

    @property
    def batch(self) -> Batch:
        """Read it as a batch."""
        return decode_batch(self.payload)


class Desk:
    """Tells the node what happens. Loads are answered as far as `readable` says; at once, or when told if `slow`."""

    def __init__(self, *paths: PathSpec, kept: Sequence[Kept] = (), jitter: float = 0.5, begin: bool = True) -> None:
        self.now = START
        clock = RecordClock(self.now, WALL_MS, "boot-1")
        self.node = Node(GATEWAY, EPOCH, paths or (A, B, WEB), clock, lambda: jitter, self.now)
        self.store: dict[tuple[Lane, EpochId], dict[int, bytes]] = {}
        self.sent: list[Sent] = []
        self.others: list[Effect] = []
        self.trimmed: dict[tuple[Lane, EpochId], int] = {}
        self.loads: list[Load] = []
        self.readable = True
        self.forgotten: dict[tuple[Lane, EpochId], int] = {}  # Up to where the outbox keeps nothing any more.
        self.slow = False
        self.unread: list[Load] = []
        for event in kept:
            stream = self.store.setdefault((event.lane, event.epoch), {})
            for position in range(event.first, event.last + 1):
                stream[position] = press(position)[1] if event.lane is Lane.ALARM else reading(position)
            self.tell(event)
        if begin:
            self.tell(Ticked())

    def tell(self, event: Event) -> None:
        """Tell the node something now, and carry out what it wants."""
        waiting: list[Event] = [event]
        while waiting:
            for effect in self.node.step(waiting.pop(0), self.now):
                if isinstance(effect, Send):
                    self.sent.append(Sent(self.now, effect.path, effect.leaf, effect.payload, effect))
                elif isinstance(effect, Load):
                    self.loads.append(effect)
                    if self.slow:
                        self.unread.append(effect)
                    else:
                        waiting.append(self.read(effect))
                elif isinstance(effect, Trim):
                    self.trimmed[effect.lane, effect.epoch] = effect.through
                else:
                    self.others.append(effect)

    def finish_reading(self) -> None:
        """Answer what a slow disk was asked for."""
        unread, self.unread = self.unread, []
        for load in unread:
            self.tell(self.read(load))

    def read(self, load: Load) -> Loaded:
        """Answer a load from the store; what is not kept any more comes as a hole."""
        bodies: list[bytes] = []
        gone = min(self.forgotten.get((load.lane, load.epoch), 0), load.last)
        if gone >= load.first:
            hole = encode_record(Hole(n=gone - load.first + 1, why="lost"))
            return Loaded(load.lane, load.epoch, load.first, gone, (hole,))
        stream = self.store.get((load.lane, load.epoch), {})
        at = load.first
        while self.readable and at <= load.last and len(bodies) < load.records_max and at in stream:
            bodies.append(stream[at])
            at += 1
        return Loaded(load.lane, load.epoch, load.first, at - 1, tuple(bodies))

    def go(self, to: float) -> None:
        """Let time pass, telling the node at each of its deadlines."""
        end = START + to
        for _ in range(10_000):
            due = max(self.now, self.node.deadline())
            if due > end:
                break
            self.now = due
            self.tell(Ticked())
        else:
            raise AssertionError("the node's deadlines do not move on")
        self.now = end
        self.tell(Ticked())

    def up(self, *paths: str, lanes: Sequence[Lane] = tuple(Lane)) -> None:
        """Bring connections up."""
        for path in paths:
            for lane in lanes:
                self.tell(PathUp(path, lane))

    def down(self, *paths: str, lanes: Sequence[Lane] = tuple(Lane)) -> None:
        """Cut connections."""
        for path in paths:
            for lane in lanes:
                self.tell(PathDown(path, lane))

    def press(self, number: int, *, durable: bool = True) -> str:
        """Append a press at the next position."""
        identity, body = press(number)
        stream = self.store.setdefault((Lane.ALARM, EPOCH), {})
        position = len(stream) + 1
        stream[position] = body
        self.tell(Appended(Lane.ALARM, position, body=body, id=identity))
        if durable:
            self.tell(Durable(Lane.ALARM, EPOCH, position))
        return identity

    def readings(self, count: int) -> None:
        """Append readings and make them durable."""
        stream = self.store.setdefault((Lane.TELEMETRY, EPOCH), {})
        for _ in range(count):
            stream[len(stream) + 1] = reading(len(stream) + 1)
        self.tell(Durable(Lane.TELEMETRY, EPOCH, len(stream)))

    def receipt(  # A receipt has as many facts as it has.
        self,
        c: dict[str, int] | None = None,
        *,
        epoch: EpochId = EPOCH,
        rs: dict[str, int] | None = None,
        no: Sequence[Refusal] = (),
        ids: Sequence[str] = (),
        win: int = 4,
        h: int | None = None,
        st: int | None = None,
    ) -> None:
        """Bring a receipt."""
        server = WALL_MS + int((self.now - START) * 1000) if st is None else st
        message = Receipt(1, epoch, server, c or {}, list(ids), h, rs or {}, win, list(no))
        self.tell(Received("mqtt-a", "rc", encode_message(message)))

    def server_starts(self, identity: str) -> None:
        """Bring a server's notice."""
        self.tell(Received("mqtt-a", "srv", encode_message(ServerNotice(on=True, id=identity, v=[1]))))

    def drawn(self, leaf: str = "", path: str = "") -> list[Sent]:
        """Take what was sent since the last look, of one leaf and path."""
        found = [one for one in self.sent if (not leaf or one.leaf == leaf) and (not path or one.path == path)]
        self.sent = [one for one in self.sent if one not in found]
        return found

    def other(self, kind: type[msgspec.Struct] | type) -> list[Effect]:
        """Take the effects of one kind since the last look."""
        found = [effect for effect in self.others if isinstance(effect, kind)]
        self.others = [effect for effect in self.others if not isinstance(effect, kind)]
        return found

    def beats(self, path: str = "") -> list[Heartbeat]:
        """Take the heartbeats sent since the last look."""
        return [decode_message(one.payload, Heartbeat) for one in self.drawn("hb", path)]


def spans(sent: Sequence[Sent]) -> list[tuple[str, int, int]]:
    """Say of batches by which path they went and what they cover."""
    return [(one.path, one.batch.first_position, one.batch.last_position) for one in sent]
