"""Chains of the ledger: which one holds for an alert, and which are refused before anybody depends on them."""

from dataclasses import replace
from datetime import date

import pytest

from contract.identity import UnitId
from server.core.alert import Alert, Flow, Severity, State
from server.core.escalation import built_in, choose
from server.core.events import RosterLoaded
from server.registry.checking import faults_of
from server.registry.escalations import AUDIENCES, BadHops, parse_hops, parse_minute, write_hops
from server.registry.model import Roster
from server.registry.sheets.escalation import SHEET, Context, Escalation
from tests.core.talking import CALENDAR, MONDAY, NOON, Talk, beijing, city, school, talking

TOWN, COUNTY, CITY = "450702-01", "450702", "450700"
PATH = (TOWN, COUNTY, CITY)
POLICE = "0 s: station, command_centre; 45 s: station_phone"


def line(name: str, hops: str = POLICE, *, unit: str = CITY, **more: object) -> Escalation:
    """Write one line of the sheet."""
    return Escalation(unit=UnitId(unit), id=name, hops=hops, **more)  # type: ignore[arg-type]  # The caller names the fields.


def press(severity: Severity = Severity.CRITICAL, **more: object) -> Alert:
    """Make a real press."""
    plain = Alert(
        id="p",
        rule="one_key_press",
        severity=severity,
        state=State.RAISED,
        mode="real",
        school="4507000001",
        gateway="gw-0001",
        device="btn-1",
        t=NOON,
        rx=NOON,
        version=1,
        updated=NOON,
        flow=Flow.INCIDENT,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # The caller names the fields.


def chosen(alert: Alert, *lines: Escalation, now: float = NOON) -> tuple[str, str]:
    """Name the plan that holds."""
    plan = choose(alert, lines, PATH, CALENDAR, now)
    return plan.name, plan.unit


def refused(one: Escalation) -> tuple[str, str] | None:
    """Say what the sheet finds wrong with a line."""
    assert SHEET.line_check is not None
    return SHEET.line_check(one)


def with_lines(*lines: Escalation) -> Roster:
    """Make the small city with lines of its units."""
    plain = city(school(1), kinds={})
    return replace(plain, records=(*plain.records, *lines))


def edited(talk: Talk, *lines: Escalation, now: float) -> None:
    """Load the city anew with other lines."""
    talk.say(RosterLoaded(with_lines(*lines)), now)


def tick(talk: Talk, now: float) -> None:
    """Let time pass while the gateway is heard."""
    talk.heard(now - 0.5)
    talk.tick(now)


# ---------------------------------------------------------------- what is written


def test_a_chain_is_written_in_either_language_and_reads_back_as_the_same() -> None:
    hops = ((0, ("school", "station")), (90, ("sub_bureau_duty",)))

    assert parse_hops("0秒：学校、派出所；90秒：分局值班") == hops
    assert parse_hops("0: school, station; 1 min: sub_bureau_duty")[1] == (60, ("sub_bureau_duty",))
    assert [parse_hops(write_hops(hops, language)) for language in (0, 1)] == [hops, hops]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no step"),
        ("30 s: station", "must be at 0 s"),
        ("0 s: station; 0 s: school", "later than the one before"),
        ("0 s: station; 90 s: school; 60 s: county", "later than the one before"),
        ("0 s: mayor", "no audience 'mayor'"),
        ("station", "is no step"),
        ("0 weeks: station", "is no step"),
        ("0 s: station; 31 d: county", "at most 30 days"),
        ("; ".join(f"{step} s: station" for step in range(11)), "at most 10"),
    ],
)
def test_a_text_that_is_no_chain_says_why(text: str, says: str) -> None:
    with pytest.raises(BadHops, match=says):
        parse_hops(text)


def test_every_audience_has_two_names_that_are_nobody_elses() -> None:
    words = [word for pair in AUDIENCES.values() for word in pair]

    assert len(set(words)) == len(words)


@pytest.mark.parametrize(("text", "minute"), [("22:30", 1350), ("0:00", 0), ("24:00", None), ("7：05", 425), ("noon", None)])
def test_times_of_day_are_read(text: str, minute: int | None) -> None:
    assert parse_minute(text) == minute


# ---------------------------------------------------------------- what is refused


def test_a_chain_of_presses_that_leaves_the_police_out_at_first_is_refused() -> None:
    """Whether it says so for presses alone, or for everything."""
    late = "0 s: school; 30 s: station"
    said: tuple[dict[str, object], ...] = ({}, {"severity": 1}, {"rule": "one_key_press"}, {"rule": "device_alert"})
    for more in said:
        wrong = refused(line("a", late, **more))  # type: ignore[arg-type]  # Fields by name.
        assert wrong is not None
        assert "公安" in wrong[0]
        assert "police" in wrong[1]
    assert refused(line("a", late, severity=2)) is None
    assert refused(line("a", late, rule="camera_offline")) is None
    assert refused(line("a", "0 s: tester", mode="test")) is None


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (line("a", rule="no_such_rule"), "no rule"),
        (line("a", severity=5), "1 to 4"),
        (line("a", from_time="22:00"), "two different times"),
        (line("a", from_time="22:00", until_time="22:00"), "two different times"),
        (line("a", from_time="ten", until_time="22:00"), "no time of day"),
        (line("a", ack_minutes=31), "1 to 30"),
        (line("a", severity=3, ack_minutes=20_000), "1 to 10080"),
        (line("a", "30 s: station"), "must be at 0 s"),
    ],
)
def test_a_bad_line_is_refused_in_words(one: Escalation, says: str) -> None:
    wrong = refused(one)

    assert wrong is not None
    assert says in wrong[1]


def test_a_roster_with_a_bad_line_is_refused_whole() -> None:
    """By whichever way it comes: a form, a file, an import."""
    assert "escalation" in {fault.sheet for fault in faults_of(with_lines(line("a", "0 s: school")))}
    assert "escalation" not in {fault.sheet for fault in faults_of(with_lines(line("a")))}


# ---------------------------------------------------------------- which one holds


def test_without_a_line_our_own_chain_holds() -> None:
    assert chosen(press()) == ("critical", "")
    assert chosen(press(), line("faults", severity=2)) == ("critical", "")


def test_the_nearest_unit_wins_and_then_who_says_most() -> None:
    far, near = line("far", rule="one_key_press", severity=1), line("near", unit=COUNTY)

    assert chosen(press(), far, near) == ("near", COUNTY)
    assert chosen(press(), line("any"), line("mine", rule="one_key_press")) == ("mine", CITY)
    assert chosen(press(), line("any"), line("first", severity=1)) == ("first", CITY)
    assert chosen(press(), line("b"), line("a")) == ("a", CITY)


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (beijing(MONDAY, 9), "class"),
        (beijing(MONDAY, 7, 30), "class"),
        (beijing(MONDAY, 12), "else"),
        (beijing(MONDAY, 23), "else"),
        (beijing(date(2026, 3, 1), 9), "free"),
        (beijing(date(2026, 8, 3), 9), "free"),
        (beijing(date(2026, 6, 8), 9), "exam"),
        (beijing(date(2026, 6, 8), 20), "exam"),
    ],
)
def test_the_calendar_decides(now: float, name: str) -> None:
    lines = (
        line("class", context=Context.CLASS_HOURS),
        line("else", context=Context.OUT_OF_HOURS),
        line("free", context=Context.HOLIDAY),
        line("exam", context=Context.EXAM),
    )
    calendar = replace(CALENDAR, exam_days=frozenset({date(2026, 6, 8)}))

    assert choose(press(), lines, PATH, calendar, now).name == name


@pytest.mark.parametrize(("hour", "name"), [(21, "day"), (22, "night"), (0, "night"), (5, "night"), (6, "day")])
def test_a_shift_may_go_past_midnight(hour: int, name: str) -> None:
    lines = line("night", from_time="22:00", until_time="06:00"), line("day")

    assert chosen(press(), *lines, now=beijing(MONDAY, hour))[0] == name


def test_a_test_goes_by_lines_for_tests_alone() -> None:
    rehearsed = press(Severity.LOW, mode="test")

    assert chosen(rehearsed, line("any")) == ("rehearsal", "")
    assert chosen(rehearsed, line("tests", "0 s: tester, station", mode="test")) == ("tests", CITY)


def test_a_line_that_got_by_every_check_still_does_not_keep_the_police_from_a_press() -> None:
    """As one that an older version stored."""
    assert chosen(press(), line("bad", "0 s: school; 30 s: station")) == ("critical", "")


def test_of_a_silent_call_nobody_but_the_police_is_told_whatever_the_line_says() -> None:
    everybody = line("all", "0 s: school, maintainer, station; 30 s: school, education_on_call; 60 s: sub_bureau_duty")

    plan = choose(press(code="duress"), [everybody], PATH, CALENDAR, NOON)

    assert [(hop.after_seconds, hop.audiences) for hop in plan.chain] == [(0, ("station",)), (60, ("sub_bureau_duty",))]
    late = line("late", "0 s: school, station; 30 s: command_centre")
    school_first = replace_hops(late, "0 s: school; 30 s: station")
    assert choose(press(code="duress"), [school_first], PATH, CALENDAR, NOON) == built_in(press(code="duress"))


def replace_hops(one: Escalation, hops: str) -> Escalation:
    """Give a line with other steps, unchecked."""
    return line(one.id, hops, unit=one.unit)


# ---------------------------------------------------------------- it runs


def test_a_press_goes_by_the_line_of_its_school_and_shows_whose_it_is() -> None:
    talk = talking(roster=with_lines(line("ours", unit=COUNTY)))

    alert = talk.press(1, NOON)

    assert [told.audiences for told in talk.told()] == [("station", "command_centre")]
    assert alert.next_escalation_at == NOON + 45
    assert alert.plan is not None
    assert (alert.plan.name, alert.plan.unit) == ("ours", COUNTY)
    tick(talk, NOON + 45)
    assert [told.audiences for told in talk.told()] == [("station_phone",)]


def test_an_edit_changes_nothing_of_a_chain_that_runs() -> None:
    talk = talking(roster=with_lines(line("ours")))
    alert = talk.press(1, NOON)

    edited(talk, line("ours", "0 s: command_centre; 5 s: county"), now=NOON + 2)
    tick(talk, NOON + 44)
    assert not talk.told()
    fresh = talk.restarted(NOON + 44, with_lines(line("ours", "0 s: command_centre; 5 s: county")))
    tick(fresh, NOON + 45)

    assert [told.audiences for told in fresh.told()] == [("station_phone",)]
    fresh.act(alert, "acknowledge", NOON + 50)
    fresh.press(2, NOON + 60)
    assert [told.audiences for told in fresh.told()] == [("command_centre",)], "the next ring goes by what is written now"
    assert fresh.engine.alerts[alert.id].next_escalation_at == NOON + 65


def test_how_long_an_acknowledgement_holds_is_the_lines_too() -> None:
    talk = talking(roster=with_lines(line("ours", ack_minutes=2)))
    alert = talk.press(1, NOON)

    held = talk.act(alert, "acknowledge", NOON + 10)

    assert held.ack_expires_at == NOON + 130
