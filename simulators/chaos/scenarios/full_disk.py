"""Disks that are full: a box's outbox on 32 MB while it has no uplink, and the database on a disk with no room left."""

import asyncio
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

from simulators.chaos import postgres
from simulators.chaos.checker import Allowed
from simulators.chaos.driver import Pace
from simulators.chaos.plan import Plan
from simulators.chaos.stage import Stage, Usual

BOX = "gateway-0"
BOX_MB, DATABASE_MB = 32, 256
FULL_SECONDS = (8.0, 15.0)
REST_SECONDS = 4.0
CHUNK = b"\0" * 65_536


class FullDisk(Usual):
    """Puts two small disks under the installation, and fills one of them at a time with a file."""

    name = "full_disk"
    label = "no room left under a box without uplink, or under the database"
    pace = Pace(presses_per_second=4.0, readings_per_second=3.0)

    def lacks(self) -> str:
        """Name what is not there."""
        return "" if os.geteuid() == 0 and shutil.which("mount") else "the right to mount a small disk"

    def plan(self, plan: Plan) -> Plan:
        """Take fewer boxes, so that the full one is pressed often."""
        return replace(plan, gateways=3, buttons=60)

    async def prepare(self, stage: Stage) -> None:
        """Mount the small disks; what the database has already is moved there."""
        outbox = stage.house.folder / BOX / "outbox"
        data = stage.house.folder / "postgres" / "data"
        await asyncio.to_thread(outbox.mkdir)
        await stage.mount(outbox, BOX_MB)
        aside = data.with_name("aside")
        await asyncio.to_thread(data.rename, aside)
        await asyncio.to_thread(data.mkdir)
        await stage.mount(data, DATABASE_MB)
        await asyncio.to_thread(shutil.copytree, aside, data, dirs_exist_ok=True)
        await asyncio.to_thread(postgres.own, data)

    async def play(self, stage: Stage, seconds: float) -> None:
        """Fill, wait, make room, and again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for target, folder in ((BOX, "outbox"), ("postgres", "data")):
                span = stage.chance.uniform(*FULL_SECONDS)

                async def full(target: str = target, folder: str = folder, span: float = span) -> None:
                    links = [link for name, link in stage.house.links.items() if name.startswith(f"{target}>")]
                    ballast = stage.house.folder / target / folder / "ballast"
                    for link in links:  # A box that can tell everything needs no room.
                        link.stall()
                    await asyncio.to_thread(_fill, ballast)
                    await asyncio.sleep(span)
                    await asyncio.to_thread(ballast.unlink)
                    for link in links:
                        link.heal()
                    await stage.mischief.revive(target)

                await stage.mischief.during("disk full", target, full)
                await asyncio.sleep(REST_SECONDS)

    def allowed(self, stage: Stage) -> Allowed:
        """Allow readings that had no room, where the box says so."""
        return Allowed(gaps=frozenset({stage.boxes[BOX]}))


def _fill(ballast: Path) -> None:
    """Write until there is no room left, then a little less at a time."""
    with ballast.open("wb", buffering=0) as file:
        for size in (len(CHUNK), 4_096, 1):
            try:
                while True:
                    file.write(CHUNK[:size])
            except OSError:
                continue


SCENARIO = FullDisk()
