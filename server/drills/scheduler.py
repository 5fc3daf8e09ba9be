"""Plans the tests of every school, tells the police of them, opens what they agreed to, and writes down what came of it.

The server that leads does it for all. Nothing here is urgent: what is missed by a restart is done by the next look. No test
begins by itself: an officer has agreed to it, and where the region demands it has confirmed the notice too.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from contract.errors import StorageError
from server.core.engine import Engine
from server.core.events import WindowDeclared
from server.core.proof import ButtonTests
from server.core.requirements import alarm_test
from server.core.schedule import DAY_SECONDS, local_date, minute_of_day, start_of_day
from server.drills.buttons import buttons_of
from server.drills.plan import ROUND_MINUTES, Period, Slot, Wanted, assign, begins, period_of, slots
from server.drills.round import (
    AGAIN,
    CLOSE_MS,
    NOTICE_MS,
    OPEN_MS,
    Round,
    RoundState,
    closed,
    missed,
    noticed,
    opened,
)
from server.drills.round_store import RoundStore
from server.drills.window import NotMoved, Rehearsal, WindowState
from server.drills.window_store import WindowStore
from server.registry.tree import Tree

LOOK_SECONDS = 30.0
PLAN_SECONDS = 3_600.0  # How often it is looked for schools without a round.
ADDED_AT_ONCE = 200  # Rounds of one transaction, so that no alarm's commit waits for a city's plan.
LEAD_DAYS = 4  # The first day that is planned: the notice has to go out and to be confirmed.
AUTHOR = "schedule"  # Who declares the windows; who approved them is an officer, by name.
ROUNDS_IN_PERIOD_MAX = 6  # Of one school: beyond it people have to look why it never comes about.
_NAMES = uuid.UUID("6f0d3c8e-6c3c-4f0b-9a5e-2f1f4b0f8d11")

log = structlog.get_logger("drills")


@dataclass(frozen=True, slots=True)
class _Need:
    """How one school is to be tested now."""

    period: Period
    announced: bool
    devices: tuple[tuple[str, str], ...]
    wanted: Wanted
    number: int


class Scheduler:
    """One per server; `run` it until cancelled."""

    def __init__(  # One for each neighbour.
        self,
        rounds: RoundStore,
        windows: WindowStore,
        engine: Engine,
        tree: Callable[[], Tree],
        declare: Callable[[WindowDeclared], None],
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._rounds = rounds
        self._windows = windows
        self._engine = engine
        self._tree = tree
        self._declare = declare
        self._leads = leads
        self._clock = clock
        self._planned_at = float("-inf")

    async def run(self) -> None:
        """Look every half minute; a database that is away is tried again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._leads():
                continue
            try:
                await self.look()
            except StorageError as error:
                log.debug("tests_not_scheduled", error=str(error))

    async def look(self) -> None:
        """Do what is due."""
        now = self._clock()
        if now - self._planned_at >= PLAN_SECONDS and not self._engine.recalling:
            await self.plan(now)
            self._planned_at = now
        now_ms = round(now * 1_000)
        for one in await self._rounds.due(RoundState.PLANNED, now_ms + NOTICE_MS):
            await self._rounds.move(one.id, lambda known: noticed(known, now_ms))
        for one in await self._rounds.due(RoundState.NOTICED, now_ms + OPEN_MS):
            await self._begin(one, now_ms)
        for one in await self._rounds.due(RoundState.OPEN, now_ms - ROUND_MINUTES * 60_000 - CLOSE_MS):
            home = self._engine.home(one.school)
            tests: dict[tuple[str, str], ButtonTests] = dict(home.tests) if home is not None else {}
            await self._rounds.move(one.id, lambda known, tests=tests: closed(known, tests, now_ms))  # type: ignore[misc]

    async def plan(self, now: float) -> int:
        """Give each school without one a round in its period, those first whose last one came to nothing; says how many."""
        needs = await self._needs(now)
        taken: Counter[tuple[str, Slot]] = Counter()
        for one in await self._rounds.ahead():
            start = one.start_ms / 1_000
            taken[one.station, (local_date(start), round(minute_of_day(start)))] += 1
        made: list[Round] = []
        calendar = self._engine.roster.calendar
        for period in sorted({need.period for need in needs}, key=lambda one: one.name):
            mine = {need.wanted.school: need for need in needs if need.period == period}
            first = max(period.first, local_date(now) + timedelta(days=LEAD_DAYS))
            found = assign((need.wanted for need in mine.values()), slots(calendar, first, period.last), taken)
            made += [_round(mine[school], begins(slot)) for school, slot in found.items()]
        for first_of in range(0, len(made), ADDED_AT_ONCE):
            await self._rounds.add(made[first_of : first_of + ADDED_AT_ONCE], round(now * 1_000))
        if made:
            log.info("tests_planned", rounds=len(made))
        return len(made)

    async def _needs(self, now: float) -> list[_Need]:
        tree, today = self._tree(), local_date(now)
        asked = {school: alarm_test.RULE.of(self._engine.roster.dossier(school), today) for school in tree.schools}
        periods = {days: period_of(today, days) for days in {one.days for one in asked.values()}}
        newest = await self._rounds.newest({period.name for period in periods.values()})
        needs = []
        for number, (school, how) in enumerate(asked.items()):
            if number % 100 == 0:
                await asyncio.sleep(0)  # An alarm goes between.
            period = periods[how.days]
            last = newest.get((school, period.name))
            if last is not None and (last.state not in AGAIN or last.number >= ROUNDS_IN_PERIOD_MAX):
                continue
            devices = tuple((one.gateway, one.id) for one in buttons_of(tree, school))
            home = self._engine.home(school)
            tests = home.tests if home is not None else {}
            proven = [found.proven.pressed for key in devices if (found := tests.get(key)) and found.proven is not None]
            if not devices or (len(proven) == len(devices) and min(proven) >= start_of_day(period.first)):
                continue
            oldest = min(proven) if len(proven) == len(devices) else 0.0
            wanted = Wanted(school, tree.schools[school].station, (0 if last is not None else 1, oldest // DAY_SECONDS))
            needs.append(_Need(period, how.announced, devices, wanted, last.number + 1 if last is not None else 1))
        return needs

    async def _begin(self, one: Round, now_ms: int) -> None:
        """Declare the window of a round that may begin; one that may not is missed once its time is over."""
        hindrance = one.hindrance()
        if hindrance:
            if now_ms >= one.end_ms:
                await self._rounds.move(one.id, lambda known: missed(known, hindrance, now_ms))
            return
        window = Rehearsal(
            id=str(uuid.uuid5(_NAMES, one.id)),
            mode="test",
            school=one.school,
            devices=one.devices,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            state=WindowState.APPROVED,
            until_ms=one.end_ms,
            asked_by=AUTHOR,
            asked_ms=now_ms,
            approved_by=one.approved_by,
            approved_ms=one.approved_ms,
            moved_ms=now_ms,
            note=one.period,
        )
        if now_ms >= one.end_ms:
            await self._rounds.move(one.id, lambda known: missed(known, "not_pressed", now_ms))
            return
        try:
            kept = await self._windows.add(window, "")
        except NotMoved as refusal:
            log.warning("test_not_opened", round=one.id, why=refusal.detail)
            if refusal.code == "illegal_move":  # A drill of its buttons stands at that time.
                await self._rounds.move(one.id, lambda known: missed(known, "overlaps", now_ms))
            return
        self._declare(kept.declared())
        await self._rounds.move(one.id, lambda known: opened(known, kept.id, now_ms))


def _round(need: _Need, start: float) -> Round:
    start_ms = round(start * 1_000)
    school = need.wanted.school
    return Round(
        id=f"{school}.{need.period.name}.{need.number}",
        school=school,
        station=need.wanted.station,
        period=need.period.name,
        number=need.number,
        start_ms=start_ms,
        end_ms=start_ms + ROUND_MINUTES * 60_000,
        devices=frozenset(need.devices),  # type: ignore[arg-type]  # Of the registry.
        announced=need.announced,
    )
