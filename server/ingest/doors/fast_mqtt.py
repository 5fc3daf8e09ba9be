"""The fast MQTT connection: gmqtt, which spends a third of the processor time per message."""

import asyncio
import logging
from collections.abc import Callable

import gmqtt  # type: ignore[import-untyped]  # It comes without types.

from contract.errors import Unreachable
from server.ingest.doors.broker import KEEPALIVE_SECONDS, Broker, Topics
from server.ingest.doors.broker_door import Heard

CONNECT_SECONDS = 5.0
NEVER = -2  # Attempts to reconnect by itself: below zero and not the library's -1 for "for ever".


class FastMqttConnection:
    """Implements `broker_door.Connection` on gmqtt."""

    def __init__(
        self, broker: Broker, identifier: str, topics: Topics, heard: Heard, will: tuple[str, bytes] | None
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._will = will
        self._lost = asyncio.Event()
        self._subscribed = asyncio.Event()
        message = gmqtt.Message(will[0], will[1], qos=1, retain=True) if will else None
        self._client = gmqtt.Client(identifier, clean_session=True, will_message=message, logger=_quiet())
        self._client.set_config({"reconnect_retries": NEVER, "reconnect_delay": 0})
        if broker.username is not None:
            self._client.set_auth_credentials(broker.username, broker.password)

        def on_message(_client: object, address: str | bytes, payload: bytes, _qos: int, _properties: object) -> int:
            heard(address if isinstance(address, str) else address.decode(errors="replace"), payload)
            return 0

        self._client.on_message = on_message
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._lost.set()

    async def serve(self, ready: Callable[[], None]) -> None:
        """Connect and subscribe, call `ready`, then serve until the connection is lost and raise `Unreachable`."""
        client = self._client
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await client.connect(
                    self._broker.host,
                    self._broker.port,
                    ssl=self._broker.tls_context() or False,
                    keepalive=KEEPALIVE_SECONDS,
                    version=gmqtt.constants.MQTTv311,
                )
                client.subscribe([gmqtt.Subscription(each, qos=qos) for each, qos in self._topics])
                await self._subscribed.wait()
            ready()
            await self._lost.wait()
        except (OSError, TimeoutError, gmqtt.mqtt.handler.MQTTError) as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        finally:
            await self._close()
        raise Unreachable("the connection was lost")

    def publish(self, address: str, payload: bytes, *, sure: bool, retain: bool = False) -> None:
        """Send an answer, if the connection still stands."""
        if not self._lost.is_set():
            self._client.publish(address, payload, qos=1 if sure else 0, retain=retain)

    async def _close(self) -> None:
        if self._will is not None and self._subscribed.is_set():  # A broker keeps the will to itself when we go in order.
            self.publish(self._will[0], self._will[1], sure=False, retain=True)
        self._client.stop_reconnect()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._client.disconnect()
        except Exception as error:  # noqa: BLE001  # The connection is given up; how it ends matters to nobody.
            logging.getLogger(__name__).debug("closing: %s", error)


def _quiet() -> logging.Logger:
    logger = logging.getLogger("gmqtt.door")
    logger.setLevel(logging.CRITICAL)  # We tell of lost connections ourselves.
    return logger
