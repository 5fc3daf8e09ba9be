"""A guard's certificate or a piece of the kit has expired, or soon will: what visits find, and the ledger knows first."""

from datetime import date, timedelta

from server.core.alert import Severity
from server.core.param import Param, severity
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import end_of_day, local_date, start_of_day
from server.registry.sheets.guard import Guard
from server.registry.sheets.kit import Kit

EXPIRED = severity(3, "severity", "已过期级别", "Severity when expired")
DAYS = Param("days", "提前多少天提醒", "Told so many days before", "d", 30, 0, 120)
SHOWN_MAX = 6  # The alert says how many there are; the ledger has them all.


def expiries(view: View, now: float) -> list[tuple[date, str]]:
    """List when what the school's guards have expires, the soonest first."""
    today = local_date(now)
    found = [
        (guard.certificate_expires, f"guard {guard.id}")
        for guard in view.dossier.of(Guard)
        if guard.certificate_expires is not None and (guard.on_roll_to is None or today <= guard.on_roll_to)
    ]
    found += [(kit.expires, kit.item) for kit in view.dossier.of(Kit) if kit.expires is not None and kit.count]
    return sorted(found)


def evaluate(view: View, now: float) -> Finding | None:
    """Find what has expired, or expires within the days."""
    today, ahead = local_date(now), timedelta(days=int(view.of(DAYS)))
    due = [one for one in expiries(view, now) if one[0] - ahead <= today]
    if not due:
        return None
    first = due[0][0]
    past = sum(expires < today for expires, _ in due)
    names = ", ".join(f"{name} {expires.isoformat()}" for expires, name in due[:SHOWN_MAX])
    detail = (("count", str(len(due))), ("expired", str(past)), ("expires", names))
    if past:
        return Finding(view.severity(EXPIRED), end_of_day(first), detail)
    return Finding(Severity.LOW, start_of_day(first - ahead), detail, again_at=end_of_day(first))


def cleared(view: View, now: float) -> bool:
    """Say whether the ledger has nothing that expires within the days."""
    return evaluate(view, now) is None


RULE = Rule(
    name="guard_papers",
    label="保安证件或装备过期",
    label_en="Guard papers or kit expired",
    severity=Severity.LOW,
    subject=Subject.SCHOOL,
    trigger="台账中保安员证或装备30天内到期（四级）或已过期（三级）",
    trigger_en="by the ledger, a guard's certificate or a piece of the kit expires within 30 days (severity 4) or has"
    " expired (3)",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=0,
    clear_most=0,
    params=(EXPIRED, DAYS),
    clocked=True,
    number="A35",
)
