"""Every rule of a whole school: many cameras, tests, the gate room, patrols, papers; with the days when each is asked."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contract.identity import DeviceId, SchoolId, UnitId
from server.core.effects import Effect
from server.core.events import CheckInArrived, GuardsRestored, RosterEdited
from server.core.faults import Faults
from server.core.liveness import Home
from server.core.rule import Rule, Subject
from server.core.rules import RULES
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.guard import Guard
from server.registry.sheets.kit import Kit
from server.registry.sheets.requirement import Requirement
from tests.core.rules.desk import Desk
from tests.core.talking import MONDAY, beijing, gateway_of, school

CLASS = beijing(MONDAY, 9)
DAY = 86_400.0
ID = SchoolId("4507000001")
TESTED = {
    "cameras_offline": "below",
    "alarm_test_overdue": "below",
    "gate_room_unmanned": "below",
    "patrol_missed": "below",
    "guard_papers": "below",
    "guard_short": "tests/core/test_faults.py",
    "gap_overdue": "tests/core/test_gap_overdue.py",
    "early_warning": "tests/core/test_risk.py",
}


def test_every_rule_of_schools_has_tests() -> None:
    assert set(TESTED) == {rule.name for rule in RULES.values() if rule.subject is Subject.SCHOOL}


# ---------------------------------------------------------------- many cameras


def cameras(count: int, offline: int) -> Desk:
    """Give a school with so many cameras, of which some are offline."""
    names = {f"cam-{number}": "camera" for number in range(1, count)}
    desk = Desk("cameras_offline", "camera", CLASS, kinds=names)
    for place, name in enumerate(["one", *names]):
        desk.say(name, online=place >= offline)
    return desk


@pytest.mark.parametrize(("count", "offline", "told"), [(10, 2, False), (10, 3, True), (11, 3, False), (4, 3, True)])
def test_a_large_share_of_cameras_is_one_alert(count: int, offline: int, told: bool) -> None:
    desk = cameras(count, offline)
    desk.wait(59)
    assert desk.alert is None
    desk.wait(2)
    assert bool(desk.alert) is told


def test_it_is_over_when_few_are_off_and_not_while_nobody_can_tell() -> None:
    desk = cameras(20, 8)
    desk.wait(61)
    assert desk.alert is not None
    desk.wait(300, heard=False)
    assert desk.alert is not None
    desk.talk.heard(desk.now)
    for name in list(desk.said):
        desk.say(name)
    for number in range(1, 7):
        desk.say(f"cam-{number}", online=True)
    assert desk.alert is not None, "two of twenty are one in ten"
    desk.say("cam-7", online=True)
    assert desk.alert is None


# ---------------------------------------------------------------- tests of the alarm


def a_test(days_ago: float, *, quarterly: bool = False) -> Desk:
    """Give a school whose host tells of a test so many days ago."""
    rule = Requirement(unit=UnitId("450700"), id="alarm_test", variant="quarterly")
    desk = Desk("alarm_test_overdue", "alarm_host", CLASS, records=(rule,) if quarterly else ())
    desk.say(online=True, last_test=int((CLASS - days_ago * DAY) * 1_000))
    return desk


@pytest.mark.parametrize(("days", "severity"), [(29.9, 0), (30, 3), (59.9, 3), (60, 2)])
def test_an_overdue_test_is_told_and_gets_worse(days: float, severity: int) -> None:
    desk = a_test(days)
    assert (desk.alert.severity if desk.alert else 0) == severity


def test_a_region_that_tests_each_quarter_is_asked_after_a_quarter() -> None:
    assert a_test(60, quarterly=True).alert is None
    assert a_test(90, quarterly=True).alert is not None


def test_the_period_ends_by_the_clock_and_the_next_test_ends_the_alert() -> None:
    desk = a_test(29.99)
    assert desk.alert is None
    desk.wait(1_000)
    assert desk.alert is not None
    desk.wait(300, heard=False)
    assert desk.alert is not None
    desk.talk.heard(desk.now)
    desk.say(last_test=int(desk.now * 1_000))
    assert desk.alert is None


def test_a_school_that_never_told_of_a_test_is_left_to_the_figures() -> None:
    desk = Desk("alarm_test_overdue", "alarm_host", CLASS)
    desk.say(online=True)
    desk.wait(60)
    assert desk.alert is None


# ---------------------------------------------------------------- the gate room


def gate_room(now: float, *, around_the_clock: bool = False) -> Desk:
    """Give a school with a reader by which guards give a sign."""
    said = Declaration(school=ID, id="closed_gate_room_24h", in_place=True)
    desk = Desk("gate_room_unmanned", "guard_post", now, records=(said,) if around_the_clock else ())
    desk.say(online=True, on_duty=0)
    return desk


def sign(desk: Desk, act: str = "answer") -> None:
    """Let a guard give a sign."""
    event = CheckInArrived(f"c{desk.now}", gateway_of(1), DeviceId("one"), desk.now, desk.now, "g1", act)
    desk.talk.say(event, desk.now)


def test_nobody_for_two_hours_by_day_is_told_gets_worse_and_ends_with_a_sign() -> None:
    desk = gate_room(CLASS)
    sign(desk)
    desk.wait(7_199)
    assert desk.alert is None
    desk.wait(2)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 3
    desk.wait(900)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 2
    sign(desk)
    assert desk.alert is None


def test_each_sign_begins_the_time_anew_also_one_of_the_reader() -> None:
    desk = gate_room(CLASS)
    sign(desk)
    desk.wait(7_000)
    desk.say(on_duty=1)
    desk.wait(3_600)
    assert desk.alert is None


def test_by_night_it_is_asked_where_the_ledger_says_so_and_after_three_hours() -> None:
    evening = beijing(MONDAY, 21)
    for around_the_clock in (False, True):
        desk = gate_room(evening, around_the_clock=around_the_clock)
        sign(desk)
        desk.wait(1.5 * 3_600 + 10_800 - 1)
        assert desk.alert is None
        desk.wait(30)
        assert bool(desk.alert) is around_the_clock


def test_on_a_day_without_school_nobody_has_to_be_there_by_day() -> None:
    desk = gate_room(beijing(date(2026, 3, 7), 9))
    sign(desk)
    desk.wait(4 * 3_600)
    assert desk.alert is None


def test_a_silent_reader_and_a_room_of_which_nobody_ever_heard_say_nothing() -> None:
    unheard = gate_room(CLASS)
    unheard.wait(3 * 3_600)
    assert unheard.alert is None
    silent = gate_room(CLASS)
    sign(silent)
    silent.wait(3 * 3_600, heard=False)
    assert silent.alert is None


def test_after_a_restart_the_time_of_our_absence_is_nobodys_fault() -> None:
    desk = Desk("gate_room_unmanned", "guard_post", CLASS)
    desk.talk.say(GuardsRestored((), CLASS - 600), CLASS)
    desk.say(online=True, on_duty=0)
    sign(desk)
    desk.wait(60)
    assert desk.alert is None


# ---------------------------------------------------------------- patrols


def patrol(desk: Desk) -> None:
    """Let a guard tell a point of a round."""
    sign(desk, "patrol")


def walked(hour: int, minute: int = 0, day: date = MONDAY) -> Desk:
    """Give a school in which a round was walked just now; five parts of the day end at 8:54, 12:18, 15:42, 19:06, 22:30."""
    desk = Desk("patrol_missed", "guard_post", beijing(day, hour, minute))
    desk.say(online=True, on_duty=1)
    patrol(desk)
    return desk


def until(desk: Desk, hour: int, minute: int = 0) -> None:
    """Let time pass until a time of Monday."""
    desk.wait(beijing(MONDAY, hour, minute) - desk.now)


def test_a_part_of_the_day_without_a_round_is_told_half_an_hour_after_it_two_are_worse_and_a_round_ends_it() -> None:
    desk = walked(8)
    until(desk, 12, 47)
    assert desk.alert is None
    until(desk, 12, 49)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 4
    until(desk, 16, 13)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 3
    until(desk, 18)
    patrol(desk)
    assert desk.alert is not None, "the part that was missed is over"
    until(desk, 19, 37)
    assert desk.alert is None


def test_a_round_in_each_part_is_never_told_and_a_late_one_counts_within_the_grace() -> None:
    desk = walked(8)
    for hour, minute in ((12, 30), (15, 0), (19, 30), (22, 0)):
        until(desk, hour, minute)
        patrol(desk)
        assert desk.alert is None
    desk.wait(3_600)
    assert desk.alert is None


def test_a_new_day_begins_anew() -> None:
    desk = walked(17)
    until(desk, 23, 1)
    assert desk.alert is not None
    desk.wait(2 * 3_600)
    assert desk.alert is None


def test_nobody_is_asked_who_never_tells_a_point_or_whose_reader_is_silent_or_on_a_day_without_school() -> None:
    never = Desk("patrol_missed", "guard_post", beijing(MONDAY, 6))
    never.say(online=True, on_duty=1)
    never.wait(8 * 3_600)
    assert never.alert is None
    silent = walked(8)
    silent.wait(5 * 3_600, heard=False)
    assert silent.alert is None
    saturday = walked(8, day=date(2026, 3, 7))
    saturday.wait(6 * 3_600)
    assert saturday.alert is None


# ---------------------------------------------------------------- papers


def papers(expires: date, *, kit: bool = False, **guard: object) -> Desk:
    """Give a school with one guard, or one piece of kit, that expires on a day."""
    line = (
        Kit(school=ID, id="k1", item="spray", expires=expires)
        if kit
        else Guard(school=ID, id="x1", certificate="c", certificate_expires=expires, **guard)  # type: ignore[arg-type]
    )
    desk = Desk("guard_papers", "camera", CLASS, records=(line,))
    desk.wait(30)
    return desk


@pytest.mark.parametrize("kit", [False, True])
@pytest.mark.parametrize(("days", "severity"), [(31, 0), (30, 4), (0, 4), (-1, 3)])
def test_what_expires_is_told_a_month_before_and_is_worse_when_it_has(kit: bool, days: int, severity: int) -> None:
    desk = papers(MONDAY + timedelta(days=days), kit=kit)
    assert (desk.alert.severity if desk.alert else 0) == severity


def test_it_becomes_worse_as_the_last_day_ends() -> None:
    desk = papers(MONDAY)
    desk.wait(15 * 3_600 - 60)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 4
    desk.wait(120)
    assert desk.alert is not None
    assert int(desk.alert.severity) == 3


def test_who_has_left_needs_no_certificate() -> None:
    assert papers(MONDAY - timedelta(days=9), on_roll_to=MONDAY - timedelta(days=1)).alert is None


def test_an_edit_of_the_ledger_ends_it_at_once() -> None:
    desk = papers(MONDAY - timedelta(days=9))
    assert desk.alert is not None
    index = desk.talk.engine.roster
    records = tuple(one for one in index.roster.records if one.id != "x1")
    renewed = index.renewed(replace(index.roster, records=records))
    desk.talk.say(RosterEdited(renewed, [school(1).id], ledger_only=True), desk.now)
    desk.talk.tick(desk.now + 1)
    assert desk.alert is None


def test_many_cameras_that_change_at_once_make_one_look_at_the_school(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = cameras(20, 0)
    looks: list[str] = []
    real = Faults._school

    def noted(faults: Faults, rules: tuple[Rule, ...], home: Home, now: float) -> list[Effect]:
        looks.append(home.school.id)
        return real(faults, rules, home, now)

    monkeypatch.setattr(Faults, "_school", noted)
    for number in range(1, 20):
        desk.talk.read(f"cam-{number}", desk.now, online=False)
    assert looks == []
    assert desk.talk.engine.behind(desk.now)
    desk.talk.tick(desk.now + 1)
    assert looks == [ID]
