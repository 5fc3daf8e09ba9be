"""Disks that fail to sync, or take a second for it: under a box's first folder, and under the database."""

import asyncio
import time
from pathlib import Path

from simulators.chaos.checker import Allowed
from simulators.chaos.driver import Pace
from simulators.chaos.house import write
from simulators.chaos.shims import compile_shim, lacks_compiler, put_before
from simulators.chaos.stage import Stage, Usual

SPAN_SECONDS = (2.0, 8.0)
REST_SECONDS = (1.0, 3.0)
SLOW_MS = (50, 1_500)
DATABASE_SHARE = 0.3


class BadDisk(Usual):
    """Gives orders to a library between the programs and their syncs, compiled for the occasion."""

    name = "bad_disk"
    label = "fsync that fails with EIO or takes up to 1.5 s"
    pace = Pace(presses_per_second=3.0)

    def lacks(self) -> str:
        """Name what is not there."""
        return lacks_compiler()

    async def prepare(self, stage: Stage) -> None:
        """Put it before every box and the database."""
        house = stage.house
        library = await compile_shim("bad_disk", house)
        for name in [*house.gateways, "postgres"]:
            folder = house.folder / name / ("data" if name == "postgres" else "outbox")
            order = write(_order(stage, name), b"")
            put_before(house, name, library, {"CHAOS_FOLDER": str(folder), "CHAOS_ORDER": str(order)})

    async def play(self, stage: Stage, seconds: float) -> None:
        """Order trouble for one disk at a time."""
        chance = stage.chance
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            name = "postgres" if chance.random() < DATABASE_SHARE else chance.choice(stage.house.gateways)
            # A database that is told of EIO ends itself on purpose; it is started again like one that was killed.
            order = b"slow" + str(chance.randint(*SLOW_MS)).encode() if chance.random() < 1 / 2 else b"eio"
            span = min(chance.uniform(*SPAN_SECONDS), left + 1.0)
            what = "sync fails" if order == b"eio" else "sync is slow"

            async def spoil(name: str = name, order: bytes = order, span: float = span) -> None:
                write(_order(stage, name), order)
                await asyncio.sleep(span)
                write(_order(stage, name), b"")
                await stage.mischief.revive(name)

            await stage.mischief.during(what, name, spoil)
            await asyncio.sleep(chance.uniform(*REST_SECONDS))

    def allowed(self, stage: Stage) -> Allowed:
        """Allow readings that a disk did not take, where the box says so."""
        return Allowed(gaps=frozenset(stage.boxes.values()))


def _order(stage: Stage, name: str) -> Path:
    return stage.house.folder / f"{name}.order"


SCENARIO = BadDisk()
