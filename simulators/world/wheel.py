"""Virtual time: what happens when, in one order for one seed. Nothing in the world asks any other clock or chance."""

import heapq
import random
from collections.abc import Callable

MONDAY_9 = 1_772_413_200.0  # 2026-03-02 09:00 in Beijing, in class hours, as the first instant of every world.
CROWD_MAX = 8_000  # Things within `CROWD_SECONDS`; a busy world has dozens.
CROWD_SECONDS = 0.01


class Wheel:
    """The clock and the queue of what is to happen."""

    def __init__(self, seed: int) -> None:
        self.now = MONDAY_9
        self.seed = seed
        self.steps = 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._crowd = 0
        self._crowd_since = self.now

    @property
    def elapsed(self) -> float:
        """Say how old the world is, in seconds."""
        return self.now - MONDAY_9

    def chance(self, of: str) -> random.Random:
        """Give somebody a chance of his own: what others draw, or no longer do, changes nothing in it."""
        return random.Random(f"{self.seed}/{of}")

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Let something happen after a span."""
        self._count += 1
        heapq.heappush(self._queue, (self.now + max(0.0, seconds), self._count, work))

    def run(self, until: float) -> None:
        """Let everything happen up to an instant."""
        while self._queue and self._queue[0][0] <= until:
            at, _, work = heapq.heappop(self._queue)
            self._crowd += 1
            if at - self._crowd_since > CROWD_SECONDS:
                self._crowd_since, self._crowd = at, 0
            assert self._crowd < CROWD_MAX, f"time stands still at {at - MONDAY_9:.3f} s"
            self.now = at
            self.steps += 1
            work()
        self.now = until
