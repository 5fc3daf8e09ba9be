"""Watches the figures against the last frozen day, and the door for wrong keys: what falls or is guessed at is told."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from contract.errors import StorageError
from server.core.engine import Engine
from server.core.events import Event, ServiceJudged
from server.core.indicator import Indicator
from server.core.rules import coverage_dropped, door_refusals
from server.core.verdict import Tally
from server.registry.model import UnitKind

LOOK_SECONDS = 60.0
SETTLED_SECONDS = 1_800.0  # After our start: until then much is unknown only because nothing has been heard yet.
DROP_BASIS_POINTS = 100  # One point.
WHOLE = 10_000
REFUSALS_MAX = 20
REFUSALS_SECONDS = 600.0

log = structlog.get_logger("falling")

Figures = Mapping[str, tuple[Tally, Tally]]


class FrozenFigures(Protocol):
    """What of the frozen days is needed; `server.snapshots.store.Snapshots` is one."""

    async def newest(self) -> object:
        """Read the newest frozen day's place."""
        ...

    async def series(self, unit: str, from_day: int, to_day: int) -> dict[int, Figures]:
        """Read a unit's figures of some days."""
        ...


class Falling:
    """Looks each minute; only the leading server tells."""

    def __init__(
        self,
        engine: Engine,
        snapshots: FrozenFigures,
        tell: Callable[[Event], None],
        refused: Callable[[], int],
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._snapshots = snapshots
        self._tell = tell
        self._refused = refused
        self._leads = leads
        self._clock = clock
        self._begun = clock()
        self._refusals: deque[tuple[float, int]] = deque()
        self._falling: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.debug("frozen_day_not_read", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Compare once."""
        now = self._clock()
        self._count_refusals(now)
        if not self._leads() or self._engine.recalling or now - self._begun < SETTLED_SECONDS:
            return
        newest = await self._snapshots.newest()
        if newest is None:
            return
        day: int = newest.day  # type: ignore[attr-defined]  # A place in the chain has its day.
        for unit in self._engine.roster.units.values():
            if unit.kind is UnitKind.TOWNSHIP:
                continue
            figures = (await self._snapshots.series(unit.id, day, day)).get(day, {})
            for indicator in self._engine.indicators:
                if indicator.name in figures:
                    self._compare(unit.id, indicator, figures[indicator.name], now)

    def _compare(self, unit: str, indicator: Indicator, before: tuple[Tally, Tally], now: float) -> None:
        found = fallen(indicator, before, self._engine.tally(unit, indicator.name))
        key = (unit, indicator.name)
        if not found and key not in self._falling:
            return
        (self._falling.add if found else self._falling.discard)(key)
        self._tell(ServiceJudged(coverage_dropped.RULE.name, indicator.name, bool(found), now, unit, tuple(found)))

    def _count_refusals(self, now: float) -> None:
        total = self._refused()
        self._refusals.append((now, total))
        while self._refusals[0][0] < now - REFUSALS_SECONDS:
            self._refusals.popleft()
        lately = total - self._refusals[0][1]
        detail = (("refused", str(lately)),)
        self._tell(ServiceJudged(door_refusals.RULE.name, "http", lately > REFUSALS_MAX, now, "", detail))


def fallen(indicator: Indicator, before: tuple[Tally, Tally], after: tuple[Tally, Tally]) -> Sequence[tuple[str, str]]:
    """Say which of an indicator's two figures has fallen, from what to what, in hundredths of a percent."""
    found: list[tuple[str, str]] = []
    for figure, old, new in (("ledger", before[0], after[0]), ("live", before[1], after[1])):
        was, now = old.basis_points, new.basis_points
        if was is None or now is None:
            continue
        dropped = was - now > DROP_BASIS_POINTS
        broken = indicator.headline and was == WHOLE > now
        if dropped or broken:
            found += [("figure", figure), ("from", str(was)), ("to", str(now))]
    return found
