"""The door at one MQTT broker, whatever the client library: reconnects for ever, and answers where the question came in."""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

import structlog

from contract.errors import Refused, Unreachable
from contract.limits import VERSIONS_ACCEPTED
from contract.messages import ServerNotice, encode_message
from contract.topics import parse_topic, server_topic, topic
from server.ingest.doors.broker import ALARM_TOPICS, TELEMETRY_TOPICS, Broker, Topics
from server.ingest.doors.door import Receive
from server.ingest.model import Finish, Origin

RETRY_SECONDS_MIN = 0.2  # A broker that restarts is back within a second, and alarms wait.
RETRY_SECONDS_MAX = 5.0

log = structlog.get_logger("door")


class Connection(Protocol):
    """One connection to a broker, used once."""

    async def serve(self, ready: Callable[[], None]) -> None:
        """Connect and subscribe, call `ready`, then serve until the connection is lost and raise `Unreachable`."""
        ...

    def publish(self, address: str, payload: bytes, *, sure: bool, retain: bool = False) -> None:
        """Send without waiting; `sure` asks the broker to acknowledge. What cannot be sent is dropped."""
        ...


class Heard(Protocol):
    """Takes a message as the client library gives it."""

    def __call__(self, address: str, payload: bytes) -> None:
        """Take it; never waits, never raises."""
        ...


class Connect(Protocol):
    """Makes a connection that is not open yet."""

    def __call__(
        self, broker: Broker, identifier: str, topics: Topics, heard: Heard, will: tuple[str, bytes] | None
    ) -> Connection:
        """Make it."""
        ...


class BrokerDoor:
    """Two connections to one broker: one for alarms and what is as urgent, one for telemetry."""

    def __init__(self, broker: Broker, server: str, start_id: str, receive: Receive, connect: Connect) -> None:
        self.name = broker.name
        self.strays = 0  # Messages on addresses of no gateway.
        self.reconnects = 0
        self._broker = broker
        self._server = server
        self._notice = encode_message(ServerNotice(on=True, id=start_id, v=list(VERSIONS_ACCEPTED)))
        self._gone = encode_message(ServerNotice(on=False))
        self._receive = receive
        self._connect = connect
        self._standing: dict[str, Connection] = {}

    @property
    def connected(self) -> bool:
        """Say whether both connections stand."""
        return len(self._standing) == 2  # noqa: PLR2004  # Alarms and telemetry.

    def send(self, origin: Origin, gateway: str, payload: bytes, *, sure: bool) -> None:
        """Send an answer by the alarm connection, or by what there is; without any, the gateway will ask again."""
        del origin  # All of a gateway's connections to this broker hear the one topic.
        connection = self._standing.get("a") or self._standing.get("t")
        if connection is not None:
            connection.publish(topic(gateway, "rc"), payload, sure=sure)  # type: ignore[arg-type]  # Parsed by the host.

    def order(self, gateway: str, payload: bytes) -> None:
        """Send an order by the alarm connection; without one it is sent again later."""
        connection = self._standing.get("a")
        if connection is not None:
            connection.publish(topic(gateway, "cmd"), payload, sure=True)  # type: ignore[arg-type]  # Of the registry.

    def finish(self, finish: Finish) -> None:
        """Do nothing: a broker holds no request open."""

    async def run(self) -> None:
        """Serve until cancelled, reconnecting for ever."""
        will = (server_topic(self._server), self._gone)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep("a", ALARM_TOPICS, will), name=f"door-{self.name}-a")
                tasks.create_task(self._keep("t", TELEMETRY_TOPICS, None), name=f"door-{self.name}-t")
        finally:
            self._standing.clear()

    async def _keep(self, lane: str, topics: Topics, will: tuple[str, bytes] | None) -> None:
        delay = RETRY_SECONDS_MIN
        while True:
            connection = self._connect(self._broker, f"anxiao-{self._server}-{lane}", topics, self._heard, will)

            def ready(lane: str = lane, connection: Connection = connection) -> None:
                nonlocal delay
                delay = RETRY_SECONDS_MIN
                self._standing[lane] = connection
                log.info("broker_connected", broker=self.name, lane=lane)
                if will is not None:  # We hear this lane from now on: gateways send again what has no receipt.
                    connection.publish(will[0], self._notice, sure=True, retain=True)

            try:
                await connection.serve(ready)
            except Unreachable as error:
                log.warning("broker_lost", broker=self.name, lane=lane, error=str(error))
            except Exception:  # The top of a long-running task: whatever a client library does wrong, we connect again.
                log.exception("broker_connection_failed", broker=self.name, lane=lane)
            finally:
                self._standing.pop(lane, None)
            self.reconnects += 1
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311  # So that servers do not return as one.
            delay = min(delay * 2, RETRY_SECONDS_MAX)

    def _heard(self, address: str, payload: bytes) -> None:
        try:
            gateway, leaf = parse_topic(address)
        except Refused:
            self.strays += 1  # No gateway's, so nobody's alarm: the broker's access list should not let it in.
            return
        self._receive(self, gateway, leaf, payload)
