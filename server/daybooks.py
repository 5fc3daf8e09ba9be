"""Keeps what the schools' daybooks note, so that figures which look back over days stand after a restart as before.

It is a projection: check-ins of the last seconds before a kill are read back from the journal, and an alarm's answer from
its facts.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from server.core.daybook import ALARM_SECONDS
from server.core.effects import DayNoted
from server.core.events import DaysRestored, Event
from server.keeping import Keeping


class DayStore(Protocol):
    """Where they are kept; `server.journal.days.SqlDays` is one."""

    async def keep(self, notes: Sequence[DayNoted]) -> None:
        """Keep what was noted; a later word takes the place of an earlier one."""
        ...

    async def noted(self, since: float) -> Sequence[DayNoted]:
        """Read what was noted since an instant, the longest ago first, and forget the rest."""
        ...


class Daybooks(Keeping[tuple[str, str], DayNoted]):
    """One per server. Call `start` once roster and alerts are known; `note` what the engine tells, and `run` keeps it."""

    def __init__(self, store: DayStore, tell: Callable[[Event], None], clock: Callable[[], float]) -> None:
        super().__init__("daybooks", store.keep)
        self._store = store
        self._tell = tell
        self._clock = clock

    async def start(self) -> None:
        """Tell the engine what was noted."""
        self._tell(DaysRestored(await self._store.noted(self._clock() - ALARM_SECONDS)))

    def note(self, noted: DayNoted) -> None:
        """Take a note, without waiting; what is beyond the limit is not known after a restart."""
        self.put((noted.school, noted.key), noted)
