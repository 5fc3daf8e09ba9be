"""Who is on duty: by weekday, hour, calendar and order; the nearest rota holds; nobody is nobody and not silence."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from contract.errors import ConfigurationError
from contract.identity import SchoolId, UnitId
from server.core.alert import Alert
from server.core.roster import RosterIndex
from server.notify.directory import Directory
from server.registry.duty import Audience, Days, check_hours, check_ways, check_weekdays, hours, ways
from server.registry.record import Record
from server.registry.roster_file import check_roster
from server.registry.sheets.duty import Duty
from server.registry.sheets.school_duty import SchoolDuty
from tests.notify.town import an_alert
from tests.registry.city import CITY, FIRST, NORTH, roster

BEIJING = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 9, 7)
INDEX = RosterIndex(roster())
STATION = INDEX.schools[FIRST].station


def at(hour: int, minute: int = 0, day: date = MONDAY) -> float:
    """Give an instant of the city's time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BEIJING).timestamp()


MORNING = at(9)


def directory(*lines: Record) -> Directory:
    """Make the directory of a registry with these rotas alone."""
    kept = [line for line in roster().records if not isinstance(line, Duty | SchoolDuty)]
    return Directory(RosterIndex(replace(roster(), records=(*kept, *lines))))


def duty(id_: str = "1", **given: object) -> Duty:
    """Write a line of an office's rota."""
    plain = {"unit": UnitId(CITY), "audience": Audience.EDUCATION, "ways": "sms 13800000001"}
    return Duty(id=id_, **(plain | given))  # type: ignore[arg-type]


def told(
    book: Directory, audience: str = "education", now: float = MORNING, alert: Alert | None = None
) -> list[list[str]] | None:
    """Name whom the directory would tell, in the order in which they are told."""
    plan = book.plan(alert or an_alert(school=FIRST), audience, now)
    return None if plan is None else [[one.id.partition("/")[2] for one in group] for group in plan]


def test_those_of_equal_order_are_told_at_once_and_the_next_after_them() -> None:
    book = directory(duty("c", order=2), duty("a"), duty("b"))

    assert told(book) == [["a", "b"], ["c"]]


def test_shift_over_midnight_belongs_to_the_day_it_begins() -> None:
    """Monday's night goes on into Tuesday, and Sunday's is nobody's."""
    book = directory(duty(hours="18:00-08:00", weekdays="1"))

    assert told(book, now=at(17, 59)) == []
    assert told(book, now=at(18)) == [["1"]]
    assert told(book, now=at(7, 59, date(2026, 9, 8))) == [["1"]]
    assert told(book, now=at(8, 0, date(2026, 9, 8))) == []
    assert told(book, now=at(7)) == []


def test_calendar_and_dates_are_kept() -> None:
    school_day, other = at(9), at(9, 0, date(2026, 9, 6))
    days = directory(duty("s", days=Days.SCHOOL_DAYS), duty("o", days=Days.OTHER_DAYS))
    dated = directory(duty("old", last_day=date(2026, 9, 6)), duty("new", first_day=MONDAY))

    assert (told(days, now=school_day), told(days, now=other)) == ([["s"]], [["o"]])
    assert (told(dated, now=school_day), told(dated, now=other)) == ([["new"]], [["old"]])


def test_nearest_rota_holds_even_where_it_has_a_hole() -> None:
    """A county with a rota of its own is not covered by the city's: the hole is told, and not filled in silence."""
    book = directory(duty("city"), duty("north", unit=UnitId(NORTH), hours="08:00-09:00"))

    assert told(book, now=at(8, 30)) == [["north"]]
    assert told(book, now=at(10)) == []


def test_police_are_those_of_the_schools_own_station_and_above() -> None:
    above = INDEX.station_path(STATION)
    book = directory(
        duty("own", audience=Audience.STATION, station=STATION),
        duty("top", audience=Audience.COMMAND_CENTRE, station=above[-1]),
    )

    assert told(book, "station") == [["own"]]
    assert told(book, "command_centre") == [["top"]]
    assert told(book, "sub_bureau") == []


def test_school_has_its_own_rota_and_else_its_units() -> None:
    own = SchoolDuty(school=SchoolId(FIRST), id="own", ways="sms 13800000002")
    unit = duty("unit", audience=Audience.SCHOOL)

    assert told(directory(own, unit), "school") == [["own"]]
    assert told(directory(unit), "school") == [["unit"]]
    assert told(directory(), "school") == []


@pytest.mark.parametrize("audience", ["school", "maintainer"])
def test_under_duress_nobody_at_the_school_is_told(audience: str) -> None:
    own = SchoolDuty(school=SchoolId(FIRST), id="own", audience=Audience(audience), ways="sms 13800000002")

    assert told(directory(own), audience, alert=an_alert(school=FIRST, code="duress")) is None


def test_what_belongs_to_no_school_goes_to_the_roots() -> None:
    book = directory(duty("city"))
    nowhere = an_alert(school="")

    assert told(book, alert=nowhere) == [["city"]]
    assert told(book, "school", alert=nowhere) is None


def test_directory_without_a_rota_says_so() -> None:
    assert directory().empty
    assert not directory(duty()).empty


def test_ways_are_read_as_they_are_written() -> None:
    assert ways("sms 13800000001；wecom-duty; mail a@b.cn") == (
        ("sms", "13800000001"),
        ("wecom-duty", ""),
        ("mail", "a@b.cn"),
    )
    assert hours("17:30-08:00") == (1_050, 480)
    assert hours("00:00-24:00") == (0, 1_440)


@pytest.mark.parametrize("text", ["", ";", "SMS 1", "https://hook/send?key=abc", "wecom key=abc&token=s ?token=1", "a;" * 7])
def test_ways_that_cannot_be_are_refused(text: str) -> None:
    assert check_ways(text) is not None


def test_hours_and_weekdays_that_cannot_be_are_refused() -> None:
    assert all(check_hours(text) for text in ("8-17", "25:00-26:00", "08:00-08:00", "24:30-08:00"))
    assert all(check_weekdays(text) for text in ("", "8", "11", "1,2"))


def test_line_that_does_not_fit_is_refused_whichever_way_it_comes() -> None:
    for line, words in (
        (duty(audience=Audience.STATION), "name the station"),
        (duty(hours="8-17"), "write 08:00"),
        (SchoolDuty(school=SchoolId(FIRST), id="x", audience=Audience.COUNTY, ways="sms 1"), "a school's rota"),
    ):
        whole = replace(roster(), records=(line,))
        with pytest.raises(ConfigurationError, match=words):
            check_roster(whole)
