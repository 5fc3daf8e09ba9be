"""Plays worlds from the command line; a world that breaks a promise is told with the one command that plays it again."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from simulators.world.long import explain, go_on, play_all, quiet, report
from simulators.world.plan import EDITION
from simulators.world.shrink import parse_ranges
from simulators.world.world import play as play_one

EXPLAINED_MAX = 3  # Broken worlds made small; the others are named.


def play(  # Options of a command.
    seed: Annotated[int, typer.Option(help="The first world; each number is one world, the same every time.")] = 1,
    worlds: Annotated[int, typer.Option(min=1, help="How many worlds.")] = 20,
    keep: Annotated[str, typer.Option(help="Play one world with these of its faults alone, such as 3,7-9; or none.")] = "",
    minimise: Annotated[bool, typer.Option(help="Find the fewest faults that still break a broken world.")] = True,
    edition: Annotated[int, typer.Option(min=1, max=EDITION, help="Play a world as its number was then.")] = EDITION,
    processes: Annotated[int, typer.Option(min=1, help="How many processors to use.")] = 1,
    ledger: Annotated[Path | None, typer.Option(help="Write each world down here, and go on where it was stopped.")] = None,
) -> None:
    """Play worlds under a virtual clock in which everything fails that can, and hold every promise of the service."""
    quiet()
    began = time.perf_counter()
    if keep:
        _again(seed, keep, edition, minimise=minimise)
        return
    seeds = range(seed, seed + worlds)
    if ledger is not None:
        lines = go_on(ledger, seeds, processes, typer.echo, edition)
    else:
        lines = []
        for line in play_all(seeds, processes, edition):
            lines.append(line)
            word = "BROKEN" if line.broken else "good"
            typer.echo(
                f"world {line.seed}: {word}; {line.faults} faults, {line.presses} presses, {line.answered} answered,"
                f" {line.readings} readings, {line.receipts} receipts, {line.steps} steps"
            )
    typer.echo(report(lines), nl=False)
    typer.echo(f"in {time.perf_counter() - began:.0f} s on {processes} of {os.cpu_count()} processors")
    broken = [line.seed for line in lines if line.broken]
    for number in broken[:EXPLAINED_MAX]:
        explain(play_one(number, edition=edition), _tell, small=minimise)
    if broken:
        raise typer.Exit(1)


def _again(seed: int, keep: str, edition: int, *, minimise: bool) -> None:
    """Play one world with some of its faults, and tell everything that happened."""
    try:
        numbers = parse_ranges(keep)
    except ValueError:
        raise typer.BadParameter("keep: allowed: numbers and ranges such as 3,7-9, or none") from None
    outcome = play_one(seed, numbers, edition)
    for text in outcome.told:
        typer.echo(f"  {text}")
    if outcome.broken:
        explain(outcome, _tell, small=minimise)
        raise typer.Exit(1)
    typer.echo(f"world {seed}: good")


def _tell(text: str) -> None:
    typer.echo(text, err=True)
