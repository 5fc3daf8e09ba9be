"""What is shown and reported cannot be proven by what the schools sent, or nobody has looked for two days."""

from datetime import date, timedelta

from server.core.alert import Severity
from server.core.events import AuditJudged
from server.core.rule import Finding, Rule, Subject, View

EPOCH = date(1970, 1, 1)
DAYS_SHOWN_MAX = 10  # The report of each audit names them all.


def evaluate(view: View, _now: float) -> Finding | None:
    """Find days that do not agree, or audits that do not run."""
    told = view.signal
    if not isinstance(told, AuditJudged) or not told.found:
        return None
    days = ", ".join((EPOCH + timedelta(days=day)).isoformat() for day in told.days[:DAYS_SHOWN_MAX])
    detail = (("days", days), ("count", str(len(told.days)))) if told.days else ()
    return Finding(Severity.MEDIUM, told.rx, detail=detail, code=told.code)


RULE = Rule(
    name="audit_failed",
    label="数据核对不符",
    label_en="Audit failed",
    severity=Severity.MEDIUM,
    subject=Subject.SIGNAL,
    trigger="夜间核对发现数据不一致，或已两天未核对",
    trigger_en="the nightly audit found a difference, or has not run for two days",
    evaluate=evaluate,
)
