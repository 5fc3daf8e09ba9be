"""The MQTT uplink against a real Mosquitto: what goes up, what comes down, and that it comes back."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from contract.batch import decode_batch
from contract.limits import VERSION
from contract.messages import Link, Receipt, decode_message, encode_message
from contract.topics import topic
from gateway.box import Box, BoxPlan, UplinkPlan
from gateway.memory_disk import MemoryDisk
from gateway.node_events import PathKind
from gateway.outbox_limits import OutboxLimits
from gateway.uplinks.mqtt import Broker, MqttUplink
from gateway.writer import WriterThread
from scripts.servers import MOSQUITTO, Server
from tests.gateway.boxes import BUTTON, GATEWAY, Puppet
from tests.needed import need, serve

pytestmark = pytest.mark.broker


def make_box(port: int, agent: Puppet, writer: WriterThread) -> Box:
    """Make a box with one MQTT uplink."""
    uplink = UplinkPlan(
        "a", PathKind.MQTT, lambda will, tell: MqttUplink("a", Broker("127.0.0.1", port), GATEWAY, will, tell)
    )
    return Box(BoxPlan(GATEWAY, lambda: [MemoryDisk()], [uplink], [agent], OutboxLimits.fleet()), writer)


async def next_of(client: aiomqtt.Client, leaf: str) -> bytes:
    """Wait for the next message of a leaf."""
    async with asyncio.timeout(20):
        async for message in client.messages:
            if str(message.topic) == topic(GATEWAY, leaf):
                assert isinstance(message.payload, bytes)
                return message.payload
    raise AssertionError


async def test_a_press_goes_up_until_its_receipt_comes_also_over_a_broken_broker(broker: Server) -> None:
    writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()
    agent = Puppet()
    box = make_box(broker.port, agent, writer)
    running_box = asyncio.create_task(box.run())
    try:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("cs1/#", qos=1)
            hub = await agent.hub()
            await next_of(client, "link")
            id_ = await hub.press(BUTTON)
            batch = decode_batch(await next_of(client, "up/a"))
            assert [record.id for record in batch.records] == [id_]  # type: ignore[union-attr]
        broker.kill()
        broker.start()
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("cs1/#", qos=1)
            again = decode_batch(await next_of(client, "up/a"))
            assert [record.id for record in again.records] == [id_]  # type: ignore[union-attr]
            receipt = Receipt(v=VERSION, ep=again.epoch, st=0, c={"a": 1})
            await client.publish(topic(GATEWAY, "rc"), encode_message(receipt), qos=1)
            async with asyncio.timeout(10):
                while box.last_receipt_at is None:  # noqa: ASYNC110  # The box offers nothing to wait for.
                    await asyncio.sleep(0.01)
    finally:
        running_box.cancel()
        await asyncio.gather(running_box, return_exceptions=True)
        await asyncio.to_thread(writer.stop)


async def test_a_broker_that_breaks_the_connection_before_it_answers_is_tried_again_at_once() -> None:
    """As a load balancer does whose broker is down; waiting for the answer would cost ten seconds each time."""
    attempts = 0
    enough = asyncio.Event()

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        await reader.read(1)
        writer.transport.abort()
        attempts += 1
        if attempts >= 4:
            enough.set()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    uplink = MqttUplink("a", Broker("127.0.0.1", port), GATEWAY, lambda: b"", lambda _: None)
    running = asyncio.create_task(uplink.run())
    try:
        async with asyncio.timeout(8):  # Both connections twice; with the library's wait the second round begins after ten.
            await enough.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.close()


async def test_a_box_that_stops_says_so(broker: Server) -> None:
    writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()
    agent = Puppet()
    task = asyncio.create_task(make_box(broker.port, agent, writer).run())
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe(topic(GATEWAY, "link"), qos=1)
        assert decode_message(await next_of(client, "link"), Link).on
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not decode_message(await next_of(client, "link"), Link).on
    await asyncio.to_thread(writer.stop)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Server]:
    """Run a broker that asks for a password."""
    folder = tmp_path / "guarded"
    folder.mkdir()
    # As root it would otherwise become a user who may not read the test's folder.
    (folder / "mosquitto.conf").write_text(f"user root\nallow_anonymous false\npassword_file {folder}/passwords\n")
    need(shutil.which("mosquitto_passwd"), "mosquitto_passwd")
    subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "passwords", GATEWAY, "right-password"], check=True)
    yield from serve(MOSQUITTO, folder)


async def test_a_wrong_password_is_told_without_itself_and_a_right_one_connects(
    guarded: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker refuses; the log names the path and never the password; a right one in the file needs no restart."""
    monkeypatch.setattr("gateway.uplinks.uplink.BACK_OFF_SECONDS", (0.05, 0.1))
    secret = tmp_path / "password"
    secret.write_text("wrong-password\n")
    told: list[object] = []
    up = asyncio.Event()

    def tell(event: object) -> None:
        told.append(event)
        up.set()

    broker = Broker("127.0.0.1", guarded.port, username=GATEWAY, password_file=secret)
    task = asyncio.create_task(MqttUplink("a", broker, GATEWAY, lambda: b"{}", tell).run())
    written = ""
    try:
        async with asyncio.timeout(20):
            while "not_connected" not in written:  # A log offers nothing to wait for.
                await asyncio.sleep(0.01)
                written += "".join(capsys.readouterr())
            assert told == []
            secret.write_text("right-password\n")
            await up.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    written += "".join(capsys.readouterr()) + repr(broker)

    assert "wrong-password" not in written
    assert "right-password" not in written
