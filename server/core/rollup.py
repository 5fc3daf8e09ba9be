"""The figures of every unit of the tree, kept by difference: a changed verdict costs the depth of the tree, not its size."""

from collections.abc import Mapping, Sequence

from server.core.verdict import Tally, Verdict

Pairs = Mapping[str, tuple[Verdict, Verdict]]
PLACES = 4  # Of each figure: met, not met, unknown, exempt. The ledger's stand first, then the live ones.
NOTHING = (0,) * PLACES * 2


class Rollup:
    """Counts the verdicts of the schools below each unit, or their heads, devices, … Never averages of percentages."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = {}  # (unit, indicator) -> four counts of each figure.

    def moved(self, path: Sequence[str], before: Pairs, after: Pairs) -> None:
        """Count a school below the units of a path as it is judged now instead of as it was."""
        for name in before.keys() | after.keys():
            was, now = _counts(before.get(name)), _counts(after.get(name))
            if was == now:
                continue
            for above in path:
                counts = self._counts.setdefault((above, name), [*NOTHING])
                for place, (less, more) in enumerate(zip(was, now, strict=True)):
                    counts[place] += more - less

    def of(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator over all schools below a unit."""
        counts = self._counts.get((unit, indicator))
        if counts is None:
            return Tally(), Tally()
        return Tally(*counts[:PLACES]), Tally(*counts[PLACES:])


def _counts(pair: tuple[Verdict, Verdict] | None) -> tuple[int, ...]:
    return NOTHING if pair is None else pair[0].counts + pair[1].counts
