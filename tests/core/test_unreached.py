"""What could not be told is an alert itself: once for each school and audience, ended when it is told or wanted no more."""

from server.core.alert import Alert, Severity
from server.core.effects import Effect, NotificationDue
from server.core.engine import Engine
from server.core.events import NotificationsJudged, StepUnreached

NOW, SCHOOL = 1_800_000_000.0, "4507020001"


def step(alert: str = "p1", audience: str = "station", severity: Severity = Severity.CRITICAL) -> StepUnreached:
    """Say that nobody of an audience was reached."""
    return StepUnreached(alert, SCHOOL, "one_key_press", severity, 1, audience, "every_way_failed", NOW)


def raised(engine: Engine) -> list[Alert]:
    """List the open alerts of the rule."""
    return [alert for alert in engine.alerts.values() if alert.rule == "unreached" and alert.open]


def judged(engine: Engine, *steps: StepUnreached, after: float = 1.0) -> list[Effect]:
    """Tell the whole picture."""
    return engine.step(NotificationsJudged(steps, NOW + after), NOW + after)


def test_step_that_reached_nobody_is_told_to_those_above_and_once() -> None:
    engine = Engine()

    effects = judged(engine, step(), step("p2"))
    again = judged(engine, step(), step("p2"), after=4)

    [alert] = raised(engine)
    assert (alert.severity, alert.school, alert.code) == (Severity.CRITICAL, SCHOOL, "station")
    assert ("alert", "p1") in alert.detail
    told = [effect for effect in effects if isinstance(effect, NotificationDue)]
    assert [due.audiences for due in told] == [("command_centre_duty", "education_on_call")]
    assert again == []


def test_it_ends_when_it_is_not_in_the_picture_any_more() -> None:
    engine = Engine()
    judged(engine, step(), step(audience="school", severity=Severity.MEDIUM))

    judged(engine, step(audience="school", severity=Severity.MEDIUM), after=4)

    assert [alert.code for alert in raised(engine)] == ["school"]
    assert raised(engine)[0].severity is Severity.MEDIUM


def test_graver_step_gives_the_alert_its_severity() -> None:
    engine = Engine()

    judged(engine, step("f1", severity=Severity.MEDIUM), step("p1"))

    assert [alert.severity for alert in raised(engine)] == [Severity.CRITICAL]
