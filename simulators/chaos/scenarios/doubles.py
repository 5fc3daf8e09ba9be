"""Every link of MQTT tells a third of its messages twice and lets as many be overtaken, while connections break."""

import asyncio
import time

from simulators.chaos.driver import Pace
from simulators.chaos.stage import Stage, Usual

TWICE, SWAPPED = 0.3, 0.3
CUTS_PER_SECOND = 0.3


class Doubles(Usual):
    """Meddles with packets."""

    name = "doubles"
    label = "MQTT packets twice and out of order"
    pace = Pace(presses_per_second=4.0)
    short_seconds = 10.0

    async def play(self, stage: Stage, seconds: float) -> None:
        """Meddle everywhere at once; new connections are meddled with from their first packet."""
        links = [link for link in stage.house.links.values() if link.meddles]

        async def meddle() -> None:
            for link in links:
                link.twice, link.swapped = TWICE, SWAPPED
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                await asyncio.sleep(stage.chance.expovariate(CUTS_PER_SECOND))
                await stage.mischief.cut(stage.chance.choice(links).name, 0.0)

        await stage.mischief.during("meddling", "all>broker", meddle)
        stage.notes["packets_told_twice"] = sum(link.doubled for link in links)
        stage.notes["packets_overtaken"] = sum(link.reordered for link in links)


SCENARIO = Doubles()
