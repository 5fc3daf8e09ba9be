"""One round: an installation is started, lives through a scenario, is healed, and is judged."""

import asyncio
import contextlib
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import psycopg

from simulators.chaos.checker import History, Verdict, judge
from simulators.chaos.facts import gather
from simulators.chaos.house import SCREEN, House, Template
from simulators.chaos.latency import sort_by_fault
from simulators.chaos.plan import Plan
from simulators.chaos.record import Log, read
from simulators.chaos.screen import Screen
from simulators.chaos.stage import Scenario, Stage, set_stage

ARRIVE_SECONDS = 2.0  # Screens have signed in and boxes have found their brokers.
CALM_SECONDS = 2.0  # A few presses before any trouble.
ANSWERS_SECONDS = 60.0  # After healing: every button is answered by then.
QUIET_SECONDS = 3.0  # What would come twice comes within the first rounds of sending again.
SETTLE_SECONDS = 75.0  # Everything that is late is there by then: a path tried again after 45 s, a heartbeat more.
LOOK_SECONDS = 2.0


class Row(msgspec.Struct, frozen=True):
    """One round in the ledger."""

    number: int
    scenario: str
    seed: int
    began: float
    seconds: float
    commit: str
    faults: dict[str, int]
    latencies: dict[str, list[tuple[int, int]]]  # Milliseconds from the first push, and from the answer, by kind of fault.
    broken: list[str]
    notes: dict[str, int]

    @property
    def hits(self) -> int:
        """Count the kills and cuts at random instants."""
        return sum(number for fault, number in self.faults.items() if fault.rpartition(" ")[0] in ("kill", "cut"))


@dataclass(frozen=True, slots=True)
class Order:
    """What to play."""

    number: int
    scenario: Scenario
    seed: int
    seconds: float
    plan: Plan
    commit: str
    settle_seconds: float = SETTLE_SECONDS


async def play_round(order: Order, template: Template, folder: Path) -> Row:
    """Play a round in an empty folder, which holds everything that was logged when this returns."""
    began, started = time.time(), time.monotonic()
    chance = random.Random(order.seed)
    house = House(folder / "house", order.plan, chance)
    house.assemble(template)
    stage = set_stage(house, folder, chance, order.scenario.pace)
    try:
        await order.scenario.prepare(stage)
        await house.start()
        await _act(stage, order)
        verdict = await _settled(stage, order)
    finally:
        await stage.end()
        await stage.driver.close()
        await house.end()
        await stage.unmount()
    history = _history(folder)
    latencies = sort_by_fault(history, verdict.watched.shown_at, stage.boxes)
    return Row(
        order.number,
        order.scenario.name,
        order.seed,
        began,
        time.monotonic() - started,
        order.commit,
        {f"{what} {kind}": number for (what, kind), number in sorted(stage.mischief.counts.items())},
        {kind: [(round(a * 1_000), round(b * 1_000)) for a, b in pairs] for kind, pairs in latencies.items()},
        verdict.broken,
        {
            **{name: number for name, number in verdict.notes.items() if number},
            **stage.notes,
            **stage.driver.counts,
            **stage.officer.counts,
            **{f"{kind}s_that_ended_while_starting": number for kind, number in stage.mischief.ended.items()},
        },
    )


async def _act(stage: Stage, order: Order) -> None:
    """Let people press and screens watch while the scenario plays; then heal, and let everybody come to an end."""
    watching = [asyncio.create_task(screen.run()) for screen in stage.screens]
    await asyncio.sleep(ARRIVE_SECONDS)
    pressing = asyncio.create_task(stage.driver.run())
    watching.append(asyncio.create_task(stage.officer.run()))
    try:
        await asyncio.sleep(CALM_SECONDS)
        await order.scenario.play(stage, order.seconds)
        if stage.works:
            await asyncio.gather(*stage.works)
        await stage.house.heal()
        pressing.cancel()
        await stage.driver.finish(ANSWERS_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)
    finally:
        for task in (pressing, *watching):
            task.cancel()
        await asyncio.gather(pressing, *watching, return_exceptions=True)


async def _settled(stage: Stage, order: Order) -> Verdict:
    """Judge until nothing is broken, or until there was time enough for everything that may be late."""
    house = stage.house
    log = Log(stage.folder / "last.jsonl")
    screens = {name: Screen(name, house.url(name), SCREEN, house.password, log) for name in house.servers}
    deadline = time.monotonic() + order.settle_seconds
    while True:
        late = time.monotonic() > deadline
        try:
            facts = await gather(house, screens)
        except (httpx.HTTPError, psycopg.Error, KeyError) as error:
            if late:
                raise RuntimeError(f"the facts cannot be read: {error!r}") from error
            await asyncio.sleep(LOOK_SECONDS)
            continue
        verdict = judge(_history(stage.folder), facts, stage.boxes, order.scenario.allowed(stage))
        if not verdict.broken or late:
            break
        await asyncio.sleep(LOOK_SECONDS)
    for screen in screens.values():
        await screen.client.aclose()
    (stage.folder / "facts.json").write_bytes(msgspec.json.encode(facts))
    return verdict


def _history(folder: Path) -> History:
    return History.of(read(*sorted(folder.glob("*.jsonl"))))


def keep_evidence(folder: Path, to: Path) -> None:
    """Keep the logs and facts of a round that broke a promise; the database itself is not kept."""
    to.mkdir(parents=True, exist_ok=True)
    for path in [*folder.glob("*.json*"), *folder.glob("house/logs/*.log")]:
        with contextlib.suppress(OSError):
            shutil.copy(path, to / path.name)
