"""The indicators beside the five targets: each in its verdicts, and those that count more than schools in their units."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from contract.identity import DeviceId, GatewayId, UnitId
from contract.records import Value
from server.core.events import CheckInArrived, ReadingArrived
from server.core.indicator import Indicator
from server.core.indicators import INDICATORS
from server.core.indicators.device_files import flaws_of
from server.core.schedule import local_date
from server.core.verdict import Judgement, Tally, Verdict
from server.registry.dossier import Dossier
from server.registry.model import Area, School, SchoolKind
from server.registry.record import Record
from server.registry.sheets.guard import Guard
from server.registry.sheets.post import Post
from server.registry.sheets.requirement import Requirement
from server.registry.sheets.scope import IndicatorScope
from tests.core.talking import KINDS_OF_A_SCHOOL, MONDAY, Talk, beijing, city, excuse, gateway_of, said, school, talking

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


# ---------------------------------------------------------------- whether what is there works


def tell(talk: Talk, device: str, now: float, metrics: dict[str, Value]) -> None:
    """Let a device tell some metrics."""
    talk.position += 1
    talk.say(ReadingArrived(gateway_of(1), DeviceId(device), now, now, talk.position, 3, metrics), now)


def well(talk: Talk, now: float) -> None:
    """Let every device tell that it works."""
    talk.heard(now)
    for name, kind in KINDS_OF_A_SCHOOL.items():
        tell(talk, name, now, WELL[kind])
    talk.tick(now)


WELL: dict[str, dict[str, Value]] = {
    "alarm_host": {"online": True, "audio_ok": True, "tamper": False},
    "alarm_button": {"tamper": False},
    "camera": {"online": True, "picture": "good", "recording": True, "clock_offset": 300},
    "recorder": {"recording": True, "gap": 0, "disk": "ok", "clock_offset": -200, "retention": 31.0},
    "barrier": {"fault_code": 0, "position": "up"},
    "gate": {"fault_code": 0, "open": False},
    "guard_post": {"on_duty": 1},
}
DEVICES = len(KINDS_OF_A_SCHOOL)


def test_online_counts_devices_and_those_behind_a_silent_gateway_are_unknown() -> None:
    talk = talk_about(school())
    assert pair(talk, "online")[1].units == (0, 0, DEVICES, 0)
    well(talk, NOW + 1)
    assert pair(talk, "online")[1].units == (DEVICES, 0, 0, 0)
    talk.read("cam-1", NOW + 2, online=False)
    talk.tick(NOW + 3)
    assert pair(talk, "online")[1].units == (DEVICES - 1, 1, 0, 0)
    talk.tick(NOW + 60)
    talk.tick(NOW + 61)
    assert pair(talk, "online")[1].units == (0, 0, DEVICES, 0)


@pytest.mark.parametrize(
    ("device", "told", "reason"),
    [
        ("cam-1", {"picture": "covered"}, "picture.unusable"),
        ("cam-1", {"recording": False}, "recording.stopped"),
        ("cam-1", {"clock_offset": 5_001}, "clock.wrong"),
        ("nvr", {"gap": 601}, "recording.gaps"),
        ("nvr", {"disk": "fail"}, "disk.failed"),
        ("host", {"audio_ok": False}, "audio.bad"),
        ("btn-1", {"tamper": True}, "device.tampered"),
        ("gate-1", {"fault_code": 3}, "device.fault"),
    ],
)
def test_an_online_device_that_does_not_do_its_work_is_not_intact(device: str, told: dict[str, Value], reason: str) -> None:
    talk = talk_about(school())
    well(talk, NOW + 1)
    assert pair(talk, "intact")[1].units == (DEVICES, 0, 0, 0)
    tell(talk, device, NOW + 2, told)
    talk.tick(NOW + 3)
    assert pair(talk, "intact")[1].units == (DEVICES - 1, 1, 0, 0)
    assert pair(talk, "intact")[1].reasons == (reason,)
    assert pair(talk, "online")[1].units == (DEVICES, 0, 0, 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(KINDS_OF_A_SCHOOL)),
            st.sampled_from(["online", "tamper", "recording", "audio_ok"]),
            st.sampled_from([True, False, None]),
            st.integers(0, 200),
        ),
        max_size=20,
    )
)
def test_intact_is_never_above_online_whatever_is_told(told: list[tuple[str, str, bool | None, int]]) -> None:
    talk, now = talk_about(school()), NOW
    for device, metric, value, seconds in told:
        now += seconds
        talk.heard(now)
        tell(talk, device, now, {metric: value})
        talk.tick(now)
        online, intact = pair(talk, "online")[1].counts, pair(talk, "intact")[1].counts
        assert intact[0] <= online[0]
        assert sum(intact) == sum(online) == DEVICES


@pytest.mark.parametrize(
    ("days", "gap", "key_target", "judgement"),
    [
        (30.0, 600, False, Judgement.MET),
        (29.9, 0, False, Judgement.NOT_MET),
        (31.0, 601, False, Judgement.NOT_MET),
        (89.0, 0, True, Judgement.NOT_MET),
        (90.0, 0, True, Judgement.MET),
    ],
)
def test_recordings_go_back_as_far_as_the_class_of_the_site_asks(
    days: float, gap: int, key_target: bool, judgement: Judgement
) -> None:
    kept = said(True, "list", TODAY, TODAY + timedelta(days=300))
    talk = talk_about(school(key_target=key_target, declared={"recording_kept": kept}))
    assert judged(talk, "recording") == (Judgement.MET, Judgement.UNKNOWN)
    talk.read("nvr", NOW + 1, retention=days, gap=gap)
    talk.tick(NOW + 2)
    assert judged(talk, "recording")[1] is judgement


def test_a_region_that_asks_for_ninety_days_gets_them() -> None:
    ninety = Requirement(unit=UnitId("450702"), id="retention", variant="ninety")
    talk = talk_about(school(), records=[ninety])
    talk.read("nvr", NOW + 1, retention=60.0, gap=0)
    talk.tick(NOW + 2)
    assert pair(talk, "recording")[1].reasons == ("recording.too_short",)


def test_key_areas_are_counted_up_to_what_they_need_and_a_camera_that_is_off_is_missing() -> None:
    roster = city(school(kind=SchoolKind.TEACHING_POINT))
    placed = [replace(one, area=AREA_OF.get(one.id, "")) for one in roster.devices]
    talk = talking(roster=replace(roster, devices=tuple(placed)), now=NOW - 60)
    talk.heard(NOW)
    assert [one.units for one in pair(talk, "camera_points")] == [(1, 2, 0, 0), (0, 2, 1, 0)]
    talk.read("cam-1", NOW + 1, online=True)
    talk.tick(NOW + 2)
    assert pair(talk, "camera_points")[1].units == (1, 2, 0, 0)
    talk.read("cam-1", NOW + 3, online=False)
    talk.read("cam-2", NOW + 3, online=False)
    talk.tick(NOW + 4)
    assert pair(talk, "camera_points")[1].units == (0, 3, 0, 0)


AREA_OF = {"cam-1": "gate", "cam-2": "gate"}  # One more than a school of one gate needs.


def test_a_device_record_is_whole_with_every_field_and_lacks_what_is_missing() -> None:
    plain = city().devices[0]
    whole = replace(
        plain,
        kind="camera",
        gb_id="45070200111320000001",
        name="one",
        place="gate",
        area="gate",
        vendor="a",
        model="b",
        ip="10.0.0.1",
        mac="00:00:00:00:00:01",
        installed=TODAY,
    )
    assert flaws_of(whole) == ()
    assert flaws_of(replace(whole, gb_id="45070200111180000001")) == ("file.gb_id",)  # A recorder's.
    assert flaws_of(replace(whole, ip="")) == ("file.address",)
    assert flaws_of(replace(whole, area="", installed=None)) == ("file.area", "file.installed")


def test_a_test_counts_for_its_period_to_the_second_by_what_devices_tell_or_by_a_test_press() -> None:
    talk = talk_about(school())
    assert judged(talk, "tested")[1] is Judgement.UNKNOWN
    tested = NOW - 29 * 86_400
    talk.read("host", NOW + 1, last_test=int(tested * 1_000))
    talk.tick(NOW + 2)
    assert judged(talk, "tested")[1] is Judgement.MET
    end = tested + 30 * 86_400
    for now in (end - 1, end):
        talk.tick(now)
        talk.tick(now)
        assert judged(talk, "tested")[1] is (Judgement.MET if now < end else Judgement.NOT_MET)
    talk.window(end, end + 600)
    test = talk.press(1, end + 60)
    talk.tick(end + 61)
    assert judged(talk, "tested")[1] is Judgement.NOT_MET  # It is stored, and nobody on the police's side has seen it yet.
    talk.act(test, "acknowledge", end + 62)
    talk.tick(end + 63)
    talk.tick(end + 64)
    assert pair(talk, "tested")[1] == Verdict(Judgement.MET, (), end + 60)


def test_a_real_press_is_no_test() -> None:
    talk = talk_about(school())
    talk.press(1, NOW + 5)
    talk.tick(NOW + 6)
    assert judged(talk, "tested")[1] is Judgement.UNKNOWN


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
