"""Freezes each day: at its turn by the running engine, and a night that was missed anew from the journal, once we are back.

What is frozen says when that was really done. A day is never frozen after a later one, so a day that could not be frozen in
time stays without a snapshot, and is shown as such.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from contract.errors import AnxiaoError
from server.audit.days import DAY_MS, day_name, day_of, start_of
from server.core.engine import Engine
from server.snapshots.frozen import Basis, Frozen, Pair, decode, freeze, judged_at
from server.snapshots.judging import ENGINE, Judge, Question
from server.snapshots.store import Head, Snapshots

TURN_MS_MAX = 60_000  # Later than this after midnight, what the engine knows is no more what it knew at the turn.
BY_MS = 600_000  # By ten past midnight the day is frozen; a night without it was missed.
MISSED_DAYS_MAX = 14  # Further back, what came late may be anywhere; those days stay without a snapshot.
LOOK_SECONDS = 30.0
SCHOOLS_AT_ONCE = 50  # Judged in one turn of the event loop: some 5 ms, for which an alarm may have to wait.
RETRY_MS = 600_000
TRIES_MAX = 6  # A missed day that cannot be judged in an hour stays without a snapshot: the next must not wait for it.

log = structlog.get_logger("snapshots")


class Owned(Protocol):
    """Where a past day is judged: a process that is ended after each."""

    def close(self) -> None:
        """End it."""
        ...


class Keeper:
    """One per server; `run` serves until cancelled. Only the server that leads freezes."""

    def __init__(
        self,
        engine: Engine,
        snapshots: Snapshots,
        judge: Judge,
        worker: Owned,
        *,
        registry_sequence: Callable[[], int],
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.frozen = 0
        self.failures = 0
        self.newest: Head | None = None
        self._engine = engine
        self._snapshots = snapshots
        self._judge = judge
        self._worker = worker
        self._registry_sequence = registry_sequence
        self._leads = leads
        self._clock = clock
        self._taken: Frozen | None = None  # At the turn, and not stored yet.
        self._not_before_ms = 0
        self._tries: dict[int, int] = {}  # Of missed days, how often they could not be judged.

    async def run(self) -> None:
        """Freeze each day until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._turns(), name="snapshot-turns")
            group.create_task(self._stores(), name="snapshot-stores")

    async def _turns(self) -> None:
        while True:
            now_ms = round(self._clock() * 1_000)
            await asyncio.sleep(max(0.01, min(LOOK_SECONDS, (start_of(day_of(now_ms) + 1) - now_ms) / 1_000)))
            try:
                await self.turn()
            except AnxiaoError as error:
                self._failed(str(error))
            except Exception:  # The top of a long-running task: a day that fails is judged from the journal instead.
                log.exception("snapshot_turn_failed")
                self._failed("a mistake of the server, which its log tells")

    async def _stores(self) -> None:
        while True:
            try:
                await self.look()
            except AnxiaoError as error:
                self._failed(str(error))
            except Exception:  # The top of a long-running task: the next look tries again.
                log.exception("snapshot_failed")
                self._failed("a mistake of the server, which its log tells")
            await asyncio.sleep(LOOK_SECONDS)

    async def turn(self) -> None:
        """Take down what the engine says of the day that has just ended; later after midnight this does nothing."""
        now_ms = round(self._clock() * 1_000)
        day = day_of(now_ms) - 1
        held = self._taken is not None and self._taken.day == day
        since = self._engine.listening_since
        if held or now_ms - start_of(day + 1) > TURN_MS_MAX or not self._leads() or self._engine.recalling or since is None:
            return
        if self.newest is not None and self.newest.day >= day:
            return
        known, registry = await self._judge.records.heads(), self._registry_sequence()
        roster, indicators, verdicts = self._engine.roster, self._engine.indicators, await self._verdicts(judged_at(day))
        basis = Basis(now_ms, ENGINE, round(since * 1_000), registry, known.journal)
        self._taken = await asyncio.to_thread(freeze, day, roster, indicators, verdicts, basis)

    async def _verdicts(self, at: float) -> Mapping[str, Mapping[str, Pair]]:
        found: dict[str, Mapping[str, Pair]] = {}
        for place, school in enumerate(list(self._engine.roster.schools)):
            found[school] = self._engine.judged(school, at)
            if place % SCHOOLS_AT_ONCE == SCHOOLS_AT_ONCE - 1:
                await asyncio.sleep(0)
        return found

    async def look(self) -> None:
        """Store what was taken down, and freeze what was missed; does nothing on a server that does not lead."""
        now_ms = round(self._clock() * 1_000)
        if not self._leads() or now_ms < self._not_before_ms:
            return
        self.newest = await self._snapshots.newest()
        yesterday = day_of(now_ms) - 1
        first = await self._first_due(yesterday)
        for day in range(first, yesterday + 1):
            taken = self._taken
            if taken is not None and taken.day == day:
                await self._keep(taken)
            elif day < yesterday or now_ms - start_of(day + 1) >= BY_MS:
                await self._missed(day)
            else:
                return
        if self._taken is not None and self.newest is not None and self._taken.day <= self.newest.day:
            self._taken = None
        self._tries = {day: tries for day, tries in self._tries.items() if day >= first}

    async def _first_due(self, yesterday: int) -> int:
        """Give the first day that could still be frozen: not before the journal, nor after a later one."""
        oldest = yesterday - MISSED_DAYS_MAX + 1
        if self.newest is not None:
            return max(oldest, self.newest.day + 1)
        bounds = await self._judge.source.bounds()
        batches = await self._judge.source.read_raw(bounds.first - 1, 1) if bounds.last else ()
        return max(oldest, day_of(batches[0].rx_ms)) if batches else yesterday + (self._taken is None)

    async def _missed(self, day: int) -> None:
        if self._tries.get(day, 0) >= TRIES_MAX:
            return
        self._tries[day] = self._tries.get(day, 0) + 1
        try:
            known, now_ms = await self._judge.records.heads(), round(self._clock() * 1_000)
            question = Question(day=day, until=judged_at(day), known=known, late=True, taken_ms=now_ms)
            body = await self._judge.answer(question)
        finally:
            self._worker.close()
        await self._keep(await asyncio.to_thread(decode, body))

    async def _keep(self, frozen: Frozen) -> None:
        try:
            self.newest = await self._snapshots.append(frozen)
        except DBAPIError as error:
            self.newest = await self._snapshots.newest()
            if self.newest is None or self.newest.day < frozen.day:
                raise
            log.info("snapshot_of_another_server", day=day_name(frozen.day), error=str(error.orig)[:200])
            return
        self.frozen += 1
        await self._snapshots.forget()
        log.info(
            "day_frozen",
            day=day_name(frozen.day),
            source=frozen.source,
            schools=len(frozen.schools),
            bytes=self.newest.bytes,
            late_hours=round((frozen.taken_ms - start_of(frozen.day + 1)) * 24 / DAY_MS, 1),
        )

    def _failed(self, words: str) -> None:
        self.failures += 1
        self._not_before_ms = round(self._clock() * 1_000) + RETRY_MS
        log.warning("day_not_frozen", error=words)
