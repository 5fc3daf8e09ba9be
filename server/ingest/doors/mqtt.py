"""The default MQTT connection: aiomqtt. A message is handed on as it is read, without a task or a queue of its own."""

import asyncio
import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

import aiomqtt

from contract.errors import Unreachable
from server.ingest.doors.broker import KEEPALIVE_SECONDS, Broker, Topics
from server.ingest.doors.broker_door import Heard

CONNECT_SECONDS = 5.0
OUTGOING_MAX = 20_000  # Answers waiting to be sent; beyond it the oldest go, for gateways ask again.
SENDERS = 16  # Answers that may wait for the broker's acknowledgement at once.


class MqttConnection:
    """Implements `broker_door.Connection` on aiomqtt."""

    def __init__(
        self, broker: Broker, identifier: str, topics: Topics, heard: Heard, will: tuple[str, bytes] | None
    ) -> None:
        self._topics = topics
        self._will = will
        self._outgoing: deque[tuple[str, bytes, int, bool]] = deque(maxlen=OUTGOING_MAX)
        self._waiting = asyncio.Event()
        self._client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=identifier,
            protocol=aiomqtt.ProtocolVersion.V311,  # Cheaper than 5 in this library, and every broker speaks it.
            clean_session=True,
            will=aiomqtt.Will(will[0], will[1], qos=1, retain=True) if will else None,
            keepalive=KEEPALIVE_SECONDS,
            timeout=CONNECT_SECONDS,
            tls_context=broker.tls_context(),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # Otherwise a receipt waits 40 ms behind "seen".
            queue_type=_handing_on(heard),
            logger=_quiet(),
        )

    async def serve(self, ready: Callable[[], None]) -> None:
        """Connect and subscribe, call `ready`, then serve until the connection is lost and raise `Unreachable`."""
        reason = "the connection was lost"
        try:
            async with self._client as client:
                await client.subscribe(list(self._topics))
                ready()
                try:
                    await self._run()
                except asyncio.CancelledError:
                    await self._leave()
                    raise
        except* aiomqtt.MqttError as group:
            reason = str(group.exceptions[0])
        raise Unreachable(reason)

    def publish(self, address: str, payload: bytes, *, sure: bool, retain: bool = False) -> None:
        """Put an answer in line."""
        self._outgoing.append((address, payload, 1 if sure else 0, retain))
        self._waiting.set()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(SENDERS):
                tasks.create_task(self._send(), name=f"mqtt-send-{number}")
            tasks.create_task(self._read(), name="mqtt-read")

    async def _leave(self) -> None:
        """Say what the will would say: a broker keeps it to itself when we go in good order."""
        if self._will is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._client.publish(self._will[0], self._will[1], qos=0, retain=True)

    async def _read(self) -> None:
        async for _ in self._client.messages:  # Nothing comes out here; it ends by raising when the connection is lost.
            pass

    async def _send(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        while not task.cancelling():  # Python 3.11's wait_for swallows a cancellation that comes with the acknowledgement.
            while not self._outgoing:
                self._waiting.clear()
                await self._waiting.wait()
            address, payload, qos, retain = self._outgoing.popleft()
            await self._client.publish(address, payload, qos, retain)


def _handing_on(heard: Heard) -> type[asyncio.Queue[aiomqtt.Message]]:
    """Make the queue that aiomqtt puts messages into: it hands each on at once and stays empty."""

    class HandingOn(asyncio.Queue[Any]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            heard(item.topic.value, item.payload)

    return HandingOn


def _quiet() -> logging.Logger:
    logger = logging.getLogger("aiomqtt.door")
    logger.setLevel(logging.ERROR)  # We tell of lost connections ourselves.
    return logger
