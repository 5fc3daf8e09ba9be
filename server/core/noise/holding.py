"""What may be held back, and the facts by which it is. An incident, or what may hide one, never is."""

from server.core.alert import Alert, Flow, Severity
from server.core.book import Book
from server.core.effects import Effect
from server.core.fact import Fact, What
from server.core.rules import RULES, device_alert, unreadable_alarm


def may_be_held(alert: Alert) -> bool:
    """Say whether an alert may stand under another, on a shelf or in planned work.

    Never an incident; never what could not be read on the alarm lane, for it may have been a press; and nothing that only
    people end: tamper, a clone, records lost.
    """
    if alert.flow is not Flow.FAULT or alert.rule == unreadable_alarm.RULE.name:
        return False
    rule = RULES.get(alert.rule)
    if rule is not None and rule.by_people:
        return False
    return alert.rule != device_alert.RULE.name or device_alert.meaning(alert.code).ends


def is_security(alert: Alert) -> bool:
    """Say whether an alert is about people and gates: at severity 1 or 2 no flapping hides it."""
    rule = RULES.get(alert.rule)
    return rule is not None and rule.security and alert.severity <= Severity.HIGH


QUIET = "quiet"  # Noted with what joins before it has called anybody.


def put_under(book: Book, alert: Alert, group: str, now: float, note: str = "") -> Effect:
    """Let an alert stand under another one."""
    return book.record(alert.id, Fact(What.GROUPED, now, ref=group, note=note))


def take_out(book: Book, alert: Alert, now: float) -> list[Effect]:
    """Let an alert ring for itself again."""
    return book.release(alert.id, Fact(What.UNGROUPED, now, ref=alert.group), now)
