"""A box on a disk in memory with an uplink that records what it is given, and an agent that does as the test says."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from contract.batch import Batch, decode_batch
from contract.identity import DeviceId, GatewayId, Lane
from contract.limits import VERSION
from contract.messages import BirthDevice, Heartbeat, Receipt, decode_message, encode_message
from contract.records import Record, Reply
from edge.agent import Agent, Reporting
from gateway.box import Box, BoxPlan, UplinkPlan
from gateway.commands import Rights
from gateway.memory_disk import MemoryDisk
from gateway.node_events import PathKind, PathUp, Received
from gateway.outbox_limits import OutboxLimits
from gateway.uplinks.uplink import Tell
from gateway.writer import WriterThread

GATEWAY = GatewayId("gw-test")
BUTTON, CAMERA = DeviceId("btn-1"), DeviceId("cam-1")


@dataclass
class Recorded:
    """An uplink that is up at once, keeps what it is given, and answers when told to."""

    name: str
    tell: Tell
    kind: PathKind = PathKind.MQTT
    dropped: int = 0
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    broken: bool = False
    some: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, leaf: str, payload: bytes, lane: Lane, *, qos: int, retain: bool) -> None:  # noqa: ARG002
        """Keep it, or fail as no uplink should."""
        if self.broken:
            raise ZeroDivisionError("a faulty library")
        self.sent.append((leaf, payload))
        self.some.set()

    async def run(self) -> None:
        """Be up until cancelled; fall over while broken."""
        if self.broken:
            raise ZeroDivisionError("a faulty library")
        for lane in Lane:
            self.tell(PathUp(self.name, lane))
        await asyncio.get_running_loop().create_future()

    def batches(self, leaf: str) -> list[Batch]:
        """Decode what was sent of a lane."""
        return [decode_batch(payload) for sent, payload in self.sent if sent == leaf]

    def records(self, leaf: str) -> list[Record]:
        """Give the records of a lane in order, each once however often it was sent."""
        found: dict[tuple[str, int], Record] = {}
        for batch in self.batches(leaf):
            position = batch.first_position
            for record in batch.records:
                found[batch.epoch, position] = record  # type: ignore[assignment]  # What we send is never bad.
                position += record.positions()
        return [found[key] for key in sorted(found)]

    async def wait_for(self, leaf: str) -> bytes:
        """Wait until something was sent under a leaf."""
        while True:
            found = [payload for sent, payload in self.sent if sent == leaf]
            if found:
                return found[-1]
            self.some.clear()
            await asyncio.wait_for(self.some.wait(), 10)

    async def sync(self) -> None:
        """Answer the newest heartbeat with the present time, as the server does, so that the box knows it."""
        beat = decode_message(await self.wait_for("hb"), Heartbeat)
        now_ms = time.time_ns() // 1_000_000
        self.tell(Received(self.name, "rc", encode_message(Receipt(v=VERSION, ep=beat.ep, st=now_ms, h=beat.h))))

    def replies(self) -> list[tuple[str, str]]:
        """Give the replies to commands on the alarm lane, as id and code."""
        return [(record.id, record.code) for record in self.records("up/a") if isinstance(record, Reply)]

    async def reply(self, count: int = 1) -> list[tuple[str, str]]:
        """Wait for so many replies."""
        async with asyncio.timeout(10):
            while len(self.replies()) < count:
                self.some.clear()
                await self.some.wait()
        return self.replies()

    def receipt(self, epoch: str, **through: int) -> None:
        """Answer with a receipt."""
        self.tell(Received(self.name, "rc", encode_message(Receipt(v=VERSION, ep=epoch, st=0, c=through))))


@dataclass
class Puppet:
    """An agent in the test's hand."""

    name: str = "puppet"
    reporting: Reporting | None = None
    hosted: asyncio.Event = field(default_factory=asyncio.Event)
    falls: int = 0

    def devices(self) -> Sequence[BirthDevice]:
        """Describe a button and a camera."""
        return [BirthDevice(BUTTON, "alarm_button", first_hop="confirmed"), BirthDevice(CAMERA, "camera")]

    async def run(self, reporting: Reporting) -> None:
        """Fall over as often as told, then serve."""
        if self.falls:
            self.falls -= 1
            raise ZeroDivisionError("a faulty driver")
        self.reporting = reporting
        self.hosted.set()
        await asyncio.get_running_loop().create_future()

    async def hub(self) -> Reporting:
        """Give the gateway's side once it stands."""
        await asyncio.wait_for(self.hosted.wait(), 10)
        assert self.reporting is not None
        return self.reporting


@dataclass
class House:
    """A running box with its parts."""

    box: Box
    uplinks: list[Recorded]
    agent: Puppet

    @property
    def uplink(self) -> Recorded:
        """The first uplink."""
        return self.uplinks[0]


@asynccontextmanager
async def running_box(
    disk: MemoryDisk,
    names: Sequence[str] = ("a",),
    agents: Sequence[Agent] = (),
    broken: Sequence[str] = (),
    rights: Rights | None = None,
    reboot: Callable[[], None] | None = None,
) -> AsyncIterator[House]:
    """Run a box over a disk; leaving stops it as an operator would."""
    writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()
    uplinks: list[Recorded] = []
    agent = Puppet()

    def plan(name: str) -> UplinkPlan:
        def make(_will: object, tell: Tell) -> Recorded:
            uplinks.append(Recorded(name, tell, broken=name in broken))
            return uplinks[-1]

        return UplinkPlan(name, PathKind.MQTT, make)

    box = Box(
        BoxPlan(
            GATEWAY,
            lambda: [disk],
            [plan(name) for name in names],
            [agent, *agents],
            OutboxLimits.fleet(),
            rights=rights or Rights(),
            reboot=reboot,
        ),
        writer,
    )
    task = asyncio.create_task(box.run())
    try:
        hosted = asyncio.create_task(agent.hosted.wait())
        await asyncio.wait({task, hosted}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield House(box, uplinks, agent)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(writer.stop)
