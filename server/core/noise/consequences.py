"""What follows at one school from a cause that is told already: without mains, cameras and recorders are off.

Each consequence stands under the alert of its cause, which must be as bad as it, or itself stand under the row of an area.
"""

from collections.abc import Mapping

from server.core.alert import Alert, State
from server.core.book import Book
from server.core.effects import Effect
from server.core.fleet import Fleet
from server.core.noise.causes import powerless
from server.core.noise.holding import QUIET, may_be_held, put_under, take_out
from server.core.noise.members import Members

CAMERAS = frozenset({"camera_offline", "video_lost"})
EQUIPMENT = frozenset(
    {
        *CAMERAS,
        "alarm_host_offline",
        "audio_fault",
        "barrier_stuck",
        "cameras_offline",
        "device_offline",
        "disk_fault",
        "fire_detector_fault",
        "kitchen_camera_off",
        "perimeter_off",
        "recorder_offline",
        "recording_gap",
    }
)
# Cause -> what follows from it at the same school; the first that is told has it.
FOLLOWS: Mapping[str, frozenset[str]] = {"mains_lost": EQUIPMENT, "cameras_offline": CAMERAS}
CALM_SECONDS = 600.0  # A camera takes minutes to come back after its mains; only what is then still off rings.
QUIET_SECONDS = 90.0  # Lost mains are told after a minute.
JOINS_PER_TICK_MAX = 500
LOOK_SECONDS = 1.0


class Consequences:
    """Puts consequences under their causes, and lets go what outlasts them."""

    def __init__(self, book: Book, fleet: Fleet, members: Members) -> None:
        self._book = book
        self._fleet = fleet
        self._quiet: dict[str, float] = {}  # Raised, and calling nobody before then, for its cause is about to be told.
        self._members = members
        self._causes: dict[str, dict[str, str]] = {}  # School -> rule -> its open alert.
        self._waiting: dict[str, None] = {}  # Open consequences that stand under nothing, as far as known.
        self._ended: dict[str, float] = {}  # Causes that are over and have something under them, and since when.
        self._dirty = False
        self._looked_at = 0.0

    def seen(self, before: Alert | None, after: Alert | None) -> None:
        """Follow one change of an alert."""
        alert = after or before
        if alert is None or not alert.school or not may_be_held(alert):
            return
        stands = after is not None and after.open and after.state is not State.RECOVERED
        if alert.rule in FOLLOWS:
            self._dirty = True
            mine = self._causes.setdefault(alert.school, {})
            if stands:
                mine[alert.rule] = alert.id
            elif mine.get(alert.rule) == alert.id:
                del mine[alert.rule]
        if alert.rule in EQUIPMENT:
            if stands and not alert.group:
                self._waiting[alert.id] = None
                self._dirty = True
            else:
                self._waiting.pop(alert.id, None)

    def cause_of(self, alert: Alert) -> str:
        """Name the open alert that explains another one; empty where none does."""
        causes = self._causes.get(alert.school)
        for rule, follow in FOLLOWS.items() if causes else ():
            key = causes.get(rule) if causes else None
            if key is None or alert.rule not in follow or alert.id == key:
                continue
            cause = self._book.alerts[key]
            if cause.severity <= alert.severity or cause.group:
                return key
        return ""

    def expects_cause(self, alert: Alert, now: float) -> bool:
        """Say whether an alert's cause is about to be told: its place runs without mains. It waits so long to call."""
        if alert.rule not in EQUIPMENT or not powerless(alert, self._fleet):
            return False
        self._quiet[alert.id] = now + QUIET_SECONDS
        return True

    def _call(self, now: float) -> list[Effect]:
        """Call for what has waited for a cause in vain."""
        effects: list[Effect] = []
        for key, until in list(self._quiet.items()):
            alert = self._book.alerts.get(key)
            waits = alert is not None and alert.state is State.RAISED and not alert.held
            if not waits or now >= until:
                del self._quiet[key]
                effects += self._book.told(key, 0) if waits else []
        return effects

    def tick(self, now: float) -> list[Effect]:
        """Put under its cause what came before it was known, and let go what outlasts it."""
        if now < self._looked_at + LOOK_SECONDS:
            return []
        self._looked_at = now
        effects: list[Effect] = []
        if self._dirty:
            self._dirty = False
            for key in list(self._waiting):
                alert = self._book.alerts[key]
                cause = self.cause_of(alert)
                if cause:
                    effects.append(put_under(self._book, alert, cause, now, QUIET if key in self._quiet else ""))
                    if len(effects) >= JOINS_PER_TICK_MAX:
                        self._dirty = True
                        break
        return effects + self._call(now) + self._orphans(now)

    def _orphans(self, now: float) -> list[Effect]:
        """Let go what stands under an alert that is over: to what that stood under, or to ring a while later."""
        effects: list[Effect] = []
        groups = self._members.groups()
        for gone in self._ended.keys() - set(groups):
            del self._ended[gone]
        for group in groups:
            known = self._book.alerts.get(group)
            if known is not None and known.open and known.state is not State.RECOVERED:
                self._ended.pop(group, None)
                continue
            above = self._book.alerts.get(known.group) if known is not None else None
            higher = above is not None and above.open and above.state is not State.RECOVERED
            patient = known is not None and known.rule in FOLLOWS
            since = self._ended.setdefault(group, now)
            if patient and not higher and now < since + CALM_SECONDS:
                continue
            for key in self._members.of(group):
                member = self._book.alerts[key]
                if higher and above is not None:
                    effects.append(put_under(self._book, member, above.id, now))
                else:
                    effects += take_out(self._book, member, now)
        return effects
