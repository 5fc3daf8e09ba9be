"""One gateway's values of one day, told by the journal and told by the history store: which are not the same. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from server.history.content import Kept, Shape
from server.history.store import NS_PER_MS, Row

Key = tuple[str, str, int]
Values = list[float | str]


class Compared(msgspec.Struct):
    """The outcome of one comparison."""

    values: int  # How many should be there.
    differences: int
    shown: list[str]


def compare(
    shape: Shape, must: Sequence[Row], may: Sequence[Row], kept: Iterable[Kept], whole: bool, shown_max: int
) -> Compared:
    """Hold what the store has against what it must and may have; `whole` says that it may have nothing else."""
    wanted = _by_place(value for row in must for value in shape.kept(row))
    allowed = _by_place(value for row in may for value in shape.kept(row))
    there = _by_place(kept)
    found = Compared(sum(len(values) for values in wanted.values()), 0, [])
    places = wanted.keys() | there.keys() if whole else wanted.keys()
    for place in sorted(places):
        words = _difference(shape, wanted.get(place, []), allowed.get(place, []), there.get(place, []), whole=whole)
        if words:
            found.differences += 1
            if len(found.shown) < shown_max:
                device, metric, t = place
                found.shown.append(f"{device} {metric} at {t * shape.ns_per_unit // NS_PER_MS} ms: {words}")
    return found


def _difference(shape: Shape, must: Values, may: Values, have: Values, *, whole: bool) -> str:
    """Say how what stands at one place differs from what should; nothing where it does not."""
    can = [*must, *may]
    if must and not have:
        return f"{_told(must)} in the journal, missing in history"
    if not all(any(shape.same(one, other) for other in can) for one in have):
        return f"{_told(have)} in history, {_told(must)} in the journal" if can else f"{_told(have)} in history alone"
    if whole and not shape.overwrites and not len(must) <= len(have) <= len(can):
        return f"{len(have)} times in history, {len(must)} times in the journal"
    return ""


def _by_place(values: Iterable[Kept]) -> dict[Key, Values]:
    found: dict[Key, Values] = {}
    for device, metric, t, value in values:
        found.setdefault((device, metric, t), []).append(value)
    return found


def _told(values: Values) -> str:
    return " and ".join(str(value) for value in values[:3])
