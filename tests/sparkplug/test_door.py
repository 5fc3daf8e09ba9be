"""The door's own life: one speaks for all, hands over without a rebirth, and survives a broker that goes away."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiomqtt
import pytest

from scripts.servers import Server
from server.core.events import PressArrived, ReadingsArrived
from server.ingest.doors.broker import parse_broker
from server.ingest.doors.opening import CONNECTIONS
from server.ingest.doors.sparkplug.door import SparkplugDoor
from server.ingest.doors.sparkplug.mapping import Names
from server.ingest.pipeline import Ingest
from server.journal.database import Database
from server.journal.sql import SqlJournal
from tests.ingest.shelling import LIMIT_SECONDS, Told, serving, until
from tests.sparkplug.nodes import ALARM_BIRTH, Edge, metric, pressed

pytestmark = pytest.mark.broker


class One:
    """One server's door, with an ingest of its own on the shared database."""

    def __init__(self, database: Database, broker: Server, name: str, client: str) -> None:
        self.told = Told()
        self.leads = False
        self.ingest = Ingest(SqlJournal(database), self.told, time.time, retry_seconds=0.01)
        brokers = [parse_broker(broker.url)]
        self.door = SparkplugDoor(
            Names(), brokers, name, CONNECTIONS[client], self.ingest.receive, self.ingest.bury, database, lambda: self.leads
        )

    def values(self) -> list[object]:
        """List the values of metric x, as they came."""
        events: Any = self.told.of(ReadingsArrived)
        return [reading.m["x"] for event in events for reading in event.readings if "x" in reading.m]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["One"]:
        """Serve as long as the block lasts."""
        await self.ingest.start()
        async with serving(self.ingest):
            task = asyncio.create_task(self.door.run())
            try:
                yield self
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @property
    def speaks(self) -> bool:
        """Say whether it has its connection."""
        return bool(self.door._standing)


@pytest.fixture(params=list(CONNECTIONS))
def client(request: pytest.FixtureRequest) -> str:
    """Name each client library in turn."""
    return str(request.param)


async def test_the_lead_changes_hands_without_a_rebirth(database: Database, broker: Server, client: str) -> None:
    """One STATE at a time; the sequence and the aliases go on with the births in the database."""
    one, other = One(database, broker, "one", client), One(database, broker, "other", client)
    edge = Edge()
    async with (
        one.running(),
        other.running(),
        aiomqtt.Client("127.0.0.1", broker.port, timeout=LIMIT_SECONDS) as node,
    ):
        one.leads = True
        await until(lambda: one.speaks)
        for topic, body in (edge.birth(), edge.device_birth("D", metric("X", 1, alias=7))):
            await node.publish(topic, body)
        await until(lambda: one.values() == [1])
        one.leads = False
        await until(lambda: one.door.resting)
        other.leads = True
        await until(lambda: other.speaks)
        await node.publish(*edge.data("D", metric(alias=7, value=2, typed=False)))
        await until(lambda: other.values() == [2])

    assert (one.values(), one.door.counters()["sparkplug_messages"]) == ([1], 2)
    assert other.door.counters()["sparkplug_rebirths_asked"] == 0
    assert not other.door.counters()["sparkplug_state_rivals"]


async def test_state_goes_online_and_offline_with_the_lead(database: Database, broker: Server, client: str) -> None:
    one = One(database, broker, "one", client)
    told: list[bool] = []
    async with one.running(), aiomqtt.Client("127.0.0.1", broker.port, timeout=LIMIT_SECONDS) as other:
        await other.subscribe("spBv1.0/STATE/anxiao", qos=1)

        async def listen() -> None:
            async for message in other.messages:
                told.extend([json.loads(bytes(message.payload))["online"]])

        listening = asyncio.create_task(listen())
        assert one.door.connected  # Nothing is missing where another leads.
        one.leads = True
        await until(lambda: told == [True])
        one.leads = False
        await until(lambda: told[1:2] == [False])
        listening.cancel()

    assert True not in told[1:]


async def test_a_press_is_shown_while_the_broker_comes_and_goes(database: Database, broker: Server, client: str) -> None:
    """After a broker's death the door is back by itself, and takes up the sequence where it was."""
    one = One(database, broker, "one", client)
    one.leads = True
    edge = Edge()
    async with one.running():
        await until(lambda: one.speaks)
        async with aiomqtt.Client("127.0.0.1", broker.port, timeout=LIMIT_SECONDS) as node:
            for topic, body in (edge.birth(), edge.device_birth("Button 1", *ALARM_BIRTH)):
                await node.publish(topic, body)
            await until(lambda: one.door.counters()["sparkplug_births"] == 2)
        broker.kill()
        await until(lambda: not one.speaks)
        broker.start()
        await until(lambda: one.speaks)
        async with aiomqtt.Client("127.0.0.1", broker.port, timeout=LIMIT_SECONDS) as node:
            await node.publish(*edge.data("Button 1", *pressed("e-1", 1)))
            await until(lambda: one.told.of(PressArrived))
        await one.ingest.drain()

    assert len(one.told.of(PressArrived)) == 1
    assert one.door.counters()["sparkplug_rebirths_asked"] == 0
