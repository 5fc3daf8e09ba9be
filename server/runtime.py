"""The engine's shell: events in, one at a time; effects out to the screens at once and to the journal in order.

Everything runs on the event loop, so the engine is never stepped twice at the same time and may be read between steps.
Screens first, journal after: a press is shown while its facts are still being written.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from contract.errors import StorageError
from server.core.alert import Alert
from server.core.book import own_name, told_id
from server.core.effects import (
    ActRefused,
    AlertBehind,
    AlertChanged,
    DayNoted,
    Effect,
    FactDropped,
    GuardSeen,
    IdTaken,
    NotificationDue,
    VerdictChanged,
)
from server.core.engine import Engine
from server.core.events import (
    ActRequested,
    AlertOvertaken,
    Event,
    FactFollowed,
    FactRestored,
    RosterLoaded,
    ShelveRequested,
    Ticked,
    WindowDeclared,
)
from server.core.fact import brought, decode_fact
from server.journal.model import AlertFact, Home, StoredFact
from server.registry.model import Roster

TICK_SECONDS = 1.0
HURRY_SECONDS = 0.02  # While a tick leaves something over: a city is caught up with in seconds, and alarms go between.
FACTS_PER_COMMIT = 500
RETRY_SECONDS_MAX = 5.0  # A database that comes back is used again within this.
ACT_SECONDS_MAX = 5.0  # A person waits no longer for an answer; the fact is still written when the database returns.
FACTS_WAITING_WARN = 10_000  # Facts are never dropped; above this many an error is logged each time the number doubles.

log = structlog.get_logger("runtime")


class FactStore(Protocol):
    """Where alert facts are kept; `server.journal.SqlJournal` is one."""

    async def append_facts(self, facts: Sequence[AlertFact]) -> frozenset[str]:
        """Append facts in one transaction, in the order given; raise `StorageError` when that cannot be promised.

        Names the alerts that another server had moved on: of those no fact was stored.
        """
        ...

    async def facts_of(self, alert: str) -> Sequence[bytes]:
        """Read every fact of one alert, oldest first."""
        ...

    async def homes_of(self, presses: Mapping[str, str]) -> Mapping[str, Home]:
        """Say where presses are stored that are, each given by its name with whose it is."""
        ...


class Screens(Protocol):
    """Who is told what changed; `server.stream.hub.Hub` is one."""

    def effects(self, effects: Iterable[Effect], now: float) -> None:
        """Take what changed; what is urgent is on its way when this returns."""
        ...


@dataclass(slots=True)
class _Waiting:
    fact: AlertFact
    stored: "asyncio.Future[ActRefused | None] | None"  # None once it is stored, else why it never will be.


class Runtime:
    """Steps the engine and carries its effects out. `start` restores what was known before the first event is told."""

    def __init__(self, engine: Engine, facts: FactStore, screens: Screens, clock: Callable[[], float]) -> None:
        self.engine = engine
        self.journal_ok = True
        self.notifications = 0
        self.on_guard: Callable[[GuardSeen], None] = lambda _: None  # Who keeps them; told at once, and never waits.
        self.on_day: Callable[[DayNoted], None] = lambda _: None  # Who keeps daybooks; told at once, and never waits.
        self.on_verdict: Callable[[VerdictChanged], None] = lambda _: None  # Who keeps gaps; told at once, and never waits.
        self.on_notification: Callable[[NotificationDue], None] = lambda _: None  # Who tells people; never waits.
        self.on_id_taken: Callable[[IdTaken], None] = lambda _: None  # Who puts it on record; may tell us of it at once.
        self._facts = facts
        self._screens = screens
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._behind: set[str] = set()  # Alerts to be read again, for another server has moved them.
        self._more = asyncio.Event()
        self._warned_at = FACTS_WAITING_WARN

    def restore(
        self,
        roster: Roster,
        facts: Iterable[tuple[str, bytes]],
        windows: Iterable[WindowDeclared],
    ) -> None:
        """Bring the engine to where it stood: the roster, the declared windows, each alert's stored facts.

        Ingest then tells the journal's newest alarms again: one whose facts are known changes nothing, one that was
        committed just before a crash is raised now.
        """
        now = self._clock()
        self._carry_out(self.engine.step(RosterLoaded(roster), now), shown=False)
        for window in windows:
            self._carry_out(self.engine.step(window, now), shown=False)
        for alert, body in facts:
            self._carry_out(self.engine.step(FactRestored(alert, body), now), shown=False)

    def tell(self, event: Event) -> None:
        """Step the engine with one event; what must be shown has been handed to the screens when this returns."""
        self._carry_out(self.engine.step(event, self._clock()))

    def follow(self, facts: Iterable[StoredFact]) -> None:
        """Take in facts that were stored, by whichever server; those we know already change nothing."""
        for fact in facts:
            self.tell(FactFollowed(fact.alert, fact.number, fact.body))

    async def act(self, request: ActRequested | ShelveRequested) -> Alert | ActRefused:
        """Move an alert as a person asked; answers only after the move is stored.

        Raises `StorageError` when the database does not take it in time: the move is shown and will be stored,
        and asking again with the same key gives the outcome.
        """
        effects = self.engine.step(request, self._clock())
        stored = self._carry_out(effects, awaited=True) or self._still_waiting(request)
        try:
            async with asyncio.timeout(ACT_SECONDS_MAX):  # Shielded: whoever asks again waits for the same storing.
                waited = await asyncio.gather(*(asyncio.shield(one) for one in stored))
                overtaken = next((one for one in waited if one is not None), None)
        except TimeoutError:
            raise StorageError("the move is shown but not stored yet") from None
        if overtaken is not None:
            return overtaken
        refused = next((effect for effect in effects if isinstance(effect, ActRefused)), None)
        if refused is not None:
            return refused
        return self.engine.alerts[request.alert]

    def _still_waiting(self, request: ActRequested | ShelveRequested) -> list["asyncio.Future[ActRefused | None]"]:
        """Give what was asked before under the same key and is not stored yet: until then there is no outcome."""
        if not request.key:
            return []
        return [
            each.stored
            for each in self._waiting
            if each.stored is not None
            and each.fact.alert == request.alert
            and (fact := decode_fact(each.fact.body)).key == request.key
            and fact.by == request.by
        ]

    async def run(self) -> None:
        """Tick and store until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick(), name="runtime-tick")
            group.create_task(self._store(), name="runtime-store")

    async def flush(self) -> None:
        """Store what still waits, once, when the server stops; what the database refuses is raised anew from the journal."""
        while self._waiting:
            await self._append()
            await self._read_again()

    def _carry_out(
        self, effects: Sequence[Effect], *, shown: bool = True, awaited: bool = False
    ) -> list["asyncio.Future[ActRefused | None]"]:
        if shown and effects:
            self._screens.effects(effects, self._clock())
        stored: list[asyncio.Future[ActRefused | None]] = []
        for effect in effects:
            if isinstance(effect, AlertChanged) and effect.fact is not None:
                future = asyncio.get_running_loop().create_future() if awaited else None
                self._waiting.append(_Waiting(_numbered(effect, effect.fact), future))
                if future is not None:
                    stored.append(future)
            elif isinstance(effect, AlertBehind):
                self._behind.add(effect.alert)
            elif isinstance(effect, NotificationDue):
                self._notify(effect)
            else:
                self._pass_on(effect)
        if self._waiting or self._behind:
            self._more.set()
            if len(self._waiting) >= self._warned_at:
                log.error("facts_waiting", count=len(self._waiting))
                self._warned_at *= 2
        return stored

    def _notify(self, due: NotificationDue) -> None:
        self.notifications += 1
        alert = due.alert
        log.info("notification_due", alert=alert.id, rule=alert.rule, step=due.step, audiences=due.audiences)
        self.on_notification(due)

    def _pass_on(self, effect: Effect) -> None:
        """Hand to others what only they know what to do with."""
        if isinstance(effect, GuardSeen):
            self.on_guard(effect)
        elif isinstance(effect, DayNoted):
            self.on_day(effect)
        elif isinstance(effect, VerdictChanged):
            self.on_verdict(effect)
        elif isinstance(effect, IdTaken):
            self.on_id_taken(effect)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(HURRY_SECONDS if self.engine.behind(self._clock()) else TICK_SECONDS)
            try:
                self.tell(Ticked())
            except Exception:  # The top of a long-running task: one faulty rule must not stop the clock of all others.
                log.exception("tick_failed")

    async def _store(self) -> None:
        retry = 0.1
        while True:
            await self._more.wait()
            try:
                await self._append()
                await self._read_again()
            except StorageError as error:
                self.journal_ok = False
                log.warning("facts_not_stored", waiting=len(self._waiting), error=str(error))
                await asyncio.sleep(retry)
                retry = min(retry * 2, RETRY_SECONDS_MAX)
                continue
            retry = 0.1
            self.journal_ok = True
            if not self._waiting and not self._behind:
                self._more.clear()
                self._warned_at = FACTS_WAITING_WARN

    async def _append(self) -> None:
        """Store the oldest facts that wait; alerts that another server has moved are to be read again."""
        batch = list(itertools.islice(self._waiting, FACTS_PER_COMMIT))
        if not batch:
            return
        overtaken = await self._facts.append_facts([each.fact for each in batch])
        self._behind |= overtaken
        kept: list[_Waiting] = []
        for _ in batch:
            each = self._waiting.popleft()
            if each.fact.alert in overtaken:
                kept.append(each)
            elif each.stored is not None and not each.stored.done():
                each.stored.set_result(None)
        self._waiting.extendleft(reversed(kept))

    async def _read_again(self) -> None:
        """Take alerts as they are stored, and say again what of our own facts still has to be said."""
        ours = {each.fact.alert for each in self._waiting}  # First, so that they let go what others are about to show.
        for alert in sorted(self._behind, key=lambda behind: (behind not in ours, behind)):
            if alert in self._behind:
                await self._read_together(alert)

    async def _read_together(self, first: str) -> None:
        """Take an alert as it is stored, in one step with those that share a press with it.

        Taken one after the other, the second would still have on a screen what the first has just been given.
        """
        read: dict[str, tuple[Sequence[bytes], Mapping[str, Home]]] = {}
        wanted = {first}
        while wanted:
            alert = min(wanted)
            stored = await self._facts.facts_of(alert)
            told = {
                each.fact.press: each.fact.signal for each in self._waiting if each.fact.alert == alert and each.fact.press
            }
            read[alert] = stored, (homes := await self._facts.homes_of(told) if told else {})
            wanted |= {home.alert for home in homes.values()} | self._holders(stored)
            wanted -= read.keys()
        effects: list[Effect] = []
        for alert, (stored, homes) in read.items():
            effects += self._overtaken(alert, stored, homes)
        self._screens.effects(effects, self._clock())
        for effect in effects:
            if isinstance(effect, DayNoted):
                self.on_day(effect)

    def _holders(self, stored: Sequence[bytes]) -> set[str]:
        """Name the alerts that have, with us, a press of these facts."""
        found = ((press, self.engine.alert_of(press)) for press in map(brought, map(decode_fact, stored)) if press)
        return {alert.id for press, alert in found if alert is not None and any(row.id == press for row in alert.presses)}

    def _overtaken(self, alert: str, stored: Sequence[bytes], homes: Mapping[str, Home]) -> list[Effect]:
        stands = [press for press, home in homes.items() if not home.taken]  # As ours, here or elsewhere.
        elsewhere = frozenset(press for press in stands if homes[press] != Home(alert, press))
        taken = frozenset(press for press, home in homes.items() if home.taken)
        lost = [each for each in self._waiting if each.fact.alert == alert]
        self._waiting = deque(each for each in self._waiting if each.fact.alert != alert)
        self._behind.discard(alert)
        bodies = [each.fact.body for each in lost]
        effects = self.engine.step(AlertOvertaken(alert, stored, bodies, elsewhere, taken), self._clock())
        log.info("alert_overtaken", alert=alert, stored=len(stored), lost=len(lost))
        for each, effect in zip(lost, effects[len(effects) - len(lost) :], strict=True):
            if isinstance(effect, AlertChanged) and effect.fact is not None:
                self._waiting.append(_Waiting(_numbered(effect, effect.fact), each.stored))
            elif each.stored is not None and not each.stored.done() and each.fact.body in stored:
                each.stored.set_result(None)  # Stored after all, and nobody had heard of the commit.
            elif each.stored is not None and not each.stored.done():
                moved = effect.alert if isinstance(effect, FactDropped) else None
                each.stored.set_result(ActRefused("version_conflict", "another server's user was first", moved))
        return effects


def _numbered(changed: AlertChanged, fact: bytes) -> AlertFact:
    """Give a fact as it is stored: an alert's version counts its facts."""
    alert, press = changed.alert, changed.press
    signal = own_name(told_id(press), alert.gateway) if press else ""
    return AlertFact(alert.id, alert.version, round(alert.updated * 1000), fact, not alert.open, press, signal)
