"""Keeps who was on post and when, so that figures which ask for a week of it stand after a restart as before.

It is a projection: what was seen in the last seconds before a kill is in the journal too, and is read back from there.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from contract.identity import DeviceId, GatewayId
from server.core.effects import GuardSeen
from server.core.events import Event, GuardsRestored
from server.core.guards import ALL_SEEN_SECONDS
from server.core.schedule import DAY_SECONDS
from server.keeping import Keeping

KEPT_SECONDS = ALL_SEEN_SECONDS + 30 * DAY_SECONDS  # A week of guards, and the last one of a school before the holidays.
ABSENCE_SECONDS_MAX = 3_600.0  # After a longer absence we have not been listening, and say so in the figures.
OURSELVES = (GatewayId(""), DeviceId(""), "")  # The row that tells since when we listen.


class GuardStore(Protocol):
    """Where they are kept; `server.journal.guards.SqlGuards` is one."""

    async def keep(self, seen: Sequence[GuardSeen]) -> None:
        """Keep what was seen; an older word than what is kept changes nothing."""
        ...

    async def seen(self, since: float) -> Sequence[GuardSeen]:
        """Read whoever was seen since an instant, the longest ago first, and forget the others."""
        ...


class Attendance(Keeping[tuple[GatewayId, DeviceId, str], GuardSeen]):
    """One per server. Call `start` once the roster is loaded; `note` what the engine tells, and `run` keeps it."""

    def __init__(self, store: GuardStore, tell: Callable[[Event], None], clock: Callable[[], float]) -> None:
        super().__init__("guards", store.keep, newer=lambda seen, before: seen.at >= before.at)
        self._store = store
        self._tell = tell
        self._clock = clock

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
        self.put(_key(seen), seen)


def _key(seen: GuardSeen) -> tuple[GatewayId, DeviceId, str]:
    return seen.gateway, seen.device, seen.guard
