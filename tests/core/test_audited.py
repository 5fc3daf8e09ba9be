"""What the audits find is one alert of operators: raised once, ended when it is over, seen by no school."""

from server.core.engine import Engine
from server.core.events import AuditJudged
from server.core.rules.audit_failed import RULE

NOW = 1_800_000_000.0


def judged(engine: Engine, *, found: bool, code: str = "difference", days: tuple[int, ...] = (20_697,)) -> list[str]:
    """Tell the engine; gives the codes of the alerts that are open."""
    engine.step(AuditJudged(code, found, NOW, days), NOW)
    return sorted(alert.code for alert in engine.alerts.values() if alert.open)


def test_a_difference_rings_once_and_ends_when_all_days_agree_again() -> None:
    engine = Engine()
    assert judged(engine, found=False) == []
    assert judged(engine, found=True) == ["difference"]
    assert judged(engine, found=True, days=(20_697, 20_698)) == ["difference"]
    assert judged(engine, found=True, code="overdue", days=()) == ["difference", "overdue"]
    assert judged(engine, found=False) == ["overdue"]
    [alert] = [alert for alert in engine.alerts.values() if alert.code == "difference"]
    assert (alert.rule, alert.school, alert.gateway) == (RULE.name, "", "")
    assert dict(alert.detail) == {"days": "2026-09-01", "count": "1"}
    assert judged(engine, found=True) == ["difference", "overdue"]
