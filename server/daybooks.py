"""Keeps what the schools' daybooks note, so that figures which look back over days stand after a restart as before.

It is a projection: check-ins of the last seconds before a kill are read back from the journal, and an alarm's answer from
its facts.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from server.core.daybook import ALARM_SECONDS
from server.core.effects import DayNoted
from server.core.events import DaysRestored, Event

KEEP_SECONDS = 2.0  # How long notes are gathered.
WAITING_MAX = 100_000  # While the database is away: some thirty of each school of a city.

log = structlog.get_logger("daybooks")


class DayStore(Protocol):
    """Where they are kept; `server.journal.days.SqlDays` is one."""

    async def keep(self, notes: Sequence[DayNoted]) -> None:
        """Keep what was noted; a later word takes the place of an earlier one."""
        ...

    async def noted(self, since: float) -> Sequence[DayNoted]:
        """Read what was noted since an instant, the longest ago first, and forget the rest."""
        ...


class Daybooks:
    """One per server. Call `start` once roster and alerts are known; `note` what the engine tells, and `run` keeps it."""

    def __init__(self, store: DayStore, tell: Callable[[Event], None], clock: Callable[[], float]) -> None:
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._store = store
        self._tell = tell
        self._clock = clock
        self._waiting: dict[tuple[str, str], DayNoted] = {}
        self._more = asyncio.Event()

    async def start(self) -> None:
        """Tell the engine what was noted."""
        self._tell(DaysRestored(await self._store.noted(self._clock() - ALARM_SECONDS)))

    def note(self, noted: DayNoted) -> None:
        """Take a note, without waiting; what is beyond the limit is not known after a restart."""
        key = (noted.school, noted.key)
        if key in self._waiting or len(self._waiting) < WAITING_MAX:
            self._waiting[key] = noted
            self._more.set()

    async def run(self) -> None:
        """Keep what is noted, until cancelled."""
        while True:
            await self._more.wait()
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await self.flush()
            except StorageError as error:
                log.warning("days_not_kept", waiting=len(self._waiting), error=str(error))
            except Exception:  # The top of a long-running task: one word that no database takes must not end the server.
                self.faults += 1
                log.exception("days_lost")

    async def flush(self) -> None:
        """Keep what waits now; raises `StorageError`, and keeps it waiting then."""
        waiting, self._waiting = self._waiting, {}
        self._more.clear()
        try:
            await self._store.keep(list(waiting.values()))
        except StorageError:
            self._waiting = {**waiting, **self._waiting}
            self._more.set()
            raise
