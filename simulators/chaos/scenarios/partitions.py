"""The network between two programs: half-open, one way only, slow, lossy; one link at a time, or all of one broker's."""

import asyncio
import time

from simulators.chaos.driver import Pace
from simulators.chaos.link import Way
from simulators.chaos.stage import Stage, Usual

SPAN_SECONDS = (2.0, 10.0)
LONG_SECONDS = (40.0, 55.0)  # Past the 45 s within which a silent path must be found out.
LONG_SHARE = 0.1
DELAY_SECONDS, JITTER_SECONDS, LOST = 0.3, 0.1, 0.2
REST_SECONDS = (0.5, 1.5)


class Partitions(Usual):
    """Spoils links of every kind."""

    name = "partitions"
    label = "half-open, one-way, slow (300 ms) and lossy (20 %) links"
    pace = Pace(presses_per_second=3.0)
    seconds = 180.0
    short_seconds = 12.0

    async def play(self, stage: Stage, seconds: float) -> None:
        """Spoil, mend, and again."""
        chance = stage.chance
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            span = chance.uniform(*(LONG_SECONDS if chance.random() < LONG_SHARE else SPAN_SECONDS))
            await self._spoil(stage, chance.choice(self._groups(stage)), min(span, left + 1.0))
            await asyncio.sleep(chance.uniform(*REST_SECONDS))

    @staticmethod
    def _groups(stage: Stage) -> list[list[str]]:
        """Give what may be spoilt together: a server's own links, everybody's to one broker, one school's to anything."""
        names = list(stage.house.links)
        alone = [[name] for name in names]
        brokers = [[name for name in names if name.endswith(f">{broker}")] for broker in ("broker-a", "broker-b")]
        return [*alone, *(group for group in brokers for _ in range(3)), *([name] for name in names if name[0] == "s")]

    @staticmethod
    async def _spoil(stage: Stage, group: list[str], seconds: float) -> None:
        links = [stage.house.links[name] for name in group]
        how = stage.chance.choice(["half-open", "reset", "one-way out", "one-way back", "slow"])

        async def work() -> None:
            for link in links:
                if how == "slow":
                    link.slow(DELAY_SECONDS, JITTER_SECONDS, LOST)
                else:
                    link.stall(*([Way(how.rpartition(" ")[2])] if how.startswith("one-way") else []))
            await asyncio.sleep(seconds)
            for link in links:
                if how == "reset":  # What was on its way is lost with the connection, instead of coming late.
                    link.cut()
                link.heal()

        target = group[0] if len(group) == 1 else f"all>{group[0].rpartition('>')[2]}"
        await stage.mischief.during(how, target, work)


SCENARIO = Partitions()
