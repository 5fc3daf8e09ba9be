"""One audit: the journal is read once, and every derived store is held against what it says.

What is derived is compared by sums first. Only where the sums differ is it compared value by value, and that comparison
has the last word: a reading that came days late, or a clock that went ahead, is no difference.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from contract.errors import ConfigurationError
from server.audit.alarms import Alarms
from server.audit.days import day_name, day_of, start_of
from server.audit.derived import Derived
from server.audit.digest import Digest, digest_packed
from server.audit.report import Check, Report
from server.audit.scratch import Scratch
from server.audit.streams import StreamCheck
from server.audit.values import Values
from server.history.content import AuditedStore, Work, added
from server.journal.archive import ArchivedRaw, check_files
from server.journal.raw import Bounds, Pieces, RawSource, pack
from server.journal.search import SLACK_MS

T = TypeVar("T")

EVER = 2**53  # Milliseconds; later than any row.


@dataclass(slots=True)
class Progress:
    """How far an audit has got."""

    stage: str = "waiting"
    done: int = 0
    total: int = 0


async def in_thread(function: Callable[..., T], *args: object) -> T:
    """Run a computation on a thread: enough where nobody waits for an alarm meanwhile."""
    return await asyncio.to_thread(function, *args)


class Audit:
    """Audits one installation. `progress` may be read meanwhile."""

    def __init__(
        self,
        source: RawSource,
        derived: Derived,
        store: AuditedStore | None,
        *,
        work: Work = in_thread,
        clock: Callable[[], float] = time.time,
        thorough: bool = True,
        figures: Callable[[], Awaitable[Check]] | None = None,
        frozen: Callable[[tuple[int, int]], Awaitable[Check]] | None = None,
    ) -> None:
        self.progress = Progress()
        self._source = source
        self._derived = derived
        self._store = store
        self._work = work
        self._clock = clock
        self._figures = figures  # Of a running server; a stopped one keeps none.
        self._frozen = frozen
        self._thorough = thorough  # Whether each file of the archive is read, which for a year takes hours.

    async def run(self, from_day: int | None = None, to_day: int | None = None, *, until_ms: int | None = None) -> Report:
        """Audit the days from the first to the last, both included; without them, all that journal and archive have.

        `until_ms` ends the span earlier, where things still move. Raises `ConfigurationError` for days that cannot be
        audited any more, `StorageError` when a store did not answer.
        """
        started = self._clock()
        bounds = await self._source.bounds()
        reach = await self._reach(bounds)
        if from_day is not None and from_day < reach:
            raise ConfigurationError(
                f"from {day_name(from_day)}: journal and archive can be audited from {day_name(reach)} on"
            )
        from_ms = start_of(reach if from_day is None else from_day)
        to_ms = start_of(day_of(round(started * 1_000)) + 2 if to_day is None else to_day + 1)
        kept = (0 if from_day is None and bounds.whole else from_ms, EVER if to_day is None and until_ms is None else to_ms)
        if until_ms is not None:
            to_ms = min(to_ms, until_ms)
            kept = (kept[0], min(kept[1], to_ms))
        if to_ms <= from_ms:
            raise ConfigurationError("the span is empty: its end is before its beginning, or has not come yet")
        scratch = Scratch()
        try:
            return await self._run(scratch, (from_ms, to_ms), kept, bounds, started)
        finally:
            scratch.close()

    async def _reach(self, bounds: Bounds) -> int:
        """Give the first day of which everything is there still, with what clocks ahead of it told the day before."""
        batches = await self._source.read_raw(bounds.first - 1, 1)
        if not batches:
            return day_of(round(self._clock() * 1_000))
        day = day_of(batches[0].rx_ms)
        return day if bounds.whole else day + 2

    async def _run(
        self, scratch: Scratch, span: tuple[int, int], kept: tuple[int, int], bounds: Bounds, started: float
    ) -> Report:
        """Audit what was measured in `span`, and the rows of alarms and gaps received in `kept`."""
        from_ms, to_ms = span
        head = bounds.last
        shape = self._store.shape if self._store else None
        whole = Digest()
        after = max(await self._source.before(from_ms), bounds.first - 1)
        batches = Check("batches", "each raw batch with its row: what it covers, and its digest")
        streams = StreamCheck(self._source, complete=bounds.whole and (not bounds.archived or after < bounds.first))
        alarms = Alarms(self._source, self._derived, scratch, self._work, *kept)
        self.progress = Progress("journal", 0, max(0, head - after))
        pieces, begun = Pieces(), after
        while after < head:
            piece = [raw for raw in await self._source.read_raw(after, pieces.limit) if raw.sequence <= head]
            if not piece:
                break
            pieces.learn(piece)
            after = piece[-1].sequence
            self.progress.done = after - begun
            found = await self._work(digest_packed, pack(piece), shape, from_ms, to_ms)
            streams.take(found.runs)
            await asyncio.to_thread(alarms.take, found)
            _gather(whole, batches, found)
            if all(raw.rx_ms >= to_ms + SLACK_MS for raw in piece):
                break
        batches.compared = whole.batches
        if whole.open:
            batches.notes.append(f"{whole.open} are kept without their refused records, and have no digest of their own")
        checks = [batches]
        if isinstance(self._source, ArchivedRaw):
            checks.append(await self._archive(self._source))
        self.progress = Progress("streams")
        checks.append(await streams.check())
        self.progress = Progress("alarms")
        checks += await alarms.check(head)
        if self._store is not None:
            values = Values(self._source, self._store, self._work, head)
            self.progress = progress = Progress("history")
            checks.append(await values.check(whole.tallies, whole.outside, from_ms, to_ms, progress))
        if self._figures is not None:
            self.progress = Progress("coverage")
            checks.append(await self._figures())
        if self._frozen is not None:
            self.progress = Progress("frozen")
            checks.append(await self._frozen((day_of(from_ms), day_of(to_ms - 1))))
        self.progress = Progress("done")
        return Report(
            from_ms=from_ms,
            to_ms=to_ms,
            first_sequence=bounds.first,
            last_sequence=head,
            started_ms=round(started * 1_000),
            ended_ms=round(self._clock() * 1_000),
            store=self._store.name if self._store else "none",
            batches=whole.batches,
            readings=whole.readings,
            values=whole.values,
            events=alarms.events,
            checks=checks,
        )

    async def _archive(self, source: ArchivedRaw) -> Check:
        check = Check("archive", "each file of the archive with its entry, and the chain of entries")
        entries = await source.entries()
        self.progress = Progress("archive")
        check.compared = sum(not entry.expired for entry in entries)
        for words in await asyncio.to_thread(check_files, source.folder, entries, hashed=self._thorough):
            check.differs(words)
        return check


def _gather(whole: Digest, batches: Check, found: Digest) -> None:
    whole.batches += found.batches
    whole.readings += found.readings
    whole.values += found.values
    whole.open += found.open
    whole.outside |= found.outside
    for key, tally in found.tallies.items():
        whole.tallies[key] = added(whole.tallies[key], tally) if key in whole.tallies else tally
    for wrong in found.wrong:
        batches.differs(f"batch {wrong.sequence} of {wrong.gateway}: {wrong.words}")
