"""The audits of a running server: each night by itself, when an administrator asks, and what follows from them.

After a day has been passed and its time in the database is over, its raw batches go into the archive.
"""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from contract.errors import AnxiaoError
from server.audit.audit import Audit, Progress
from server.audit.days import DAY_MS, day_of, start_of
from server.audit.derived import Derived
from server.audit.report import Check, Report
from server.audit.results import Results
from server.audit.worker import OwnProcess
from server.core.events import AuditJudged
from server.history.content import AuditedStore, Work
from server.journal.archive import ArchivedRaw
from server.journal.archiving import Archiver
from server.journal.database import Database

NIGHT_MS = 600_000  # After midnight: by ten past, boxes have sent what the day left.
LOOK_SECONDS = 30.0
RETRY_MS = 600_000
SETTLED_MS = 60_000  # What came later than this before now is still on its way into history.
OVERDUE_MS = 2 * DAY_MS
DAYS_AT_ONCE_MAX = 14  # Then it is looked again what is due.
TROUBLES_MAX = 100
KEEP_DAYS = 3  # Beyond those in the database, days whose word is still of interest.
DIFFERENCE, OVERDUE = "difference", "overdue"

log = structlog.get_logger("audit")


@dataclass(slots=True)
class Standing:
    """What is known of the audits, for metrics and the page of data health."""

    last_ended_ms: int = 0
    last_passed: bool = True
    last_differences: int = 0
    runs: int = 0
    failures: int = 0  # Audits that could not come to an end.
    running: str = ""


@dataclass(slots=True)
class _Asked:
    id: str
    by: str
    days: tuple[int | None, int | None]
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """How long things are kept."""

    raw_days: int
    archive_days: int


@dataclass(frozen=True, slots=True)
class FigureChecks:
    """How figures of coverage are audited."""

    kept: Callable[[], Awaitable[Check]]  # Those of now.
    frozen: Callable[[Work], Callable[[tuple[int, int]], Awaitable[Check]]]  # Those of days, in the audit's own process.


@dataclass(slots=True)
class _Now:
    asked: _Asked
    audit: Audit


class Auditor:
    """One per server; `run` serves until cancelled. Only the server that leads audits by itself and archives."""

    def __init__(
        self,
        database: Database,
        source: ArchivedRaw,
        history: AuditedStore | None,
        tell: Callable[[AuditJudged], None],
        rules: Rules,
        *,
        figures: FigureChecks,
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.standing = Standing()
        self.results = Results(database)
        self._work = OwnProcess()
        self.archiver = Archiver(database, source.folder, clock, work=self._work)
        self._source = source
        self._derived = Derived(database)
        self._history = history
        self._tell = tell
        self._rules = rules
        self._figures = figures.kept
        self._frozen = figures.frozen(self._work)
        self._leads = leads
        self._clock = clock
        self._wanted = asyncio.Event()
        self._asked: _Asked | None = None
        self._now: _Now | None = None
        self._newest_ms = round(clock() * 1_000)  # When a day was audited last, or since when we could have.
        self._not_before_ms = 0
        self._done = 0  # The day at whose beginning everything was done.
        self._troubles: OrderedDict[str, str] = OrderedDict()  # Of audits that could not come to an end: why.

    # ---------------------------------------------------------------- what is asked

    def ask(self, by: str, from_day: int | None, to_day: int | None) -> str | None:
        """Ask for an audit now; gives its id, or None while another one runs or waits."""
        if self._asked is not None or self._now is not None:
            return None
        asked = _Asked(str(uuid.uuid4()), by, (from_day, to_day), round(self._clock() * 1_000) - SETTLED_MS)
        self._asked = asked
        self._wanted.set()
        return asked.id

    def progress(self, run: str) -> Progress | None:
        """Say how far an audit has got that is waiting or running; None for any other."""
        if self._now is not None and self._now.asked.id == run:
            return self._now.audit.progress
        return Progress() if self._asked is not None and self._asked.id == run else None

    def trouble(self, run: str) -> str:
        """Say why an audit could not come to an end; nothing for any other."""
        return self._troubles.get(run, "")

    async def load(self) -> None:
        """Read what the last audit found, for the figures after a restart."""
        for run in await self.results.runs(1):
            standing = self.standing
            standing.last_ended_ms, standing.last_passed, standing.last_differences = (
                run.ended_ms,
                run.passed,
                run.differences,
            )

    async def run(self) -> None:
        """Audit each night and when asked, until cancelled."""
        try:
            while True:
                try:
                    await self._look()
                except AnxiaoError as error:
                    self._failed(str(error))
                except Exception:  # The top of a long-running task: our mistake in an audit must not end all others.
                    log.exception("audit_failed")
                    self._failed("a mistake of the server, which its log tells")
                await self._rest()
        finally:
            self._work.close()

    # ---------------------------------------------------------------- how it is done

    async def _look(self) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            await self._audit(asked)
            await self._judge(round(self._clock() * 1_000))
            return
        now_ms = round(self._clock() * 1_000)
        tonight = day_of(now_ms - NIGHT_MS)
        if not self._leads() or now_ms < self._not_before_ms or self._done == tonight:
            return
        while due := await self._due(now_ms):
            for day in due:
                if self._asked is not None:
                    return  # A person waits.
                await self._audit(_Asked(str(uuid.uuid4()), "", (day, day), None))
        await self._archive(now_ms)
        await self._judge(now_ms)
        self._done = tonight

    async def _due(self, now_ms: int) -> list[int]:
        """List the days to be audited: they have ended and have no word, or a bad one that is older than tonight."""
        today = day_of(now_ms - NIGHT_MS)
        bounds = await self._source.bounds()
        batches = await self._source.read_raw(bounds.first - 1, 1)
        if not batches:
            return []
        first = day_of(batches[0].rx_ms)
        reach = max(first if bounds.whole else first + 2, today - self._rules.raw_days - KEEP_DAYS)
        words = await self.results.days(reach)
        self._newest_ms = max((word.at_ms for word in words.values()), default=self._newest_ms)
        tonight = start_of(today) + NIGHT_MS
        due = [
            day for day in range(reach, today) if day not in words or (not words[day].passed and words[day].at_ms < tonight)
        ]
        return due[:DAYS_AT_ONCE_MAX]

    async def _audit(self, asked: _Asked) -> None:
        audit = Audit(
            self._source,
            self._derived,
            self._history,
            work=self._work,
            clock=self._clock,
            thorough=bool(asked.by),
            figures=self._figures,
            frozen=self._frozen,
        )
        self._now = _Now(asked, audit)
        self.standing.running = asked.id
        try:
            report = await audit.run(*asked.days, until_ms=asked.until_ms)
            await self.results.keep(asked.id, asked.by, report)
        except AnxiaoError as error:
            self._troubles[asked.id] = str(error)
            while len(self._troubles) > TROUBLES_MAX:
                self._troubles.popitem(last=False)
            raise
        finally:
            self._now = None
            self.standing.running = ""
        self._told(asked, report)

    def _told(self, asked: _Asked, report: Report) -> None:
        standing = self.standing
        standing.runs += 1
        standing.last_ended_ms = report.ended_ms
        standing.last_passed = report.passed
        standing.last_differences = report.differences
        level = log.info if report.passed else log.error
        level(
            "audited",
            run=asked.id,
            passed=report.passed,
            differences=report.differences,
            batches=report.batches,
            seconds=round((report.ended_ms - report.started_ms) / 1_000, 1),
            failed=[check.name for check in report.checks if not check.passed],
        )

    async def _archive(self, now_ms: int) -> None:
        """Move what is old enough and of a passed day; a day that failed holds back itself and all after it."""
        last = day_of(now_ms) - self._rules.raw_days - 1
        words = await self.results.days(0)
        passed = {day for day, word in words.items() if word.passed}

        def may_go(rx_ms: int) -> bool:
            day = day_of(rx_ms)
            return day <= last and day in passed

        await self.archiver.run(may_go, goes_on=lambda: self._leads() and self._asked is None)
        await self.archiver.expire(now_ms - self._rules.archive_days * DAY_MS)

    async def _judge(self, now_ms: int) -> None:
        """Tell operators where a day failed, or where none has been audited for two days."""
        words = await self.results.days(day_of(now_ms) - self._rules.raw_days - KEEP_DAYS)
        failed = sorted(day for day, word in words.items() if not word.passed)
        self._say(DIFFERENCE, bool(failed), now_ms, failed)
        self._newest_ms = max((word.at_ms for word in words.values()), default=self._newest_ms)
        self._say(OVERDUE, now_ms - self._newest_ms > OVERDUE_MS, now_ms, [])

    def _say(self, code: str, found: bool, now_ms: int, days: list[int]) -> None:
        self._tell(AuditJudged(code, found, now_ms / 1_000, tuple(days)))

    def _failed(self, words: str) -> None:
        self.standing.failures += 1
        now_ms = round(self._clock() * 1_000)
        self._not_before_ms = now_ms + RETRY_MS
        self._say(OVERDUE, now_ms - self._newest_ms > OVERDUE_MS, now_ms, [])
        log.warning("audit_not_ended", error=words)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._wanted.wait()
        except TimeoutError:
            return
        self._wanted.clear()
