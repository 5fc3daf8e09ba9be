"""The alarm has two ways out and one of them is down: the next fault cuts it off."""

from server.core.alert import Severity
from server.core.param import severity
from server.core.rule import Finding, Rule, Subject, View

PATHS = ("path_main", "path_backup")
ONE = severity(3, "severity", "一条通道中断的级别", "Severity with one path down")


def evaluate(view: View, now: float) -> Finding | None:
    """Find a host with a path down; with none left that it tells of, it is worse."""
    down = [path for path in PATHS if view.value(path) is False]
    if not down:
        return None
    left = any(view.value(path) is True for path in PATHS)
    since = min(view.changed(path, now) for path in down)
    return Finding(view.severity(ONE) if left else Severity.HIGH, since, (("paths_down", ", ".join(down)),))


def cleared(view: View, _now: float) -> bool:
    """Say whether every path that the host tells of is up."""
    told = [view.value(path) for path in PATHS]
    return True in told and False not in told


RULE = Rule(
    name="path_degraded",
    label="报警通道降级",
    label_en="Alarm path degraded",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="报警主机两条通道之一中断满90秒（三级）；无可用通道为二级",
    trigger_en="one of the alarm host's two paths is down for 90 s (severity 3); 2 with no path left",
    evaluate=evaluate,
    cleared=cleared,
    hold_seconds=90,
    clear_seconds=600,
    params=(ONE,),
    kinds=frozenset({"alarm_host"}),
    watches=frozenset(PATHS),
    code="path_down",
    number="A17",
)
