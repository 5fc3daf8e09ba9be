"""Keeps the list of gaps as the cells of coverage are: the server that leads compares them as verdicts change.

Nothing here is urgent, and an alarm is: schools are compared a few at a time, and what is missed by a fault, a restart or
another server is found by the comparison of the whole city, which comes every hour and whenever this server begins to lead.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from contract.identity import SchoolId
from server.core.effects import VerdictChanged
from server.core.events import Event, GapsCounted, GapsOverdue
from server.core.gap_figures import NO_GAPS
from server.core.indicator import Indicator
from server.core.verdict import Verdict
from server.gaps.cells import FIGURES, Cell, Changes
from server.gaps.store import Counted

LOOK_SECONDS = 10.0  # How long changed verdicts are gathered.
WHOLE_SECONDS = 3_600.0
OVERDUE_SECONDS = 60.0  # How soon a missed due date is told.
LIVE_AFTER_SECONDS = 300.0  # Before, live cells are unknown only because we have just started.
COUNTED_AT_ONCE = 100  # Schools whose gaps are counted in one look: some 5 ms of the database's time.
SCHOOLS_AT_ONCE = 25  # Some 10 ms of the database's time.

log = structlog.get_logger("gaps")


class Engine(Protocol):
    """What the keeper reads of the engine."""

    @property
    def indicators(self) -> Sequence[Indicator]:
        """Give every indicator."""
        ...

    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give the ledger's and the live verdict of each indicator that asks about a school."""
        ...


class Store(Protocol):
    """Where gaps are kept; `server.gaps.store.GapStore` is one."""

    async def compare(self, schools: Sequence[str], cells: Sequence[Cell], now_ms: int, figures: Iterable[str]) -> Changes:
        """Write what the cells of some schools change, and say what it was."""
        ...

    async def schools_due(self, now_ms: int) -> Sequence[str]:
        """Name schools of which a watch may count by now."""
        ...

    async def schools_known(self) -> Sequence[str]:
        """Name every school that has a gap which counts, or a watch."""
        ...

    async def counts(self, schools: Collection[str], now_ms: int) -> Mapping[str, Counted]:
        """Count each school's gaps; one without any has no entry."""
        ...

    async def overdue(self, now_ms: int) -> Mapping[str, tuple[int, int]]:
        """Give of each school that has overdue gaps how many, and when the oldest due day ended, in milliseconds."""
        ...


class Keeper:
    """One per server; `note` what the engine tells, and `run` until cancelled."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        schools: Callable[[], Iterable[str]],
        tell: Callable[[Event], None],
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._store = store
        self._engine = engine
        self._schools = schools
        self._tell = tell
        self._leads = leads
        self._clock = clock
        self._began = clock()
        self._changed: dict[str, None] = {}  # At most the schools of the roster.
        self._whole_due = float("-inf")
        self._live = False
        self._overdue_due = float("-inf")
        self._next = 0  # Of the schools whose figures are told, round and round.
        self._told_all = False

    def note(self, effect: VerdictChanged) -> None:
        """Take note that a verdict has changed; costs nothing."""
        self._changed[effect.school] = None

    async def run(self) -> None:
        """Compare until cancelled; a database that is away is tried again."""
        while True:
            try:
                await self.look()
                await self.tell_overdue()
                await self.tell_figures()
            except StorageError as error:
                self._whole_due = float("-inf")  # Whatever had been noted is found by comparing all.
                log.warning("gaps_not_compared", error=str(error))
            except Exception:  # The top of a long-running task: our mistake must not end the server.
                self.faults += 1
                self._whole_due = float("-inf")
                log.exception("gaps_failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare what has changed, if this server leads. Raises `StorageError`."""
        changed, self._changed = list(self._changed), {}
        if not self._leads():
            self._whole_due = float("-inf")
            return
        now = self._clock()
        if not self._live and now - self._began >= LIVE_AFTER_SECONDS:
            self._live, self._whole_due = True, float("-inf")
        if now >= self._whole_due:
            self._whole_due = now + WHOLE_SECONDS
            schools = dict.fromkeys([*self._schools(), *await self._store.schools_known()])
        else:
            due = await self._store.schools_due(round(now * 1_000)) if self._live else ()
            schools = dict.fromkeys([*changed, *due])
        names = list(schools)
        for start in range(0, len(names), SCHOOLS_AT_ONCE):
            await self._compare(names[start : start + SCHOOLS_AT_ONCE])
            await asyncio.sleep(0)

    async def _compare(self, schools: Sequence[str]) -> None:
        cells = [cell for school in schools for cell in cells_of(self._engine, school)]
        now_ms = round(self._clock() * 1_000)
        changes = await self._store.compare(schools, cells, now_ms, FIGURES if self._live else FIGURES[:1])
        if changes.made or changes.moved:
            log.info("gaps_changed", made=len(changes.made), moved=len(changes.moved))

    async def tell_overdue(self) -> None:
        """Tell the engine which schools have overdue gaps; each server tells its own. Raises `StorageError`."""
        now = self._clock()
        if now < self._overdue_due:
            return
        self._overdue_due = now + OVERDUE_SECONDS
        found = await self._store.overdue(round(now * 1_000))
        self._tell(GapsOverdue({school: (count, since_ms / 1_000) for school, (count, since_ms) in found.items()}))

    async def tell_figures(self) -> None:
        """Tell the engine the gaps of the next schools in numbers, of all at first. Raises `StorageError`.

        A person's move on any server is in the figures after one round: in five minutes of a city of 3,200 schools.
        """
        schools = list(self._schools())
        told = 0
        while told < (len(schools) if not self._told_all else min(len(schools), COUNTED_AT_ONCE)):
            self._next = self._next if self._next < len(schools) else 0
            some = schools[self._next : self._next + COUNTED_AT_ONCE]
            counted = await self._store.counts(some, round(self._clock() * 1_000))
            figures = {school: counted[school].rates.figures if school in counted else NO_GAPS for school in some}
            self._tell(GapsCounted(figures))
            self._next += len(some)
            told += len(some)
        self._told_all = True


def cells_of(engine: Engine, school: str) -> list[Cell]:
    """List a school's cells as the engine has them now."""
    clauses = {one.name: one.source for one in engine.indicators}
    unheard = {one.name for one in engine.indicators if one.ledger_only}  # No work closes a live gap of theirs.
    about_gaps = {one.name for one in engine.indicators if not one.makes_gaps}
    return [
        Cell(SchoolId(school), name, figure, verdict, clauses.get(name, ""))
        for name, pair in engine.verdicts(school).items()
        for figure, verdict in zip(FIGURES, pair, strict=True)
        if name not in about_gaps and (figure == "ledger" or name not in unheard)
    ]
