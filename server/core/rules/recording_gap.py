"""What was filmed is not kept, or not for as long as it must be: a gap in the day, too few days, or no recording at all."""

from server.core.alert import Severity
from server.core.param import limit, seconds, severity
from server.core.requirements import retention
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import local_date

SEVERITY = severity(3)
GAP = limit("gap", "当日缺失超过", "Missing of a day, more than", "s", 600, 60, 7_200, "gap")
STOPPED = seconds("stopped", "停止录像多久", "Not recording for", 600, 60, 7_200)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a recorder with a gap or too few days, or one or a camera that does not record."""
    state = view.state
    if state is None:
        return None
    severity_here = view.severity(SEVERITY)
    if (gap := view.number("gap")) is not None and gap > view.of(GAP):
        return Finding(severity_here, view.changed("gap", now), (("gap", f"{gap:g}"),))
    days, need = view.number("retention"), _days_needed(view, now)
    if days is not None and need is not None and days < need:
        kept = (("retention", f"{days:g}"), ("required", str(need)))
        return Finding(severity_here, view.changed("retention", now), kept)
    if view.value("recording") is False and view.value("online") is not False:
        detail = (("recording", "stopped"),)
        return Finding(severity_here, view.changed("recording", now), detail, hold_seconds=view.of(STOPPED))
    return None


def cleared(view: View, now: float) -> bool:
    """Say whether it surely records, without a gap that counts and for the days that are needed."""
    gap, days, need = view.number("gap"), view.number("retention"), _days_needed(view, now)
    kept = days is None or need is None or days >= need
    return view.value("recording") is True and (gap is None or gap <= view.of(GAP)) and kept


def _days_needed(view: View, now: float) -> int | None:
    if view.school is None:
        return None
    return retention.RULE.of(view.dossier, local_date(now)).of(view.school)


RULE = Rule(
    name="recording_gap",
    label="录像缺失",
    label_en="Recording gap",
    severity=Severity.MEDIUM,
    subject=Subject.DEVICE,
    trigger="当日录像缺失超过10分钟，保存天数少于规定，或停止录像满10分钟",
    trigger_en="more than 10 min of the day's recording are missing, fewer days are kept than required, or nothing has"
    " been recorded for 10 min",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=0,  # A gap has happened; a stop has a time of its own.
    params=(SEVERITY, GAP, STOPPED),
    kinds=frozenset({"camera", "recorder"}),
    watches=frozenset({"recording", "gap", "retention"}),
    number="A24",
)
