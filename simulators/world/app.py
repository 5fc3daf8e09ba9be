"""Plays worlds from the command line; a world that breaks a promise is told with the one command that plays it again."""

import logging
import time
from typing import Annotated

import structlog
import typer

from simulators.world.world import Outcome, World

FAULTS_SHOWN = 40


def play(
    seed: Annotated[int, typer.Option(help="The first world; each number is one world, the same every time.")] = 1,
    worlds: Annotated[int, typer.Option(min=1, help="How many worlds, one after the other.")] = 20,
) -> None:
    """Play worlds under a virtual clock, with loss, doubles, kills, power cuts and wrong clocks, and check every promise."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # Troubles are on purpose.
    began = time.perf_counter()
    bad = 0
    for number in range(seed, seed + worlds):
        outcome = World(number).run()
        bad += bool(outcome.broken)
        typer.echo(line(outcome))
        if outcome.broken:
            tell(outcome)
    typer.echo(f"{worlds} worlds in {time.perf_counter() - began:.1f} s, {bad} with broken promises")
    if bad:
        raise typer.Exit(1)


def line(outcome: Outcome) -> str:
    """Write one world in one line."""
    word = "BROKEN" if outcome.broken else "good"
    return (
        f"world {outcome.seed}: {word}; {outcome.presses} presses, {outcome.answered} answered, {outcome.readings} readings,"
        f" {outcome.receipts} receipts, {outcome.steps} steps"
    )


def tell(outcome: Outcome) -> None:
    """Write what was broken, what happened before it, and how to see it again."""
    for broken in outcome.broken[:FAULTS_SHOWN]:
        typer.echo(f"  broken: {broken}", err=True)
    for fault in outcome.faults[-FAULTS_SHOWN:]:
        typer.echo(f"  {fault}", err=True)
    typer.echo(f"  again: anxiao-sim world --seed {outcome.seed} --worlds 1", err=True)
