"""Virtual time: what happens when, in one order for one seed. Nothing in the world asks any other clock or chance."""

import heapq
import random
from collections.abc import Callable

MONDAY_9 = 1_772_413_200.0  # 2026-03-02 09:00 in Beijing, in class hours, as the first instant of every world.
CROWD_MAX = 50_000  # Things at one instant; a busy world has dozens.


class Wheel:
    """The clock and the queue of what is to happen."""

    def __init__(self, seed: int) -> None:
        self.now = MONDAY_9
        self.chance = random.Random(seed)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._crowd = 0
        self.steps = 0

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Let something happen after a span."""
        self._count += 1
        heapq.heappush(self._queue, (self.now + max(0.0, seconds), self._count, work))

    def run(self, until: float) -> None:
        """Let everything happen up to an instant."""
        while self._queue and self._queue[0][0] <= until:
            at, _, work = heapq.heappop(self._queue)
            self._crowd = self._crowd + 1 if at == self.now else 0
            assert self._crowd < CROWD_MAX, f"time stands still at {at - MONDAY_9:.3f} s"
            self.now = at
            self.steps += 1
            work()
        self.now = until

    def likely(self, share: float) -> bool:
        """Say yes in this share of cases."""
        return self.chance.random() < share

    def within(self, low: float, high: float) -> float:
        """Give a span by chance."""
        return self.chance.uniform(low, high)
