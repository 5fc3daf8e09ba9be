"""Keeps who was on post and when, so that figures which ask for a week of it stand after a restart as before.

It is a projection: what was seen in the last seconds before a kill is in the journal too, and is read back from there.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from server.core.effects import GuardSeen
from server.core.events import Event, GuardsRestored
from server.core.guards import ALL_SEEN_SECONDS
from server.core.schedule import DAY_SECONDS

KEPT_SECONDS = ALL_SEEN_SECONDS + 30 * DAY_SECONDS  # A week of guards, and the last one of a school before the holidays.
KEEP_SECONDS = 2.0  # How long what was seen is gathered.
WAITING_MAX = 100_000  # While the database is away: as many guards as a province has, once each.
ABSENCE_SECONDS_MAX = 3_600.0  # After a longer absence we have not been listening, and say so in the figures.
OURSELVES = (GatewayId(""), DeviceId(""), "")  # The row that tells since when we listen.

log = structlog.get_logger("attendance")


class GuardStore(Protocol):
    """Where they are kept; `server.journal.guards.SqlGuards` is one."""

    async def keep(self, seen: Sequence[GuardSeen]) -> None:
        """Keep what was seen; an older word than what is kept changes nothing."""
        ...

    async def seen(self, since: float) -> Sequence[GuardSeen]:
        """Read whoever was seen since an instant, the longest ago first, and forget the others."""
        ...


class Attendance:
    """One per server. Call `start` once the roster is loaded; `note` what the engine tells, and `run` keeps it."""

    def __init__(self, store: GuardStore, tell: Callable[[Event], None], clock: Callable[[], float]) -> None:
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._store = store
        self._tell = tell
        self._clock = clock
        self._waiting: dict[tuple[GatewayId, DeviceId, str], GuardSeen] = {}
        self._more = asyncio.Event()

    async def start(self, heard_until: float) -> None:
        """Tell the engine what was kept; `heard_until` is when we, or another server, last stored anything."""
        now = self._clock()
        seen = list(await self._store.seen(now - KEPT_SECONDS))
        since = max((one.at for one in seen if _key(one) == OURSELVES), default=None)
        if since is None or now - heard_until > ABSENCE_SECONDS_MAX:
            since = now
        self.note(GuardSeen(*OURSELVES, since, present=True))
        self._tell(GuardsRestored([one for one in seen if _key(one) != OURSELVES], since))

    def note(self, seen: GuardSeen) -> None:
        """Take what was seen, without waiting; what is beyond the limit is left to the journal."""
        key = _key(seen)
        before = self._waiting.get(key)
        if before is None and len(self._waiting) >= WAITING_MAX:
            return
        if before is None or seen.at >= before.at:
            self._waiting[key] = seen
            self._more.set()

    async def run(self) -> None:
        """Keep what is noted, until cancelled."""
        while True:
            await self._more.wait()
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await self.flush()
            except StorageError as error:
                log.warning("guards_not_kept", waiting=len(self._waiting), error=str(error))
            except Exception:  # The top of a long-running task: one word that no database takes must not end the server.
                self.faults += 1
                log.exception("guards_lost")

    async def flush(self) -> None:
        """Keep what waits now; raises `StorageError`, and keeps it waiting then."""
        waiting, self._waiting = self._waiting, {}
        self._more.clear()
        try:
            await self._store.keep(list(waiting.values()))
        except StorageError:
            for seen in waiting.values():
                self.note(seen)
            raise


def _key(seen: GuardSeen) -> tuple[GatewayId, DeviceId, str]:
    return seen.gateway, seen.device, seen.guard
