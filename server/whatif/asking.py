"""Comparisons of a running server: asked for, worked out beside the alarm line, followed, given up. None outlasts a restart.

The core works in a process of its own, at a low priority; here only batches are read, little by little. Everything has a
bound, and what was left out for it stands in the answer.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from contract.errors import StorageError
from contract.identity import Lane
from server.audit.worker import OwnProcess
from server.core.roster import RosterIndex
from server.core.rules import RULES
from server.journal.archive import ArchivedRaw
from server.journal.raw import RawBatch, SqlRaw, pack
from server.whatif.model import DAY_SECONDS, Answer, Proposal, evenly, sliced
from server.whatif.replay import WARM_SECONDS, replay

DAYS_MAX = 30
SCHOOLS_MAX = 24  # More are represented by so many, chosen evenly: some ten seconds for each.
SECONDS_MAX = 300.0  # Then it answers with what it has.
SCHOOL_BYTES_MAX = 134_217_728  # Of one school's batches: 30 days of the largest.
ARCHIVE_BATCHES_MAX = 2_000_000  # Gone through in the archive, the newest: some two minutes.
ARCHIVE_BYTES_MAX = 268_435_456  # Kept of it while schools wait for their turn.
PIECE = 500  # Batches in one read, between which everything else goes first.
KEPT_MAX = 20
WAITING_MAX = 4
NICENESS = 10

log = structlog.get_logger("whatif")


@dataclass(slots=True, eq=False)
class Job:
    """One comparison and how far it has got."""

    id: str
    by: str
    proposal: Proposal
    answer: Answer
    begun: float
    state: str = "waiting"  # waiting, reading, done, failed, cancelled
    task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Say whether it is still at work, or about to be."""
        return self.state in ("waiting", "reading")


class WhatIf:
    """The comparisons of one server; one works at a time."""

    def __init__(self, raw: ArchivedRaw, roster: Callable[[], RosterIndex], clock: Callable[[], float]) -> None:
        self._raw = raw
        self._roster = roster
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._turn = asyncio.Lock()
        self._process = OwnProcess(NICENESS)

    def find(self, id_: str, by: str) -> Job | None:
        """Find a comparison of one person."""
        known = self._jobs.get(id_)
        return known if known is not None and known.by == by else None

    def begin(self, by: str, proposal: Proposal, schools: Sequence[str], days: int) -> Job | None:
        """Begin a comparison over some schools; none when too many wait. What the person asked before is given up."""
        for job in [job for job in self._jobs.values() if job.by == by and job.busy]:
            self.cancel(job)
        if sum(job.busy for job in self._jobs.values()) >= WAITING_MAX:
            return None
        for old in [id_ for id_, job in self._jobs.items() if not job.busy][: max(0, len(self._jobs) - KEPT_MAX + 1)]:
            del self._jobs[old]
        now = self._clock()
        chosen = evenly(schools, SCHOOLS_MAX)
        answer = Answer(now - min(days, DAYS_MAX) * DAY_SECONDS, now, len(schools), chosen)
        if len(chosen) < len(schools):
            answer.notes["sampled"] = str(len(chosen))
        job = Job(str(uuid.uuid4()), by, proposal, answer, now)
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))
        return job

    def cancel(self, job: Job) -> None:
        """Give a comparison up; what it has found so far stays."""
        if job.busy:
            job.state = "cancelled"
            if job.task is not None:
                job.task.cancel()

    async def close(self) -> None:
        """Give everything up."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None and not job.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._process.close()

    async def _run(self, job: Job) -> None:
        try:
            async with self._turn:
                job.state = "reading"
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SECONDS_MAX):
                        await self._compare(job)
                if len(job.answer.sides) < len(job.answer.chosen):
                    job.answer.notes["time_over"] = str(len(job.answer.chosen) - len(job.answer.sides))
                    self._process.close()  # It may still be at work on a school that nobody waits for.
                job.state = "done"
        except asyncio.CancelledError:
            self._process.close()
            raise
        except StorageError as error:
            log.warning("whatif_failed", error=str(error))
            job.state = "failed"
        except Exception:  # One comparison ends; the server and its alarms go on.
            log.exception("whatif_failed")
            self._process.close()
            job.state = "failed"
        finally:
            if job.busy:
                job.state = "cancelled"

    async def _compare(self, job: Job) -> None:
        answer, index, rule = job.answer, self._roster(), RULES[job.proposal.rule]
        begin_ms = round((answer.since - WARM_SECONDS) * 1_000)
        gateways = {gateway for school in answer.chosen for gateway in index.gateways_of(school)}
        old = await self._archived(answer, {str(gateway) for gateway in gateways}, begin_ms)
        for school in answer.chosen:
            roster = await asyncio.to_thread(sliced, index, school, rule)
            proposed = job.proposal.applied(roster.records)
            pieces: list[bytes] = []
            size = 0
            for gateway in index.gateways_of(school):
                size += await self._read(gateway, begin_ms, old.pop(gateway, []), pieces, SCHOOL_BYTES_MAX - size)
            if size >= SCHOOL_BYTES_MAX:
                answer.notes["school_cut"] = school
            answer.sides.append(
                await self._process(replay, rule.name, roster, proposed, (answer.since, answer.until), pieces)
            )
        empty = sum(one.heard_from is None for one in answer.sides)
        if empty:
            answer.notes["no_readings"] = str(empty)
        late = [one.heard_from for one in answer.sides if one.heard_from is not None]
        if late and min(late) > answer.since:
            answer.notes["begins"] = str(round(min(late) * 1_000))

    async def _read(self, gateway: str, begin_ms: int, old: list[RawBatch], pieces: list[bytes], room: int) -> int:
        """Read what the database has of one gateway, besides what came out of the archive; says how many bytes it is."""
        size = sum(len(raw.body) for raw in old)
        if old:
            pieces.append(await asyncio.to_thread(pack, old))
        for lane in (Lane.TELEMETRY.value, Lane.ALARM.value):
            after = max((raw.sequence for raw in old if raw.lane == lane), default=0)
            while size < room:
                found = await SqlRaw.of_gateway(self._raw, gateway, lane, begin_ms, after, PIECE)
                if not found:
                    break
                after = found[-1].sequence
                size += sum(len(raw.body) for raw in found)
                pieces.append(await asyncio.to_thread(pack, found))
        return size

    async def _archived(self, answer: Answer, gateways: set[str], begin_ms: int) -> dict[str, list[RawBatch]]:
        """Read what the archive has of some gateways, by going through its newest files once."""
        kept: dict[str, list[RawBatch]] = {}
        entries = [entry for entry in await self._raw.entries() if entry.last_rx_ms >= begin_ms]
        if any(entry.expired for entry in entries):
            answer.notes["archive_gone"] = str(max(entry.last_rx_ms for entry in entries if entry.expired))
        wanted, count = [entry for entry in entries if not entry.expired], 0
        for place in range(len(wanted) - 1, -1, -1):
            count += wanted[place].count
            if count > ARCHIVE_BATCHES_MAX:
                answer.notes["archive_cut"] = str(wanted[place].last_rx_ms)
                wanted = wanted[place + 1 :]
                break
        size = 0
        after, last = (wanted[0].first_sequence - 1, wanted[-1].last_sequence) if wanted else (0, 0)
        while after < last and size < ARCHIVE_BYTES_MAX:
            found = await self._raw.read_archived(after, PIECE)
            if not found:
                break
            after = found[-1].sequence
            for raw in found:
                if raw.gateway in gateways and raw.rx_ms >= begin_ms:
                    kept.setdefault(raw.gateway, []).append(raw)
                    size += len(raw.body)
        if after < last:
            answer.notes["archive_full"] = str(after)
        return kept
