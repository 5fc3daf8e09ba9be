"""How long a rule should wait before it tells: worked out from how long its fleeting alerts lasted. All pure.

A hold that is longer removes what comes and goes by itself, and delays what people then had to work on. Both are counted
from what was recorded, so that whoever sets it knows the price. Incidents have no hold and get no advice.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from server.core.rules import RULES
from server.noise.episodes import Episode

REMOVED_PERCENT = 80
FLEETING_MIN = 10  # Fewer say nothing.
SHARE_MIN_PERCENT = 30  # Where most of a rule's alerts are real trouble, waiting helps nobody.
ROUNDED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Advice:
    """What a longer hold of one rule would have done within the span."""

    rule: str
    hold: float  # As the rule is built, seconds.
    wanted: float  # The hold that would have removed four fifths of the fleeting ones.
    alerts: int
    fleeting: int
    removed: int
    delayed: int  # Alerts that people worked on, or that lasted: told later by the difference.
    most: float  # The longest hold that the rule may have.


def advise(episodes: Collection[Episode], begin: float, end: float) -> list[Advice]:
    """Give advice for each rule of which enough alerts came and went by themselves, the noisiest first."""
    by_rule: dict[str, list[Episode]] = defaultdict(list)
    for one in episodes:
        if not one.incident and one.rings and begin <= one.rings[0] < end and not one.alert.unit:
            by_rule[one.alert.rule].append(one)
    found = [advice for name, mine in by_rule.items() if (advice := _advice(name, mine)) is not None]
    return sorted(found, key=lambda advice: (-advice.removed, advice.rule))


def lasted(one: Episode, clear: float) -> float | None:
    """Give for how long the condition lasted after it was told, without the time in which its end was not believed yet."""
    over = one.recovered if one.recovered is not None else one.ended
    return None if over is None else max(0.0, over - one.rings[0] - clear)


def _advice(name: str, mine: Collection[Episode]) -> Advice | None:
    rule = RULES.get(name)
    if rule is None or rule.hold_most <= 0:
        return None
    spans = sorted(span for one in mine if one.fleeting and (span := lasted(one, rule.clear_seconds)) is not None)
    if len(spans) < FLEETING_MIN or 100 * len(spans) < SHARE_MIN_PERCENT * len(mine):
        return None
    longest = spans[min(len(spans) - 1, -(-len(spans) * REMOVED_PERCENT // 100) - 1)]
    more = ROUNDED_SECONDS * (longest // ROUNDED_SECONDS + 1)
    wanted = min(rule.hold_seconds + more, rule.hold_most)
    more = wanted - rule.hold_seconds
    removed = sum(span < more for span in spans)
    others = [one for one in mine if not one.fleeting]
    delayed = sum((span := lasted(one, rule.clear_seconds)) is None or span >= more for one in others)
    return Advice(name, rule.hold_seconds, wanted, len(mine), len(spans), removed, delayed, rule.hold_most)
