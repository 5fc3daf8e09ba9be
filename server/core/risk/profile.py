"""A school's whole profile, and the stated rules by which several factors together become an early warning."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from server.core.risk.early import Early
from server.core.risk.factor import Judged, Level, View
from server.core.risk.factors import FACTORS

AT_LEAST_WATCH = frozenset({Level.WATCH, Level.WARN})
GROUPS_LEAST = 2


@dataclass(frozen=True, slots=True)
class Warned:
    """One early warning: by which rule, and because of which factors."""

    rule: str
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What every factor says of a school, and the early warnings that follow."""

    factors: Mapping[str, Judged]
    warnings: tuple[Warned, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """Name the factors of all warnings, each once."""
        return tuple(dict.fromkeys(name for warned in self.warnings for name in warned.factors))


@dataclass(frozen=True, slots=True)
class EarlyRule:
    """One rule of early warnings in words."""

    name: str
    says: str
    says_en: str


EARLY_RULES = (
    EarlyRule("two_groups", "两个不同方面各有因素达到预警", "factors of two different groups are at warn"),
    EarlyRule(
        "outside_and_gate",
        "外部预警达到预警，同时校门设备或保安证书、装备至少为关注",
        "outside warnings are at warn while gate devices, certificates or kit are at least at watch",
    ),
    EarlyRule(
        "incidents_unprepared",
        "近期警情达到预警，同时演练或预案责任书至少为关注",
        "recent incidents are at warn while drills or papers are at least at watch",
    ),
)


def profile(view: View, now: float) -> Profile:
    """Judge every factor, and say which early warnings follow from their levels alone."""
    judged = {factor.name: factor.judge(view, now) for factor in FACTORS}
    return Profile(judged, warnings({name: one.level for name, one in judged.items()}))


def warnings(levels: Mapping[str, Level]) -> tuple[Warned, ...]:
    """Say which early warnings hold. Unknown raises nothing, and no number is weighed against another."""
    found: list[Warned] = []
    warn = [factor for factor in FACTORS if levels[factor.name] is Level.WARN]
    if len({factor.group for factor in warn}) >= GROUPS_LEAST:
        found.append(Warned("two_groups", tuple(factor.name for factor in warn)))
    for rule, cause, beside in (
        ("outside_and_gate", "outside", ("gate_devices", "guard_certificates", "kit_expiring")),
        ("incidents_unprepared", "incidents", ("drills_overdue", "papers_lapsed")),
    ):
        weak = tuple(name for name in beside if levels[name] in AT_LEAST_WATCH)
        if levels[cause] is Level.WARN and weak:
            found.append(Warned(rule, (cause, *weak)))
    return tuple(found)


def early(told: Profile, before: Early | None, named: Collection[str], now: float) -> Early:
    """Say what is to be told; `named` are the factors of the warning that stands.

    A warning is over only when no rule holds and nothing that led to it is unknown: silence takes no warning back.
    """
    if told.warnings:
        since = before.since if before is not None and before.warned else now
        rules = tuple(warned.rule for warned in told.warnings)
        return Early(warned=True, clear=False, since=since, rules=rules, factors=told.named)
    unsure = any(told.factors[name].level is Level.UNKNOWN for name in named if name in told.factors)
    return Early(warned=False, clear=not unsure, since=now)
