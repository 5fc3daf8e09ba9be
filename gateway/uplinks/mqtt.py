"""The MQTT uplink: one connection for alarms and one for telemetry to the same broker, each reconnected for ever.

The alarm connection carries the will, and hears receipts, commands and server notices. A connection that is lost is thrown
away with all it had in hand: the outbox is the only store, and what has no receipt is sent again by the node.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import gmqtt  # type: ignore[import-untyped]  # It comes without types.
import structlog

from contract.identity import GatewayId, Lane
from contract.topics import SERVER_PREFIX, TO_GATEWAY, topic
from gateway.node_events import PathDown, PathKind, PathUp, Received
from gateway.uplinks.uplink import STUCK_BYTES_MAX, Tell, back_off

KEEPALIVE_SECONDS = 15  # A broker that vanished without a word is noticed within half a minute.
CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 1.0
NEVER = -2  # The library's own attempts to reconnect: below zero, and not its -1 for "for ever".

log = structlog.get_logger("gateway.mqtt")


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is and how we sign in; the password is never shown."""

    host: str
    port: int
    tls: bool = False
    ca_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    password: str = ""
    cert_file: Path | None = None  # A certificate of our own, with its private key.
    private_key_file: Path | None = None

    def __repr__(self) -> str:
        return f"Broker({self.host}:{self.port})"

    def context(self) -> ssl.SSLContext | bool:
        """Give what the connection is secured with; False for a plain one."""
        if not self.tls:
            return False
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.private_key_file)
        return context

    def secret(self) -> str:
        """Read the password anew for each attempt, so that a changed one needs no restart."""
        return self.password_file.read_text().strip() if self.password_file else self.password


class MqttUplink:
    """Implements `Uplink` for one broker."""

    kind = PathKind.MQTT

    def __init__(self, name: str, broker: Broker, gateway: GatewayId, will: Callable[[], bytes], tell: Tell) -> None:
        self.name = name
        self.dropped = 0  # Readings not handed over because the connection took nothing any more; they stay in the outbox.
        self._broker = broker
        self._gateway = gateway
        self._will = will
        self._tell = tell
        self._connections: dict[Lane, _Connection] = {}

    def send(self, leaf: str, payload: bytes, lane: Lane, *, qos: int, retain: bool) -> None:
        """Publish without waiting, if the lane's connection stands."""
        connection = self._connections.get(lane)
        if connection is None:
            return
        if lane is Lane.TELEMETRY and connection.waiting_bytes() > STUCK_BYTES_MAX:
            self.dropped += 1
            return
        connection.publish(topic(self._gateway, leaf), payload, qos, retain)

    async def run(self) -> None:
        """Keep both connections up until cancelled, then say goodbye on the one that carries the will."""
        async with asyncio.TaskGroup() as group:
            for lane in Lane:
                group.create_task(self._keep(lane), name=f"{self._gateway}:{self.name}:{lane.value}")

    async def _keep(self, lane: Lane) -> None:
        failures = 0
        while True:
            connection = _Connection(self._broker, f"{self._gateway}-{self.name}-{lane.value}")
            try:
                await self._serve(connection, lane)
                failures = 0
            except (OSError, TimeoutError, gmqtt.mqtt.handler.MQTTError) as error:
                if failures == 0:
                    reason = str(error) or type(error).__name__
                    log.info("not_connected", gateway=self._gateway, path=self.name, lane=lane.value, error=reason)
            finally:
                if self._connections.pop(lane, None) is not None:
                    failures = 0
                    self._tell(PathDown(self.name, lane))
                await connection.close()
            await asyncio.sleep(back_off(failures, random.random()))  # noqa: S311  # Spreading, not a secret.
            failures += 1

    async def _serve(self, connection: "_Connection", lane: Lane) -> None:
        alarm = lane is Lane.ALARM
        will = (topic(self._gateway, "link"), self._will()) if alarm else None
        topics = [*(topic(self._gateway, leaf) for leaf in TO_GATEWAY), f"{SERVER_PREFIX}/+"] if alarm else []
        await connection.open(will, topics, self._heard)
        self._connections[lane] = connection
        self._tell(PathUp(self.name, lane))
        try:
            await connection.lost.wait()
        except asyncio.CancelledError:
            if will is not None:  # We are stopping; whoever watches need not wait for the broker to miss us.
                connection.publish(*will, 1, retain=True)
            raise

    def _heard(self, address: str, payload: bytes) -> None:
        leaf = "srv" if address.startswith(SERVER_PREFIX) else address.rpartition("/")[2]
        self._tell(Received(self.name, leaf, payload))


class _Connection:
    """One connection, used once."""

    def __init__(self, broker: Broker, identifier: str) -> None:
        self.lost = asyncio.Event()
        self._broker = broker
        self._identifier = identifier
        self._client: gmqtt.Client | None = None

    async def open(self, will: tuple[str, bytes] | None, topics: list[str], heard: Callable[[str, bytes], None]) -> None:
        """Connect and subscribe, or raise."""
        broker = self._broker
        message = gmqtt.Message(*will, qos=1, retain=True) if will else None
        client = self._client = gmqtt.Client(self._identifier, clean_session=True, will_message=message, logger=_QUIET)
        client.set_config({"reconnect_retries": NEVER, "reconnect_delay": 0})
        if broker.username:
            client.set_auth_credentials(broker.username, broker.secret())
        subscribed = asyncio.Event()

        def on_message(_client: object, address: str | bytes, payload: bytes, _qos: int, _properties: object) -> int:
            heard(address if isinstance(address, str) else address.decode(errors="replace"), payload)
            return 0

        client.on_message = on_message
        client.on_subscribe = lambda *_: subscribed.set()
        client.on_disconnect = lambda *_: self.lost.set()
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._unless_lost(
                client.connect(
                    broker.host,
                    broker.port,
                    ssl=broker.context(),
                    keepalive=KEEPALIVE_SECONDS,
                    version=gmqtt.constants.MQTTv311,
                )
            )
            if topics:
                client.subscribe([gmqtt.Subscription(each, qos=1) for each in topics])
                await self._unless_lost(subscribed.wait())

    async def _unless_lost(self, step: Coroutine[object, object, object]) -> None:
        """Wait for a step of connecting; the library itself waits on for an answer that a broken connection never gives."""
        doing = asyncio.ensure_future(step)
        losing = asyncio.ensure_future(self.lost.wait())
        try:
            await asyncio.wait({doing, losing}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise ConnectionResetError("lost while connecting")
            doing.result()
        finally:
            for task in (doing, losing):
                task.cancel()

    def publish(self, address: str, payload: bytes, qos: int, retain: bool) -> None:
        """Hand a message to the socket."""
        if self._client is not None and not self.lost.is_set():
            self._client.publish(address, payload, qos=qos, retain=retain)

    def waiting_bytes(self) -> int:
        """Say how much the socket has not taken yet."""
        connection = self._client._connection if self._client else None  # noqa: SLF001  # The library offers no other way.
        return connection._transport.get_write_buffer_size() if connection else 0  # noqa: SLF001

    async def close(self) -> None:
        """Let go of it, in whatever state it is."""
        client = self._client
        if client is None or client._connection is None:  # noqa: SLF001
            return
        client.stop_reconnect()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.disconnect()
        except Exception as error:  # noqa: BLE001  # The connection is given up; how it ends matters to nobody.
            log.debug("closing", error=str(error))


def _quiet() -> logging.Logger:
    for name in ("gmqtt.uplink", "gmqtt.mqtt.protocol", "gmqtt.mqtt.handler"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # We tell of lost connections ourselves.
    return logging.getLogger("gmqtt.uplink")


_QUIET = _quiet()
