"""Programs stop in their tracks (SIGSTOP) and go on as if nothing had been: a stalled disk, a paused virtual machine."""

import asyncio
import time

from simulators.chaos.driver import Pace
from simulators.chaos.stage import Stage, Usual

USUAL_SECONDS = (1.0, 8.0)
LONG_SECONDS = (20.0, 60.0)  # Past every lease, keepalive and patience; leases are the reason why it is tried.
LONG_SHARE = 0.15
REST_SECONDS = (1.0, 2.0)


class Freezing(Usual):
    """Freezes any program, one at a time."""

    name = "freezing"
    label = "SIGSTOP for 1 to 60 s, then on"
    pace = Pace(presses_per_second=2.0)
    seconds = 180.0

    async def play(self, stage: Stage, seconds: float) -> None:
        """Freeze, let go on, and again."""
        chance = stage.chance
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            target = chance.choice([*stage.house.servers, *stage.house.programs])
            span = chance.uniform(*(LONG_SECONDS if chance.random() < LONG_SHARE else USUAL_SECONDS))
            await stage.mischief.freeze(target, min(span, left + 1.0))
            await asyncio.sleep(chance.uniform(*REST_SECONDS))


SCENARIO = Freezing()
