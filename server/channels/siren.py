"""A siren or lamp relay in a duty room, or at a school, by MQTT or HTTP.

By MQTT the relay's own answer on `reply_topic` says that it sounds; without such a topic the broker's acknowledgement says
only that the order was accepted. A relay at a school stays silent under duress, and no relay sounds for a test or a drill
unless it is told to.
"""

import asyncio
from typing import Literal

import aiomqtt

from contract.errors import ConfigurationError
from server.channels.channel import Channel, Message, Outcome, Receipt
from server.channels.http import Caller
from server.channels.kind import ChannelKind, Clock, Options
from server.ingest.doors.broker import parse_broker

CONNECT_SECONDS = 3.0
REPLY_SECONDS = 4.0  # How long the relay may take to answer.


class SirenOptions(Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the relay is and what it is told; `{id}` and `{mode}` in the payload stand for the message's."""

    url: str  # mqtt:// or mqtts:// with the broker, or http(s):// with the relay.
    at: Literal["station", "school"]
    payload: str
    topic: str = ""
    reply_topic: str = ""
    header: str = ""  # An HTTP relay's `Authorization`.
    rehearsals: bool = False
    ca_file: str = ""

    def __post_init__(self) -> None:
        if self.url.startswith(("http://", "https://")):
            return
        try:
            parse_broker(self.url)
        except ConfigurationError:
            raise ValueError("url: mqtt://, mqtts://, http:// or https://") from None
        if not self.topic:
            raise ValueError("topic: needed with a broker")


class Siren:
    """One relay."""

    kind = "siren"
    report_seconds = None

    def __init__(self, name: str, options: SirenOptions, clock: Clock) -> None:
        self.name = name
        self._options = options
        self._clock = clock
        by_http = options.url.startswith(("http://", "https://"))
        self._caller = Caller(ca_file=options.ca_file) if by_http else None

    async def send(self, message: Message) -> Receipt:
        """Let it sound."""
        if message.silent and self._options.at == "school":
            return Receipt(Outcome.REFUSED, self._clock(), detail="silent: duress")
        if message.about.mode != "real" and not self._options.rehearsals:
            return Receipt(Outcome.REFUSED, self._clock(), detail=f"silent: {message.about.mode}")
        payload = self._options.payload.replace("{id}", message.id).replace("{mode}", message.about.mode).encode()
        if self._caller is None:
            return await self._by_mqtt(payload)
        headers = {"Content-Type": "application/json"}
        if self._options.header:
            headers["Authorization"] = self._options.header
        answer = await self._caller.post(self._options.url, payload, headers)
        if answer.good:
            return Receipt(Outcome.DELIVERED, self._clock())
        outcome = Outcome.FAILED if answer.may_come_again else Outcome.REFUSED
        return Receipt(outcome, self._clock(), detail=answer.said)

    async def close(self) -> None:
        """Close the connections."""
        if self._caller is not None:
            await self._caller.close()

    async def _by_mqtt(self, payload: bytes) -> Receipt:
        options = self._options
        try:
            async with self._client() as client:
                if options.reply_topic:
                    await client.subscribe(options.reply_topic, qos=1)
                await client.publish(options.topic, payload, qos=1)
                if not options.reply_topic:
                    return Receipt(Outcome.ACCEPTED, self._clock())
                async with asyncio.timeout(REPLY_SECONDS):
                    async for heard in client.messages:
                        if not heard.retain:
                            return Receipt(Outcome.DELIVERED, self._clock())
        except aiomqtt.MqttError:
            return Receipt(Outcome.FAILED, self._clock(), detail="no broker")
        except TimeoutError:
            return Receipt(Outcome.FAILED, self._clock(), detail="the relay does not answer")
        return Receipt(Outcome.FAILED, self._clock(), detail="the broker ended the connection")

    def _client(self) -> aiomqtt.Client:
        broker = parse_broker(self._options.url)
        return aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            tls_context=broker.tls_context(),
            timeout=CONNECT_SECONDS,
        )


def _open(name: str, options: SirenOptions, clock: Clock) -> Channel:
    return Siren(name, options, clock)


KIND = ChannelKind("siren", "警笛继电器", "Siren relay", SirenOptions, _open)
