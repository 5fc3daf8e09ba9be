"""Whether readings are what their device's kind allows, compiled so that a good value costs a tenth of a microsecond.

The rules are those of `contract.kind.check_value`, which still has the last word on what was found wrong.
"""

from collections.abc import Mapping

from contract.errors import Reason, Refused
from contract.kind import Kind, Metric, MetricType, check_value
from contract.kinds import KINDS
from contract.messages import BirthDevice
from contract.records import Reading

# Types a value may have, closed range, and the words a text may be. A text without a list of words has any length.
Check = tuple[frozenset[type], float | str | None, float | str | None, frozenset[str] | None, Metric]
Checks = Mapping[str, Check]

_NOTHING = type(None)
_HIGHEST = chr(0x10FFFF) * 257  # Above every text that the contract lets in.
_INFINITE = float("inf")
_TYPES: dict[MetricType, frozenset[type]] = {
    MetricType.BOOL: frozenset({bool}),
    MetricType.INT: frozenset({int}),
    MetricType.FLOAT: frozenset({int, float}),
    MetricType.TEXT: frozenset({str}),
}


def compile_kind(kind: Kind) -> Checks:
    """Prepare the checks of a kind."""
    return {metric.name: _compiled(metric) for metric in kind.metrics}


def declared_checks(device: BirthDevice) -> Checks:
    """Prepare the checks of a device as its birth describes it: its kind's metrics, and the vendor's own by type alone.

    A birth cannot widen what a kind says: of one name, the kind's rule holds.
    """
    own = {
        name: _compiled(Metric(name, MetricType(told["type"]), name, name, told.get("unit", "1")))
        for name, told in device.m.items()
        if told.get("type") in set(MetricType)
    }
    known = KIND_CHECKS.get(device.kind, {})
    return {**own, **known} if own else known


def first_wrong(reading: Reading, checks: Checks) -> Refused | None:
    """Say what is wrong with a reading; names that the kind does not know are allowed."""
    for name, value in reading.m.items():
        check = checks.get(name)
        if check is None or value is None:
            continue
        types, low, high, words, metric = check
        if type(value) in types and (low <= value <= high if words is None else value in words):  # type: ignore[operator]
            continue
        try:
            check_value(metric, value)
        except Refused as refusal:
            return refusal
        return Refused(Reason.BAD_VALUE, f"{name}: {value!r}")  # Never reached unless the two rules have parted.
    return None


def _compiled(metric: Metric) -> Check:
    low: float | str | None
    high: float | str | None
    if metric.type is MetricType.TEXT:
        low, high = "", _HIGHEST
    elif metric.type is MetricType.BOOL:
        low, high = False, True
    else:
        low = -_INFINITE if metric.low is None else metric.low
        high = _INFINITE if metric.high is None else metric.high
    return _TYPES[metric.type], low, high, frozenset(metric.words) or None, metric


KIND_CHECKS: dict[str, Checks] = {name: compile_kind(kind) for name, kind in KINDS.items()}
