"""One school's gateway put together: agents, hub, outbox, node and uplinks on one event loop."""

import asyncio
import contextlib
import functools
import random
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from contract.errors import AnxiaoError, Refused
from contract.identity import DeviceId, GatewayId, Lane
from contract.limits import BATCH_BYTES_MAX, BATCH_RECORDS_MAX
from contract.messages import BirthDevice
from contract.records import SILENT_PRESSES, Record, Reply, decode_record, encode_record
from edge.agent import Agent, Shows
from gateway.announcement import Description
from gateway.commands import Commands, Rights
from gateway.disk import Disk
from gateway.driver import Driver
from gateway.hub import NOTE, OWN_DEVICE, Hub
from gateway.lamps import LAMP_SECONDS, Lamps, Shown
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
    Seen,
    Send,
    Stored,
    Trim,
    Turned,
)
from gateway.orders import NOTE as COMMANDS_NOTE
from gateway.orders import Orders
from gateway.outbox import Outbox
from gateway.outbox_limits import OutboxLimits
from gateway.record_clock import RecordClock
from gateway.uplinks.uplink import Tell, Uplink
from gateway.writer import Writer

SECOND = 1.0
OWN_SECONDS = 30.0  # How often the box samples itself.
MARKS_SECONDS = 30.0  # Receipts that a kill makes us forget only cost a retransmission.
EXPIRE_SECONDS = 3_600.0  # How often receipted alarms are looked through for those that were kept long enough.
BACK_OFF_SECONDS = (1.0, 60.0)  # Of an agent or uplink that fell over.
FLUSH_SECONDS_MAX = 5.0  # Of the disk, when we are told to stop.

log = structlog.get_logger("gateway.box")


@dataclass(frozen=True, slots=True)
class UplinkPlan:
    """One way to the server, made when the box starts: `make` gets the will's content and whom to tell."""

    name: str
    kind: PathKind
    make: Callable[[Callable[[], bytes], Tell], Uplink]


@dataclass(frozen=True, slots=True)
class BoxPlan:
    """What a box is made of. Blocking parts, such as disks, are opened by `Box.run`."""

    gateway: GatewayId
    disks: Callable[[], Sequence[Disk]]
    uplinks: Sequence[UplinkPlan]
    agents: Sequence[Agent]
    limits: OutboxLimits = field(default_factory=OutboxLimits)
    description: Description = field(default_factory=Description)
    rights: Rights = field(default_factory=Rights)  # By default nobody commands this box.
    lamp_seconds: float = LAMP_SECONDS
    reboot: Callable[[], None] | None = None  # Ends this process so that somebody starts it again.


@dataclass(slots=True)
class PartState:
    """How an agent or an uplink does, for the status page."""

    name: str
    running: bool = False
    falls: int = 0
    last_error: str = ""


class Box:
    """A gateway. `run` serves until cancelled; whatever was told and has no receipt is still there at the next run."""

    def __init__(self, plan: BoxPlan, writer: Writer, sample_self: Callable[[], dict[str, float]] = dict) -> None:
        self.plan = plan
        self.agents = [PartState(agent.name) for agent in plan.agents]
        self.ways = [PartState(uplink.name) for uplink in plan.uplinks]
        self.counts: Counter[str] = Counter()
        self.uplinks: dict[str, Uplink] = {}
        self.node: Node | None = None
        self.hub: Hub | None = None
        self.outbox: Outbox | None = None
        self.driver: Driver | None = None
        self.orders: Orders | None = None
        self.commands = Commands(plan.gateway, plan.rights)
        self.lamps = Lamps(plan.lamp_seconds)
        self.last_receipt_at: float | None = None
        self.started_at = 0.0  # When the node began.
        self._writer = writer
        self._sample_self = sample_self

    async def run(self) -> None:
        """Serve until cancelled. Raises `StorageError` when no folder for the outbox can be used."""
        plan = self.plan
        outbox = self.outbox = await self._opened()
        try:
            recovered = await asyncio.to_thread(_read_alarms, outbox)
            note = await asyncio.to_thread(outbox.note, NOTE)
            commands = await asyncio.to_thread(outbox.notes, COMMANDS_NOTE)
            self._assemble(outbox)
            assert self.hub is not None
            assert self.orders is not None
            assert self.driver is not None
            self.driver.resume()
            self.hub.restore(note, recovered)
            for press in (one for one in self.hub.presses.open if one.press not in SILENT_PRESSES):
                self.lamps.pressed(DeviceId(press.d), press.id)
            self.driver.end_old_troubles()
            devices = self._devices()
            self.hub.declare(devices)
            self.tell(DevicesChanged(tuple(devices)))
            self.orders.restore(commands)
            log.debug("box_started", gateway=plan.gateway, epoch=outbox.epoch)
            await self._serve()
        finally:
            if self.orders is not None:
                await self.orders.close()
            await self._close(outbox)

    def tell(self, event: Event) -> None:
        """Step the node, and carry out what follows."""
        assert self.driver is not None
        self.driver.tell(event)

    # ---------------------------------------------------------------- parts

    async def _opened(self) -> Outbox:
        """Open the outbox on a thread; when we are cancelled meanwhile, its lock is not left behind."""
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(AnxiaoError):
                await self._close(await opening)
            raise

    def _open(self) -> Outbox:
        return Outbox.open(self.plan.disks(), self.plan.limits, self._writer, random_bits=lambda: secrets.randbits(32))

    def _assemble(self, outbox: Outbox) -> None:
        plan = self.plan
        now = self.started_at = time.monotonic()
        clock = RecordClock(now, time.time_ns() // 1_000_000, secrets.token_hex(4))
        specs = [PathSpec(uplink.name, uplink.kind) for uplink in plan.uplinks]
        node = self.node = Node(plan.gateway, outbox.epoch, specs, clock, random.random, now, plan.description)
        hub = self.hub = Hub(outbox, clock, self.tell)
        hub.on_press = self._pressed
        hub.on_clear = lambda device: self._show(self.lamps.cleared(device))
        loop = asyncio.get_running_loop()
        self.driver = Driver(
            node,
            outbox,
            hub,
            self._carry_out,
            time.monotonic,
            lambda at, work: loop.call_later(max(0.0, at - time.monotonic()), work),
            self._saw_trouble,
        )
        self.orders = Orders(self.commands, self._running_agents, outbox, hub, node, self.tell, self._answer, plan.reboot)
        outbox.listen(self.driver)
        for uplink in plan.uplinks:
            name = uplink.name
            self.uplinks[name] = uplink.make(lambda name=name: node.will(name), self.tell)  # type: ignore[misc]

    def _running_agents(self) -> list[Agent]:
        return [agent for agent, state in zip(self.plan.agents, self.agents, strict=True) if state.running]

    def _devices(self) -> list[BirthDevice]:
        return [*(device for agent in self.plan.agents for device in agent.devices()), BirthDevice(OWN_DEVICE, "gateway")]

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as group:
            assert self.hub is not None
            for uplink, state in zip(self.uplinks.values(), self.ways, strict=True):
                group.create_task(self._keep(uplink.run, state), name=f"{self.plan.gateway}:{uplink.name}")
            for agent, state in zip(self.plan.agents, self.agents, strict=True):
                run = functools.partial(agent.run, self.hub)
                group.create_task(self._keep(run, state), name=f"{self.plan.gateway}:{agent.name}")
            group.create_task(self._every_second(), name=f"{self.plan.gateway}:second")

    async def _keep(self, run: Callable[[], Awaitable[None]], state: PartState) -> None:
        """Run an agent or an uplink, and again when it falls over; the others never notice."""
        pause, longest = BACK_OFF_SECONDS
        while True:
            started = time.monotonic()
            state.running = True
            try:
                await run()
                state.last_error = "ended by itself"
            except AnxiaoError as error:
                state.last_error = str(error)
            except Exception as error:  # The top of a long-running task: one part must not stop the others.
                state.last_error = _plain(error)
                log.exception("part_fell", gateway=self.plan.gateway, part=state.name)
            finally:
                state.running = False
            state.falls += 1
            if time.monotonic() - started > longest:
                pause = BACK_OFF_SECONDS[0]
            log.warning("part_restarts", gateway=self.plan.gateway, part=state.name, error=state.last_error, pause=pause)
            await asyncio.sleep(pause)
            pause = min(longest, pause * 2)

    async def _every_second(self) -> None:
        assert self.hub is not None
        own_at = marks_at = time.monotonic()
        expire_at = own_at + EXPIRE_SECONDS
        await asyncio.sleep(random.random() * SECOND)  # noqa: S311  # Boxes of a fleet share a loop, not a moment.
        while True:
            now = time.monotonic()
            if now >= own_at:
                own_at = now + OWN_SECONDS
                self._sample_own(now)
            if now >= marks_at and self.outbox is not None:
                marks_at = now + MARKS_SECONDS
                self.outbox.save_marks()
            if now >= expire_at and self.outbox is not None and self.node is not None and self.node.clock.quality(now):
                expire_at = now + EXPIRE_SECONDS
                self.outbox.expire(self.node.clock.utc_ms(now))
            self._show(self.lamps.due(now))
            self.hub.tick()
            await asyncio.sleep(SECOND)

    def _sample_own(self, now: float) -> None:
        assert self.hub is not None
        assert self.node is not None
        clock = self.node.clock
        self.hub.reading(
            OWN_DEVICE,
            {
                "outbox_a": self.node.waiting(Lane.ALARM),
                "outbox_t": self.node.waiting(Lane.TELEMETRY),
                "clk_off": clock.offset_ms(now),
                "clk_err": clock.error_ms,
                "path": self.node.telemetry_path,
                **self._sample_self(),
            },
        )

    async def _close(self, outbox: Outbox) -> None:
        if self.driver is not None:
            self.driver.stop()
        closed = asyncio.Event()
        outbox.close(closed.set)
        try:
            async with asyncio.timeout(FLUSH_SECONDS_MAX):
                await closed.wait()
        except TimeoutError:
            log.error("outbox_not_closed", gateway=self.plan.gateway)  # noqa: TRY400  # There is no trace worth having.

    # ---------------------------------------------------------------- effects

    def _carry_out(self, effect: Effect) -> None:
        assert self.outbox is not None
        assert self.hub is not None
        assert self.driver is not None
        match effect:
            case Send():
                self._send(effect)
            case Load():
                self.driver.load(effect)
            case Trim():
                self.last_receipt_at = time.monotonic()
                self.outbox.trim(effect.lane, effect.epoch, effect.through)
            case Anchored():
                self.hub.anchor(effect.anchor)
            case Raised():
                self.driver.trouble("node", effect.code, effect.text, on=effect.on)
            case Seen():
                self.counts["seen"] += len(effect.ids)
                self._show(self.lamps.seen(effect.ids, time.monotonic()))
            case Stored():
                self.counts["stored"] += len(effect.ids)
                self._show(self.lamps.stored(effect.ids, time.monotonic()))
            case Turned():
                self.counts["turned"] += sum(refusal.n for refusal in effect.refusals)
                log.error("records_refused", gateway=self.plan.gateway, refusals=[str(one) for one in effect.refusals])
            case Commanded():
                assert self.orders is not None
                self.orders.take(effect)

    def _send(self, send: Send) -> None:
        try:
            self.uplinks[send.path].send(send.leaf, send.payload, send.lane, qos=send.qos, retain=send.retain)
        except Exception:  # One path's fault must not keep an alarm from the others; the node sends it again anyway.
            self.counts["send_faults"] += 1
            log.exception("send_failed", gateway=self.plan.gateway, path=send.path, leaf=send.leaf)

    def _pressed(self, device: DeviceId, press: str) -> None:
        self._show(self.lamps.pressed(device, press))

    def _show(self, changed: Sequence[Shown]) -> None:
        """Have lamps lit or put out by the agents that have them."""
        for one in changed:
            for agent in self._running_agents():
                if isinstance(agent, Shows) and one.device in agent.lamps():
                    try:
                        agent.show(one.device, seen=one.seen, stored=one.stored)
                    except AnxiaoError as error:  # A lamp's fault must not keep anything from a receipt.
                        self.counts["lamp_faults"] += 1
                        log.warning("lamp_not_shown", device=one.device, error=str(error))

    def _saw_trouble(self, code: str, _text: str, on: bool) -> None:  # The driver's signature.
        self.counts[code] += on

    def _answer(self, path: str, reply: Reply) -> None:
        """Answer a repeated command where it came in; what is on record already needs no second record."""
        self._send(Send(path, "rep", encode_record(reply), Lane.ALARM))


def _plain(error: Exception) -> str:
    """Name the error at the root of a group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, AnxiaoError) else f"{type(error).__name__}: {error}"


def _read_alarms(outbox: Outbox) -> list[Record]:
    """Read the alarms that earlier starts left, so that their presses are known as open and as told."""
    found: list[Record] = []
    for kept in outbox.recovered[Lane.ALARM]:
        first = kept.first
        while first <= kept.last:
            read = outbox.read_now(Lane.ALARM, type(kept)(kept.epoch, first, kept.last), BATCH_RECORDS_MAX, BATCH_BYTES_MAX)
            if read.last < read.first:
                break
            for body in read.bodies:
                try:
                    found.append(decode_record(body))
                except Refused as refusal:
                    log.warning("alarm_unreadable", error=str(refusal))
            first = read.last + 1
    return found
