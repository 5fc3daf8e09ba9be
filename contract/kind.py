"""What a device kind is: its metrics with units, ranges and periods, and how long it may be silent."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from contract.errors import Reason, Refused
from contract.records import Value


class MetricType(StrEnum):
    """The types a metric's value can have."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"


class Urgency(StrEnum):
    """How soon a silent device of this kind matters."""

    URGENT = "urgent"  # Protection is lost: the station is told within minutes.
    ROUTINE = "routine"  # A fault to be mended the same day.


class Pillar(StrEnum):
    """Which of the mandated four a kind serves."""

    ALARM = "alarm"
    VIDEO = "video"
    BARRIER = "barrier"
    CLOSED_CAMPUS = "closed_campus"
    GUARD = "guard"
    GATEWAY = "gateway"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity: UCUM unit, closed range, allowed words, usual reporting period and deadband."""

    name: str
    type: MetricType
    label: str
    label_en: str
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    period_seconds: int = 60
    deadband: float = 0.0  # A change smaller than this is not worth a message.


@dataclass(frozen=True, slots=True)
class Kind:
    """A device kind. `silence_seconds` without any record makes the device offline, if its gateway is heard."""

    name: str
    label: str
    label_en: str
    pillar: Pillar
    metrics: tuple[Metric, ...]
    silence_seconds: int = 180  # Three missed 60 s keepalives, as GB/T 28181 devices are judged.
    urgency: Urgency = Urgency.ROUTINE
    type_code: str = ""  # The three type digits of a 20-digit GB/T 28181 id, where one is defined.

    def metric(self, name: str) -> Metric | None:
        """Find a metric by name."""
        return next((metric for metric in self.metrics if metric.name == name), None)


def check_value(metric: Metric, value: Value) -> None:  # noqa: C901  # One branch for each type, read top-down.
    """Raise `Refused` when a value is not of the metric's type or lies outside its range; None is always allowed."""
    if value is None:
        return
    match metric.type:
        case MetricType.BOOL:
            if not isinstance(value, bool):
                raise Refused(Reason.BAD_VALUE, f"{metric.name}: {value!r}; allowed: true or false")
            return
        case MetricType.TEXT:
            if not isinstance(value, str):
                raise Refused(Reason.BAD_VALUE, f"{metric.name}: {value!r}; allowed: text")
            if metric.words and value not in metric.words:
                raise Refused(Reason.BAD_VALUE, f"{metric.name}: {value[:40]!r}; allowed: {', '.join(metric.words)}")
            return
        case MetricType.INT:
            if isinstance(value, bool) or not isinstance(value, int):
                raise Refused(Reason.BAD_VALUE, f"{metric.name}: {value!r}; allowed: a whole number")
        case MetricType.FLOAT:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Refused(Reason.BAD_VALUE, f"{metric.name}: {value!r}; allowed: a number")
        case unreachable:
            assert_never(unreachable)
    low_ok = metric.low is None or value >= metric.low
    if not low_ok or (metric.high is not None and value > metric.high):
        raise Refused(Reason.OUT_OF_RANGE, f"{metric.name}: {value}; allowed: {metric.low} to {metric.high} {metric.unit}")


def boolean(name: str, label: str, label_en: str, period_seconds: int = 60) -> Metric:
    """Describe a yes-or-no metric."""
    return Metric(name, MetricType.BOOL, label, label_en, period_seconds=period_seconds)


def number(
    name: str,
    label: str,
    label_en: str,
    unit: str,
    low: float,
    high: float,
    *,
    period_seconds: int = 300,
    deadband: float = 0.0,
) -> Metric:
    """Describe a metric that is a real number."""
    return Metric(name, MetricType.FLOAT, label, label_en, unit, low, high, (), period_seconds, deadband)


def integer(
    name: str, label: str, label_en: str, unit: str, low: int, high: int, *, period_seconds: int = 300, deadband: float = 0.0
) -> Metric:
    """Describe a metric that is a whole number."""
    return Metric(name, MetricType.INT, label, label_en, unit, low, high, (), period_seconds, deadband)


def word(name: str, label: str, label_en: str, words: tuple[str, ...], period_seconds: int = 60) -> Metric:
    """Describe a metric that is one of a few words."""
    return Metric(name, MetricType.TEXT, label, label_en, words=words, period_seconds=period_seconds)
