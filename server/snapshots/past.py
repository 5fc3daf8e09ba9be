"""Any past day, as it was known then and as it is known now; what is being judged anew says how far it has got."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

from contract.errors import AnxiaoError
from server.audit.days import day_name, day_of
from server.snapshots.frozen import FrozenDay, decode, judged_at
from server.snapshots.judging import Judge, Progress, Question
from server.snapshots.keeper import Owned
from server.snapshots.reasons import Reasons
from server.snapshots.store import Snapshots

THEN_KEPT_MAX = 8  # Days in memory; one of 3,200 schools with fourteen indicators takes some 40 MiB.
NOW_KEPT_MAX = 4
WAITING_MAX = 8  # Days that wait to be judged anew; who asks for one more is told to wait.
FRESH_MS = 3_600_000  # A day judged anew is shown so long, if nobody edits: something may come late still.
TROUBLE_MS = 60_000  # How long a day that could not be judged is not tried again.

log = structlog.get_logger("past")


class State(StrEnum):
    """How a day stands."""

    READY = "ready"
    WORKING = "working"
    NONE = "none"  # It was not frozen.
    FAILED = "failed"
    BUSY = "busy"  # Too many days wait already.


@dataclass(frozen=True, slots=True)
class Answer:
    """A day, or why there is none yet."""

    state: State
    day: FrozenDay | None = None
    progress: Progress | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    day: FrozenDay
    registry: int
    at_ms: int


class Past:
    """One per server; `run` judges what was asked for until cancelled."""

    def __init__(
        self,
        snapshots: Snapshots,
        judge: Judge,
        worker: Owned,
        reasons: Reasons,
        *,
        registry_sequence: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self.snapshots = snapshots
        self.reasons = reasons
        self.faults = 0
        self._judge = judge
        self._worker = worker
        self._registry_sequence = registry_sequence
        self._clock = clock
        self._then: OrderedDict[int, FrozenDay] = OrderedDict()
        self._now: OrderedDict[int, _Kept] = OrderedDict()
        self._troubles: OrderedDict[int, tuple[int, str]] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._working: int | None = None
        self._more = asyncio.Event()

    def today(self) -> int:
        """Give the number of the day that is not over yet."""
        return day_of(self._ms())

    async def then(self, day: int) -> Answer:
        """Give a day as it was known then: what was frozen. Raises `StorageError`."""
        found = self._then.pop(day, None) or await self.snapshots.day(day)
        if found is None:
            return Answer(State.NONE)
        self._then[day] = found
        while len(self._then) > THEN_KEPT_MAX:
            self._then.popitem(last=False)
        return Answer(State.READY, found)

    def now(self, day: int) -> Answer:
        """Give a day as it is known now; who asks for the first time sets the work going, and asks again."""
        kept = self._now.get(day)
        if kept is not None and kept.registry == self._registry_sequence() and self._ms() - kept.at_ms < FRESH_MS:
            return Answer(State.READY, kept.day)
        failed = self._troubles.get(day)
        if failed is not None and self._ms() - failed[0] < TROUBLE_MS:
            return Answer(State.FAILED, detail=failed[1])
        if day == self._working:
            return Answer(State.WORKING, progress=self._judge.progress)
        if day not in self._wanted and len(self._wanted) >= WAITING_MAX:
            return Answer(State.BUSY)
        self._wanted[day] = None
        self._more.set()
        return Answer(State.WORKING, progress=Progress())

    async def run(self) -> None:
        """Judge days anew, one after the other, until cancelled."""
        try:
            while True:
                await self._more.wait()
                self._more.clear()
                while self._wanted:
                    day, _ = self._wanted.popitem(last=False)
                    await self._work(day)
        finally:
            self._worker.close()

    async def _work(self, day: int) -> None:
        self._working = day
        at_ms = self._ms()
        try:
            known = await self._judge.records.heads()
            question = Question(day=day, until=judged_at(day), known=known, late=True, taken_ms=at_ms)
            frozen = await asyncio.to_thread(_read, await self._judge.answer(question))
        except AnxiaoError as error:
            self._failed(day, str(error))
        except Exception:  # The top of a long-running task: our mistake in one day must not end all others.
            self.faults += 1
            log.exception("day_not_judged", day=day_name(day))
            self._failed(day, "a mistake of the server, which its log tells")
        else:
            self._now[day] = _Kept(frozen, known.registry, at_ms)
            while len(self._now) > NOW_KEPT_MAX:
                self._now.popitem(last=False)
        finally:
            self._working = None
            self._worker.close()

    def _failed(self, day: int, words: str) -> None:
        log.warning("day_not_judged", day=day_name(day), error=words)
        self._troubles[day] = (self._ms(), words)
        while len(self._troubles) > WAITING_MAX:
            self._troubles.popitem(last=False)

    def _ms(self) -> int:
        return round(self._clock() * 1_000)


def _read(body: bytes) -> FrozenDay:
    return FrozenDay(decode(body))
