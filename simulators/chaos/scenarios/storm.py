"""Kills and cuts at random instants, several at once, about two a second; in the milder of two forms one server stands."""

import asyncio
import time

from simulators.chaos.driver import Pace
from simulators.chaos.stage import Stage, Usual

HITS_PER_SECOND = 2.0
# Out of a hundred: what is cheap to start again is hit most, and the one database least, or nothing would ever be committed.
WEIGHTS = {"link": 45, "gateway": 28, "broker": 15, "server": 6, "postgres": 3, "history": 3}


class Storm(Usual):
    """Hits whatever rests at the moment; never the last server that stands, where there are several."""

    name = "storm"
    label = "kills and cuts at random instants, several at once; one server stands"
    pace = Pace(presses_per_second=3.0)
    seconds = 120.0
    short_seconds = 20.0
    spares_a_server = True

    async def play(self, stage: Stage, seconds: float) -> None:
        """Hit at instants as random as radioactive decay."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(stage.chance.expovariate(HITS_PER_SECOND))
            self._hit(stage)

    def _hit(self, stage: Stage) -> None:
        mischief, house, chance = stage.mischief, stage.house, stage.chance
        kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        names = house.links if kind == "link" else [name for name in house.programs if name.startswith(kind)]
        resting = [name for name in names if mischief.rests(name)]
        if kind == "server" and self.spares_a_server and 1 < len(names) != len(resting):
            return
        if resting:
            target = chance.choice(resting)
            stage.later(mischief.cut(target) if kind == "link" else mischief.kill(target))


class Blackout(Storm):
    """Hits anything at all, so that now and then every server is down, or everything."""

    name = "blackout"
    label = "kills and cuts at random instants; everything may be down at once"
    short_seconds = 0.0
    spares_a_server = False


SCENARIO = Storm()
BLACKOUT = Blackout()
