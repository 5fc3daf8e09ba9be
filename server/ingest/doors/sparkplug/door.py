"""The shell around the adapter: one connection to each broker, a clock, the table of nodes, and ingest."""

import asyncio
import contextlib
import random
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import structlog

from contract.errors import StorageError, Unreachable
from server.ingest.doors.broker import Broker
from server.ingest.doors.broker_door import RETRY_SECONDS_MAX, RETRY_SECONDS_MIN, Connect, Connection, Heard
from server.ingest.doors.door import Receive
from server.ingest.doors.sparkplug.adapter import Adapter, state_payload
from server.ingest.doors.sparkplug.address import TOPICS, state_topic
from server.ingest.doors.sparkplug.effects import Bury, Deliver, Effect, Publish
from server.ingest.doors.sparkplug.mapping import Names
from server.ingest.doors.sparkplug.store import NodeStore
from server.ingest.model import Finish, Origin
from server.journal.database import Database
from server.journal.model import DeadLetter

TICK_SECONDS = 0.2  # Readings gather for so long; alarms do not wait for it.
SAVE_SECONDS = 2.0
LOOK_SECONDS = 0.5  # How often we look whether we lead.
LEAVE_SECONDS = 1.0  # To hear our own goodbye come back, which proves that the broker has it.

log = structlog.get_logger("sparkplug")


class SparkplugDoor:
    """The way in for edge nodes of other makers; of several servers the leading one opens it."""

    name = "sparkplug"

    def __init__(
        self,
        names: Names,
        brokers: Sequence[Broker],
        server: str,
        connect: Connect,
        receive: Receive,
        bury: Callable[[DeadLetter], None],
        database: Database,
        leads: Callable[[], bool],
    ) -> None:
        self.reconnects = 0
        self._names = names
        self._host = names.host
        self._leads = leads
        self._brokers = {broker.name: broker for broker in brokers}
        self._server = server
        self._connect = connect
        self._receive = receive
        self._bury = bury
        self._shared = database.dialect != "sqlite"
        self._store = NodeStore(database)
        self._adapter = Adapter(names, _draw)
        self._standing: dict[str, Connection] = {}
        self._inbox: deque[Callable[[], list[Effect]]] = deque()
        self._working = False
        self._serving: asyncio.Task[None] | None = None
        self._echoes: dict[str, asyncio.Event] = {}  # Broker -> our own STATE has come back.

    # ---------------------------------------------------------------- what others see

    @property
    def connected(self) -> bool:
        """Say whether every broker is reached, where it is ours to be reached by."""
        return not self._leads() or len(self._standing) == len(self._brokers)

    @property
    def resting(self) -> bool:
        """Say whether all is stored and let go of, so that another server can go on."""
        return self._serving is None

    def counters(self) -> dict[str, int]:
        """Give the adapter's counters by name."""
        return {f"sparkplug_{name}": count for name, count in self._adapter.counters.items()}

    def send(self, origin: Origin, gateway: str, payload: bytes, *, sure: bool) -> None:
        """Do nothing: an edge node understands no receipt, which is why it is telemetry grade."""

    def order(self, gateway: str, payload: bytes) -> None:
        """Do nothing: edge nodes take no orders of ours."""

    def finish(self, finish: Finish) -> None:
        """Take the fate of a batch; it may come while we are still handing the batch over."""
        self._take(lambda: self._adapter.finished(finish.origin.request, finish.fate.value, finish.reason, time.time()))

    # ---------------------------------------------------------------- its life

    async def run(self) -> None:
        """Serve until cancelled while this server leads: of several, one alone may speak as the host application."""
        while True:
            if not self._leads():
                await asyncio.sleep(LOOK_SECONDS)
                continue
            serving = self._serving = asyncio.create_task(self._serve_all(), name="sparkplug-serving")
            try:
                while self._leads() and not serving.done():
                    await asyncio.wait({serving}, timeout=LOOK_SECONDS)
            finally:
                serving.cancel()
                [outcome] = await asyncio.gather(serving, return_exceptions=True)
                self._serving = None
            if isinstance(outcome, Exception):
                raise outcome

    async def _serve_all(self) -> None:
        await self._restore()
        async with self._saved(), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick(), name="sparkplug-tick")
            tasks.create_task(self._save(), name="sparkplug-save")
            for broker in self._brokers.values():
                tasks.create_task(self._keep(broker), name=f"sparkplug-{broker.name}")

    async def _restore(self) -> None:
        """Read what was known. Without it we would ask every node for everything, so we wait for the database."""
        while True:
            try:
                stored = await self._store.load()
                newest = await self._store.epochs()
            except StorageError as error:
                log.warning("sparkplug_not_restored", error=str(error))
                await asyncio.sleep(RETRY_SECONDS_MAX)
                continue
            self._adapter = Adapter(self._names, _draw, self._adapter.counters, shared=self._shared)
            self._adapter.restore(stored, newest, time.time())
            log.info("sparkplug_restored", nodes=len(stored))
            return

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._take(lambda: self._adapter.tick(time.time()))

    async def _save(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            await self._save_once()

    async def _save_once(self) -> None:
        snapshots = self._adapter.snapshots()
        if not snapshots:
            return
        try:
            await self._store.save(snapshots, time.time())
        except StorageError as error:
            self._adapter.not_stored(snapshots)
            log.warning("edge_nodes_not_saved", error=str(error))

    @contextlib.asynccontextmanager
    async def _saved(self) -> AsyncIterator[None]:
        """At the end offer what still gathers, and store everything: the next start knows where each sequence stands."""
        try:
            yield
        finally:
            self._take(lambda: self._adapter.tick(time.time()))
            await self._save_once()

    # ---------------------------------------------------------------- connections

    async def _keep(self, broker: Broker) -> None:
        delay = RETRY_SECONDS_MIN
        while True:
            state_ms = int(time.time() * 1_000)
            will = (state_topic(self._host), state_payload(online=False, at_ms=state_ms))
            topics = (*TOPICS, (will[0], 1))
            connection = self._connect(broker, f"anxiao-{self._server}-sparkplug", topics, self._heard_by(broker.name), will)

            def ready(connection: Connection = connection, state_ms: int = state_ms) -> None:
                nonlocal delay
                delay = RETRY_SECONDS_MIN
                self._standing[broker.name] = connection
                log.info("broker_connected", broker=broker.name, lane="sparkplug")
                self._take(lambda: self._adapter.connected(broker.name, state_ms, time.time()))

            try:
                await self._serve(broker.name, connection, ready)
            except Unreachable as error:
                log.warning("broker_lost", broker=broker.name, lane="sparkplug", error=str(error))
            except Exception:  # The top of a long-running task: whatever a client library does wrong, we connect again.
                log.exception("broker_connection_failed", broker=broker.name, lane="sparkplug")
            finally:
                self._standing.pop(broker.name, None)
                self._adapter.lost(broker.name)
            self.reconnects += 1
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311  # So that servers do not return as one.
            delay = min(delay * 2, RETRY_SECONDS_MAX)

    async def _serve(self, broker: str, connection: Connection, ready: Callable[[], None]) -> None:
        """Serve a connection; when we are told to stop, say goodbye on it before it closes."""
        serving = asyncio.create_task(connection.serve(ready), name="sparkplug-serve")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            if self._standing.get(broker) is connection:
                echo = self._echoes[broker] = asyncio.Event()
                self._carry_out(self._adapter.leaving(broker, time.time()))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LEAVE_SECONDS):
                        await echo.wait()
            raise
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    def _heard_by(self, broker: str) -> Heard:
        def heard(address: str, payload: bytes) -> None:
            if broker in self._echoes and address == state_topic(self._host):
                self._echoes[broker].set()
            self._take(lambda: self._adapter.heard(broker, address, payload, time.time()))

        return heard

    # ---------------------------------------------------------------- effects

    def _take(self, told: Callable[[], list[Effect]]) -> None:
        """Step the adapter, never within itself: ingest answers some messages before it returns."""
        self._inbox.append(told)
        if self._working:
            return
        self._working = True
        try:
            while self._inbox:
                self._step(self._inbox.popleft())
        finally:
            self._working = False

    def _step(self, told: Callable[[], list[Effect]]) -> None:
        try:
            self._carry_out(told())
        except Exception:  # The top of everything that comes in: our mistake with one message is not its neighbours'.
            log.exception("sparkplug_step_failed")

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Deliver():
                    self._receive(self, effect.gateway, effect.leaf, effect.payload, effect.request)
                case Publish():
                    connection = self._standing.get(effect.broker)
                    if connection is not None:
                        connection.publish(effect.topic, effect.payload, sure=effect.sure, retain=effect.retain)
                case Bury():
                    self._bury(effect.letter)


def _draw() -> int:
    return secrets.randbits(32)
