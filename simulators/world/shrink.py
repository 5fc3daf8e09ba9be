"""Makes a failing world small: drops faults by halving as long as the same promise is still broken."""

from collections.abc import Sequence

from simulators.world.plan import EDITION, Plan
from simulators.world.world import Outcome, World

TRIES_MAX = 150  # Worlds played for one failure: some minutes at most.


def minimise(outcome: Outcome, tries: int = TRIES_MAX) -> Outcome:
    """Drop halves, then quarters, …, of the faults; gives the smallest world that breaks one of the same promises."""
    best = outcome
    kept = list(outcome.plan.numbers)
    size = max(1, len(kept) // 2)
    while kept and tries > 0:
        start, dropped = 0, False
        while start < len(kept) and tries > 0:
            candidate = kept[:start] + kept[start + size :]
            tries -= 1
            again = World(outcome.plan.keeping(tuple(candidate))).run()
            if again.invariants & outcome.invariants:
                kept, best, dropped = candidate, again, True
            else:
                start += size
        if size == 1 and not dropped:
            break
        size = max(1, size // 2)
    return best


def command(plan: Plan, whole: int) -> str:
    """Give the one command that plays a plan again; `whole` is how many faults its number draws."""
    keep = "" if len(plan.numbers) == whole else f" --keep {ranges(plan.numbers)}"
    edition = "" if plan.edition == EDITION else f" --edition {plan.edition}"
    return f"anxiao-sim world --seed {plan.seed} --worlds 1{edition}{keep}"


def ranges(numbers: Sequence[int]) -> str:
    """Write numbers as 1,4-7; none as `none`."""
    parts: list[str] = []
    start = previous = None
    for number in [*sorted(numbers), None]:
        if previous is not None and number == previous + 1:
            previous = number
            continue
        if start is not None:
            parts.append(str(start) if start == previous else f"{start}-{previous}")
        start = previous = number
    return ",".join(parts) or "none"


def parse_ranges(text: str) -> tuple[int, ...]:
    """Read what `ranges` writes; raises `ValueError` for anything else."""
    if text == "none":
        return ()
    numbers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)
