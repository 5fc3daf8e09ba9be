"""The server in the world: the real ingest host and engine over the real journal's SQL, in a process that can die."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from contract.identity import EpochId, GatewayId, Lane
from contract.messages import Receipt, Seen, encode_message
from server.core.effects import AlertChanged
from server.core.engine import Engine
from server.core.events import Event, FactRestored, PressArrived, ReadingsArrived, RosterLoaded, Ticked, Unreadable
from server.ingest.host import Host
from server.ingest.model import (
    Arrived,
    Bury,
    Committed,
    EventsFailed,
    EventsStored,
    Failed,
    Finish,
    Input,
    LookedUp,
    LookUp,
    Origin,
    Pending,
    Restored,
    SendReceipt,
    SendSeen,
    StoreEvents,
    Tally,
    Tell,
    Write,
    roster_changed,
)
from server.ingest.sorting import event_key, retold
from server.journal import tables
from server.journal.database import metadata
from server.journal.model import AlertFact
from server.journal.sql import SqlJournal
from server.registry.model import Roster
from simulators.world.ghost import Ghost
from simulators.world.wheel import Wheel

COMMIT_SECONDS = 0.01
TICK_SECONDS = 1.0
T = TypeVar("T")

Answer = Callable[[Origin, GatewayId, bytes], None]


class OneThread:
    """The database without a thread: each piece of work is a transaction that happens at once."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        assert tables.alarm_event is not None  # The tables are known once their module is.
        metadata.create_all(self._engine)

    async def run(self, work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Do it."""
        del urgent
        with self._engine.begin() as connection:
            return work(connection)


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("it waited")


class SimServer:
    """A server that dies and comes back over one database. `fail` is the share of commits that go wrong."""

    def __init__(self, wheel: Wheel, roster: Roster, ghost: Ghost, answer: Answer) -> None:
        self.fail = 0.0
        self.database = OneThread()
        self.engine = Engine()
        self._journal = SqlJournal(self.database)  # type: ignore[arg-type]  # It needs only the two words above.
        self._host: Host | None = None
        self._wheel = wheel
        self._roster = roster
        self._ghost = ghost
        self._answer = answer
        self._life = 0
        self._shown: set[str] = set()
        self._heard: dict[tuple[GatewayId, EpochId], int] = {}

    @property
    def journal(self) -> SqlJournal:
        """The journal, for the checker."""
        return self._journal

    @property
    def tally(self) -> Tally:
        """The counters of the running process, for the checker."""
        assert self._host is not None
        return self._host.tally

    @property
    def alive(self) -> bool:
        """Say whether the process runs."""
        return self._host is not None

    def start(self) -> None:
        """Start over what the database holds, in the order of the real server."""
        assert self._host is None
        self._life += 1
        self._host, self.engine, self._shown, self._heard = Host(), Engine(), set(), {}
        self._journal = SqlJournal(self.database)  # type: ignore[arg-type]
        self.engine.step(RosterLoaded(self._roster), self._wheel.now)
        for alert, body in at_once(self._journal.facts()):
            self.engine.step(FactRestored(alert, body), self._wheel.now)
        self._step(roster_changed(self._roster))
        events = at_once(self._journal.events(0))
        signals = [event_key(event) for event in events if event.kind in ("press", "alert")]
        self._step(Restored(at_once(self._journal.cursors()), signals, 0))
        for event in events:
            told = retold(event)
            if told is not None:
                self._tell(told)
        self._tick(self._life)

    def die(self) -> None:
        """End without a word. What was on its way to the database may have been committed, unknown to anybody."""
        self._host = None
        self._life += 1

    def receive(self, path: str, gateway: str, leaf: str, payload: bytes, request: int) -> None:
        """Hear a message, if somebody is there."""
        if self._host is not None:
            self._step(Arrived(Origin(path, request), gateway, leaf, payload))

    def _step(self, told: Input) -> None:
        assert self._host is not None
        for effect in self._host.step(told, self._wheel.now):
            match effect:
                case Tell():
                    self._tell(effect.event)
                case Write():
                    self._commit(effect.pending)
                case StoreEvents():
                    self._store(effect)
                case LookUp():
                    self._look_up(effect)
                case SendReceipt():
                    self._receipt(effect)
                case SendSeen():
                    self._answer(effect.origin, effect.gateway, encode_message(Seen(list(effect.ids))))
                case Finish() | Bury():
                    pass

    def _tell(self, event: Event) -> None:
        if isinstance(event, Unreadable):  # Nobody in the world sends rubbish, and no two boxes bear one name.
            self._ghost.broken.append(f"operators are told that {event.gateway} cannot be read: {event.detail}")
        if isinstance(event, ReadingsArrived):
            self._once(event)
        known = self.engine.alert_of(event.id) if isinstance(event, PressArrived) else None
        effects = self.engine.step(event, self._wheel.now)
        if isinstance(event, PressArrived) and known is None:
            if event.id in self._shown:
                self._ghost.broken.append(f"press {event.id} was shown twice by one server")
            self._shown.add(event.id)
        facts = [
            AlertFact(
                effect.alert.id, effect.alert.version, round(self._wheel.now * 1000), effect.fact, not effect.alert.open
            )
            for effect in effects
            if isinstance(effect, AlertChanged) and effect.fact is not None
        ]
        if facts:
            life = self._life
            self._wheel.later(self._latency(), lambda: self._keep(life, facts))

    def _once(self, event: ReadingsArrived) -> None:
        """Hold each reading to be told to the engine once, in its order."""
        key = (event.gateway, event.epoch)
        for position in event.positions:
            if position <= self._heard.get(key, 0):
                self._ghost.broken.append(f"reading {position} of {key} was told after {self._heard[key]}")
            self._heard[key] = position

    def _keep(self, life: int, facts: Sequence[AlertFact]) -> None:
        if life == self._life:  # Facts of a server that died before are told anew from the journal's alarms.
            at_once(self._journal.append_facts(facts))

    def _commit(self, pending: Pending) -> None:
        life = self._life
        self._wheel.later(self._latency(), lambda: self._committed(life, pending))

    def _committed(self, life: int, pending: Pending) -> None:
        lost = self._wheel.likely(self.fail)
        unknown = lost and self._wheel.likely(0.5)  # It was committed, and nobody hears of it.
        dead = life != self._life
        if dead and self._wheel.likely(0.5):
            return  # The process died before the database saw it.
        if lost and not unknown:
            if not dead:
                self._step(Failed([pending]))
            return
        written = at_once(self._journal.write([pending.batch]))
        if dead:
            return
        if unknown:
            self._journal = SqlJournal(self.database)  # type: ignore[arg-type]  # As after a broken connection.
            self._step(Failed([pending]))
            return
        self._step(Committed([pending], written))

    def _store(self, request: StoreEvents) -> None:
        life = self._life
        self._wheel.later(self._latency(), lambda: self._stored(life, request))

    def _stored(self, life: int, request: StoreEvents) -> None:
        if life != self._life:
            return
        if self._wheel.likely(self.fail):
            self._step(EventsFailed(request))
            return
        self._step(EventsStored(request, at_once(self._journal.store_events(request.events))))

    def _look_up(self, request: LookUp) -> None:
        life = self._life
        self._wheel.later(self._latency(), lambda: self._looked_up(life, request))

    def _looked_up(self, life: int, request: LookUp) -> None:
        if life != self._life:
            return
        found = at_once(self._journal.positions([(request.gateway, epoch) for epoch in request.epochs]))
        cursors = {(epoch, lane): position for (_, epoch, lane), position in found.items()}
        self._step(LookedUp(request, None if self._wheel.likely(self.fail) else cursors))

    def _receipt(self, effect: SendReceipt) -> None:
        """Send a receipt, having compared it with what the database holds at this very instant."""
        receipt: Receipt = effect.receipt
        cursors = at_once(self._journal.cursors())
        for lane, through in receipt.c.items():
            key = (effect.gateway, EpochId(receipt.ep), Lane(lane))
            self._ghost.receipts.append((*key, through))
            self._ghost.receipted[key] = max(through, self._ghost.receipted.get(key, 0))
            if through > cursors.get(key, 0):
                self._ghost.broken.append(f"a receipt for {key} says {through}, committed is {cursors.get(key, 0)}")
        self._answer(effect.origin, effect.gateway, encode_message(receipt))

    def _tick(self, life: int) -> None:
        if life == self._life:
            self._tell(Ticked())
            self._wheel.later(TICK_SECONDS, lambda: self._tick(life))

    def _latency(self) -> float:
        return self._wheel.chance.expovariate(1 / COMMIT_SECONDS)
