"""A school's ways to the server: MQTT by a broker of the world, and the client that the real HTTPS uplink posts with."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol

import httpx

from contract.identity import GatewayId, Lane
from contract.topics import SERVER_PREFIX, TO_GATEWAY, topic
from gateway.node_events import PathDown, PathKind, PathUp, Received
from gateway.uplinks.mqtt import CONNECT_SECONDS
from gateway.uplinks.uplink import Tell, back_off
from simulators.world.broker import Broker, Session
from simulators.world.network import Line, Pipe, Way
from simulators.world.process import Process

HEAD_BYTES = 300  # Of a request and of its answer, beside what they carry.


class MqttUplink:
    """Implements `Uplink` for one broker, as the real one does: a connection for each lane, the will with the alarms'."""

    kind = PathKind.MQTT

    def __init__(
        self,
        broker: Broker,
        line: Line,
        process: Process,
        gateway: GatewayId,
        will: Callable[[], bytes],
        tell: Tell,
        chance: random.Random,
    ) -> None:
        self.name = broker.name
        self.dropped = 0
        self.sessions: dict[Lane, Session] = {}
        self._broker = broker
        self._line = line
        self._process = process
        self._gateway = gateway
        self._will = will
        self._tell = tell
        self._chance = chance

    def send(self, leaf: str, payload: bytes, lane: Lane, *, qos: int, retain: bool) -> None:
        """Publish without waiting, if the lane's connection stands."""
        del qos
        session = self.sessions.get(lane)
        if session is not None:
            session.publish(topic(self._gateway, leaf), payload, retain=retain)

    async def run(self) -> None:
        """Keep both connections up."""
        async with asyncio.TaskGroup() as group:
            for lane in Lane:
                group.create_task(self._keep(lane))

    async def _keep(self, lane: Lane) -> None:
        failures = 0
        while True:
            session = self._session(lane)
            try:
                session.open()
                async with asyncio.timeout(CONNECT_SECONDS):
                    await session.up.wait()
                if session.stands:
                    self.sessions[lane] = session
                    self._tell(PathUp(self.name, lane))
                    await session.lost.wait()
            except TimeoutError:
                pass
            finally:
                if self.sessions.pop(lane, None) is not None:
                    failures = 0
                    self._tell(PathDown(self.name, lane))
                session.close()
            await asyncio.sleep(back_off(failures, self._chance.random()))
            failures += 1

    def _session(self, lane: Lane) -> Session:
        alarm = lane is Lane.ALARM
        topics = [*(topic(self._gateway, leaf) for leaf in TO_GATEWAY), f"{SERVER_PREFIX}/+"] if alarm else []
        will = (topic(self._gateway, "link"), self._will()) if alarm else None
        return Session(
            self._broker, self._line, self._process, f"{self._gateway}-{self.name}-{lane.value}", topics, self._heard, will
        )

    def _heard(self, address: str, payload: bytes) -> None:
        leaf = "srv" if address.startswith(SERVER_PREFIX) else address.rpartition("/")[2]
        self._tell(Received(self.name, leaf, payload))


class WebServer(Protocol):
    """Whoever answers requests; `answer` is None where nobody listens."""

    def request(self, path: str, headers: dict[str, str], body: bytes, answer: Callable[[int, bytes], None]) -> bool:
        """Take a request; says whether anybody is there."""
        ...


class HttpClient:
    """What the real HTTPS uplink needs of `httpx.AsyncClient`."""

    def __init__(self, line: Line, process: Process, find: Callable[[], WebServer | None]) -> None:
        self._line = line
        self._process = process
        self._find = find

    async def post(self, url: str, *, content: bytes, headers: dict[str, str], timeout: float) -> httpx.Response:  # noqa: ASYNC109
        """Ask, and wait for the answer as long as it takes at most."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        up, down = Pipe(self._line, Way.UP), Pipe(self._line, Way.DOWN)

        def settle(status: int, body: bytes) -> None:
            def heard() -> None:
                if not future.done():
                    future.set_result((status, body))

            self._process.hear(heard)

        def answer(status: int, body: bytes) -> None:
            down.carry(HEAD_BYTES + len(body), lambda: settle(status, body))

        def arrive() -> None:
            server = self._find()
            if server is None or not server.request(url.removeprefix("world:/v1"), headers, content, answer):
                answer(0, b"")

        up.carry(HEAD_BYTES + len(content), arrive)
        try:
            async with asyncio.timeout(timeout):
                status, body = await future
        except TimeoutError:
            raise httpx.ReadTimeout("simulated") from None
        if not status:
            raise httpx.ConnectError("simulated")
        return httpx.Response(status, content=body)
