"""A clock is wrong: what it dates is worth less as evidence, the more so the further it is off."""

from server.core.alert import Severity
from server.core.param import Param
from server.core.rule import Finding, Rule, Subject, View

METRICS = ("clock_offset", "clk_off")


def _off(name: str, label: str, label_en: str, default: float, least: float, most: float) -> Param:
    return Param(name, label, label_en, "ms", default, least, most, metrics=METRICS, signed=True)


LOW = _off("low", "偏差超过此值为四级", "Severity 4 beyond", 5_000, 1_000, 30_000)
MEDIUM = _off("medium", "偏差超过此值为三级", "Severity 3 beyond", 60_000, 10_000, 180_000)
HIGH = _off("high", "偏差超过此值为二级", "Severity 2 beyond", 300_000, 60_000, 3_600_000)
RIGHT = _off("right", "偏差不超过此值为恢复", "Right within", 2_000, 500, 5_000)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a clock that is off by more than a little."""
    for metric in METRICS:
        off = view.number(metric)
        if off is None or abs(off) <= view.of(LOW):
            continue
        severity = Severity.LOW
        for limit, worse in ((MEDIUM, Severity.MEDIUM), (HIGH, Severity.HIGH)):
            severity = worse if abs(off) > view.of(limit) else severity
        return Finding(severity, view.changed(metric, now), (("offset_seconds", f"{off / 1_000:.1f}"),))
    return None


def cleared(view: View, _now: float) -> bool:
    """Say whether every clock that is told of is right again."""
    told = [off for metric in METRICS if (off := view.number(metric)) is not None]
    return bool(told) and all(abs(off) <= view.of(RIGHT) for off in told)


RULE = Rule(
    name="clock_drift",
    label="时钟偏差",
    label_en="Clock drift",
    severity=Severity.LOW,
    subject=Subject.DEVICE,
    trigger="摄像机、录像机或网关时钟偏差超过5秒（四级）、60秒（三级）、300秒（二级）",
    trigger_en="the clock of a camera, recorder or gateway is off by more than 5 s (severity 4), 60 s (3), 300 s (2)",
    evaluate=evaluate,
    cleared=cleared,
    params=(LOW, MEDIUM, HIGH, RIGHT),
    kinds=frozenset({"camera", "recorder", "gateway"}),
    watches=frozenset(METRICS),
    code="clock_bad",
    number="A26",
)
