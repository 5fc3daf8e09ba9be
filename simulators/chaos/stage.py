"""What a scenario plays on: a running house, people in it, screens that watch, and the hand that breaks things."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from simulators.chaos.checker import Allowed
from simulators.chaos.driver import Driver, Pace
from simulators.chaos.house import SCREEN, House
from simulators.chaos.mischief import Mischief
from simulators.chaos.officer import Officer
from simulators.chaos.plan import Plan
from simulators.chaos.record import Log
from simulators.chaos.screen import Screen

SCREENS = 2  # In all, at the least; each server has one.


@dataclass(slots=True)
class Stage:
    """One round's parts."""

    house: House
    chance: random.Random
    folder: Path
    mischief: Mischief
    driver: Driver
    screens: list[Screen]
    officer: Officer
    notes: dict[str, int] = field(default_factory=dict)
    works: set[asyncio.Task[None]] = field(default_factory=set)
    mounts: list[Path] = field(default_factory=list)

    async def end(self) -> None:
        """Break off what still goes on beside, so that nobody starts again what is ended next."""
        works = list(self.works)
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)

    async def mount(self, folder: Path, megabytes: int) -> None:
        """Put a small disk under a folder, until the round ends; for root only."""
        words = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "anxiao-chaos", str(folder))
        process = await asyncio.create_subprocess_exec(*words)
        if await process.wait():
            raise RuntimeError(f"no disk could be mounted at {folder}")
        self.mounts.append(folder)

    async def unmount(self) -> None:
        """Take the small disks away."""
        while self.mounts:
            process = await asyncio.create_subprocess_exec("umount", "--lazy", str(self.mounts.pop()))
            await process.wait()

    @property
    def boxes(self) -> dict[str, str]:
        """Map the programs' names to the gateways' ids."""
        return dict(zip(self.house.gateways, (school.gateway for school in self.house.schools), strict=True))

    def later(self, work: Coroutine[object, object, None]) -> None:
        """Do something beside; the round waits for it before it heals."""
        task = asyncio.create_task(work)
        self.works.add(task)
        task.add_done_callback(self.works.discard)


class Scenario(Protocol):
    """One kind of trouble. The order of calls is: plan, prepare, play, allowed."""

    name: str
    label: str
    seconds: float  # How long it plays.
    short_seconds: float  # How long in the short form; 0 where it has none.
    pace: Pace

    def lacks(self) -> str:
        """Name what it needs and this machine lacks; empty where it can be played."""
        ...

    def plan(self, plan: Plan) -> Plan:
        """Change the usual installation where this trouble needs another one."""
        ...

    async def prepare(self, stage: Stage) -> None:
        """Do what must be done before the installation starts."""
        ...

    async def play(self, stage: Stage, seconds: float) -> None:
        """Make trouble for so long. What is still broken at the end is mended by the round."""
        ...

    def allowed(self, stage: Stage) -> Allowed:
        """Say what this trouble may cost by the contract."""
        ...


class Usual:
    """What most scenarios have in common."""

    pace = Pace()
    seconds = 90.0
    short_seconds = 0.0

    def lacks(self) -> str:
        """Need nothing beside the usual programs."""
        return ""

    def plan(self, plan: Plan) -> Plan:
        """Take the usual installation."""
        return plan

    async def prepare(self, stage: Stage) -> None:
        """Do nothing."""

    def allowed(self, stage: Stage) -> Allowed:  # noqa: ARG002  # Some ask the stage.
        """Allow nothing."""
        return Allowed()


async def box_status(port: int) -> dict[str, Any] | None:
    """Ask a box how it does; None when it does not answer."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/status.json")
            said: dict[str, Any] = answer.raise_for_status().json()
            return said if said["ready"] else None
    except httpx.HTTPError:
        return None


def set_stage(house: House, folder: Path, chance: random.Random, pace: Pace) -> Stage:
    """Make everybody who acts in a round; nothing runs yet."""
    ports = [house.ports[f"{name}/lan"] for name in house.gateways]
    screens = []
    for number in range(max(SCREENS, len(house.servers))):
        server = house.servers[number % len(house.servers)]
        name = f"screen-{number + 1}"
        screens.append(Screen(name, house.url(server), SCREEN, house.password, Log(folder / f"{name}.jsonl")))
    return Stage(
        house,
        chance,
        folder,
        Mischief(house, Log(folder / "faults.jsonl"), chance),
        Driver(house.schools, ports, Log(folder / "people.jsonl"), chance, pace),
        screens,
        Officer(screens, Log(folder / "officer.jsonl"), chance),
    )
