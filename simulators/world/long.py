"""Plays many worlds on several processors, writes each down as it ends, and goes on where it was stopped."""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import structlog

from simulators.world.plan import EDITION
from simulators.world.shrink import command, minimise
from simulators.world.world import Outcome, play

CHUNK = 4  # Worlds handed to a process at a time.


@dataclass(frozen=True)
class Line:
    """What is written down of one world."""

    seed: int
    broken: list[str]
    presses: int
    answered: int
    readings: int
    receipts: int
    steps: int
    faults: int
    seconds: float
    delays: list[float]


def quiet() -> None:
    """Tell nobody of the troubles: they are on purpose."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def one(seed: int, edition: int = EDITION) -> Line:
    """Play one world."""
    quiet()
    began = time.perf_counter()
    outcome = play(seed, edition=edition)
    return line_of(outcome, time.perf_counter() - began)


def line_of(outcome: Outcome, seconds: float) -> Line:
    """Reduce a world to its line."""
    return Line(
        outcome.plan.seed,
        list(outcome.broken),
        outcome.presses,
        outcome.answered,
        outcome.readings,
        outcome.receipts,
        outcome.steps,
        len(outcome.plan.faults),
        round(seconds, 3),
        [round(delay, 4) for delay in outcome.delays],
    )


def play_all(seeds: Sequence[int], processes: int, edition: int = EDITION) -> Iterator[Line]:
    """Play worlds, each in any of the processes; the lines come in the order of the seeds."""
    if processes == 1:
        yield from (one(seed, edition) for seed in seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(partial(one, edition=edition), seeds, chunksize=CHUNK)


def go_on(
    ledger: Path, seeds: Iterable[int], processes: int, tell: Callable[[str], None], edition: int = EDITION
) -> list[Line]:
    """Play what the ledger does not have yet; gives all of it."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    done = {line.seed: line for line in read_ledger(ledger)}
    wanted = [seed for seed in seeds if seed not in done]
    with ledger.open("a") as file:
        for line in play_all(wanted, processes, edition):
            done[line.seed] = line
            file.write(json.dumps(asdict(line)) + "\n")
            file.flush()
            if line.broken:
                tell(f"world {line.seed} is BROKEN: {line.broken[0]}")
            if len(done) % 100 == 0:
                tell(f"{len(done)} worlds, {sum(bool(each.broken) for each in done.values())} broken")
    return [done[seed] for seed in sorted(done)]


def read_ledger(ledger: Path) -> list[Line]:
    """Read what was played before; a line that was cut short is played again."""
    lines: list[Line] = []
    if ledger.exists():
        for text in ledger.read_text().splitlines():
            try:
                lines.append(Line(**json.loads(text)))
            except (ValueError, TypeError):
                continue
    return lines


def report(lines: Sequence[Line]) -> str:
    """Sum up, as docs/reliability.md has it."""
    delays = sorted(delay for line in lines for delay in line.delays)
    broken = Counter(
        text.partition(":")[0] for line in lines for text in {one.partition(":")[0] + ":" for one in line.broken}
    )
    figures = {
        "worlds": len(lines),
        "broken worlds": sum(bool(line.broken) for line in lines),
        "faults": sum(line.faults for line in lines),
        "presses": sum(line.presses for line in lines),
        "presses answered": sum(line.answered for line in lines),
        "readings": sum(line.readings for line in lines),
        "receipts": sum(line.receipts for line in lines),
        "steps": sum(line.steps for line in lines),
        "processor seconds": round(sum(line.seconds for line in lines)),
    }
    text = "".join(f"{name}: {value:,}\n" for name, value in figures.items())
    if delays:
        text += (
            f"press to screen, all well: p50 {delays[len(delays) // 2]:.3f} s, p99 {delays[len(delays) * 99 // 100]:.3f} s\n"
        )
    for name, count in sorted(broken.items()):
        text += f"{name} broken in {count} worlds\n"
    for line in lines:
        if line.broken:
            text += f"world {line.seed}: {line.broken[0]}\n"
    return text


def explain(outcome: Outcome, tell: Callable[[str], None], *, small: bool = True) -> None:
    """Tell of a broken world: what was broken, the fewest faults that still break it, and how to see it again."""
    whole = len(outcome.plan.faults)
    tell(f"world {outcome.plan.seed}: BROKEN")
    for text in outcome.broken[:20]:
        tell(f"  {text}")
    tell(f"  again: {command(outcome.plan, whole)}")
    if small:
        least = minimise(outcome)
        tell(
            f"  of {whole} faults these {len(least.plan.faults)} are enough to break {', '.join(sorted(least.invariants))}:"
        )
        for fault in least.plan.faults:
            tell(f"    {fault}")
        tell(f"  again, with these alone: {command(least.plan, whole)}")
