"""Gaps of a school were to be mended by a day that is over, and nobody has closed them."""

from server.core.alert import Severity
from server.core.rule import Finding, Rule, Subject, View

DAY_SECONDS = 86_400.0


def evaluate(view: View, now: float) -> Finding | None:
    """Find a school with overdue gaps; each day anew, where somebody closed the alert and not the gaps."""
    told = view.home.gaps_overdue if view.home is not None else None
    if told is None or told[0] == 0:
        return None
    count, since = told
    again_at = since + (max(0.0, now - since) // DAY_SECONDS + 1) * DAY_SECONDS
    return Finding(Severity.LOW, since, (("count", str(count)),), again_at=again_at)


def cleared(view: View, _now: float) -> bool:
    """Say whether it surely has none any more."""
    told = view.home.gaps_overdue if view.home is not None else None
    return told is not None and told[0] == 0


RULE = Rule(
    name="gap_overdue",
    label="整改超期",
    label_en="Gaps overdue",
    severity=Severity.LOW,
    subject=Subject.SCHOOL,
    trigger="学校有整改期限已过而未销号的缺口",
    trigger_en="a school has gaps whose due day is over and that are not closed",
    evaluate=evaluate,
    cleared=cleared,
    hold_most=0,
    clear_most=0,
)
