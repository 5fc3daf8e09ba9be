"""The command: `python -m simulators.chaos` plays rounds into a folder, goes on where it stopped, and tells the findings."""

import asyncio
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from shell.process import one_sentence
from simulators.chaos.house import Template, lacking, make_template
from simulators.chaos.ledger import Ledger
from simulators.chaos.plan import Plan, git
from simulators.chaos.report import report
from simulators.chaos.rounds import Order, Row, keep_evidence, play_round
from simulators.chaos.scenarios import SCENARIOS
from simulators.chaos.stage import Scenario

GOAL = 10_000
STORMS_BETWEEN = 2  # The storm is where most kills are: so many rounds of it after each other scenario.
HISTORIES = ("influx1", "victoria")
FAILED = 1

main = typer.Typer(add_completion=False, help="Chaos with real processes; see docs/reliability.md.")


@main.command()
def play(  # noqa: PLR0913, PLR0917  # One argument for each option of the command line.
    folder: Annotated[Path, typer.Option(help="The ledger, and the logs of rounds that broke a promise.")] = Path(
        "var/chaos"
    ),
    goal: Annotated[int, typer.Option(min=0, help="Go on until so many kills and cuts are in the ledger.")] = GOAL,
    minutes: Annotated[float, typer.Option(min=0.0, help="Begin no round after so many minutes; 0 for no limit.")] = 0.0,
    scenario: Annotated[list[str] | None, typer.Option(help=f"Only these: {', '.join(SCENARIOS)}.")] = None,
    seconds: Annotated[float, typer.Option(min=0.0, help="How long each plays; 0 for its usual time.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the first round; 0 draws one. Timing is the machine's all the same.")] = 0,
    gateways: Annotated[int, typer.Option(min=1, max=64)] = 6,
    servers: Annotated[int, typer.Option(min=1, max=8, help="All on the one database.")] = 2,
    short: Annotated[bool, typer.Option(help="Play once the scenarios that have a short form, and stop.")] = False,
    tell: Annotated[bool, typer.Option(help="Play nothing; print what the ledger says.")] = False,
) -> None:
    """Play rounds until the goal is reached; ends with 1 when a round broke a promise."""
    with one_sentence(FAILED):
        if missing := lacking():
            raise typer.BadParameter(f"not installed: {', '.join(missing)}; see scripts/install_servers.sh")
        if unknown := set(scenario or ()) - set(SCENARIOS):
            raise typer.BadParameter(f"no scenario {', '.join(sorted(unknown))}; allowed: {', '.join(SCENARIOS)}")
        folder.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(folder / "ledger.jsonl")
        if tell:
            typer.echo(report(ledger.rows))
            return
        before = len(ledger.broken)
        chosen = [SCENARIOS[name] for name in scenario or SCENARIOS]
        if short:
            chosen = [one for one in chosen if one.short_seconds]
        turns = iter(chosen) if short else _turns(chosen, len(ledger.rows))
        until = time.monotonic() + minutes * 60 if minutes else float("inf")
        run = _Run(
            folder,
            ledger,
            Plan(gateways=gateways, servers=servers),
            seed or random.SystemRandom().randrange(1, 1 << 31),
            seconds,
            short=short,
        )
        asyncio.run(run.play(turns, until, float("inf") if short else goal))
        text = report(ledger.rows)
        (folder / "report.md").write_text(text)
        typer.echo(text)
        if len(ledger.broken) > before:
            raise typer.Exit(FAILED)


class _Run:
    """One call of the command."""

    def __init__(self, folder: Path, ledger: Ledger, plan: Plan, seed: int, seconds: float, *, short: bool = False) -> None:
        self.commit = git("describe", "--always", "--dirty=+").decode().strip() or "unknown"
        self._folder = folder
        self._ledger = ledger
        self._plan = plan
        self._seed = seed
        self._seconds = seconds
        self._short = short
        self._templates: dict[tuple[int, int, int, Path], Template] = {}

    async def play(self, turns: Iterator[Scenario], until: float, goal: float) -> None:
        """Play while there are turns, time, and a goal not reached."""
        with tempfile.TemporaryDirectory(prefix="anxiao-chaos-") as temporary:
            base = Path(temporary)
            os.chmod(base, 0o755)  # noqa: PTH101, S103  # PostgreSQL's own user must find its folder.
            for scenario in turns:
                if self._ledger.hits >= goal or time.monotonic() >= until:
                    return
                await self._round(scenario, base)

    async def _round(self, scenario: Scenario, base: Path) -> None:
        if lack := scenario.lacks():
            typer.echo(f"{scenario.name} is left out: this machine lacks {lack}")
            return
        number = len(self._ledger.rows) + 1
        plan = scenario.plan(Plan(self._plan.gateways, history=HISTORIES[number % 2], servers=self._plan.servers))
        seconds = self._seconds or (scenario.short_seconds if self._short else scenario.seconds)
        order = Order(number, scenario, self._seed + number, seconds, plan, self.commit)
        folder = base / f"round-{number}"
        folder.mkdir()
        try:
            row = await play_round(order, await self._template(plan, base), folder)
        except (RuntimeError, TimeoutError, OSError) as error:
            kept = self._folder / f"failed-{number}"
            keep_evidence(folder, kept)
            row = Row(
                number,
                scenario.name,
                order.seed,
                time.time(),
                0.0,
                self.commit,
                {},
                {},
                [f"the round fell over: {error}"],
                {},
            )
        if row.broken:
            keep_evidence(folder, self._folder / f"broken-{number}")
        shutil.rmtree(folder, ignore_errors=True)
        self._ledger.append(row)
        typer.echo(
            f"round {number} {scenario.name}: {row.seconds:.0f} s, {row.notes.get('presses', 0)} presses,"
            f" {row.hits} kills and cuts ({self._ledger.hits:,} in all): {'; '.join(row.broken) or 'good'}"
        )
        sys.stdout.flush()

    async def _template(self, plan: Plan, base: Path) -> Template:
        key = (plan.gateways, plan.buttons, plan.fleet, plan.server_code)
        if key not in self._templates:
            self._templates[key] = await make_template(base / f"template-{len(self._templates)}", plan)
        return self._templates[key]


def _turns(chosen: list[Scenario], played: int) -> Iterator[Scenario]:
    """Deal scenarios out for ever, each followed by storms, beginning where the ledger ends."""
    storm = SCENARIOS["storm"]
    dealt = [
        turn for one in chosen for turn in (one, *([storm] * STORMS_BETWEEN if storm in chosen and one is not storm else []))
    ]
    return itertools.islice(itertools.cycle(dealt), played % len(dealt), None)
