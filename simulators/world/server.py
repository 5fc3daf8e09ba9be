"""A server in the world: the real ingest, engine, runtime, hub and projector in a process that can die at any step.

Several of them may share one database. What is put together here is what `server.service` puts together, without a web
server and without threads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import StorageError, Unreachable
from contract.identity import EpochId, GatewayId, Lane, UserName
from contract.messages import Receipt
from server.commands.giving import Commands
from server.commands.model import Given
from server.commands.store import CommandStore
from server.core.alert import Alert
from server.core.engine import Engine
from server.core.events import Event, LeadChanged, PressArrived, ReadingsArrived, Unreadable, WindowDeclared
from server.history.projector import Projector
from server.ingest.doors.broker import Broker as BrokerAddress
from server.ingest.doors.broker import Topics
from server.ingest.doors.broker_door import BrokerDoor, Heard
from server.ingest.doors.door import Door
from server.ingest.doors.http import HttpDoor
from server.ingest.model import Arrived, Bury, Effect, Input, SendReceipt, Tell
from server.ingest.pipeline import Ingest
from server.journal.leases import Leases
from server.journal.sql import SqlJournal
from server.registry.model import Roster, User
from server.registry.tree import Tree
from server.runtime import Runtime
from server.sharing.division import Division
from server.sharing.follower import Follower
from server.sharing.opening import Alone, Sharing, Together
from server.stream.hub import Hub, Pulse, Source
from simulators.world.asgi import ask
from simulators.world.broker import Broker, Session
from simulators.world.database import Database, Store
from simulators.world.faults import STEPS
from simulators.world.ghost import Ghost
from simulators.world.history import History, HistoryDoor
from simulators.world.network import Line
from simulators.world.process import AtOnce, Process
from simulators.world.wheel import Wheel

DATABASE_RETRY_SECONDS = 3.0
SETTLED_KEPT_SECONDS = 86_400.0
TOLD_SECONDS = 1.0  # What is read back late is told one by one.
PAUSES = (1.0, 5.0)  # Of the projector after a failure, without the jitter.


@dataclass
class Surroundings:
    """What a server finds around it."""

    wheel: Wheel
    ghost: Ghost
    roster: Roster
    store: Store
    history: History
    brokers: Sequence[tuple[Broker, Line]]
    honest: frozenset[GatewayId]  # Everybody but the broken neighbour.
    alone: bool  # Whether the server is the only one on its database.
    key: Ed25519PrivateKey
    users: Mapping[UserName, User]  # Who may give orders; nobody where the plan has none.


class WatchedIngest(Ingest):
    """The real ingest, each of whose effects the ghost may see, and before each of which the process may end."""

    life: "Life"
    present = False  # A message of present values is being taken: they come again with their batch.

    def _step(self, told: Input) -> None:
        self.present = isinstance(told, Arrived) and told.leaf == "now"
        super()._step(told)
        self.present = False

    def _carry_out(self, effect: Effect) -> None:
        self.life.before(effect)
        super()._carry_out(effect)
        if isinstance(effect, SendReceipt):
            self.life.step("receipted")


class WatchedCommands(Commands):
    """The real ones, whose signatures the ghost sees."""

    ghost: Ghost

    def _sign(self, given: Given) -> bytes:
        payload = super()._sign(given)
        self.ghost.signed[given.asked.id] = self._command(given).exp
        return payload


class _Office:
    """What orders need of a registry: who there is, and which devices."""

    def __init__(self, tree: Tree, users: Mapping[UserName, User]) -> None:
        self.tree = tree
        self.accounts = self
        self._users = users

    def find(self, name: str) -> User | None:
        """Find somebody."""
        return self._users.get(UserName(name))


class Server:
    """One installation of the server; `life` is the running one."""

    def __init__(self, name: str, around: Surroundings) -> None:
        self.name = name
        self.around = around
        self.life: Life | None = None
        self.lives: list[Life] = []
        self.kill_at: tuple[str, int] | None = None  # A step, and how many more times it is passed.
        self.down_seconds = 1.0
        self.on_start: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Start the process; it serves as soon as the database answers."""
        if self.life is None:
            life = self.life = Life(self, len(self.lives) + 1)
            self.lives.append(life)
            life.process.spawn(life.run(), "server")

    def die(self) -> None:
        """End without a word."""
        life, self.life = self.life, None
        if life is not None:
            life.end()

    def back_in(self, seconds: float) -> None:
        """Start again after a while."""
        self.around.wheel.later(seconds, self.start)

    def request(self, path: str, headers: dict[str, str], body: bytes, answer: Callable[[int, bytes], None]) -> bool:
        """Take a request; says whether anybody is there."""
        life = self.life
        if life is None or not life.serves:
            return False
        life.process.hear(lambda: life.process.spawn(ask(life.http.app, path, headers, body, answer), "request"))
        return True

    def die_at(self, life: "Life", step: str) -> None:
        """End where the plan says so."""
        if self.kill_at is None or life is not self.life or step != self.kill_at[0]:
            return
        self.kill_at = (step, self.kill_at[1] - 1)
        if self.kill_at[1] > 0:
            return
        self.kill_at = None
        self.around.ghost.note(f"{self.name} is killed when it has just {step}")
        self.life = None
        life.end_later()
        self.back_in(self.down_seconds)
        life.process.die_here()


class _Connection:
    """Implements `broker_door.Connection` by a broker of the world."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def serve(self, ready: Callable[[], None]) -> None:
        """Connect, then serve until the connection is lost."""
        session = self._session
        session.open()
        try:
            await session.up.wait()
            if session.stands:
                ready()
                await session.lost.wait()
        finally:
            session.close()
        raise Unreachable("simulated: the connection was lost")

    def publish(self, address: str, payload: bytes, *, sure: bool, retain: bool = False) -> None:
        """Send without waiting."""
        del sure
        if self._session.stands:
            self._session.publish(address, payload, retain=retain)


class Life:
    """One run of a server's process."""

    def __init__(self, server: Server, number: int) -> None:
        around = server.around
        self.process = Process(around.wheel, f"{server.name}.{number}", booted=around.wheel.now - 1_000.0)
        self.serves = False
        self.since = 0.0  # When it began to serve, or last went on.
        self.sessions: dict[tuple[str, str], Session] = {}
        self.shown: set[str] = set()
        self._knew_at = float("inf")
        self.buried = 0  # Messages given to the journal as dead letters.
        self.engine = Engine()
        self._server = server
        self._heard: dict[tuple[GatewayId, EpochId], int] = {}
        self._database = Database(around.store, self.process, self.step)
        self.journal = SqlJournal(self._database)  # type: ignore[arg-type]  # It needs only the two words of it.
        self._tree = Tree(around.roster)
        source = Source(tree=lambda: self._tree, show=show, indicators=self._indicators, pulse=self._pulse)
        self.hub = Hub(f"e{server.name}{number}", source)
        self.runtime = Runtime(self.engine, self.journal, self.hub, self.clock)
        self.projector = Projector(
            self.journal,
            HistoryDoor(around.history, self.step),
            pause=self._pause,
            clock=self.process.time,
            executor=AtOnce(),
            may_write=lambda: self.sharing.leads,
        )
        self.ingest = WatchedIngest(self.journal, self._tell, self.clock, on_commit=self._committed)
        self.ingest.life = self
        self.sharing: Sharing = Alone() if around.alone else self._together(server.name, number)
        self.users = around.users
        self.commands = WatchedCommands(
            CommandStore(self._database),  # type: ignore[arg-type]  # It needs only the one word of it.
            _Office(self._tree, self.users),  # type: ignore[arg-type]  # It has what orders need of a registry.
            _NoWindows().declare,
            around.key,
            lambda: self.doors,
            self.ingest.clone_suspected,
            self.runtime.tell,
            self.clock,
        )
        self.commands.ghost = around.ghost
        find = self._tree.gateways.get
        self.http = HttpDoor(self.ingest.receive, find, orders=self.commands.waiting)
        brokers = [self._door(broker, line, server, number) for broker, line in around.brokers]
        self.doors: list[Door] = [*brokers, self.http]

    async def run(self) -> None:
        """Come up as soon as the database lets us, then serve."""
        around = self._server.around
        while True:
            try:
                await self.sharing.start()
                facts = await self.journal.facts(round((self.clock() - SETTLED_KEPT_SECONDS) * 1000))
                break
            except StorageError:
                await self._pause(DATABASE_RETRY_SECONDS)
        self.runtime.restore(around.roster, facts, ())
        self.ingest.load_roster(around.roster)
        await self.ingest.start()
        self.hub.load(self.engine.alerts.values(), self.engine.livenesses())
        self.serves = True
        self.since = around.wheel.now
        for coroutine in (
            self.ingest.run(),
            self.runtime.run(),
            self.hub.run(self.clock),
            self.projector.run(),
            *self.sharing.tasks(),
        ):
            self.process.spawn(coroutine)
        if self.users:
            self.process.spawn(self.commands.run(), "commands")
        for door in self.doors:
            self.process.spawn(door.run(), f"door {door.name}")
        self._server.on_start()

    @property
    def rests(self) -> bool:
        """Say whether it serves and has nothing left to do."""
        behind = self.sharing.leads and self.projector.behind
        return self.serves and not self.ingest.tally.pending and not behind and self.runtime.journal_ok

    @property
    def knows(self) -> bool:
        """Say whether it has read back what the journal holds; until then it tells screens that the journal is away."""
        if not self.ingest._restored:  # noqa: SLF001  # It is what is judged.
            return False
        now = self._server.around.wheel.now
        self._knew_at = min(self._knew_at, now)
        return now - self._knew_at >= TOLD_SECONDS

    def end(self) -> None:
        """End without a word; the kernel closes what was open."""
        self.process.kill()
        self.end_later()

    def end_later(self) -> None:
        """Close what a dead process had open."""
        self.serves = False
        for session in self.sessions.values():
            self._server.around.wheel.later(0.0, session.close)

    def step(self, name: str) -> None:
        """Pass one of the numbered steps of ingest."""
        assert name in STEPS
        self._server.die_at(self, name)

    def before(self, effect: Effect) -> None:
        """See an effect before it is carried out."""
        if isinstance(effect, Tell) and isinstance(effect.event, PressArrived):
            self.step("decoded")
        elif isinstance(effect, Bury):
            self.buried += 1
        elif isinstance(effect, SendReceipt):
            self._judge(effect.gateway, effect.receipt)
            self.step("stored")

    # ---------------------------------------------------------------- what the ghost wants to know

    def _judge(self, gateway: GatewayId, receipt: Receipt) -> None:
        """Compare a receipt with what the database holds at this very instant."""
        ghost = self._server.around.ghost
        ghost.receipts += 1
        store = self._server.around.store
        for lane, through in receipt.c.items():
            key = (gateway, EpochId(receipt.ep), Lane(lane))
            committed = store.cursor(*key)
            if through > committed:
                ghost.breaks("I4", f"a receipt for {key} says {through}, committed is {committed}")
            ghost.receipted[key] = max(through, ghost.receipted.get(key, 0))
        for id_ in receipt.ids:
            if not store.has_press(id_):
                ghost.breaks("I4", f"a receipt names press {id_}, which is not committed")

    def _tell(self, event: Event) -> None:
        around = self._server.around
        if isinstance(event, Unreadable) and event.gateway in around.honest and not self._excused(event):
            around.ghost.breaks("I14", f"operators are told that {event.gateway} cannot be read: {event.detail}")
        if isinstance(event, ReadingsArrived) and around.alone and not self.ingest.present:
            self._once(event)
        known = isinstance(event, PressArrived) and self.engine.alert_of(event.id) is not None
        self.runtime.tell(event)
        if isinstance(event, PressArrived) and not known:
            if event.id in self.shown:
                around.ghost.breaks("I1", f"press {event.id} was told twice as new by one server")
            self.shown.add(event.id)
            self.step("shown")

    def _excused(self, event: Unreadable) -> bool:
        ghost = self._server.around.ghost
        return event.gateway in ghost.cloned or event.gateway in ghost.damaged

    def _once(self, event: ReadingsArrived) -> None:
        """Hold each reading to be told to the engine once, in its order."""
        key = (event.gateway, event.epoch)
        for position in event.positions:
            if position <= self._heard.get(key, 0):
                text = f"reading {position} of {key} was told after {self._heard[key]}"
                self._server.around.ghost.breaks("I6", text)
            self._heard[key] = position

    # ---------------------------------------------------------------- parts

    def _committed(self, sequences: Sequence[int]) -> None:
        self.sharing.committed(sequences)
        self.projector.notify(max(sequences))

    def _together(self, name: str, number: int) -> Together:
        """Put together what `server.sharing.opening` does for PostgreSQL."""
        self.ingest.shares({})
        self.runtime.tell(LeadChanged(leads=False))
        leases = Leases(self._database, name, str(number))  # type: ignore[arg-type]  # It needs only the one word of it.
        division = Division(
            leases, self.ingest.shares, lambda leads: self.runtime.tell(LeadChanged(leads)), self.process.time
        )
        follower = Follower(self.journal, _NoWindows(), self.ingest, self.runtime.follow, self.runtime.tell, self.clock)
        return Together(division, follower)

    def clock(self) -> float:
        """Give the time that the machine believes it is."""
        return self._server.around.wheel.now

    def _indicators(self) -> dict[str, int]:
        return {one.name: place for place, one in enumerate(self.engine.indicators)}

    def _pulse(self) -> Pulse:
        return Pulse(self.ingest.lag_ms(), self.ingest.journal_ok and self.runtime.journal_ok)

    async def _pause(self, seconds: float) -> None:
        """Wait without a jitter that nobody seeded."""
        future = self.process.create_future()
        short, long = PAUSES
        self.process.call_later(short if seconds <= long else long, future.set_result, None)
        await future

    def _door(self, way: Broker, line: Line, server: Server, number: int) -> BrokerDoor:
        def connect(
            broker: BrokerAddress, identifier: str, topics: Topics, heard: Heard, will: tuple[str, bytes] | None
        ) -> _Connection:
            del broker
            session = Session(way, line, self.process, identifier, [topic for topic, _ in topics], heard, will)
            self.sessions[way.name, identifier[-1]] = session
            return _Connection(session)

        door = BrokerDoor(BrokerAddress(way.name, 0), server.name, f"{server.name}-{number}", self.ingest.receive, connect)
        door.name = way.name  # As gateways know it.
        return door


class _NoWindows:
    """Nobody declares tests or drills in the world."""

    async def declare(self, window: WindowDeclared, now: float) -> None:
        """Nobody orders a test alarm here."""
        raise AssertionError(f"{window} at {now}")

    async def moved(self, since_ms: int) -> Sequence[tuple[tuple[str, int], WindowDeclared]]:
        """Read none."""
        del since_ms
        return ()


def show(alert: Alert) -> Any:
    """Show an alert to the world's screens: what a tile is made of, and the presses in it."""
    return {
        "id": alert.id,
        "ver": alert.version,
        "rule": alert.rule,
        "open": alert.open,
        "presses": [press.id for press in alert.presses],
        "stored": [press.id for press in alert.presses if press.stored],
    }
