"""One school's gateway in the world: the real outbox on a disk that forgets, the real node, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.batch import decode_batch
from contract.errors import Refused, StorageError
from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId, make_press_id
from contract.limits import BATCH_BYTES_MAX, BATCH_RECORDS_MAX
from contract.messages import BirthDevice, OpenPress
from contract.records import Hole, Press, Reading, decode_record, encode_record
from gateway.lane_store import Range, Read
from gateway.memory_disk import MemoryDisk
from gateway.node import Node
from gateway.node_events import (
    Anchored,
    Appended,
    DevicesChanged,
    Durable,
    Event,
    Kept,
    Load,
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
    Send,
    Ticked,
    Trim,
)
from gateway.outbox import Outbox, OutboxLimits
from gateway.record_clock import RecordClock
from gateway.segment import positions_of
from gateway.writer import QueuedWriter
from simulators.world.ghost import Ghost
from simulators.world.network import Connection, Ends, Weather, carry
from simulators.world.wheel import Wheel

LIMITS = OutboxLimits(
    segment_bytes=4_096, preallocate=False, alarm_reserve_bytes=0, budget_bytes=1 << 20, unsynced_max=500, tail_bytes=2_048
)
DISK_SECONDS = 0.004  # Mean time of one job of the writer.
SAVE_SECONDS = 5.0
BUTTON = DeviceId("btn-1")

SendUp = Callable[[str, str, bytes, "SimSchool"], None]


@dataclass
class _Life:
    """Everything that dies with the process."""

    outbox: Outbox
    writer: QueuedWriter
    node: Node
    connections: dict[tuple[str, Lane], Connection]
    number: int
    working: bool = False
    timer_at: float = float("inf")
    queue: list[Event] | None = None
    unsynced: dict[Lane, list["_Awaited"]] = field(default_factory=lambda: {lane: [] for lane in Lane})


@dataclass
class _Awaited:
    """A record on its way to the disk, and where it will stand."""

    epoch: EpochId
    place: int
    body: bytes


class SimSchool:
    """A school that presses, measures, dies and comes back. `skew` is how far its wall clock is off, in seconds."""

    def __init__(
        self,
        gateway: GatewayId,
        brokers: Sequence[str],
        wheel: Wheel,
        weather: Weather,
        ghost: Ghost,
        send_up: SendUp,
        skew: float = 0.0,
    ) -> None:
        self.gateway = gateway
        self.disks = (MemoryDisk(), MemoryDisk())  # The outbox's folder, and where it goes on.
        self.skew = skew
        self._brokers = list(brokers)
        self._wheel = wheel
        self._weather = weather
        self._ghost = ghost
        self._send_up = send_up
        self._lives = 0
        self._life: _Life | None = None
        self._open: dict[PressId, OpenPress] = {}

    @property
    def alive(self) -> bool:
        """Say whether the process runs."""
        return self._life is not None

    @property
    def waiting(self) -> int:
        """Count what has no receipt yet."""
        return sum(self._life.node.waiting(lane) for lane in Lane) if self._life else 0

    def start(self) -> None:
        """Start the process over whatever the disk holds."""
        assert self._life is None
        self._lives += 1
        wheel, writer = self._wheel, QueuedWriter()
        outbox = Outbox.open(
            self.disks, LIMITS, writer, random_bits=lambda: wheel.chance.getrandbits(32), fresh_counter=self._lives
        )
        paths = [PathSpec(name, PathKind.MQTT) for name in self._brokers] + [PathSpec("https", PathKind.HTTPS)]
        clock = RecordClock(wheel.now, int((wheel.now + self.skew) * 1000), f"boot-{self._lives}")
        node = Node(self.gateway, outbox.epoch, paths, clock, wheel.chance.random, wheel.now)
        life = self._life = _Life(outbox, writer, node, {}, self._lives)
        outbox.listen(_Listener(self, life))
        for lane, ranges in outbox.recovered.items():
            for kept in ranges:
                self._note_recovered(lane, kept)
                self._tell(life, Kept(lane, kept.epoch, kept.first, kept.last))
        for lane, ended in outbox.ended.items():
            for epoch, through in sorted(ended.items()):
                self._tell(life, Receipted(lane, epoch, through))
        self._tell(life, OpenChanged(tuple(self._open.values())))
        self._tell(life, DevicesChanged((BirthDevice(BUTTON, "alarm_button"),)))
        ends = Ends(
            up=lambda path, lane: self._tell(life, PathUp(path, lane)),
            down=lambda path, lane: self._tell(life, PathDown(path, lane)),
        )
        for name in self._brokers:
            for lane in Lane:
                connection = life.connections[name, lane] = Connection(wheel, self._weather, name, lane, ends)
                connection.open()
        self._wheel.later(SAVE_SECONDS, lambda: self._save(life))

    def die(self, *, power: bool) -> None:
        """End without a word: a killed process leaves what it wrote, a power cut only what was synced, in torn sectors."""
        life, self._life = self._life, None
        if life is None:
            return
        for connection in life.connections.values():
            connection.close()
        for disk in self.disks:
            disk.fail_syncs = False  # A loose plug, or another card.
            if power:
                disk.power_cut(lambda: self._wheel.likely(0.5))
            else:
                disk.kill()
        if power:
            self._open.clear()  # The note of open presses was in memory only; the outbox brings back what counts.

    def fail_disk(self) -> None:
        """Let the first disk answer every sync with an error, until the box is started again."""
        self.disks[0].fail_syncs = True

    def press(self) -> None:
        """Press the button."""
        life = self._life
        if life is None:
            return
        now = self._wheel.now
        t = life.node.clock.utc_ms(now)
        id_ = make_press_id(t, self._wheel.chance.getrandbits(74))
        self._ghost.pressed[id_] = self.gateway
        self._open[id_] = OpenPress(id_, BUTTON, t)
        body = encode_record(Press(id_, BUTTON, t, life.node.clock.quality(now)))

        position = self._append(life, Lane.ALARM, body, lambda: self._ghost.answered.add(id_))
        assert position is not None
        self._tell(life, Appended(Lane.ALARM, position, body=body, id=id_))
        self._tell(life, OpenChanged(tuple(self._open.values())))

    def measure(self) -> None:
        """Take a reading."""
        life = self._life
        if life is None:
            return
        count = self._wheel.chance.randrange(1_000)
        reading = Reading(DeviceId("cam-1"), life.node.clock.utc_ms(self._wheel.now), {"bitrate": count, "online": True})
        self._append(life, Lane.TELEMETRY, encode_record(reading))
        life.outbox.flush()
        self._work(life)

    def _append(self, life: _Life, lane: Lane, body: bytes, then: Callable[[], None] = lambda: None) -> int | None:
        """Append a record, and write down when it is on disk."""
        awaited = _Awaited(life.outbox.epoch, life.outbox.last(lane) + 1, body)
        life.unsynced[lane].append(awaited)

        def done(error: StorageError | None) -> None:
            life.unsynced[lane].remove(awaited)
            if error is None:
                self._ghost.durable[self.gateway, awaited.epoch, lane, awaited.place] = body
                then()

        position = life.outbox.append(lane, body, done)
        assert position == awaited.place, "a hole was declared before it, or it was not taken"
        self._work(life)
        return position

    def receive(self, path: str, lane: Lane, leaf: str, payload: bytes) -> None:
        """Hear something from the server by a broker, if the connection of that lane stands."""
        life = self._life
        if life is None:
            return
        connection = life.connections.get((path, lane))
        if connection is not None:
            connection.carry(lambda: self._tell(life, Received(path, leaf, payload)))

    def answered(self, payload: bytes, born: int) -> None:
        """Hear the answer to a request of this very process."""
        life = self._life
        if life is not None and life.number == born:
            carry(self._wheel, self._weather, lambda: self._tell(life, Received("https", "rc", payload)))

    @property
    def born(self) -> int:
        """Number the running process, so that an answer to a dead one is not heard."""
        return self._lives

    # ---------------------------------------------------------------- the shell

    def _tell(self, life: _Life, event: Event) -> None:
        if life is not self._life:
            return
        if life.queue is not None:
            life.queue.append(event)
            return
        life.queue = [event]
        while life.queue:
            for effect in life.node.step(life.queue.pop(0), self._wheel.now):
                self._carry_out(life, effect)
        life.queue = None
        self._wake_at(life)
        self._work(life)

    def _carry_out(self, life: _Life, effect: object) -> None:
        match effect:
            case Send() if effect.path == "https":
                carry(self._wheel, self._weather, lambda: self._send_up("https", effect.leaf, effect.payload, self))
            case Send():
                connection = life.connections.get((effect.path, effect.lane))
                if connection is not None:
                    connection.carry(lambda: self._send_up(effect.path, effect.leaf, effect.payload, self))
            case Load():
                self._load(life, effect)
            case Trim():
                key = (self.gateway, effect.epoch, effect.lane)
                if effect.through > self._ghost.receipted.get(key, 0):
                    self._ghost.broken.append(f"{key} forgets up to {effect.through} without a receipt")
                life.outbox.trim(effect.lane, effect.epoch, effect.through)
            case Anchored():
                self._append(life, Lane.TELEMETRY, encode_record(effect.anchor))
            case Raised(code="clone"):
                self._ghost.broken.append(f"{self.gateway} takes a receipt of its own for another box's: {effect.text}")
            case Raised():
                self._ghost.faults.append(f"{self._wheel.now:.3f} {self.gateway} tells {effect.code}")
            case _:
                pass

    def _load(self, life: _Life, load: Load) -> None:
        def done(read: Read) -> None:
            self._tell(life, Loaded(load.lane, load.epoch, read.first, read.last, read.bodies))

        life.outbox.load(
            load.lane, load.epoch, load.first, load.last, records_max=load.records_max, bytes_max=load.bytes_max, done=done
        )

    def _wake_at(self, life: _Life) -> None:
        at = life.node.deadline()
        if at < life.timer_at:
            life.timer_at = at
            self._wheel.later(at - self._wheel.now, lambda: self._wake(life, at))

    def _wake(self, life: _Life, at: float) -> None:
        if life is self._life and life.timer_at == at:
            life.timer_at = float("inf")
            self._tell(life, Ticked())

    def _work(self, life: _Life) -> None:
        """Let the writer do one job after a while, as long as it has any."""
        if not life.working:
            life.working = True
            self._wheel.later(self._wheel.chance.expovariate(1 / DISK_SECONDS), lambda: self._job(life))

    def _job(self, life: _Life) -> None:
        life.working = False
        if life is self._life and life.writer.step():
            self._work(life)

    def _save(self, life: _Life) -> None:
        if life is self._life:
            life.outbox.save_marks()
            self._work(life)
            self._wheel.later(SAVE_SECONDS, lambda: self._save(life))

    def _note_recovered(self, lane: Lane, kept: Range) -> None:
        """Write down what the disk brought back, and know its presses as open again."""
        assert self._life is not None
        first = kept.first
        while first <= kept.last:
            read = self._life.outbox.read_now(lane, Range(kept.epoch, first, kept.last), BATCH_RECORDS_MAX, BATCH_BYTES_MAX)
            if read.last < read.first:
                return
            self._note(lane, kept.epoch, read.first, read.bodies)
            first = read.last + 1

    def _note(self, lane: Lane, epoch: EpochId, first: int, bodies: Sequence[bytes]) -> None:
        position = first
        for body in bodies:
            record = _decoded(body)
            if record is not None and not isinstance(record, Hole):
                self._ghost.durable[self.gateway, epoch, lane, position] = body
            if isinstance(record, Press):
                self._open[PressId(record.id)] = OpenPress(record.id, record.d, record.t)
            position += positions_of(body)


class _Listener:
    """Tells the node of one life what its outbox tells."""

    def __init__(self, school: SimSchool, life: _Life) -> None:
        self._school = school
        self._life = life

    def durable(self, lane: Lane, epoch: EpochId, position: int) -> None:
        """Pass it on."""
        self._school._tell(self._life, Durable(lane, epoch, position))  # noqa: SLF001  # One thing in two classes.

    def moved(self, old: EpochId, durable: dict[Lane, int], new: EpochId, alarms: Sequence[tuple[int, bytes]]) -> None:
        """Pass it on, and know that what was not durable stands in the new epoch from 1 on."""
        for awaited_by_lane in self._life.unsynced.values():
            for place, awaited in enumerate(awaited_by_lane, 1):
                awaited.epoch, awaited.place = new, place
        self._school._tell(self._life, Moved(old, durable, new, tuple(alarms)))  # noqa: SLF001

    def troubled(self, code: str, text: str, *, on: bool) -> None:
        """Write it down."""
        state = "" if on else "no longer "
        self._school._ghost.faults.append(f"{self._school.gateway} {state}{code}: {text}")  # noqa: SLF001


def _decoded(body: bytes) -> object:
    try:
        return decode_record(body)
    except Refused:
        return None


def records_of(payload: bytes) -> list[tuple[EpochId, Lane, int, object]]:
    """Give each record of a batch with its place."""
    batch = decode_batch(payload)
    found: list[tuple[EpochId, Lane, int, object]] = []
    position = batch.first_position
    for record in batch.records:
        found.append((batch.epoch, batch.lane, position, record))
        position += record.positions()
    return found
