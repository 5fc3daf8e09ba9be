"""A figure that falls by more than a point, or a target that is no longer whole, is told; and a door at which many guess."""

from dataclasses import dataclass, field

import pytest

from server.core.engine import Engine
from server.core.events import Event, RosterLoaded, ServiceJudged
from server.core.indicators import INDICATORS
from server.core.verdict import Tally
from server.falling import SETTLED_SECONDS, Falling, Figures, fallen
from tests.core.talking import NOON, city

T1 = INDICATORS[0]
OTHER = next(one for one in INDICATORS if not one.headline)


def share(met: int, of: int) -> Tally:
    """Count so many met of so many."""
    return Tally(met, of - met, 0, 0)


@pytest.mark.parametrize(
    ("indicator", "before", "after", "told"),
    [
        (T1, share(100, 100), share(99, 100), True),
        (OTHER, share(100, 100), share(99, 100), False),
        (OTHER, share(1_000, 1_000), share(989, 1_000), True),
        (T1, share(95, 100), share(94, 100), False),
        (T1, share(95, 100), share(93, 100), True),
        (T1, share(0, 0), share(0, 9), False),
        (T1, share(9, 9), share(0, 0), False),
    ],
)
def test_a_point_and_the_whole_are_the_limits(indicator: object, before: Tally, after: Tally, told: bool) -> None:
    found = fallen(indicator, (share(1, 1), before), (share(1, 1), after))  # type: ignore[arg-type]  # One of ours.
    assert bool(found) is told


@dataclass
class Frozen:
    """A day at which all was met."""

    day: int = 20_000
    tally: Tally = field(default_factory=lambda: share(5, 5))

    async def newest(self) -> object:
        """Name the day."""
        return self

    async def series(self, unit: str, from_day: int, to_day: int) -> dict[int, Figures]:
        """Give the figures of one county."""
        assert from_day == to_day == self.day
        return {self.day: {T1.name: (self.tally, self.tally)}} if unit == "450702" else {}


@dataclass
class Watching:
    """A watcher with what it tells."""

    now: float = NOON
    refused: int = 0
    leads: bool = True
    frozen: Frozen = field(default_factory=Frozen)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        engine = Engine()
        engine.step(RosterLoaded(city()), NOON)
        self.falling = Falling(
            engine, self.frozen, self.told.append, lambda: self.refused, lambda: self.leads, lambda: self.now
        )

    async def look(self, later: float) -> list[ServiceJudged]:
        """Let time pass, and look."""
        self.now += later
        self.told.clear()
        await self.falling.look()
        return [one for one in self.told if isinstance(one, ServiceJudged) and (one.found or one.rule == "coverage_dropped")]


async def test_a_figure_below_the_frozen_day_is_told_once_we_have_listened_for_long_enough_and_its_end_too() -> None:
    watching = Watching()
    assert await watching.look(SETTLED_SECONDS - 1) == []
    [told] = await watching.look(1)
    assert (told.rule, told.code, told.unit, told.found) == ("coverage_dropped", T1.name, "450702", True)
    assert dict(told.detail)["to"] == "0"
    watching.frozen.tally = share(0, 5)
    [over] = await watching.look(60)
    assert not over.found
    assert await watching.look(60) == []


async def test_only_the_leading_server_compares() -> None:
    watching = Watching(leads=False)
    assert await watching.look(SETTLED_SECONDS) == []


async def test_more_than_twenty_wrong_keys_in_ten_minutes_are_told_and_over_ten_minutes_later() -> None:
    watching = Watching(leads=False)
    watching.refused = 500  # Of before.
    assert await watching.look(60) == []
    watching.refused += 20
    assert await watching.look(60) == []
    watching.refused += 1
    [told] = await watching.look(60)
    assert (told.rule, dict(told.detail)) == ("door_refusals", {"refused": "21"})
    assert await watching.look(900) == []
