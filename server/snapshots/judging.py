"""Judges a past day anew: reads registry and journal in small pieces, and lets another process do the work.

The process belongs to one question and ends with it: a city's roster and hours of its readings stay nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from server.audit.days import day_name, start_of
from server.core.gap_figures import GapFigures
from server.history.content import Work
from server.journal.raw import Bounds, Pieces, RawSource, pack, unpack
from server.registry.model import Calendar
from server.snapshots.again import Comparison, held_against
from server.snapshots.calendar import as_date
from server.snapshots.frozen import Basis, compress, decode, encode, judged_at
from server.snapshots.reading import Known, PastRecords
from server.snapshots.replay import JOURNAL_GONE, JOURNAL_SHORT, LATE_CUT, REACH_SECONDS, ChangeRow, Replay, looked_back_to
from server.snapshots.store import Head

BATCHES_MAX = 50_000_000  # Of one question: a week of 3,200 sites that tell a batch a minute; some 25 minutes of work.
LATE_DAYS = 14  # How long after the day what came late is looked for.
ENGINE, JOURNAL = "engine", "journal"


@dataclass(slots=True)
class Progress:
    """How far a question has got."""

    stage: str = "waiting"
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a day, by what was known up to some sequences, with the devices as they were at an instant."""

    day: int
    until: float
    known: Known
    late: bool  # Whether what came later counts by the instant at which it was measured.
    taken_ms: int
    listening_ms: int | None = None  # Since when the city was listened to, where that is known better than by the journal.
    source: str = JOURNAL


@dataclass(slots=True)
class Judge:
    """Answers questions, one at a time; `progress` may be read meanwhile."""

    records: PastRecords
    source: RawSource
    work: Work
    calendar: Callable[[], Calendar]
    batches_max: int = BATCHES_MAX
    progress: Progress = field(default_factory=Progress)

    async def answer(self, question: Question) -> bytes:
        """Give the day as `frozen.compress` wrote it. Raises `StorageError` for what cannot be judged."""
        offline, basis = await self._told(question, None)
        return await self.work(ended, offline, basis)

    async def compare(self, head: Head, body: bytes) -> Comparison:
        """Hold a frozen day against the same day judged anew by what was known when it was taken.

        `body` is what `frozen.compress` wrote, for the place in the chain that bears the sequences. Raises `StorageError`
        for what cannot be judged.
        """
        engine = head.source == ENGINE
        taken = Known(head.registry_sequence, head.journal_sequence)
        basis = await self.work(basis_of, body)
        question = Question(
            day=head.day,
            until=head.taken_ms / 1_000 if engine else judged_at(head.day),
            known=taken,
            late=not engine,
            taken_ms=head.taken_ms,
            listening_ms=basis.listening_ms if engine else None,
            source=head.source,
        )
        offline, again = await self._told(question, taken.journal if engine else None)
        return await self.work(compared, offline, again, body)

    async def _told(self, question: Question, around: int | None) -> tuple[Sequence[tuple[GatewayId, DeviceId]], Basis]:
        """Tell all there is; with `around`, the last batch that was known, also what came just after."""
        self.progress = progress = Progress("registry")
        await self.work(begin, question.day, question.until, question.late, around)
        async for rows in self.records.changes(question.day, question.known.registry):
            progress.done += len(rows)
            await self.work(learn, rows)
        gaps = await self.records.gaps(as_date(question.day), round(question.until * 1_000))
        await self.work(counted, gaps)
        listening, notes = await self._journal(question, await self.source.bounds(), further=around is not None)
        offline: Sequence[tuple[GatewayId, DeviceId]] = ()
        if listening is not None:
            self.progress = Progress("events")
            until_ms = round(question.until * 1_000)
            await self.work(phoned, await self.records.phoned(round(listening * 1_000), until_ms))
            await self.work(noted, await self.records.noted(until_ms))
            offline = await self.records.offline(until_ms)
            if question.listening_ms is not None:
                listening = max(listening, question.listening_ms / 1_000)
        self.progress = Progress("judging")
        basis = Basis(
            taken_ms=question.taken_ms,
            source=question.source,
            listening_ms=round((question.until if listening is None else listening) * 1_000),
            registry_sequence=question.known.registry,
            journal_sequence=question.known.journal,
            notes=tuple(notes),
        )
        return offline, basis

    async def _journal(self, question: Question, bounds: Bounds, *, further: bool) -> tuple[float | None, list[str]]:
        """Tell the journal; gives since when it was read, None where the last day is not there any more."""
        wanted = looked_back_to(self.calendar(), question.until)
        first = await self._first(bounds)
        if first is None or (not bounds.whole and first > question.until - REACH_SECONDS):
            return None, [JOURNAL_GONE]
        notes = [] if first <= wanted or bounds.whole else [JOURNAL_SHORT]
        last, to_ms = bounds.last if further else min(bounds.last, question.known.journal), None
        if question.late:
            to_ms = min(start_of(question.day + 1 + LATE_DAYS), question.taken_ms)
            notes += [LATE_CUT] if to_ms < question.taken_ms else []
        after = max(await self.source.before(round(wanted * 1_000)), bounds.first - 1)
        self.progress = progress = Progress("journal", 0, max(0, last - after))
        pieces, begun = Pieces(), after
        limit_ms = round(question.until * 1_000) if to_ms is None else to_ms
        while after < last:
            piece = [raw for raw in await self.source.read_raw(after, pieces.limit) if raw.sequence <= last]
            if not piece:
                break
            pieces.learn(piece)
            after = piece[-1].sequence
            progress.done = after - begun
            if progress.done > self.batches_max:
                raise StorageError(f"{day_name(question.day)}: more than {self.batches_max} batches would have to be read")
            await self.work(take, pack(piece))
            if all(raw.rx_ms > limit_ms + 600_000 for raw in piece):
                break
        return max(wanted, first), notes

    async def _first(self, bounds: Bounds) -> float | None:
        batches = await self.source.read_raw(bounds.first - 1, 1) if bounds.last else ()
        return batches[0].rx_ms / 1_000 if batches else None


# ---------------------------------------------------------------- what runs in the other process, one question at a time

_now: list[Replay] = []


def begin(day: int, until: float, late: bool, around: int | None) -> None:  # It crosses to another process by place.
    """Take a question up."""
    _now[:] = [Replay(day, until, late=late, known=around)]


def learn(rows: list[ChangeRow]) -> None:
    """Take in changes of the registry."""
    _now[0].registry.learn(rows)


def take(packed: bytes) -> None:
    """Take in batches."""
    _now[0].take(unpack(packed))


def phoned(check_ins: list[tuple[str, str, str, str, float]]) -> None:
    """Take in check-ins that came by telephone."""
    _now[0].phoned(check_ins)


def counted(gaps: Mapping[str, GapFigures]) -> None:
    """Take in how many gaps each school had."""
    _now[0].gaps = gaps


def noted(notes: list[tuple[str, str, float, str]]) -> None:
    """Take in what was noted of days."""
    _now[0].notes = notes


def ended(offline: Sequence[tuple[GatewayId, DeviceId]], basis: Basis) -> bytes:
    """Judge."""
    return compress(encode(_now[0].end(offline, basis)))


def basis_of(body: bytes) -> Basis:
    """Read on what a frozen day stands."""
    frozen = decode(body)
    return Basis(
        frozen.taken_ms,
        frozen.source,
        frozen.listening_ms,
        frozen.registry_sequence,
        frozen.journal_sequence,
        (*frozen.notes,),
    )


def compared(offline: Sequence[tuple[GatewayId, DeviceId]], basis: Basis, body: bytes) -> Comparison:
    """Judge, and hold what was frozen against it."""
    again = _now[0].end(offline, basis)
    return held_against(decode(body), again, _now[0].otherwise, _now[0].doubts)
