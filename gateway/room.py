"""Room on the disk of an outbox: what is given up for want of it, and saying so. The writer's side.

Readings are given up, oldest first; what has a receipt goes before them; an alarm without a receipt never goes.
"""

from collections.abc import Callable

import structlog

from contract.identity import Lane
from gateway.outbox_limits import OutboxLimits
from gateway.shelves import Home

DISK_LOW_SHARE = 0.8
ROOM_AGAIN_SHARE = 0.6  # Of the alarms' reserve, and 0.8 of the readings' budget: below it `disk_low` has ended.

_log = structlog.get_logger("gateway.outbox")


class Room:
    """Keeps an outbox within its limits. `tell` says that `disk_low` begins or ends, with the reason."""

    def __init__(self, limits: OutboxLimits, tell: Callable[[str, bool], None]) -> None:
        self._limits = limits
        self._tell = tell
        self._low: set[str] = set()  # Why `disk_low` stands.
        self.shed = 0  # Positions given up for want of room since the start.

    def keep_budget(self, home: Home) -> None:
        """Give up the oldest readings beyond the budget."""
        telemetry = home.stores[Lane.TELEMETRY]
        while telemetry.used_bytes() > self._limits.budget_bytes:
            if not self._shed_one(home):
                break

    def make(self, home: Home) -> bool:
        """Give up something for the sake of what is to be written: first what has a receipt, then the oldest readings."""
        return home.stores[Lane.ALARM].archive.drop_oldest() or self._shed_one(home)

    def look(self, home: Home, *, held: bool) -> None:
        """See whether the alarms' reserve runs out, and whether what ran low has room again for what is `held` back."""
        used, reserve = home.stores[Lane.ALARM].used_bytes(), self._limits.alarm_reserve_bytes
        if reserve and used > reserve * DISK_LOW_SHARE:
            self._run_low("alarms", f"alarms without a receipt take {used} of {reserve} reserved bytes")
        elif "alarms" in self._low and used <= reserve * ROOM_AGAIN_SHARE:
            self._have_room("alarms")
        if "readings" in self._low and not held:
            telemetry = home.stores[Lane.TELEMETRY].used_bytes()
            if telemetry <= self._limits.budget_bytes * DISK_LOW_SHARE and _free(home) >= 2 * self._limits.segment_bytes:
                self._have_room("readings")

    def no_more(self, why: OSError) -> None:
        """Learn that readings find no room although nothing is left to give up."""
        self._run_low("readings", f"readings are being given up for want of room: {why}")

    def _shed_one(self, home: Home) -> bool:
        hole = home.stores[Lane.TELEMETRY].shed_oldest()
        if hole is None:
            return False
        self.shed += hole.n
        _log.warning("telemetry_shed", records=hole.n, from_ms=hole.t0, to_ms=hole.t1)
        self._run_low("readings", "readings are being given up for want of room")
        return True

    def _run_low(self, why: str, text: str) -> None:
        if not self._low:
            self._tell(text, True)
        self._low.add(why)

    def _have_room(self, why: str) -> None:
        self._low.discard(why)
        if not self._low:
            self._tell("there is room again", False)


def _free(home: Home) -> int:
    try:
        return home.disk.free_bytes()
    except OSError:
        return 0
