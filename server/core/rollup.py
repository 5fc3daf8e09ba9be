"""The figures of every unit of the tree, kept by difference: a changed verdict costs the depth of the tree, not its size."""

from collections.abc import Mapping, Sequence

from server.core.verdict import Judgement, Tally, Verdict

Pairs = Mapping[str, tuple[Verdict, Verdict]]
FIGURES = 2  # The ledger's, then the live one.
PLACES = {judgement: place for place, judgement in enumerate(Judgement)}


class Rollup:
    """Counts the verdicts of the schools below each unit. Always counts, never averages of percentages."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = {}  # (unit, indicator) -> four counts of each figure.

    def moved(self, path: Sequence[str], before: Pairs, after: Pairs) -> None:
        """Count a school below the units of a path as it is judged now instead of as it was."""
        for name in before.keys() | after.keys():
            was, now = before.get(name), after.get(name)
            if _places(was) == _places(now):
                continue
            for above in path:
                counts = self._counts.setdefault((above, name), [0] * len(PLACES) * FIGURES)
                for place in _places(was):
                    counts[place] -= 1
                for place in _places(now):
                    counts[place] += 1

    def of(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator over all schools below a unit."""
        counts = self._counts.get((unit, indicator))
        if counts is None:
            return Tally(), Tally()
        return Tally(*counts[: len(PLACES)]), Tally(*counts[len(PLACES) :])


def _places(pair: tuple[Verdict, Verdict] | None) -> tuple[int, ...]:
    if pair is None:
        return ()
    ledger, live = pair
    return PLACES[ledger.judgement], len(PLACES) + PLACES[live.judgement]
