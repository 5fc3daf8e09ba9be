"""The figures of EEMUA 191 and ISA-18.2 over episodes: how much one officer is asked to answer, and by what. All pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from server.noise.episodes import Episode

BIN_SECONDS = 600.0
TARGET = 1  # Per operator and ten minutes, in the long run.
FLOOD_OVER, CALM_UNDER = 10, 5  # More than ten begin a flood, fewer than five end it.
STANDING_SECONDS = 86_400.0
CHATTER_TIMES, CHATTER_SECONDS = 3, 1_800.0
ACTORS_MAX = 20
PRESSERS_MAX = 50
FALSE_TIMES, FALSE_DAYS = 3, 30  # A button with three false presses within 30 days is due for maintenance.
ACK_TARGETS = {1: 30.0, 2: 180.0, 3: 4 * 3_600.0, 4: 3 * 86_400.0}
SHARES = {1: 5, 2: 5, 3: 15, 4: 80}  # Percent that EEMUA 191 holds for right; the first two together have five.
FALSE = frozenset({"false_human", "false_device"})


@dataclass(frozen=True, slots=True)
class Load:
    """How much rang in a span: counts of ten minutes each, from the first on."""

    bins: tuple[int, ...]
    total: int
    average: float
    peak: int
    over_percent: float  # Of the time in which more rang than the target.
    flood_percent: float
    floods: tuple[tuple[float, float, int], ...]  # Begin, end, how many rang.


@dataclass(frozen=True, slots=True)
class Actor:
    """One thing and rule that rings much."""

    subject: tuple[str, str, str]
    example: Episode
    times: int
    share: float  # Percent of all that rang.
    chatters: bool


@dataclass(frozen=True, slots=True)
class Presser:
    """One button whose presses turned out to be false."""

    school: str
    gateway: str
    device: str
    false: int
    all: int
    due: bool  # Three within thirty days: somebody should look at it.


@dataclass(frozen=True, slots=True)
class Answers:
    """How long alerts of one severity waited for somebody: seconds, of those that were answered."""

    severity: int
    rang: int
    answered: int
    within: int  # Of the answered, in the target's time.
    p50: float | None
    p95: float | None
    longest: float | None


def load(rings: Sequence[float], begin: float, end: float) -> Load:
    """Give the load of one officer who is called at these instants."""
    count = max(1, int((end - begin) // BIN_SECONDS))
    bins = [0] * count
    for at in rings:
        place = int((at - begin) // BIN_SECONDS)
        if 0 <= place < count:
            bins[place] += 1
    floods: list[tuple[float, float, int]] = []
    since, within = -1, 0
    flooded = 0
    for place, number in enumerate([*bins, 0]):
        if since < 0 and number > FLOOD_OVER:
            since, within = place, 0
        elif since >= 0 and number < CALM_UNDER:
            floods.append((begin + since * BIN_SECONDS, begin + place * BIN_SECONDS, within))
            flooded += place - since
            since = -1
        within += number
    total = sum(bins)
    over = sum(number > TARGET for number in bins)
    return Load(
        tuple(bins), total, total / count, max(bins), 100 * over / count, 100 * flooded / count, tuple(floods[-200:])
    )


def rung(episodes: Collection[Episode], begin: float, end: float) -> list[float]:
    """List every instant within a span at which somebody was called."""
    return [at for one in episodes for at in one.rings if begin <= at < end]


def actors(episodes: Collection[Episode], begin: float, end: float) -> list[Actor]:
    """List what rings most, with its share of all."""
    times: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    example: dict[tuple[str, str, str], Episode] = {}
    for one in episodes:
        mine = [at for at in one.rings if begin <= at < end]
        if mine:
            times[one.subject] += mine
            example[one.subject] = one
    total = sum(map(len, times.values())) or 1
    most = sorted(times, key=lambda subject: (-len(times[subject]), subject))[:ACTORS_MAX]
    return [
        Actor(subject, example[subject], len(times[subject]), 100 * len(times[subject]) / total, chatters(times[subject]))
        for subject in most
    ]


def chatters(times: Sequence[float]) -> bool:
    """Say whether something rang three times within half an hour."""
    ordered = sorted(times)
    late = ordered[CHATTER_TIMES - 1 :]
    return any(last - first <= CHATTER_SECONDS for first, last in zip(ordered, late, strict=False))


def chattering(episodes: Collection[Episode], begin: float, end: float) -> int:
    """Count the things that chattered."""
    times: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for one in episodes:
        times[one.subject] += [at for at in one.rings if begin <= at < end]
    return sum(chatters(each) for each in times.values())


def by_severity(episodes: Collection[Episode], begin: float, end: float) -> Mapping[int, int]:
    """Count what rang by severity."""
    counted: Counter[int] = Counter()
    for one in episodes:
        counted[one.severity] += sum(begin <= at < end for at in one.rings)
    return counted


def answers(episodes: Collection[Episode], begin: float, end: float) -> list[Answers]:
    """Give how long each severity waited; real alerts that rang within the span."""
    found = []
    for severity, target in ACK_TARGETS.items():
        rang = [one for one in episodes if one.severity == severity and one.rings and begin <= one.rings[0] < end]
        waits = sorted(one.acknowledged - one.rings[0] for one in rang if one.acknowledged is not None)
        within = sum(wait <= target for wait in waits)
        found.append(
            Answers(severity, len(rang), len(waits), within, _at(waits, 50), _at(waits, 95), waits[-1] if waits else None)
        )
    return found


def pressers(episodes: Collection[Episode], begin: float, end: float) -> list[Presser]:
    """List the buttons with false presses, the most first."""
    false: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    every: Counter[tuple[str, str, str]] = Counter()
    for one in episodes:
        alert = one.alert
        if alert.rule != "one_key_press" or alert.mode != "real" or not begin <= alert.rx < end:
            continue
        button = (alert.school, alert.gateway, alert.device)
        every[button] += 1
        if one.cause in FALSE:
            false[button].append(alert.rx)
    most = sorted(false, key=lambda button: (-len(false[button]), button))[:PRESSERS_MAX]
    recent = end - FALSE_DAYS * 86_400.0
    return [
        Presser(*button, len(false[button]), every[button], sum(at >= recent for at in false[button]) >= FALSE_TIMES)
        for button in most
    ]


def _at(waits: Sequence[float], percent: int) -> float | None:
    return waits[min(len(waits) - 1, len(waits) * percent // 100)] if waits else None
