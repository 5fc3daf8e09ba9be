"""Overdue gaps of a school are one alert of the lowest severity: raised once, ended when none is overdue any more."""

from datetime import date

from server.core.engine import Engine
from server.core.events import GapsOverdue, LeadChanged, RosterLoaded, Ticked
from server.core.schedule import end_of_day
from tests.registry.city import FIRST, SECOND, roster

DUE = end_of_day(date(2026, 11, 20))
NOW = DUE + 3 * 86_400.0
DAY = 86_400.0


def told(engine: Engine, now: float, **schools: int) -> list[tuple[str, str]]:
    """Tell the engine, let it tick; gives the open alerts' schools and states."""
    names = {"first": FIRST, "second": SECOND}
    engine.step(GapsOverdue({names[name]: (count, DUE) for name, count in schools.items()}), now)
    engine.step(Ticked(), now)
    return sorted((alert.school, alert.state.value) for alert in engine.alerts.values() if alert.rule == "gap_overdue")


def engine_of_city() -> Engine:
    """Give an engine that knows the small city."""
    engine = Engine()
    engine.step(RosterLoaded(roster()), NOW - 10.0)
    return engine


def test_a_school_is_told_once_and_ends_by_itself() -> None:
    engine = engine_of_city()
    assert told(engine, NOW) == []
    assert told(engine, NOW + 1, first=2) == [(FIRST, "raised")]
    [alert] = engine.alerts.values()
    assert (alert.severity, dict(alert.detail), alert.t) == (4, {"count": "2"}, DUE)
    assert told(engine, NOW + 2, first=1, second=1) == [(FIRST, "raised"), (SECOND, "raised")]
    assert told(engine, NOW + 3, second=1) == [(FIRST, "closed"), (SECOND, "raised")]


def test_only_the_leader_tells_and_a_new_leader_goes_on() -> None:
    engine = engine_of_city()
    engine.step(LeadChanged(leads=False), NOW)
    assert told(engine, NOW, first=1) == []
    engine.step(LeadChanged(leads=True), NOW + 10)
    assert told(engine, NOW + 20, first=1) == [(FIRST, "raised")]


def test_after_a_restart_nothing_ends_before_somebody_has_counted() -> None:
    """An alert that was restored stays until the count has come, and ends with it if there is none any more."""
    engine = engine_of_city()
    told(engine, NOW, first=1)
    for home in engine._fleet.homes.values():
        home.gaps_overdue = None
    engine._faults.roster_changed()
    engine.step(Ticked(), NOW + 5)
    assert [alert.state.value for alert in engine.alerts.values()] == ["raised"]
    assert told(engine, NOW + 6) == [(FIRST, "closed")]
