"""Outboxes damaged while a box is off and has much to tell: cut short, flipped, deleted, an old copy, two of them."""

import asyncio
import random
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from simulators.chaos.checker import Allowed
from simulators.chaos.driver import Pace
from simulators.chaos.house import python_program, write
from simulators.chaos.process import answers
from simulators.chaos.stage import Stage, Usual, box_status

PILE_SECONDS = 3.0  # How long a box can tell nobody, so that something is at stake.
CLONE_SECONDS = 8.0
REST_SECONDS = 2.0
CUT_BYTES_MAX = 400
HEADER_BYTES = 32


class Damage(Usual):
    """Damages one box after the other, each in another way."""

    name = "damage"
    label = "outbox cut short, flipped, deleted, replaced by an old copy, cloned"
    pace = Pace(presses_per_second=6.0, readings_per_second=3.0)
    seconds = 120.0

    async def play(self, stage: Stage, seconds: float) -> None:
        """Go round the boxes and the ways."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for what in stage.chance.sample(list(WAYS), len(WAYS)):
                if time.monotonic() >= end:
                    return
                box = stage.chance.choice(stage.house.gateways)
                await stage.mischief.during(what, box, partial(WAYS[what], stage, box))
                await asyncio.sleep(REST_SECONDS)

    def allowed(self, stage: Stage) -> Allowed:
        """Allow what was not receipted to be lost, if the box says so."""
        return Allowed(damaged=frozenset(stage.boxes.values()))


Harm = Callable[[list[Path], random.Random], None]


async def _spoilt(stage: Stage, box: str, harm: "Harm") -> None:
    """Let things pile up, kill the box, damage what it wrote, and start it again."""
    links = [link for name, link in stage.house.links.items() if name.startswith(f"{box}>")]
    for link in links:
        link.stall()
    await asyncio.sleep(PILE_SECONDS)
    program = stage.house.programs[box]
    await program.kill()
    await asyncio.to_thread(harm, _segments(stage, box), stage.chance)
    for link in links:
        link.cut()
        link.heal()
    await program.start()
    await program.ready()


def _segments(stage: Stage, box: str) -> list[Path]:
    outbox = stage.house.folder / box / "outbox"
    return sorted(path for lane in ("a", "t") for path in (outbox / lane).glob("*.seg"))


def _used(path: Path) -> int:
    """Say how far a segment holds anything; it is made larger than what is in it."""
    return len(path.read_bytes().rstrip(b"\0"))


def _cut_short(files: list[Path], chance: random.Random) -> None:
    path = chance.choice([path for path in files if _used(path) > HEADER_BYTES])
    used = _used(path)
    with path.open("r+b") as file:
        file.truncate(max(HEADER_BYTES, used - chance.randint(1, CUT_BYTES_MAX)))


def _flip(files: list[Path], chance: random.Random) -> None:
    path = chance.choice([path for path in files if _used(path) > HEADER_BYTES])
    place = chance.randrange(_used(path))
    with path.open("r+b") as file:
        file.seek(place)
        [byte] = file.read(1)
        file.seek(place)
        file.write(bytes((byte ^ 1 << chance.randrange(8),)))


def _delete(files: list[Path], chance: random.Random) -> None:
    chance.choice(files).unlink()


async def _old_copy(stage: Stage, box: str) -> None:
    """Bring an image of some seconds ago back; what was told since is at the server."""
    program, outbox = stage.house.programs[box], stage.house.folder / box / "outbox"
    image = outbox.with_name("image")
    await program.kill()
    await asyncio.to_thread(shutil.copytree, outbox, image)
    await program.start()
    await program.ready()
    await asyncio.sleep(PILE_SECONDS)
    port = stage.house.ports[f"{box}/status"]
    while ((await box_status(port)) or _UNKNOWN)["lanes"]["a"]["waiting"]:  # noqa: ASYNC110  # Another process.
        await asyncio.sleep(0.1)
    await program.kill()
    await asyncio.to_thread(shutil.rmtree, outbox)
    await asyncio.to_thread(image.rename, outbox)
    await program.start()
    await program.ready()


async def _clone(stage: Stage, box: str) -> None:
    """Start a second box from a copy of the first one's folder, and let both live for a while."""
    house = stage.house
    home, double = house.folder / box, house.folder / f"{box}-double"
    program = house.programs[box]
    await program.kill()
    await asyncio.to_thread(shutil.copytree, home, double)
    text = (await asyncio.to_thread((home / "site.toml").read_text)).replace(f"{home}/", f"{double}/")
    ports = {name: next(house.free) for name in ("lan", "status")}
    for name, port in ports.items():
        text = text.replace(f'"127.0.0.1:{house.ports[f"{box}/{name}"]}"', f'"127.0.0.1:{port}"')
    site = write(double / "site.toml", text.encode())
    clone = replace(
        python_program(house.plan.gateway_code, house.plan.gateway_program, "run", "--config", str(site)),
        name=f"{box}-double", folder=house.logs, probe=answers(f"http://127.0.0.1:{ports['lan']}/v1/health"),
    )  # fmt: skip
    try:
        await program.start()
        await clone.start()
        await program.ready()
        await clone.ready()
        await asyncio.sleep(CLONE_SECONDS)
    finally:
        await clone.kill()
        await asyncio.to_thread(shutil.rmtree, double)


_UNKNOWN = {"lanes": {"a": {"waiting": 1}}}
WAYS: dict[str, Callable[[Stage, str], Awaitable[None]]] = {
    "cut short": partial(_spoilt, harm=_cut_short),
    "flip": partial(_spoilt, harm=_flip),
    "delete": partial(_spoilt, harm=_delete),
    "old copy": _old_copy,
    "clone": _clone,
}
SCENARIO = Damage()
