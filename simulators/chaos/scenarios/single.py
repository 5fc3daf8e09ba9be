"""One program is killed at a time, and comes back: every press must be on a screen within a second meanwhile."""

import asyncio
import time

from simulators.chaos.driver import Pace
from simulators.chaos.stage import Stage, Usual

REST_SECONDS = (1.5, 3.0)  # After each, so that the next one meets a whole installation.
OFTEN = 3  # Of a dozen kills, how many are of boxes: there are many of them.


class Single(Usual):
    """Kills gateways, brokers, servers, database and history, one after the other."""

    name = "single"
    label = "kill -9, one program at a time"
    pace = Pace(presses_per_second=4.0)
    short_seconds = 15.0

    async def play(self, stage: Stage, seconds: float) -> None:
        """Kill, wait, and again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            boxes = stage.chance.sample(stage.house.gateways, min(OFTEN, len(stage.house.gateways)))
            others = [name for name in stage.house.programs if name not in stage.house.gateways]
            targets = [*boxes, *others]
            stage.chance.shuffle(targets)
            for target in targets:
                if time.monotonic() >= end:
                    break
                await stage.mischief.kill(target)
                await asyncio.sleep(stage.chance.uniform(*REST_SECONDS))


SCENARIO = Single()
