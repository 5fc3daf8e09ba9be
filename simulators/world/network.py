"""The ways between a school and the server: connections that break, messages lost, late, doubled and overtaken."""

from collections.abc import Callable
from dataclasses import dataclass

from contract.identity import Lane
from simulators.world.wheel import Wheel

RECONNECT_SECONDS = (0.2, 8.0)


@dataclass
class Weather:
    """How bad the network is; all of it ends when the world is healed."""

    loss: float = 0.0
    double: float = 0.0
    delay_seconds: float = 0.05
    cut_every_seconds: float = 0.0  # Mean time between two breaks of a connection; 0 for never.


@dataclass
class Ends:
    """What a connection tells its two ends."""

    up: Callable[[str, Lane], None]
    down: Callable[[str, Lane], None]


class Connection:
    """One gateway's connection for one lane by one broker."""

    def __init__(self, wheel: Wheel, weather: Weather, path: str, lane: Lane, ends: Ends) -> None:
        self.path = path
        self.lane = lane
        self.stands = False
        self._wheel = wheel
        self._weather = weather
        self._ends = ends
        self._life = 0

    def open(self) -> None:
        """Connect after a while; what a former connection had on its way is lost with it."""
        self._life += 1
        life = self._life
        self._wheel.later(self._wheel.within(*RECONNECT_SECONDS), lambda: self._opened(life))

    def close(self) -> None:
        """End for good, as with the gateway."""
        self._life += 1
        self.stands = False

    def carry(self, deliver: Callable[[], None]) -> None:
        """Carry one message, or not, or twice, sometime."""
        if not self.stands:
            return
        carry(self._wheel, self._weather, deliver)

    def _opened(self, life: int) -> None:
        if life != self._life:
            return
        self.stands = True
        self._ends.up(self.path, self.lane)
        if self._weather.cut_every_seconds:
            self._wheel.later(self._wheel.chance.expovariate(1 / self._weather.cut_every_seconds), lambda: self._cut(life))

    def _cut(self, life: int) -> None:
        if life != self._life:
            return
        self.stands = False
        self._ends.down(self.path, self.lane)
        self.open()


def carry(wheel: Wheel, weather: Weather, deliver: Callable[[], None]) -> None:
    """Deliver by chance: lost, once or twice, each after a delay of its own, so that messages overtake each other."""
    if wheel.likely(weather.loss):
        return
    for _ in range(2 if wheel.likely(weather.double) else 1):
        delay = wheel.chance.expovariate(1 / weather.delay_seconds) if weather.delay_seconds else 0.0
        wheel.later(0.001 + delay, deliver)
