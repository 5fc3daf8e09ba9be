"""What of a rule a city may set, within bounds, and what it has set for one school. All pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Edges = Mapping[str, tuple[float, ...]]  # Metric -> the values at which a rule changes its mind, in rising order.


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """One number that a rule goes by: its usual value, and the closed range in which a city may put it."""

    name: str
    label: str
    label_en: str
    unit: str  # UCUM, as metrics have it; "1" for counts and severities.
    default: float
    least: float
    most: float
    whole: bool = True
    metrics: tuple[str, ...] = ()  # What is compared with it: where such a value crosses it, rules look again.
    signed: bool = False  # The metric may be as far off on either side of zero.

    def allows(self, value: float) -> bool:
        """Say whether a city may set it so."""
        return self.least <= value <= self.most and (not self.whole or value == int(value))


class Settings:
    """What holds for one school: what its units have set, and else what the rules come with. It never changes."""

    __slots__ = ("_set", "edges")

    def __init__(self, told: Mapping[Param, float], edges: Edges) -> None:
        self._set = told
        self.edges = edges

    def of(self, param: Param) -> float:
        """Give the value that holds."""
        return self._set.get(param, param.default)

    def differs(self, other: "Settings", params: Iterable[Param]) -> bool:
        """Say whether any of some values is another one elsewhere."""
        return self is not other and any(self.of(param) != other.of(param) for param in params)


AS_BUILT = Settings({}, {})  # Where no school is known.


def edges_of(params: Iterable[Param], told: Mapping[Param, float]) -> Edges:
    """Collect, for each metric, the values at which any rule changes its mind."""
    found: dict[str, set[float]] = {}
    for param in params:
        value = told.get(param, param.default)
        for metric in param.metrics:
            found.setdefault(metric, set()).update((value, -value) if param.signed else (value,))
    return {metric: tuple(sorted(values)) for metric, values in found.items()}


def severity(default: int, name: str = "severity", label: str = "级别", label_en: str = "Severity") -> Param:
    """Make the setting of how bad a fault is held to be; danger to life is no setting."""
    return Param(name, label, label_en, "1", default, 2, 4)


def limit(
    name: str, label: str, label_en: str, unit: str, default: float, least: float, most: float, *metrics: str
) -> Param:
    """Make the setting of a number that metrics are compared with; it may be any within its bounds."""
    return Param(name, label, label_en, unit, default, least, most, whole=False, metrics=metrics)


def seconds(name: str, label: str, label_en: str, default: float, least: float, most: float) -> Param:
    """Make the setting of a time."""
    return Param(name, label, label_en, "s", default, least, most)
