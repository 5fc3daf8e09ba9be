"""Follows what other servers have committed: their batches, alarms, facts of alerts and declared windows.

The journal is the one truth: whatever came to another server, by any way, is read there and told to our own host and engine.
Everything told twice changes nothing, so after doubt it is simply told again.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from server.core.events import WindowDeclared
from server.journal.model import AlarmEvent, JournaledBatch, StoredFact

POLL_SECONDS = 0.2  # A press that came to one server alone is on every screen within two of these.
SELDOM_SECONDS = 1.0  # Single events: batches and facts tell nearly all of them sooner.
RETRY_SECONDS = 1.0
BATCHES_MAX = 500
FACTS_MAX = 1_000
WINDOWS_MS = 60_000  # How far back windows are looked at, for the same reason; after a failure from the last look on.
EVENTS_MS = 20_000  # How far back single events are looked at: more than servers' clocks differ and commits take.
OWN_MAX = 200_000  # Batches of ours that are not read yet; of those forgotten beyond it our engine is told again.

log = structlog.get_logger("sharing")


class Journal(Protocol):
    """What is followed of the journal."""

    async def head(self) -> int:
        """Read the newest committed sequence of raw batches."""
        ...

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches in commit order, above sequence `after`."""
        ...

    async def facts_head(self) -> int:
        """Read the sequence of the newest fact."""
        ...

    async def facts_after(self, sequence: int, limit: int) -> Sequence[StoredFact]:
        """Read facts in the order of storing, above a sequence."""
        ...

    async def events(self, after_rx_ms: int) -> Sequence[AlarmEvent]:
        """Read the alarm events received since an instant."""
        ...


class Windows(Protocol):
    """The declared windows."""

    async def moved(self, since_ms: int) -> Sequence[tuple[tuple[str, int], WindowDeclared]]:
        """Read what was declared, approved or withdrawn since an instant: its id and version, and what it is now."""
        ...


class Listener(Protocol):
    """Who is told; `server.ingest.pipeline.Ingest` is one."""

    def followed(self, batch: JournaledBatch) -> None:
        """Learn of a batch that another server has committed."""
        ...

    def followed_events(self, events: Sequence[AlarmEvent]) -> None:
        """Learn of events that are in the journal."""
        ...


class Follower:
    """Call `start` before the journal is restored from, then `run`; `committed` tells what is our own."""

    def __init__(
        self,
        journal: Journal,
        windows: Windows,
        listener: Listener,
        facts: Callable[[Sequence[StoredFact]], None],
        declare: Callable[[WindowDeclared], None],
        clock: Callable[[], float],
    ) -> None:
        self.batches = 0  # Of other servers, since the start.
        self._journal = journal
        self._windows = windows
        self._listener = listener
        self._tell_facts = facts
        self._declare = declare
        self._clock = clock
        self._batch = 0
        self._fact = 0
        self._own: set[int] = set()
        self._declared: set[tuple[str, int]] = set()
        self._windows_ms: int | None = None

    async def start(self) -> None:
        """Note where the journal stands: what is committed from here on is followed. Raises `StorageError`."""
        self._fact = await self._journal.facts_head()
        self._batch = await self._journal.head()

    def committed(self, sequences: Iterable[int]) -> None:
        """Note batches of our own, of which our engine knows already."""
        if len(self._own) < OWN_MAX:
            self._own.update(sequences)

    async def run(self) -> None:
        """Follow until cancelled; a database that is away is tried again."""
        seldom_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                more = await self.step()
                if loop.time() >= seldom_at:
                    seldom_at = loop.time() + SELDOM_SECONDS
                    await self.look()
            except StorageError as error:
                log.debug("not_followed", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if not more:
                await asyncio.sleep(POLL_SECONDS)

    async def step(self) -> bool:
        """Follow what is new among windows, batches and facts; says whether there may be more."""
        await self._follow_windows()  # First: what other servers take for a test is none of ours to ring for.
        facts = await self._journal.facts_after(self._fact, FACTS_MAX)
        if facts:  # Before the batches: an alert that another server made of one is then ours already, and made once.
            self._fact = facts[-1].sequence
            self._tell_facts(facts)
        batches = await self._journal.read(self._batch, BATCHES_MAX)
        for batch in batches:
            self._batch = batch.sequence
            if batch.sequence in self._own:
                self._own.discard(batch.sequence)
            else:
                self.batches += 1
                self._listener.followed(batch)
        return len(batches) == BATCHES_MAX or len(facts) == FACTS_MAX

    async def look(self) -> None:
        """Look at the newest single events."""
        self._listener.followed_events(await self._journal.events(round(self._clock() * 1_000) - EVENTS_MS))

    async def _follow_windows(self) -> None:
        """Learn of each move of a test or drill within two looks, so that all servers rule a press alike."""
        now_ms = round(self._clock() * 1_000)
        since_ms = now_ms if self._windows_ms is None else min(now_ms, self._windows_ms)
        moved = await self._windows.moved(since_ms - WINDOWS_MS)
        self._windows_ms = now_ms
        for version, window in moved:
            if version not in self._declared:
                self._declare(window)
        self._declared = {version for version, _ in moved}
