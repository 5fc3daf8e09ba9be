"""Boxes whose wall clock is wrong, steps while they run, and drifts; their monotonic clock goes on as it should."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from simulators.chaos.driver import Pace
from simulators.chaos.house import write
from simulators.chaos.plan import Plan
from simulators.chaos.shims import compile_shim, lacks_compiler, put_before
from simulators.chaos.stage import Stage, Usual

HOUR, DAY, YEAR = 3_600, 86_400, 31_557_600
# Seconds off, and seconds gained each second: what batteries, daylight saving, leap seconds and bad crystals do.
WRONG = [
    f"{off} {gain}" for off in (0, 2, -1, HOUR, -HOUR, 25 * HOUR, -10 * YEAR, 10 * YEAR) for gain in (0, 0.001, -0.0005)
]
STEPS_PER_SECOND = 0.6
KILL_SHARE = 0.3


class Clocks(Usual):
    """Steps clocks and restarts boxes, so that each boot begins in another year."""

    name = "clocks"
    label = "wall clocks of boxes off by an hour to ten years, stepping and drifting"
    pace = Pace(presses_per_second=3.0)

    def lacks(self) -> str:
        """Name what is not there."""
        return lacks_compiler()

    def plan(self, plan: Plan) -> Plan:
        """Take a store that keeps what stands in one millisecond apart: wrong times are moved to that of receipt."""
        return replace(plan, history="influx1")

    async def prepare(self, stage: Stage) -> None:
        """Put each box under a clock of its own."""
        library = await compile_shim("wrong_clock", stage.house)
        for name in stage.house.gateways:
            put_before(stage.house, name, library, {"CHAOS_CLOCK": str(_step(stage, name))})

    async def play(self, stage: Stage, seconds: float) -> None:
        """Step, and now and then restart."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(stage.chance.expovariate(STEPS_PER_SECOND))
            name = stage.chance.choice(stage.house.gateways)
            if stage.chance.random() < KILL_SHARE:
                stage.later(stage.mischief.kill(name))
                continue

            async def step(name: str = name) -> None:
                _step(stage, name)

            await stage.mischief.during("clock steps", f"{name}>clock", step)


def _step(stage: Stage, name: str) -> Path:
    """Set a box's clock to something wrong; gives the file that says so."""
    return write(stage.house.folder / name / "clock", stage.chance.choice(WRONG).encode())


SCENARIO = Clocks()
