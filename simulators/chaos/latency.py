"""How long each press took to its first screen, sorted by the kind of fault that stood meanwhile. Pure."""

from collections import defaultdict
from collections.abc import Mapping

from simulators.chaos.checker import History
from simulators.chaos.mischief import kind_of
from simulators.chaos.watching import Press

AFTERWARDS_SECONDS = 1.0  # A program that works again is still being found again by its neighbours.
CALM, SEVERAL = "none", "several at once"


def sort_by_fault(
    history: History, shown_at: Mapping[Press, float], boxes: Mapping[str, str]
) -> dict[str, list[tuple[float, float]]]:
    """Give for each kind of fault the seconds from the first push, and from the answer, to the first screen.

    A fault counts for a press when it stood at any instant between push and screen; that of another school's box does not.
    """
    spans = [
        (fault.at, mended + AFTERWARDS_SECONDS, f"{fault.what} {kind_of(fault.target)}", _box_of(fault.target, boxes))
        for fault, mended in history.faults.values()
    ]
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for key, ask in history.asked.items():
        seen = shown_at.get(key)
        if seen is None:
            continue
        kinds = [what for start, end, what, box in spans if start <= seen and end >= ask.at and box in ("", key[0])]
        kind = CALM if not kinds else kinds[0] if len(kinds) == 1 else SEVERAL
        answer = history.answered.get(key)
        found[kind].append((seen - ask.at, max(0.0, seen - (answer.at if answer else ask.at))))
    return dict(found)


def _box_of(target: str, boxes: Mapping[str, str]) -> str:
    near, _, far = target.partition(">")
    return boxes.get(near) or boxes.get(far) or ""
