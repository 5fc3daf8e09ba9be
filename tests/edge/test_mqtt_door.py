"""The MQTT door of the LAN, with a real client library and with raw bytes."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiomqtt
import pytest

from edge.lan import desk as desk_module
from edge.lan import mqtt_door
from edge.lan import mqtt_packets as wire
from edge.lan.desk import BODY_BYTES_MAX, Outcome
from tests.edge.lan_site import OTHER_TOKEN, TOKEN, Site, running_site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Run a site."""
    async with running_site() as running:
        yield running


def device(site: Site, name: str = "button-gate", token: str = TOKEN) -> aiomqtt.Client:
    """Make a client as a device would."""
    host, port = site.mqtt
    return aiomqtt.Client(host, port, username=name, password=token, identifier=name, timeout=10)


async def test_puback_of_a_press_comes_after_the_disk(site: Site) -> None:
    """A QoS 1 publish returns once the outbox has it, and not before."""
    site.gateway.disk.clear()
    async with device(site) as client:
        sent = asyncio.create_task(client.publish("dev/button-gate/press", b'{"n":7}', qos=1))
        await site.gateway.attempted(1)

        assert not sent.done()
        site.gateway.disk.set()
        await sent

    assert site.gateway.told == [("press", "button-gate", "short", "real", "7")]


async def test_device_that_publishes_by_qos_0_hears_its_acknowledgement(site: Site) -> None:
    """A small device subscribes to `ack/{device}` and matches by its own counter."""
    async with device(site) as client:
        await client.subscribe("ack/button-gate")
        await client.publish("dev/button-gate/press", b'{"n":7}', qos=0)
        async with asyncio.timeout(10):
            message = await anext(aiter(client.messages))

    told = json.loads(str(message.payload, "utf-8")) if isinstance(message.payload, bytes) else {}
    assert (told["ok"], told["action"], told["n"]) == (True, "press", 7)
    assert told["id"]


async def test_press_that_is_not_durable_is_not_acknowledged(site: Site) -> None:
    """The door closes instead, so that the client connects anew and sends it again."""
    site.gateway.broken = True
    press = framed(0x32, b"\x00\x15dev/button-gate/press\x00\x07")

    assert await conversation(site, HELLO, press) == wire.connack(0)
    assert site.desk.counts[Outcome.NOT_DURABLE] == 1


async def test_bad_body_is_acknowledged_and_named(site: Site) -> None:
    """What will never be right must not be sent for ever."""
    async with device(site) as client:
        await client.subscribe("ack/button-gate")
        await client.publish("dev/button-gate/readings", b'{"temp":NaN}', qos=1)
        async with asyncio.timeout(10):
            message = await anext(aiter(client.messages))

    assert isinstance(message.payload, bytes)
    assert json.loads(message.payload)["code"] == "bad_body"


@pytest.mark.parametrize(("name", "token"), [("nobody", TOKEN), ("button-gate", OTHER_TOKEN), ("button-gate", ""), ("", "")])
async def test_stranger_is_refused_and_counted(site: Site, name: str, token: str) -> None:
    """Nobody speaks for a device without its token."""
    with pytest.raises(aiomqtt.MqttError):
        async with device(site, name, token):
            pass

    assert site.desk.counts.total() == 1


async def test_device_speaks_only_for_itself(site: Site) -> None:
    """Another device's topic is refused, and so is listening in on it."""
    async with device(site) as client:
        await client.publish("dev/reader-gate/press", b"", qos=1)
        await client.publish("cs1/gw/up/a", b"", qos=1)
        granted = await client.subscribe("ack/reader-gate")

    assert not site.gateway.told
    assert site.desk.counts == {Outcome.UNKNOWN_ACTION: 2}
    assert [getattr(code, "value", code) for code in granted] == [0x80]


async def test_readings_reach_the_gateway(site: Site) -> None:
    """The body is the same as by HTTP."""
    async with device(site, "reader-gate", OTHER_TOKEN) as client:
        await client.publish("dev/reader-gate/readings", b'{"on_duty":2,"online":true}', qos=1)

    assert site.gateway.readings == [("reader-gate", {"on_duty": 2, "online": True})]


async def conversation(site: Site, *packets: bytes) -> bytes:
    """Send raw bytes and give everything that comes back until the door closes."""
    reader, writer = await asyncio.open_connection(*site.mqtt)
    for packet in packets:
        writer.write(packet)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def framed(head: int, body: bytes) -> bytes:
    """Put the fixed header before a packet."""
    return wire._framed(head, body)


HELLO = framed(
    0x10, b"\x00\x04MQTT\x04\xc2\x00\x3c\x00\x00\x00\x0bbutton-gate" + len(TOKEN).to_bytes(2, "big") + TOKEN.encode()
)


async def test_mqtt_5_gets_an_answer(site: Site) -> None:
    """The client learns that its version is not spoken."""
    assert await conversation(site, HELLO.replace(b"MQTT\x04", b"MQTT\x05")) == wire.connack(wire.BAD_VERSION)


async def test_oversized_packet_is_not_read(site: Site) -> None:
    """Its length alone closes the door: 256 MB are never waited for."""
    assert await conversation(site, HELLO, b"\x30\xff\xff\xff\x7f") == wire.connack(wire.ACCEPTED)
    assert site.desk.counts == {Outcome.TOO_LARGE: 1}


async def test_body_over_the_limit_is_refused(site: Site) -> None:
    """Just over the body's limit, just under the packet's."""
    body = b"\x00\x18dev/button-gate/readings\x00\x07" + b" " * (BODY_BYTES_MAX + 1)
    assert await conversation(site, HELLO, framed(0x32, body), b"\xe0\x00") == wire.connack(0) + wire.puback(7)
    assert site.desk.counts == {Outcome.TOO_LARGE: 1}


@pytest.mark.parametrize(
    "rubbish", [b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00", b"\x10\xff\xff\xff\xff\xff", b"\x30\x00", b"\xc0\x00"]
)
async def test_rubbish_closes_only_its_own_connection(site: Site, rubbish: bytes) -> None:
    """A neighbour in the middle of its talk never notices."""
    async with device(site) as client:
        assert await conversation(site, rubbish) == b""
        await client.publish("dev/button-gate/press", b"", qos=1)

    assert len(site.gateway.told) == 1


async def test_second_connect_closes_the_door(site: Site) -> None:
    """A connection has one identity."""
    assert await conversation(site, HELLO, HELLO) == wire.connack(0)


async def test_ping_is_answered(site: Site) -> None:
    """Keep-alive works."""
    assert await conversation(site, HELLO, b"\xc0\x00", b"\xe0\x00") == wire.connack(0) + wire.pingresp()


async def test_who_says_nothing_is_sent_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a connect does not hold its place."""
    monkeypatch.setattr(mqtt_door, "CONNECT_SECONDS_MAX", 0.05)

    assert await conversation(site) == b""


async def test_packet_that_trickles_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packet once begun has to end."""
    monkeypatch.setattr(mqtt_door, "PACKET_SECONDS_MAX", 0.05)

    assert await conversation(site, HELLO, b"\x30\x10\x00") == wire.connack(0)


async def test_flood_of_presses_is_not_acknowledged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the rate the door closes without PUBACK: the device sends again what was not kept."""
    monkeypatch.setattr(desk_module, "URGENT_BURST", 2.0)
    async with running_site() as slow:
        pressing = [framed(0x32, b"\x00\x15dev/button-gate/press" + bytes((0, n))) for n in (1, 2, 3)]

        assert await conversation(slow, HELLO, *pressing) == wire.connack(0) + wire.puback(1) + wire.puback(2)
        assert len(slow.gateway.told) == 2


async def test_stopping_ends_open_conversations() -> None:
    """A device still connected does not hold up the end of the agent, and sees it."""
    async with running_site() as site:
        reader, writer = await asyncio.open_connection(*site.mqtt)
        writer.write(HELLO)
        assert await reader.readexactly(4) == wire.connack(0)

    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
