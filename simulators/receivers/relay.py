"""A siren relay on MQTT: it listens to its topic and answers that it sounds, as its manner is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiomqtt

from simulators.receivers.manner import Manner, Receiver

TOPIC, REPLY_TOPIC = "duty-room/siren/set", "duty-room/siren/state"


async def _listen(client: aiomqtt.Client, receiver: Receiver) -> None:
    async for heard in client.messages:
        manner = receiver.next_manner()
        payload = heard.payload
        receiver.take(manner, "relay", payload.decode() if isinstance(payload, bytes) else str(payload))
        if manner is Manner.TAKE:
            await client.publish(REPLY_TOPIC, b"on", qos=1)


@contextlib.asynccontextmanager
async def serving_relay(host: str, port: int, receiver: Receiver) -> AsyncIterator[Receiver]:
    """Be a relay for a while."""
    async with aiomqtt.Client(host, port) as client:
        await client.subscribe(TOPIC, qos=1)
        task = asyncio.create_task(_listen(client, receiver))
        try:
            yield receiver
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
