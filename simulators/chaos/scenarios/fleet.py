"""Hundreds of boxes come back at once, after the death of a broker or a server, while people press."""

import asyncio
import time
from dataclasses import replace

from server.registry.roster_file import encode_roster
from simulators.chaos.driver import Pace
from simulators.chaos.house import BROKERS, python_program, write
from simulators.chaos.plan import SEED, Plan, make_roster, of_fleet
from simulators.chaos.process import answers
from simulators.chaos.stage import Stage, Usual

SCHOOLS = 300
SPREAD_SECONDS = 5
STORM_SECONDS = 8.0  # Until everybody is back, on two cores.
NAME = "fleet"


class Fleet(Usual):
    """Runs a city of simulated boxes beside the real ones, and lets all of them reconnect at once."""

    name = "fleet"
    label = f"{SCHOOLS} boxes reconnect at once"
    pace = Pace(presses_per_second=6.0)
    seconds = 100.0

    def plan(self, plan: Plan) -> Plan:
        """Enter the fleet's schools into the roster too."""
        return replace(plan, fleet=SCHOOLS)

    async def prepare(self, stage: Stage) -> None:
        """Write the fleet's roster, and its command among the programs."""
        house = stage.house
        roster, _ = make_roster(house.plan)
        file = write(house.folder / "fleet.json", encode_roster(of_fleet(roster, house.plan)))
        page = house.ports[NAME] = next(house.free)
        words = [word for broker in BROKERS for word in ("--broker", f"mqtt://127.0.0.1:{house.ports[broker]}")]
        house.programs[NAME] = replace(
            python_program(
                house.plan.gateway_code, "simulators.app", "city", *words, "--http", house.url(house.servers[0]), "--roster",
                str(file), "--folder", str(house.folder / "fleet"), "--seed", str(SEED), "--page-port", str(page),
                "--press-rate", "0", "--spread", str(SPREAD_SECONDS),
            ),
            name=NAME, folder=house.logs, probe=answers(f"http://127.0.0.1:{page}/api/status"),
        )  # fmt: skip

    async def play(self, stage: Stage, seconds: float) -> None:
        """Kill a broker or a server, and watch everybody come back."""
        house = stage.house
        await house.programs[NAME].start()
        await house.programs[NAME].ready()
        await asyncio.sleep(SPREAD_SECONDS + STORM_SECONDS)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            target = stage.chance.choice([*BROKERS, *house.servers])

            async def storm(target: str = target) -> None:
                program = house.programs[target]
                await program.kill()
                await program.start()
                await program.ready()
                await asyncio.sleep(STORM_SECONDS)

            await stage.mischief.during("all reconnect after", f"{NAME}>{target}", storm)


SCENARIO = Fleet()
