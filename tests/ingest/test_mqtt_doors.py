"""Both MQTT clients on a real broker: answers where the question came in, for ever, whatever else is on the topics."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiomqtt
import pytest

from contract.errors import ConfigurationError
from contract.messages import Link, encode_message
from scripts.servers import MOSQUITTO, Server, running
from server.core.events import GatewayLinkChanged, PressArrived, ReadingsArrived
from server.ingest.doors.broker import parse_broker
from server.ingest.doors.broker_door import BrokerDoor
from server.ingest.doors.opening import CONNECTIONS, open_mqtt_doors
from server.ingest.pipeline import Ingest
from server.journal.database import Database
from server.journal.sql import SqlJournal
from tests.ingest.hosting import EPOCH, G, alarms, heartbeat, press, press_id, reading, telemetry
from tests.ingest.shelling import LIMIT_SECONDS, Told, serving, until

pytestmark = pytest.mark.broker


class Site:
    """A running ingest with its doors, and what the engine was told."""

    def __init__(self, database: Database, brokers: Sequence[Server], client: str) -> None:
        self.told = Told()
        self.ingest = Ingest(SqlJournal(database), self.told, time.time, retry_seconds=0.01)
        self.doors = open_mqtt_doors([broker.url for broker in brokers], client, "test", self.ingest.receive)

    async def connected(self) -> None:
        """Wait until every door stands."""
        await until(lambda: all(door.connected for door in self.doors))


@contextlib.asynccontextmanager
async def site(database: Database, brokers: Sequence[Server], client: str) -> AsyncIterator[Site]:
    """Run ingest and doors as long as the block lasts."""
    made = Site(database, brokers, client)
    await made.ingest.start()
    async with serving(made.ingest):
        tasks = [asyncio.create_task(door.run()) for door in made.doors]
        try:
            await made.connected()
            yield made
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def box(broker: Server, *topics: str) -> AsyncIterator[aiomqtt.Client]:
    """Connect as a gateway does, subscribed to some topics."""
    async with aiomqtt.Client("127.0.0.1", broker.port, timeout=LIMIT_SECONDS) as client:
        for topic in topics:
            await client.subscribe(topic, qos=1)
        yield client


async def heard(client: aiomqtt.Client, wanted: str) -> dict[str, object]:
    """Wait for the next message that holds a key."""
    async with asyncio.timeout(LIMIT_SECONDS):
        async for message in client.messages:
            read = json.loads(bytes(message.payload))
            if wanted in read:
                return dict(read)
    raise AssertionError(wanted)


@pytest.fixture(params=list(CONNECTIONS))
def client(request: pytest.FixtureRequest) -> str:
    """Name each client library in turn."""
    return str(request.param)


async def test_press_is_shown_seen_and_receipted_over_a_broker(database: Database, broker: Server, client: str) -> None:
    """The whole way up and the whole way back."""
    async with site(database, [broker], client) as running_site, box(broker, f"cs1/{G}/rc") as gateway:
        await gateway.publish(f"cs1/{G}/up/a", alarms(1, press()), qos=1)
        seen = await heard(gateway, "seen")
        receipt = await heard(gateway, "c")

    assert seen == {"seen": [press_id(1)]}
    assert receipt["c"] == {"a": 1}
    assert len(running_site.told.of(PressArrived)) == 1


async def test_readings_and_heartbeats_are_answered(database: Database, broker: Server, client: str) -> None:
    """Telemetry has its own connection, and its receipt comes back on the same topic."""
    async with site(database, [broker], client) as running_site, box(broker, f"cs1/{G}/rc") as gateway:
        await gateway.publish(f"cs1/{G}/up/t", telemetry(1, reading(), reading()), qos=1)
        receipt = await heard(gateway, "c")
        await gateway.publish(f"cs1/{G}/hb", heartbeat(hi={"t": 2}), qos=1)
        answer = await heard(gateway, "h")

    assert receipt["c"] == {"t": 2}
    assert (answer["h"], answer["c"]) == (7, {"a": 0, "t": 2})
    assert len(running_site.told.of(ReadingsArrived)) == 1


async def test_two_brokers_carry_one_press(database: Database, broker: Server, tmp_path: Path, client: str) -> None:
    """Shown once, stored once, receipted on both."""
    with running(MOSQUITTO, tmp_path / "second") as second:
        async with (
            site(database, [broker, second], client) as running_site,
            box(broker, f"cs1/{G}/rc") as one,
            box(second, f"cs1/{G}/rc") as other,
        ):
            await one.publish(f"cs1/{G}/up/a", alarms(1, press()), qos=1)
            await other.publish(f"cs1/{G}/up/a", alarms(1, press()), qos=1)
            receipts = [await heard(one, "c"), await heard(other, "c")]

    assert [receipt["c"] for receipt in receipts] == [{"a": 1}, {"a": 1}]
    assert len(running_site.told.of(PressArrived)) == 1


async def test_broker_that_dies_is_found_again(database: Database, broker: Server, client: str) -> None:
    """The door says that it is down, and serves as before when the broker is back."""
    async with site(database, [broker], client) as running_site:
        broker.kill()
        await until(lambda: not running_site.doors[0].connected)
        broker.start()
        await running_site.connected()
        async with box(broker, f"cs1/{G}/rc") as gateway:
            await gateway.publish(f"cs1/{G}/up/a", alarms(1, press()), qos=1)
            receipt = await heard(gateway, "c")

    assert receipt["c"] == {"a": 1}


async def test_broker_that_comes_late_is_waited_for(database: Database, broker: Server, client: str) -> None:
    """A server that starts before its broker serves as soon as there is one."""
    broker.stop()
    late = Site(database, [broker], client)
    async with serving(late.ingest):
        task = asyncio.create_task(late.doors[0].run())
        await until(lambda: late.doors[0].reconnects > 0)
        broker.start()
        await late.connected()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_server_announces_itself_and_says_goodbye(database: Database, broker: Server, client: str) -> None:
    """A new start id tells gateways to send again what has no receipt; the retained word is off when we are gone."""
    async with box(broker, "cs1/srv/test") as gateway:
        async with site(database, [broker], client):
            first = await heard(gateway, "on")
        gone = await heard(gateway, "on")
        async with site(database, [broker], client):
            second = await heard(gateway, "on")

    assert (first["on"], first["v"], gone["on"], second["on"]) == (True, [1], False, True)
    assert first["id"] != second["id"]


async def test_rubbish_on_the_topics_stops_nothing(database: Database, broker: Server, client: str) -> None:
    """Anything at all on any topic that we hear: counted, and the next press comes through."""
    payloads = [
        b"",
        b"{",
        b"\x00\xff" * 50,
        b"\x78\x9c",
        b"[" * 5_000,
        b'{"v":1}',
        telemetry(1, reading(), gateway="gw-0002"),
    ]
    leaves = ["up/a", "up/t", "up/x", "hb", "birth", "birth/2", "birth/x/y", "link", "rep", "now"]
    async with site(database, [broker], client) as running_site, box(broker, f"cs1/{G}/rc") as gateway:
        for leaf in leaves:
            for payload in payloads:
                await gateway.publish(f"cs1/{G}/{leaf}", payload, qos=1)
        await gateway.publish("cs1/srv/hb", b"{", qos=1)
        await gateway.publish("cs1/BAD NAME/up/a", alarms(1, press(2)), qos=1)
        await gateway.publish(f"cs1/{G}/up/a", alarms(1, press()), qos=1)
        receipt = await heard(gateway, "c")
        await running_site.ingest.drain()

    counters = running_site.ingest.counters()
    assert receipt["c"] == {"a": 1}
    assert counters["faults"] == 0
    assert counters["received"] == counters["pending"] + sum(
        counters[name] for name in ("applied", "duplicate", "gap", "refused", "dead", "failed")
    )
    assert counters["dead"] > 50
    assert sum(door.strays for door in running_site.doors) >= 1


async def test_flood_of_readings_arrives_whole_with_the_press_in_it(database: Database, broker: Server, client: str) -> None:
    """Thousands of messages at once are neither dropped nor applied twice, and none of them keeps a press."""
    count = 3_000
    async with site(database, [broker], client) as running_site, box(broker, f"cs1/{G}/rc") as gateway:
        for first in range(1, count, 100):
            batches = [telemetry(position, reading()) for position in range(first, first + 100)]
            await asyncio.gather(*[gateway.publish(f"cs1/{G}/up/t", batch, qos=1, timeout=60) for batch in batches])
            if first == 1:
                await gateway.publish(f"cs1/{G}/up/a", alarms(1, press()), qos=1, timeout=60)
        await running_site.told.until(PressArrived)
        await running_site.told.until(ReadingsArrived, count)

    assert len(running_site.told.of(ReadingsArrived)) == count
    assert len(running_site.told.of(PressArrived)) == 1


async def test_link_that_was_left_with_the_broker_is_heard(database: Database, broker: Server, client: str) -> None:
    """A box that went away while we were away is known to be gone as soon as we are back: births and links are retained."""
    async with box(broker) as gateway:
        await gateway.publish(f"cs1/{G}/link", encode_message(Link(on=False, ep=EPOCH, path="mqtt-a")), qos=1, retain=True)
    async with site(database, [broker], client) as running_site:
        await running_site.told.until(GatewayLinkChanged)

    [changed] = running_site.told.of(GatewayLinkChanged)
    assert isinstance(changed, GatewayLinkChanged)
    assert (changed.gateway, changed.on, changed.path) == (G, False, "mqtt-a")


def test_addresses_of_brokers_are_read_or_refused_by_name() -> None:
    """Ports follow the scheme, passwords never appear, and what cannot be used says what is allowed."""
    plain, secret = parse_broker("mqtt://127.0.0.1"), parse_broker("mqtts://user:p%40ss@broker.example:8884")

    assert (plain.port, plain.tls, plain.name) == (1883, False, "127.0.0.1:1883")
    assert (secret.port, secret.tls, secret.username, secret.password) == (8884, True, "user", "p@ss")
    assert "p@ss" not in repr(secret) + secret.name
    for wrong in ("127.0.0.1:1883", "http://x", "mqtt://", "mqtt://x/path", "mqtt://x:port", "mqtt://u:secret@x/path"):
        with pytest.raises(ConfigurationError, match="allowed") as caught:
            parse_broker(wrong)
        assert "secret" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="default, fast"):
        open_mqtt_doors([], "slow", "test", lambda *_: None)


def test_one_broker_named_twice_is_one_door() -> None:
    """Two connections under one name would throw each other out for ever."""
    doors = open_mqtt_doors(["mqtt://a", "mqtt://a:1883", "mqtt://b"], "default", "test", lambda *_: None)

    assert [door.name for door in doors] == ["a:1883", "b:1883"]
    assert all(isinstance(door, BrokerDoor) and not door.connected for door in doors)
