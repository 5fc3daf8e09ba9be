"""The ways between two places: messages lost, doubled, late or overtaken, and lines that go deaf in one direction."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from simulators.world.wheel import Wheel

LATENCY_SECONDS = (0.004, 0.02)  # Of a line on a good day.
BYTES_PER_SECOND = (
    60_000.0  # Of a school's line; what is longer than that waits behind itself, not behind other connections.
)
MISSED_SECONDS = 25.0  # A connection whose other end says nothing for so long is given up: keep-alives of 15 s.

Work = Callable[[], None]


class Way(Enum):
    """A direction."""

    UP = "up"  # Towards the server.
    DOWN = "down"


@dataclass
class Line:
    """What two places are joined by. All connections between them share its faults, and none waits for another."""

    wheel: Wheel
    chance: random.Random
    rate: float = BYTES_PER_SECOND
    loss: float = 0.0
    double: float = 0.0
    slow: float = 0.0  # Mean seconds added.
    disorder: float = 0.0
    deaf: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))
    deaf_since: dict[Way, float] = field(default_factory=dict)
    good_since: float = 0.0  # Meaningless while it is not good.
    draining: bool = False  # It has just begun to hear again, and is given what was held.
    _held: dict[Way, list[Work]] = field(default_factory=lambda: {way: [] for way in Way})

    @property
    def good(self) -> bool:
        """Say whether nothing is wrong with it."""
        return not (self.loss or self.double or self.slow or self.disorder or any(self.deaf.values()))

    def change(self, what: str, value: float) -> None:
        """Make it worse or better."""
        setattr(self, what, value)
        self.good_since = self.wheel.now

    def go_deaf(self, way: Way) -> None:
        """Let nothing through in a direction; like TCP, what is sent is kept for when it hears again."""
        self.deaf[way] += 1
        self.deaf_since.setdefault(way, self.wheel.now)

    def hear_again(self, way: Way) -> None:
        """End it."""
        self.deaf[way] -= 1
        self.good_since = self.wheel.now
        if not self.deaf[way]:
            self.deaf_since.pop(way, None)
            held, self._held[way] = self._held[way], []
            self.draining = True
            for work in held:
                work()
            self.draining = False

    def drop(self, way: Way) -> None:
        """Forget what waits to be heard: its sender has lost power."""
        self._held[way].clear()

    def silent_for(self) -> float:
        """Say how long one of the two ends has heard nothing."""
        return self.wheel.now - min(self.deaf_since.values(), default=self.wheel.now)


class Pipe:
    """One direction of one connection: in order, at the line's rate.

    `late_until` is when the last of what met a slow or deaf line arrives: until then the connection carries nothing in time,
    however well the line is by now, because everything in it comes in order.
    """

    def __init__(self, line: Line, way: Way) -> None:
        self._line = line
        self._way = way
        self._free_at = 0.0
        self._last_at = 0.0
        self.late_until = 0.0

    def carry(self, size: int, deliver: Work) -> None:
        """Carry one message, or not, or twice, sometime."""
        line = self._line
        if line.deaf[self._way]:
            line._held[self._way].append(lambda: self.carry(size, deliver))  # noqa: SLF001  # One thing in two classes.
            return
        chance = line.chance
        if line.loss and chance.random() < line.loss:
            return
        now = line.wheel.now
        self._free_at = max(now, self._free_at) + size / line.rate
        for _ in range(2 if line.double and chance.random() < line.double else 1):
            at = self._free_at + chance.uniform(*LATENCY_SECONDS)
            if line.slow:
                at += chance.expovariate(1 / line.slow)
            if line.disorder:
                at += chance.expovariate(1 / line.disorder)
            else:
                at = self._last_at = max(at, self._last_at)
            if line.slow or line.draining:
                self.late_until = max(self.late_until, at)
            line.wheel.later(at - now, lambda: self._arrive(deliver))

    def _arrive(self, deliver: Work) -> None:
        if self._line.deaf[self._way]:
            self._line._held[self._way].append(deliver)  # noqa: SLF001
        else:
            deliver()
