"""The gateway's process in the world: the real outbox, node, hub and HTTPS uplink, put together as `gateway.box` does it."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.errors import Refused, StorageError
from contract.identity import DeviceId, EpochId, GatewayId, Lane
from contract.limits import BATCH_BYTES_MAX, BATCH_RECORDS_MAX
from contract.messages import BirthDevice
from contract.records import Reading, Record, Reply, decode_record, encode_record
from gateway.announcement import Description
from gateway.commands import Commands, Rights
from gateway.driver import Driver
from gateway.hub import NOTE, OWN_DEVICE, Hub
from gateway.lane_store import Range
from gateway.node import Node
from gateway.node_events import (
    Anchored,
    Commanded,
    DevicesChanged,
    Effect,
    Event,
    Load,
    PathKind,
    PathSpec,
    Raised,
    Sampled,
    Send,
    Trim,
)
from gateway.orders import NOTE as COMMANDS_NOTE
from gateway.outbox import EPOCH_ORIGIN_SECONDS
from gateway.outbox_limits import OutboxLimits
from gateway.record_clock import RecordClock
from gateway.uplinks.uplink import Tell, Uplink
from gateway.writer import Job, QueuedWriter
from simulators.world.disk import Disk
from simulators.world.ghost import Ghost
from simulators.world.hands import Abilities, Hands, WatchedOrders
from simulators.world.network import MISSED_SECONDS
from simulators.world.outbox import WatchedOutbox, note_durable
from simulators.world.process import Killed, Process
from simulators.world.uplinks import MqttUplink
from simulators.world.wheel import Wheel

DISK_SECONDS = 0.004  # Mean time of one job of the writer.
SAVE_SECONDS = 5.0
OWN_SECONDS = 30.0


@dataclass
class Clock:
    """The clocks of one machine: the wall's may be anything, the other one counts from its boot and may run wrong."""

    wheel: Wheel
    skew: float = 0.0  # Seconds by which the wall clock is off.
    pace: float = 1.0
    booted: float = 0.0
    boots: int = 1

    def __post_init__(self) -> None:
        """Boot long before the world begins."""
        self.booted = self.wheel.now - 1_000.0

    def boot(self) -> None:
        """Begin to count anew."""
        self.booted = self.wheel.now
        self.boots += 1

    def wall(self) -> float:
        """Give the time that the machine believes it is."""
        return max(0.0, self.wheel.now + self.skew)


MakeUplink = Callable[[Process, Callable[[], bytes], Tell], Uplink]


@dataclass
class Ways:
    """How a box reaches the server: by name, what kind and how it is made; and how it draws by chance."""

    uplinks: dict[str, tuple[PathKind, MakeUplink]]
    devices: Sequence[BirthDevice]
    chance: random.Random = field(default_factory=random.Random)
    rights: Rights = field(default_factory=Rights)
    abilities: Abilities = field(default_factory=dict)
    moves: random.Random = field(default_factory=random.Random)  # How long devices take.


class _DiskThread(QueuedWriter):
    """The writer's side: each job takes its time, during which anything may happen."""

    def __init__(self, process: Process, chance: random.Random) -> None:
        super().__init__()
        self._process = process
        self._chance = chance
        self._busy = False

    def submit(self, job: Job, *, urgent: bool = False) -> None:
        """Keep a job until it is its turn."""
        super().submit(job, urgent=urgent)
        self._begin()

    def _begin(self) -> None:
        if not self._busy:
            self._busy = True
            self._process.call_later(self._chance.expovariate(1 / DISK_SECONDS), self._job)

    def _job(self) -> None:
        self._busy = False
        if self.step():
            self._begin()


class _MortalDriver(Driver):
    """The real driver, which a dead process drives no more."""

    alive: Callable[[], bool]

    def tell(self, event: Event) -> None:
        """Step the node, if the process lives."""
        if self.alive():
            super().tell(event)


class Box:
    """One life of a box. `start` says whether it came up."""

    def __init__(
        self,
        name: str,
        gateway: GatewayId,
        limits: OutboxLimits,
        disks: Sequence[Disk],
        clock: Clock,
        ways: Ways,
        ghost: Ghost,
        reboot: Callable[[], None],
    ) -> None:
        self.process = Process(clock.wheel, name, booted=clock.booted, pace=clock.pace)
        self.since = clock.wheel.now
        self.gateway = gateway
        self.limits = limits
        self.uplinks: dict[str, Uplink] = {}
        self.outbox: WatchedOutbox
        self.node: Node
        self.hub: Hub
        self.driver: _MortalDriver
        self.orders: WatchedOrders
        self._disks = disks
        self._clock = clock
        self._ways = ways
        self._ghost = ghost
        self._reboot = reboot

    def start(self) -> bool:
        """Read what the disks hold and begin; a power cut in the middle, or no disk at all, says no."""
        outer = asyncio._get_running_loop()  # noqa: SLF001  # The start happens inside the process.
        asyncio._set_running_loop(self.process)  # noqa: SLF001
        try:
            self._begin()
        except StorageError as error:
            self._ghost.note(f"{self.process.name} does not start: {error}")
            self.process.kill()
            return False
        except Killed:
            return False
        finally:
            asyncio._set_running_loop(outer)  # noqa: SLF001
        return True

    def die(self, *, quiet: bool) -> None:
        """End; after a power cut nobody tells the brokers."""
        self.process.kill()
        for uplink in self.uplinks.values():
            if isinstance(uplink, MqttUplink):
                for session in list(uplink.sessions.values()):
                    self._clock.wheel.later(MISSED_SECONDS if quiet else 0.0, session.close)

    @property
    def rests(self) -> bool:
        """Say whether it has a disk, and everything has its receipt."""
        return not (self.outbox._dead or any(self.node.waiting(lane) for lane in Lane))  # noqa: SLF001

    def measure(self, device: DeviceId, bitrate: int) -> None:
        """Tell a reading as a record of its own, without asking whether it is worth telling."""
        now = self.process.time()
        reading = Reading(
            device, self.node.clock.utc_ms(now), {"bitrate": bitrate, "online": True}, self.node.clock.quality(now)
        )
        position = self.outbox.append(Lane.TELEMETRY, encode_record(reading))
        if position is not None:
            self.tell(Sampled(position, reading))

    def tell(self, event: Event) -> None:
        """Step the node, and carry out what follows."""
        self.driver.tell(event)

    # ---------------------------------------------------------------- the shell

    def _begin(self) -> None:
        chance, now = self._ways.chance, self.process.time()
        writer = _DiskThread(self.process, chance)
        counter = max(1, int(self._clock.wall() - EPOCH_ORIGIN_SECONDS) // 60)
        self.outbox = WatchedOutbox.open(  # type: ignore[assignment]  # It makes what it is asked of.
            self._disks, self.limits, writer, random_bits=lambda: chance.getrandbits(32), fresh_counter=counter
        )
        self.outbox.ghost, self.outbox.gateway = self._ghost, self.gateway
        recovered = self._recovered()
        note = self.outbox.note(NOTE)
        clock = RecordClock(now, int(self._clock.wall() * 1000), f"b{self._clock.boots}")
        specs = [PathSpec(name, kind) for name, (kind, _) in self._ways.uplinks.items()]
        description = Description("world", "world", "confirmed")
        self.node = Node(self.gateway, self.outbox.epoch, specs, clock, chance.random, now, description)
        self.hub = Hub(self.outbox, clock, self.tell, monotonic=self.process.time, random_bits=chance.getrandbits)
        self.driver = _MortalDriver(
            self.node, self.outbox, self.hub, self._carry_out, self.process.time, self.process.call_at, self._saw_trouble
        )
        self.driver.alive = lambda: self.process.acts
        hands = Hands(self.gateway, self._ways.abilities, self._ways.moves, self._ghost)
        commands = Commands(self.gateway, self._ways.rights)
        self.orders = WatchedOrders(
            commands,
            lambda: (hands,),
            self.outbox,
            self.hub,
            self.node,
            self.tell,
            self._answer,
            self._reboot,
        )
        self.orders.monotonic = self.process.time
        self.orders.ghost, self.orders.gateway = self._ghost, self.gateway
        self.outbox.listen(self.driver)
        for name, (_, make) in self._ways.uplinks.items():
            self.uplinks[name] = make(self.process, lambda name=name: self.node.will(name), self.tell)  # type: ignore[misc]
        self.driver.resume()
        self.hub.restore(note, recovered)
        self.driver.end_old_troubles()
        devices = [*self._ways.devices, BirthDevice(OWN_DEVICE, "gateway")]
        self.hub.declare(devices)
        self.tell(DevicesChanged(tuple(devices)))
        self.orders.restore(self.outbox.notes(COMMANDS_NOTE))
        for uplink in self.uplinks.values():
            self.process.spawn(uplink.run(), uplink.name)
        self.process.spawn(self._every_second(), "second")

    def _recovered(self) -> list[Record]:
        """Read what earlier starts left: alarms for the hub, and everything for the ghost, which knows it as durable now."""
        found: list[Record] = []
        for lane, ranges in self.outbox.recovered.items():
            for kept in ranges:
                first = kept.first
                while first <= kept.last:
                    read = self.outbox.read_now(
                        lane, Range(kept.epoch, first, kept.last), BATCH_RECORDS_MAX, BATCH_BYTES_MAX
                    )
                    if read.last < read.first:
                        break
                    found += self._note(lane, kept.epoch, first, read.bodies)
                    first = read.last + 1
        return found

    def _note(self, lane: Lane, epoch: EpochId, first: int, bodies: Sequence[bytes]) -> list[Record]:
        alarms: list[Record] = []
        position = first
        for body in bodies:
            try:
                record = decode_record(body)
            except Refused:
                position += 1
                continue
            note_durable(self._ghost, self.gateway, epoch, lane, position, body)
            position += record.positions()
            if lane is Lane.ALARM:
                alarms.append(record)
        return alarms

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send():
                self.uplinks[effect.path].send(
                    effect.leaf, effect.payload, effect.lane, qos=effect.qos, retain=effect.retain
                )
            case Load():
                self.driver.load(effect)
            case Trim():
                self._trim(effect)
            case Commanded():
                self.orders.take(effect)
            case Anchored():
                self.hub.anchor(effect.anchor)
            case Raised():
                if effect.code == "clone" and effect.on and self.gateway not in self._ghost.cloned:
                    self._ghost.breaks("I14", f"{self.process.name} takes a receipt for another box's: {effect.text}")
                self.driver.trouble("node", effect.code, effect.text, on=effect.on)
            case _:
                pass

    def _answer(self, path: str, reply: Reply) -> None:
        self.uplinks[path].send("rep", encode_record(reply), Lane.ALARM, qos=1, retain=False)

    def _trim(self, trim: Trim) -> None:
        key = (self.gateway, trim.epoch, trim.lane)
        told = self._ghost.receipted.get(key, 0)
        if trim.through > told:
            self._ghost.breaks("I4", f"{self.process.name} forgets {key} up to {trim.through}; receipts go to {told}")
        self.outbox.trim(trim.lane, trim.epoch, trim.through)

    def _saw_trouble(self, code: str, text: str, on: bool) -> None:  # The driver's signature.
        self._ghost.note(f"{self.process.name} {'tells' if on else 'no longer tells'} {code}: {text}")

    async def _every_second(self) -> None:
        marks_at = own_at = self.process.time()
        while True:
            now = self.process.time()
            if now >= own_at:
                own_at = now + OWN_SECONDS
                waiting = {f"outbox_{lane.value}": self.node.waiting(lane) for lane in Lane}
                self.hub.reading(OWN_DEVICE, {**waiting, "clk_off": self.node.clock.offset_ms(now)})
            if now >= marks_at:
                marks_at = now + SAVE_SECONDS
                self.outbox.save_marks()
            self.hub.tick()
            await asyncio.sleep(1.0)
