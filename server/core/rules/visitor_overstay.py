"""Visitors are still inside after the day's last peak."""

from server.core.alert import Severity
from server.core.param import Param, severity
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import local_date, start_of_day

SEVERITY = severity(4)
OUT_BY = Param("out_by", "应离校时间（零点起的分钟）", "Out by, minutes after midnight", "min", 1_080, 900, 1_380)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a school whose machine counts visitors inside after the hour."""
    out_by, inside = _out_by(view, now), view.number("inside")
    if not inside or now < out_by:
        return None
    return Finding(view.severity(SEVERITY), max(out_by, view.changed("inside", now)), (("inside", f"{inside:g}"),))


def cleared(view: View, now: float) -> bool:
    """Say whether all have surely left, or another day has begun."""
    return now < _out_by(view, now) or view.number("inside") == 0


def look_at(view: View, now: float) -> float | None:
    """Look at the hour by which they must be out, where some are inside."""
    return _out_by(view, now) if view.number("inside") else None


def _out_by(view: View, now: float) -> float:
    return start_of_day(local_date(now)) + view.of(OUT_BY) * 60


RULE = Rule(
    name="visitor_overstay",
    label="访客超时未离校",
    label_en="Visitors still inside",
    severity=Severity.LOW,
    subject=Subject.DEVICE,
    trigger="18:00后访客机仍有未离校访客",
    trigger_en="after 18:00 the visitor machine counts visitors who have not left",
    evaluate=evaluate,
    cleared=cleared,
    look_at=look_at,
    params=(SEVERITY, OUT_BY),
    kinds=frozenset({"visitor_machine"}),
    watches=frozenset({"inside"}),
    clocked=True,
    number="A36",
)
