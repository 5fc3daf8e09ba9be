"""Looks at the risk profile of every school once a minute, and tells the engine where an early warning begins or ends.

A profile is worked out when somebody asks, from what is known at that instant; only what it needs of the past is kept here.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from server.core.alert import Alert
from server.core.events import EarlyTold, Event
from server.core.indicator import Indicator
from server.core.liveness import Home
from server.core.risk.early import Early
from server.core.risk.factor import Past, View
from server.core.risk.factors.incidents import DAYS
from server.core.risk.profile import Profile, early, profile
from server.core.roster import RosterIndex
from server.core.rules import early_warning
from server.core.verdict import Verdict
from server.risk.store import ALERTS_AT_ONCE, RiskStore, past_of

ROUND_SECONDS = 60.0
SCHOOLS_AT_ONCE = 10  # Some 5 ms; alarms go in between.
PAUSE_SECONDS = 0.02
PAST_SECONDS = 6 * 3_600.0  # How soon what the engine has let go of is read back from the journal.
GAPS_SECONDS = 600.0
GAPS_AT_ONCE = 200
PAST_MAX = 200  # Incidents kept of one school, the newest.

log = structlog.get_logger("risk")


class Engine(Protocol):
    """What is read of the engine, on the event loop and between its steps."""

    @property
    def roster(self) -> RosterIndex:
        """Give the roster."""
        ...

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Give the alerts in memory."""
        ...

    @property
    def indicators(self) -> Sequence[Indicator]:
        """Give every indicator."""
        ...

    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give a school's verdicts."""
        ...

    def home(self, school: str) -> Home | None:
        """Give a school as the fleet sees it."""
        ...


class RiskKeeper:
    """One per server. Each tells its own engine; the leader's raises the alerts."""

    def __init__(self, store: RiskStore, engine: Engine, tell: Callable[[Event], None], clock: Callable[[], float]) -> None:
        self.counters: Counter[str] = Counter()
        self._store = store
        self._engine = engine
        self._tell = tell
        self._clock = clock
        self._past: dict[str, dict[str, Past]] | None = None  # School -> alert -> incident; None until it has been read.
        self._past_due = float("-inf")
        self._not_met_since: dict[str, Mapping[str, float]] = {}
        self._gaps_due = float("-inf")
        self._told: dict[str, Early] = {}

    def profile(self, school: str, *, covert: bool = False) -> Profile | None:
        """Work a school's profile out as it is now; None for a school that is not in the roster.

        Incidents raised under threat are in it only if `covert`: it is shown at the school as well.
        """
        return self._profile(school, self._clock(), covert=covert)

    def early(self, school: str) -> Early | None:
        """Give what was last told of a school; None while nothing was."""
        return self._told.get(school)

    async def run(self) -> None:
        """Look until cancelled; a database that is away is asked again."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.warning("risk_not_read", error=str(error))
            except Exception:  # The top of a long-running task: our mistake must not end the server.
                self.counters["faults"] += 1
                log.exception("risk_failed")
            await asyncio.sleep(ROUND_SECONDS)

    async def look(self) -> None:
        """Look at every school once. Raises `StorageError`."""
        now = self._clock()
        if now >= self._past_due:
            self._past = await self._read_past(now)
            self._past_due = now + PAST_SECONDS
        if now >= self._gaps_due:
            await self._read_gaps()
            self._gaps_due = now + GAPS_SECONDS
        self._overlay()
        standing = self._standing()
        names = list(self._engine.roster.schools)
        self._told = {school: told for school, told in self._told.items() if school in self._engine.roster.schools}
        for start in range(0, len(names), SCHOOLS_AT_ONCE):
            self._tell_changes(names[start : start + SCHOOLS_AT_ONCE], standing)
            await asyncio.sleep(PAUSE_SECONDS)

    def _tell_changes(self, schools: Sequence[str], standing: Mapping[str, tuple[str, ...]]) -> None:
        now = self._clock()
        changed: dict[str, Early] = {}
        for school in schools:
            told = self._profile(school, now)
            if told is None:
                continue
            before = self._told.get(school)
            named = standing.get(school, before.factors if before is not None else ())
            said = early(told, before, named, now)
            if before is None or _said(before) != _said(said):
                changed[school] = self._told[school] = said
        if changed:
            self.counters["told"] += len(changed)
            self._tell(EarlyTold(changed))

    def _profile(self, school: str, now: float, *, covert: bool = False) -> Profile | None:
        home = self._engine.home(school)
        if home is None:
            return None
        past = None
        if self._past is not None:
            past = [one for one in self._past.get(school, {}).values() if covert or not one.covert]
        headlines = [(one.name, one.label, one.label_en) for one in self._engine.indicators if one.headline]
        view = View(
            home.school,
            home,
            self._engine.roster.calendar,
            self._engine.verdicts(school),
            headlines,
            past,
            self._not_met_since.get(school, {}),
        )
        return profile(view, now)

    def _standing(self) -> dict[str, tuple[str, ...]]:
        """Give of each school with an open early warning the factors that its alert names."""
        name = early_warning.RULE.name
        return {
            alert.school: tuple(dict(alert.detail).get("factors", "").split(", "))
            for alert in self._engine.alerts.values()
            if alert.rule == name and alert.open
        }

    def _overlay(self) -> None:
        """Take in what the engine knows of incidents: it is newer than what was read."""
        past = self._past
        assert past is not None, "read before"
        since = self._clock() - DAYS * 86_400
        for alert in self._engine.alerts.values():
            one = past_of(alert)
            if one is not None and one.at >= since:
                past.setdefault(alert.school, {})[alert.id] = one
        for school, mine in past.items():
            if len(mine) > PAST_MAX:
                newest = sorted(mine.values(), key=lambda one: -one.at)[:PAST_MAX]
                past[school] = {one.alert: one for one in newest}

    async def _read_past(self, now: float) -> dict[str, dict[str, Past]]:
        """Read the incidents of 90 days from the journal, the newest first and a little at a time."""
        since_ms = round((now - DAYS * 86_400) * 1_000)
        found: dict[str, dict[str, Past]] = {}
        seen: set[str] = set()
        at = await self._store.head()
        while at > 0:
            alerts, at = await self._store.pressed_before(at, since_ms)
            new = [alert for alert in alerts if alert not in seen]
            seen.update(new)
            for start in range(0, len(new), ALERTS_AT_ONCE):
                for school, past in await self._store.incidents(new[start : start + ALERTS_AT_ONCE]):
                    mine = found.setdefault(school, {})
                    if len(mine) < PAST_MAX:
                        mine[past.alert] = past
                await asyncio.sleep(PAUSE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
        return found

    async def _read_gaps(self) -> None:
        names = list(self._engine.roster.schools)
        found: dict[str, Mapping[str, float]] = {}
        for start in range(0, len(names), GAPS_AT_ONCE):
            found |= await self._store.not_met_since(names[start : start + GAPS_AT_ONCE])
        self._not_met_since = found


def _said(told: Early) -> tuple[object, ...]:
    return told.warned, told.clear, told.rules, told.factors
