"""Real gateways of a running city: what is pressed at the simulator arrives on the wire, and outlives a restart."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import aiomqtt
import pytest

from contract.batch import decode_batch
from contract.errors import ConfigurationError
from contract.records import Clear, Press
from contract.topics import parse_topic
from gateway.uplinks.mqtt import Broker
from simulators.boxes import Uplinks, descriptors_each, open_boxes, parse_broker
from simulators.broker import Make, free_port
from simulators.city import make_city
from simulators.fleet import Pace
from simulators.running import run_city
from tests.simulators.test_broker import MAKES, broker

CITY = make_city(3, 1, date(2026, 11, 24))
WAIT_SECONDS = 30.0


@dataclass
class Ear:
    """Hears the alarm lane of every gateway."""

    client: aiomqtt.Client

    async def alarm(self, of: type[Press | Clear]) -> tuple[str, Press | Clear]:
        """Wait for the next alarm record of a type; gives its gateway too."""
        async with asyncio.timeout(WAIT_SECONDS):
            async for message in self.client.messages:
                gateway, leaf = parse_topic(str(message.topic))
                assert leaf == "up/a"
                assert isinstance(message.payload, bytes)
                batch = decode_batch(message.payload)
                assert batch.gateway == gateway
                for record in batch.records:
                    if isinstance(record, of):
                        return gateway, record
        raise AssertionError


@contextlib.asynccontextmanager
async def running(folder: Path, port: int, page_port: int) -> AsyncIterator[None]:
    """Run the city with real gateways for the length of a block."""
    stop = asyncio.Event()
    uplinks = Uplinks((Broker("127.0.0.1", port),), "", CITY.seed)
    task = asyncio.create_task(
        run_city(CITY, lambda: open_boxes(folder, uplinks), Pace(spread_seconds=0.0), page_port, stop)
    )
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, WAIT_SECONDS)


async def command(*words: str) -> str:
    """Run the simulator's command line as a person would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.app", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await asyncio.wait_for(process.communicate(), WAIT_SECONDS)
    assert process.returncode == 0, error.decode()
    return out.decode()


async def shown(page_port: int) -> None:
    """Wait until the page takes connections."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", page_port)
                writer.close()
                return
            await asyncio.sleep(0)


@pytest.mark.parametrize("make", MAKES)
async def test_press_of_the_command_arrives_and_outlives_a_restart(make: Make, tmp_path: Path) -> None:
    """A press from a terminal is on the alarm lane of its school, and without a receipt it comes again after a restart."""
    page_port = free_port()
    async with broker(make) as port, aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("cs1/+/up/a", qos=1)
        ear = Ear(client)
        site = CITY.roster.gateways[1].id
        async with running(tmp_path, port, page_port):
            await shown(page_port)
            said = await command("press", site, "--page-port", str(page_port), "--mode", "test")
            gateway, press = await ear.alarm(Press)

            assert gateway == site
            assert isinstance(press, Press)
            assert (press.d, press.mode) == ("btn-1", "test")
            assert press.id in said
        while len(client.messages):
            await anext(client.messages)
        async with running(tmp_path, port, page_port):
            again = await ear.alarm(Press)

            assert again == (site, press)


@pytest.mark.broker
async def test_story_of_the_command_is_seen_on_the_wire(tmp_path: Path) -> None:
    """A story played from a terminal presses and resets a real gateway's button."""
    page_port = free_port()
    async with broker(Make.MOSQUITTO) as port, aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("cs1/+/up/a", qos=1)
        async with running(tmp_path, port, page_port):
            await shown(page_port)
            said = await command("story", "false_alarm", "--pace", "0", "--page-port", str(page_port))
            _, press = await Ear(client).alarm(Press)
            _, clear = await Ear(client).alarm(Clear)

    assert clear.id == press.id
    assert press.id in said


def test_brokers_are_read_as_people_write_them() -> None:
    """With or without a scheme, with or without a port."""
    assert parse_broker("mqtt://10.0.0.1:1884") == Broker("10.0.0.1", 1_884)
    assert parse_broker("localhost") == Broker("localhost", 1_883)


@pytest.mark.parametrize("text", ["", "http://x:1", "mqtt://x:port", "mqtt://x:99999", "mqtt://x/path"])
def test_other_addresses_are_refused(text: str) -> None:
    """What is no broker is told before a city is made."""
    with pytest.raises(ConfigurationError, match="allowed: mqtt://host:port"):
        parse_broker(text)


async def test_descriptors_are_counted_honestly(tmp_path: Path) -> None:
    """A gateway holds no more files and connections than the limit is checked for."""
    page_port = free_port()

    def held() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with broker(Make.AMQTT) as port:
        before = held()
        async with running(tmp_path, port, page_port), aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe("cs1/+/birth", qos=1)
            async with asyncio.timeout(WAIT_SECONDS):
                births = {str((await anext(client.messages)).topic) for _ in range(3)}
            uplinks = Uplinks((Broker("127.0.0.1", port),), "", 1)

            assert len(births) == 3
            assert held() - before <= 3 * descriptors_each(uplinks) + 12  # The loop, the page, this client.
