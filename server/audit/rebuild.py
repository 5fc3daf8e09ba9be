"""Builds what is derived anew from the journal: the rows of alarms and gaps, cursors, missing incidents, the history.

Nothing that people did is ever taken back: facts of alerts are only added, for presses that no alert tells. A row of an
alarm of which there is no record is left where it is, for it may be the only trace of a press.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from contract.errors import ConfigurationError
from server.audit import mending
from server.audit.days import day_name, day_of
from server.audit.derived import Derived
from server.audit.digest import Run, digest
from server.audit.scratch import Scratch
from server.core.effects import Effect
from server.core.engine import Engine
from server.history.projector import Projector
from server.history.store import HistoryStore
from server.ingest.sorting import retold
from server.journal.database import Database
from server.journal.model import AlarmEvent, JournaledBatch
from server.journal.raw import Pieces, RawSource
from server.journal.sql import SqlJournal
from server.registry.model import Roster
from server.runtime import Runtime

SETTLE_SECONDS_MAX = 60.0  # A store that may lose its last seconds is waited for, so that its checkpoint is its end.
FLUSH_EVERY = 200  # Presses told again before their facts are stored.


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild has changed."""

    batches: int = 0
    events_added: int = 0
    events_corrected: int = 0
    gaps_added: int = 0
    gaps_removed: int = 0
    cursors_moved: int = 0
    incidents_added: int = 0
    facts_noted_lost: int = 0
    history_rows: int = 0
    broken: list[str] = field(default_factory=list)  # What the journal itself lacks.

    def in_words(self) -> str:
        """Write it for a person."""
        lines = [f"{name.replace('_', ' ')}: {getattr(self, name)}" for name in self.__slots__ if name != "broken"]
        return "\n".join([*lines, *self.broken])


Tell = Callable[[str, int, int], None]  # Stage, done, total.


async def rebuild_state(
    database: Database, source: RawSource, roster: Roster, clock: Callable[[], float], tell: Tell
) -> Rebuilt:
    """Make rows of alarms, gaps and cursors what the journal says, and raise presses that no alert tells."""
    rebuilt = Rebuilt()
    scratch = Scratch()
    try:
        await _from_journal(database, source, scratch, rebuilt, tell)
        derived = Derived(database)
        tell("refused", 0, 0)
        added, removed = await mending.mend_holes(database, derived, scratch)
        rebuilt.gaps_added, rebuilt.gaps_removed = added, removed
        tell("incidents", 0, 0)
        rebuilt.facts_noted_lost = await mending.fill_numbers(database, clock())
        rebuilt.incidents_added = await _raise_untold(database, derived, scratch, roster, clock)
    finally:
        scratch.close()
    return rebuilt


async def _from_journal(database: Database, source: RawSource, scratch: Scratch, rebuilt: Rebuilt, tell: Tell) -> None:
    bounds = await source.bounds()
    ends: dict[tuple[str, str, str], int] = {}
    after, pieces = bounds.first - 1, Pieces()
    while after < bounds.last:
        piece = [raw for raw in await source.read_raw(after, pieces.limit) if raw.sequence <= bounds.last]
        if not piece:
            break
        pieces.learn(piece)
        after = piece[-1].sequence
        found = await asyncio.to_thread(digest, piece, None, 0, 0)
        rebuilt.batches += found.batches
        rebuilt.broken += [f"batch {wrong.sequence} of {wrong.gateway}: {wrong.words}" for wrong in found.wrong]
        added, corrected = await mending.mend_events(database, found.told)
        rebuilt.events_added += added
        rebuilt.events_corrected += corrected
        await asyncio.to_thread(scratch.should, mending.HOLES, mending.hole_items(found.missing))
        for run in found.runs:
            _join(ends, run, rebuilt)
        tell("journal", after - bounds.first + 1, bounds.last - bounds.first + 1)
    rebuilt.cursors_moved = await mending.mend_cursors(database, ends)


def _join(ends: dict[tuple[str, str, str], int], run: Run, rebuilt: Rebuilt) -> None:
    stream = (run.gateway, run.epoch, run.lane)
    known = ends.get(stream)
    if known is not None and run.first != known + 1:
        rebuilt.broken.append(
            f"{run.gateway} {run.epoch} lane {run.lane}: from {known} to {run.first}, which no rebuild mends"
        )
    ends[stream] = max(run.last, known or 0)


async def _raise_untold(
    database: Database, derived: Derived, scratch: Scratch, roster: Roster, clock: Callable[[], float]
) -> int:
    """Tell the engine of every press that is in no alert; it rings at the server's next start, as a real one."""
    presses = await mending.untold_presses(derived, scratch)
    journal = SqlJournal(database)
    runtime = Runtime(Engine(), journal, _Nobody(), clock)
    runtime.restore(roster, await journal.facts(round(clock() * 1_000)), ())
    raised = 0
    for begun in range(0, len(presses), FLUSH_EVERY):
        rows = await derived.events_of(presses[begun : begun + FLUSH_EVERY])
        told = sorted((one for of_one in rows.values() for one in of_one if one.kind == "press"), key=lambda one: one.rx_ms)
        for one in told:
            event = retold(
                AlarmEvent(one.id, one.kind, one.gateway, one.device, one.t_ms, one.rx_ms, one.body, one.state)  # type: ignore[arg-type]  # Read from rows of ours.
            )
            assert event is not None
            runtime.tell(event)
            raised += 1
        await runtime.flush()
    return raised


class _Nobody:
    """Nobody looks at a screen while a rebuild runs."""

    def effects(self, effects: Iterable[Effect], now: float) -> None:
        """Take what changed."""


class _Batches:
    """Gives the projector its batches from journal and archive."""

    def __init__(self, source: RawSource) -> None:
        self._source = source

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read batches above a sequence."""
        return [raw.journaled() for raw in await self._source.read_raw(after, limit)]


async def rebuild_history(source: RawSource, store: HistoryStore, *, forget_older: bool, tell: Tell) -> Rebuilt:
    """Drop the history and carry it over again from journal and archive.

    Raises `ConfigurationError` where they no longer have all that the store may hold, unless that may be forgotten.
    """
    bounds = await source.bounds()
    if not bounds.whole and not forget_older:
        batches = await source.read_raw(bounds.first - 1, 1)
        begin = day_name(day_of(batches[0].rx_ms)) if batches else "nowhere"
        raise ConfigurationError(
            f"rebuild: journal and archive begin on {begin}; older history would be lost. --forget-older says that it may be"
        )
    projector = Projector(_Batches(source), store)
    await store.drop()
    while await projector.step():
        tell("history", projector.counted.batches, max(0, bounds.last - bounds.first + 1))
    waited = 0.0
    while store.loss_horizon_seconds and waited < SETTLE_SECONDS_MAX and await store.checkpoint() < bounds.last:
        await asyncio.sleep(1)
        waited += 1
        await projector.step()
    return Rebuilt(batches=projector.counted.batches, history_rows=projector.counted.rows)
