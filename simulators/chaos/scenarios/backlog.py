"""A box comes back after three days without uplink, with 432,000 readings to tell, while people press everywhere."""

import asyncio
import time
from dataclasses import replace

from simulators.chaos.driver import Pace
from simulators.chaos.house import python_program
from simulators.chaos.plan import Plan
from simulators.chaos.record import Preloaded
from simulators.chaos.stage import Stage, Usual, box_status

READINGS = 432_000  # Three days of fifty devices, each every thirty seconds.
BOX = "gateway-0"
DRAIN_SECONDS_MAX = 300.0
IDLE_SECONDS = 10.0  # To compare with, once it is all told.


class Backlog(Usual):
    """Fills one outbox before the start, and waits until it has been told."""

    name = "backlog"
    label = f"{READINGS:,} readings of three days told at once"
    pace = Pace(presses_per_second=6.0)
    seconds = DRAIN_SECONDS_MAX

    def plan(self, plan: Plan) -> Plan:
        """Give the boxes room for it."""
        return replace(plan, budget_mb=1_024, buttons=60)

    async def prepare(self, stage: Stage) -> None:
        """Fill the outbox, by the box's own code."""
        house = stage.house
        outbox = house.folder / BOX / "outbox"
        filler = python_program(house.plan.gateway_code, "simulators.chaos.preload", str(outbox), str(READINGS))
        process = await asyncio.create_subprocess_exec(
            *filler.command, cwd=filler.directory, env={"PATH": "/usr/bin:/bin", **filler.environment}
        )
        if await process.wait():
            raise RuntimeError("the outbox could not be filled")
        stage.driver.preloaded(Preloaded(stage.boxes[BOX], READINGS))

    async def play(self, stage: Stage, seconds: float) -> None:
        """Wait for the end of it, and a little longer."""

        async def drain() -> None:
            while time.monotonic() < began + seconds and await self._waits(stage):  # noqa: ASYNC110
                await asyncio.sleep(0.25)

        began = time.monotonic()
        await stage.mischief.during("drain of a backlog", "all>history", drain)
        stage.notes["backlog_drained_in_ms"] = round((time.monotonic() - began) * 1_000)
        await asyncio.sleep(IDLE_SECONDS)

    @staticmethod
    async def _waits(stage: Stage) -> bool:
        said = await box_status(stage.house.ports[f"{BOX}/status"])
        return said is None or said["lanes"]["t"]["waiting"] > 0


SCENARIO = Backlog()
