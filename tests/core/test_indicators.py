"""The indicators beside the five targets: each in its verdicts, and those that count more than schools in their units."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace as changed

from contract.identity import DeviceId, GatewayId, UnitId
from server.core.events import CheckInArrived
from server.core.indicator import Indicator
from server.core.indicators import INDICATORS
from server.core.schedule import local_date
from server.core.verdict import Judgement, Tally, Verdict
from server.registry.dossier import Dossier
from server.registry.model import Area, School, SchoolKind
from server.registry.record import Record
from server.registry.sheets.guard import Guard
from server.registry.sheets.post import Post
from server.registry.sheets.scope import IndicatorScope
from tests.core.talking import KINDS_OF_A_SCHOOL, MONDAY, Talk, beijing, city, excuse, gateway_of, school, talking

NOW = beijing(MONDAY, 9)
TODAY = local_date(NOW)


def talk_about(*schools: School, kinds: dict[str, str] | None = None, records: Sequence[Record] = ()) -> Talk:
    """Give an engine that hears the first of the schools, with more lines in its ledger."""
    roster = city(*schools, kinds=kinds)
    roster = type(roster)(
        roster.units,
        roster.stations,
        roster.schools,
        roster.gateways,
        roster.devices,
        roster.calendar,
        (*roster.records, *records),
    )
    talk = talking(roster=roster, now=NOW - 60)
    talk.heard(NOW)
    return talk


def pair(talk: Talk, name: str, number: int = 1) -> tuple[Verdict, Verdict]:
    """Give the ledger's and the live verdict of a school."""
    return talk.engine.verdicts(school(number).id)[name]


def judged(talk: Talk, name: str, number: int = 1) -> tuple[Judgement, Judgement]:
    """Give the ledger's and the live judgement of a school."""
    ledger, live = pair(talk, name, number)
    return ledger.judgement, live.judgement


def check_in(talk: Talk, guard: str, at: float, device: str = "post-1", act: str = "in", point: str = "") -> None:
    """Let somebody check in at a post."""
    told = CheckInArrived(f"c-{guard}-{at}", GatewayId(gateway_of(1)), DeviceId(device), at, at, guard, act, point)
    talk.say(told, at)


# ---------------------------------------------------------------- guards by heads


def test_heads_are_capped_at_each_schools_quota_so_that_no_surplus_hides_a_gap() -> None:
    talk = talk_about(school(1, guards=9), school(2, guards=1), school(3, guards=0))  # Each needs two.
    assert talk.engine.tally("450700", "guard_heads")[0] == Tally(met=3, not_met=3)
    assert pair(talk, "guard_heads", 2)[0].units == (1, 1, 0, 0)


def test_a_guard_without_a_certificate_is_an_unknown_head_and_an_exempt_school_is_exempt_with_all_its_heads() -> None:
    one = school(1, guards=1)
    listed = Guard(school=one.id, id="g9")
    assert pair(talk_about(one, records=[listed]), "guard_heads")[0].units == (1, 0, 1, 0)
    excused = school(1, pupils=2_000, exemptions=(excuse("guard_heads", "doc-1", "bureau", "written", TODAY),))
    assert [one.units for one in pair(talk_about(excused), "guard_heads")] == [(0, 0, 0, 5), (0, 0, 0, 5)]


def test_heads_seen_within_a_week_are_met_and_the_rest_is_unknown_until_a_week_was_listened() -> None:
    talk = talk_about(school(1))
    check_in(talk, "g1", NOW + 10)
    talk.tick(NOW + 11)
    assert pair(talk, "guard_heads")[1].units == (1, 0, 1, 0)
    later = NOW + 6.5 * 86_400
    check_in(talk, "g1", later)
    talk.heard(NOW + 8 * 86_400)
    for _ in range(3):
        talk.tick(NOW + 8 * 86_400)
    assert pair(talk, "guard_heads")[1].units == (1, 1, 0, 0)


# ---------------------------------------------------------------- 护学岗

ESCORTED = Post(school=school().id, id="escort", kind="escort", device="post-2")


def test_the_escort_post_is_judged_by_the_ledgers_posts_and_by_who_checks_in_there() -> None:
    kinds = KINDS_OF_A_SCHOOL | {"post-2": "guard_post"}
    assert judged(talk_about(school()), "n4_escort") == (Judgement.UNKNOWN, Judgement.UNKNOWN)
    other = changed(ESCORTED, id="gate", kind="gate_room", device="post-1")
    assert judged(talk_about(school(), records=[other]), "n4_escort")[0] is Judgement.NOT_MET
    talk = talk_about(school(), kinds=kinds, records=[ESCORTED])
    assert judged(talk, "n4_escort") == (Judgement.MET, Judgement.UNKNOWN)
    check_in(talk, "p1", NOW + 1, "post-2")
    talk.tick(NOW + 2)
    assert judged(talk, "n4_escort") == (Judgement.MET, Judgement.MET)
    end = beijing(MONDAY + timedelta(days=1), 9, 0, 1)
    talk.heard(end)
    talk.read("post-2", end, online=True)
    for _ in range(3):
        talk.tick(end)
    assert judged(talk, "n4_escort")[1] is Judgement.NOT_MET


def test_who_stands_on_an_escort_post_is_no_guard_of_the_school() -> None:
    talk = talk_about(school(), kinds=KINDS_OF_A_SCHOOL | {"post-2": "guard_post"}, records=[ESCORTED])
    check_in(talk, "p1", NOW + 1, "post-2")
    talk.read("post-2", NOW + 2, on_duty=3)
    talk.tick(NOW + 3)
    assert judged(talk, "t4_guards_all")[1] is Judgement.UNKNOWN
    assert pair(talk, "guard_heads")[1].units == (0, 0, 2, 0)


# ---------------------------------------------------------------- whom an indicator asks about


def scope(indicator: str, unit: str = "450700", **switches: bool) -> IndicatorScope:
    """Say whom an indicator asks about in a unit."""
    return IndicatorScope(
        unit=UnitId(unit),
        id=indicator,
        kindergartens=switches.get("kindergartens"),
        urban_only=switches.get("urban_only"),
    )


def test_a_region_switches_kindergartens_in_and_rural_schools_out_and_a_unit_below_says_otherwise() -> None:
    schools = (
        school(1, kind=SchoolKind.KINDERGARTEN),
        school(2, area=Area.RURAL),
        school(3, "450721", kind=SchoolKind.KINDERGARTEN),
    )
    lines = [
        scope("t5_barrier", kindergartens=True),
        scope("t5_barrier", "450721", kindergartens=False),
        scope("t1_networked", urban_only=True),
        scope("t3_guards_urban", urban_only=False),
    ]
    talk = talk_about(*schools, records=lines)
    assert [talk.engine.tally(unit, "t5_barrier")[0].required for unit in ("450700", "450702", "450721")] == [2, 2, 0]
    assert talk.engine.tally("450700", "t1_networked")[0].required == 2
    assert talk.engine.tally("450700", "t3_guards_urban")[0].required == 0  # T3 is urban by its text.


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: one.name)
def test_switches_do_what_they_say_for_every_indicator(indicator: Indicator) -> None:
    one = indicator

    child = school(1, kind=SchoolKind.KINDERGARTEN)
    assert one.asks(child, Dossier([scope(one.name, kindergartens=True)]))
    assert not one.asks(child, Dossier([scope(one.name, kindergartens=False)]))
    assert not one.asks(school(1, area=Area.RURAL), Dossier([scope(one.name, urban_only=True)]))
