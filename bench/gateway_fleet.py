"""Thousands of real gateways in one process on one Mosquitto: time to connect, and what idling costs.

    python -m bench.gateway_fleet 1000 --seconds 30

Each gateway has two connections and twelve devices that are sampled every 30 s. A second process answers with receipts.
"""

import argparse
import asyncio
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiomqtt

from contract.batch import decode_batch
from contract.identity import DeviceId, GatewayId, Lane
from contract.limits import VERSION
from contract.messages import BirthDevice, Receipt, encode_message
from contract.topics import topic
from edge.agent import Reporting
from gateway.box import Box, BoxPlan, UplinkPlan
from gateway.disk import PosixDisk
from gateway.node_events import PathKind
from gateway.outbox_limits import OutboxLimits
from gateway.uplinks.mqtt import Broker, MqttUplink
from gateway.writer import WriterThread
from scripts.servers import MOSQUITTO, running
from shell.logs import set_up_logs

DEVICES = 12
SAMPLE_SECONDS = 30.0


class Cameras:
    """An agent with cameras that work."""

    name = "cameras"

    def __init__(self, number: int) -> None:
        self._offset = SAMPLE_SECONDS * (number % 997) / 997

    def devices(self) -> Sequence[BirthDevice]:
        """Describe them."""
        return [BirthDevice(f"cam-{index}", "camera") for index in range(DEVICES)]

    async def run(self, reporting: Reporting) -> None:
        """Sample each of them."""
        await asyncio.sleep(self._offset)
        while True:
            for index in range(DEVICES):
                reporting.reading(DeviceId(f"cam-{index}"), {"online": True, "fps": 25.0})
            await asyncio.sleep(SAMPLE_SECONDS)


def make_box(number: int, folder: Path, port: int, writer: WriterThread) -> Box:
    """Make one gateway."""
    gateway = GatewayId(f"gw-{number:05}")
    uplink = UplinkPlan(
        "a", PathKind.MQTT, lambda will, tell: MqttUplink("a", Broker("127.0.0.1", port), gateway, will, tell)
    )
    return Box(
        BoxPlan(
            gateway, lambda: [PosixDisk(folder / gateway, syncs=False)], [uplink], [Cameras(number)], OutboxLimits.fleet()
        ),
        writer,
    )


def answer(port: int) -> None:
    """Give a receipt for each batch."""

    async def serve() -> None:
        async with aiomqtt.Client("127.0.0.1", port, max_queued_incoming_messages=0) as client:
            await client.subscribe("cs1/+/up/+", qos=1)
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                batch = decode_batch(message.payload)
                receipt = Receipt(
                    v=VERSION, ep=batch.epoch, st=time.time_ns() // 1_000_000, c={batch.lane: batch.last_position}
                )
                await client.publish(topic(batch.gateway, "rc"), encode_message(receipt), qos=1)

    asyncio.run(serve())


async def measure(number: int, seconds: float, port: int, folder: Path) -> None:
    """Start them all, wait until every connection stands, then watch them idle."""
    writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()
    boxes = [make_box(index, folder, port, writer) for index in range(number)]
    started, cpu = time.monotonic(), time.process_time()
    tasks = [asyncio.create_task(box.run()) for box in boxes]
    while not all(box.node is not None and all(len(path.up) == len(Lane) for path in box.node.paths.all) for box in boxes):
        await asyncio.sleep(0.2)
        for task in tasks:
            if task.done():
                task.result()
    took = time.monotonic() - started
    print(f"{number} gateways: connected in {took:.1f} s, cpu {time.process_time() - cpu:.1f} s")
    await asyncio.sleep(SAMPLE_SECONDS)
    begun, cpu = time.monotonic(), time.process_time()
    worst = 0.0
    while time.monotonic() - begun < seconds:
        before = time.monotonic()
        await asyncio.sleep(0.05)
        worst = max(worst, time.monotonic() - before - 0.05)
    share = (time.process_time() - cpu) / (time.monotonic() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    waiting = sum(box.node.waiting(Lane.TELEMETRY) for box in boxes if box.node is not None)
    print(f"then {share:.1%} of a core, {memory:.0f} MB, loop late by at most {worst * 1000:.0f} ms, waiting {waiting}")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(writer.stop)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gateways", type=int)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    set_up_logs("warning")
    with tempfile.TemporaryDirectory() as temporary, running(MOSQUITTO, Path(temporary) / "broker") as server:
        answering = multiprocessing.get_context("spawn").Process(target=answer, args=(server.port,))
        answering.start()
        try:
            asyncio.run(measure(given.gateways, given.seconds, server.port, Path(temporary) / "outboxes"))
        finally:
            answering.terminate()
            answering.join()


if __name__ == "__main__":
    main()
