"""Coverage: each indicator in its verdicts, and figures that always add up to what was asked."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from contract.identity import DeviceId, SchoolId, UnitId
from server.core.events import CheckInArrived, RosterLoaded
from server.core.guards import guard_quota
from server.core.indicator import Group
from server.core.indicators import INDICATORS
from server.core.schedule import local_date
from server.core.verdict import Judgement, Tally
from server.registry.dossier import NOTHING_SAID
from server.registry.model import Area, School, SchoolKind
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.requirement import Requirement
from tests.core.talking import MONDAY, Talk, beijing, city, excuse, gateway_of, said, school, talking

NOW = beijing(MONDAY, 9)
TODAY = local_date(NOW)
ITEMS = (
    "closed_perimeter",
    "closed_gate_control",
    "closed_gate_room_24h",
    "closed_visitor_registration",
    "closed_in_class",
    "video_networked",
    "alarm_networked",
    "guard_post_staffed",
    "barrier",
)
IN_PLACE = {item: said(True, "evidence", TODAY, TODAY + timedelta(days=300)) for item in ITEMS}


def model_school(**changes: object) -> School:
    """Make a school that has declared everything."""
    return school(declared=IN_PLACE, **changes)  # type: ignore[arg-type]  # The caller names the fields.


def talk_about(*schools: School) -> Talk:
    """Give an engine that hears the first of the schools."""
    talk = talking(roster=city(*schools), now=NOW - 60)
    talk.heard(NOW)
    return talk


def judged(talk: Talk, name: str, number: int = 1) -> tuple[Judgement, Judgement]:
    """Give the ledger's and the live judgement of a school."""
    ledger, live = talk.engine.verdicts(school(number).id)[name]
    return ledger.judgement, live.judgement


def prove(talk: Talk, now: float) -> None:
    """Let every device tell what proves it."""
    talk.read("host", now, online=True, police_ack=int(now * 1000))
    talk.read("nvr", now, online=True, police_catalogue=int(now * 1000))
    talk.read("gate-1", now, open=False)
    talk.read("bar-1", now, position="up", fault_code=0)
    talk.read("post-1", now, on_duty=2)
    talk.tick(now)


TARGETS = [indicator.name for indicator in INDICATORS if indicator.group in (Group.HEADLINE, Group.STRENGTH)]
HEADLINES = [indicator.name for indicator in INDICATORS if indicator.headline]


@pytest.mark.parametrize("name", HEADLINES)
def test_declared_is_met_in_the_ledger_and_unknown_live_until_it_is_proven(name: str) -> None:
    talk = talk_about(model_school())
    assert judged(talk, name) == (Judgement.MET, Judgement.UNKNOWN)
    prove(talk, NOW + 1)
    assert judged(talk, name) == (Judgement.MET, Judgement.MET)


@pytest.mark.parametrize("name", HEADLINES)
def test_nothing_declared_is_never_met(name: str) -> None:
    talk = talk_about(school(guards=0))
    assert judged(talk, name)[0] is not Judgement.MET


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("video_networked", "t1_networked"),
        ("alarm_networked", "t1_networked"),
        *((item, "t2_closed") for item in ITEMS[:5]),
        ("guard_post_staffed", "t4_guards_all"),
        ("barrier", "t5_barrier"),
    ],
)
def test_one_missing_item_is_not_met_and_lapsed_evidence_is_unknown(item: str, name: str) -> None:
    missing = school(declared=IN_PLACE | {item: said(in_place=False)})
    assert judged(talk_about(missing), name)[0] is Judgement.NOT_MET
    lapsed = said(True, "evidence", TODAY - timedelta(days=400), TODAY - timedelta(days=1))
    assert judged(talk_about(school(declared=IN_PLACE | {item: lapsed})), name)[0] is Judgement.UNKNOWN


def test_a_proof_that_grows_old_is_unknown_again() -> None:
    talk = talk_about(model_school())
    prove(talk, NOW + 1)
    assert judged(talk, "t1_networked")[1] is Judgement.MET
    later = NOW + 86_400 + 120
    talk.heard(later)
    talk.read("host", later, online=True)
    talk.read("nvr", later, online=True)
    for _ in range(3):
        talk.tick(later)
    assert judged(talk, "t1_networked")[1] is Judgement.UNKNOWN


def test_a_silent_gateway_makes_live_figures_unknown_never_good() -> None:
    talk = talk_about(model_school())
    prove(talk, NOW + 1)
    talk.tick(NOW + 200)
    talk.tick(NOW + 201)
    assert judged(talk, "t2_closed")[1] is Judgement.UNKNOWN
    assert judged(talk, "t5_barrier")[1] is Judgement.UNKNOWN


def test_a_powered_barrier_with_a_fault_is_not_met_and_a_fixed_one_speaks_by_its_photo() -> None:
    talk = talk_about(model_school())
    talk.read("bar-1", NOW + 1, position="up", fault_code=7)
    talk.tick(NOW + 1)
    assert judged(talk, "t5_barrier") == (Judgement.MET, Judgement.NOT_MET)
    fixed = talking(roster=city(model_school(), kinds={"cam-1": "camera"}), now=NOW)
    assert judged(fixed, "t5_barrier") == (Judgement.MET, Judgement.MET)
    old = said(True, "photo", TODAY - timedelta(days=200), TODAY + timedelta(days=100))
    stale = talking(roster=city(school(declared=IN_PLACE | {"barrier": old}), kinds={}), now=NOW)
    assert judged(stale, "t5_barrier") == (Judgement.MET, Judgement.UNKNOWN)


@pytest.mark.parametrize(
    ("photo", "reasons"),
    [
        ({}, ()),
        ({"photo_sha256": ""}, ("barrier.no_digest",)),
        ({"photo_sha256": "none"}, ("barrier.no_digest",)),
        ({"expires": None}, ("barrier.no_expiry",)),
        ({"dated": None}, ("barrier.no_photo",)),
        ({"dated": TODAY - timedelta(days=180)}, ("barrier.photo_old",)),
    ],
)
def test_a_fixed_barrier_needs_a_photo_with_its_day_digest_and_expiry(
    photo: dict[str, object], reasons: tuple[str, ...]
) -> None:
    told = changed(IN_PLACE["barrier"], **photo)
    talk = talking(roster=city(school(declared=IN_PLACE | {"barrier": told}), kinds={}), now=NOW)
    assert talk.engine.verdicts(school().id)["t5_barrier"][1].reasons == reasons


def test_a_region_may_want_younger_photos() -> None:
    told = changed(IN_PLACE["barrier"], dated=TODAY - timedelta(days=30))
    monthly = Requirement(unit=UnitId("450700"), id="barrier_photo", variant="monthly")
    roster = city(school(declared=IN_PLACE | {"barrier": told}), kinds={})
    talk = talking(roster=replace(roster, records=(*roster.records, monthly)), now=NOW)
    assert talk.engine.verdicts(school().id)["t5_barrier"][1].reasons == ("barrier.photo_old",)


def test_an_exemption_counts_only_with_document_approver_and_an_end_that_has_not_come() -> None:
    written = excuse("t5_barrier", "doc-1", "bureau", "no road", TODAY)
    without = IN_PLACE | {"barrier": said(in_place=False)}
    for exemption, expected in (
        (written, Judgement.EXEMPT),
        (changed(written, until=TODAY - timedelta(days=1)), Judgement.NOT_MET),
        (changed(written, document=""), Judgement.NOT_MET),
        (changed(written, approver=""), Judgement.NOT_MET),
        (changed(written, reason=""), Judgement.NOT_MET),
        (changed(written, id="t2_closed"), Judgement.NOT_MET),
    ):
        talk = talk_about(school(declared=without, exemptions=(exemption,)))
        assert judged(talk, "t5_barrier")[0] is expected


def test_denominators_kindergartens_rural_schools_and_closed_schools() -> None:
    kindergarten = model_school(kind=SchoolKind.KINDERGARTEN)
    of_targets = set(talk_about(kindergarten).engine.verdicts(kindergarten.id)) & set(TARGETS)
    assert of_targets == {"t1_networked", "t2_closed"}
    rural = model_school(area=Area.RURAL)
    asked = set(talk_about(rural).engine.verdicts(rural.id))
    assert "t3_guards_urban" not in asked
    assert "t4_guards_all" in asked
    closed = model_school(closed=TODAY)
    assert not talk_about(closed).engine.verdicts(closed.id)


def test_a_guard_seen_proves_the_post_for_a_school_day_and_a_weekend_does_not_count() -> None:
    talk = talk_about(model_school())
    friday = beijing(MONDAY + timedelta(days=4), 10)
    talk.heard(friday)
    talk.say(CheckInArrived("c1", gateway_of(1), DeviceId("post-1"), friday, friday, "g1", "in"), friday)
    talk.tick(friday + 1)
    assert judged(talk, "t4_guards_all")[1] is Judgement.MET
    monday = beijing(MONDAY + timedelta(days=7), 9)
    talk.heard(monday)
    for _ in range(3):
        talk.tick(monday)
    assert judged(talk, "t4_guards_all")[1] is Judgement.MET


@pytest.mark.parametrize(
    ("pupils", "boarders", "quota"),
    [(99, 0, 1), (100, 0, 2), (999, 0, 2), (1_000, 0, 3), (1_499, 0, 3), (1_500, 0, 4), (60, 20, 2), (1_200, 301, 5)],
)
def test_the_quota_by_pupils_and_boarders(pupils: int, boarders: int, quota: int) -> None:
    assert guard_quota(school(pupils=pupils, boarders=boarders), NOTHING_SAID, TODAY) == quota


def test_too_few_on_the_roll_meets_the_headline_and_not_the_quota() -> None:
    talk = talk_about(model_school(pupils=2_000, guards=1))
    assert judged(talk, "t3_guards_urban")[0] is Judgement.MET
    assert judged(talk, "t3_quota")[0] is Judgement.NOT_MET


def test_a_changed_verdict_is_told_once_and_a_younger_proof_is_no_change() -> None:
    talk = talk_about(model_school())
    talk.read("gate-1", NOW + 1, open=False)
    talk.tick(NOW + 1)
    assert [verdict.indicator for verdict in talk.verdicts()] == ["t2_closed", "online", "intact"]
    talk.read("gate-1", NOW + 61, open=False)
    talk.tick(NOW + 61)
    assert not talk.verdicts()


def test_a_hundred_percent_is_never_rounded_up_to_and_nothing_required_has_no_rate() -> None:
    assert Tally(met=1_999, not_met=1).basis_points == 9_995
    assert Tally(met=99_999, unknown=1).basis_points == 9_999
    assert Tally(exempt=3).basis_points is None


declarations = st.one_of(
    st.none(),
    st.builds(
        said,
        in_place=st.booleans(),
        dated=st.one_of(st.none(), st.just(TODAY)),
        expires=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 12, 31))),
    ),
)


@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries(dict.fromkeys(ITEMS, declarations)),
            st.sampled_from(list(SchoolKind)),
            st.sampled_from(list(Area)),
            st.integers(0, 3),
        ),
        max_size=6,
    ),
    st.lists(st.sampled_from(["prove", "silence", "gate", "reload"]), max_size=6),
)
def test_verdicts_kept_are_those_judged_anew_and_every_school_asked_has_one(
    told: list[tuple[dict[str, Declaration | None], SchoolKind, Area, int]], happenings: list[str]
) -> None:
    schools = [
        school(
            number,
            declared={item: one for item, one in declared.items() if one is not None},
            kind=kind,
            area=area,
            guards=guards,
        )
        for number, (declared, kind, area, guards) in enumerate(told, 1)
    ]
    roster = city(*schools) if schools else replace(city(), schools=(), gateways=(), devices=())
    talk = talking(roster=roster, now=NOW - 60)
    now = NOW
    for happening in happenings:
        now += 30
        if happening == "prove" and schools:
            talk.heard(now)
            prove(talk, now)
        elif happening == "silence":
            now += 400
        elif happening == "gate" and schools:
            talk.read("gate-1", now, open=True)
        elif happening == "reload":
            talk.say(RosterLoaded(roster), now)
        for _ in range(2):
            talk.tick(now)
    kept = {one.id: dict(talk.engine.verdicts(one.id)) for one in schools}
    talk.engine._coverage.load(now)
    for one in schools:
        anew = talk.engine.verdicts(SchoolId(one.id))
        assert {name: [verdict.judgement for verdict in pair] for name, pair in kept[one.id].items()} == {
            name: [verdict.judgement for verdict in pair] for name, pair in anew.items()
        }
        asked = {indicator.name for indicator in INDICATORS if indicator.asks(one)}
        assert set(anew) == asked - {"answered", "rectified", "gaps_in_time"}  # Nobody pressed, and nobody told of gaps.


def test_a_gate_that_stays_open_in_class_is_not_met_from_its_limit_on_without_another_word() -> None:
    talk = talk_about(model_school())
    prove(talk, NOW + 1)
    talk.read("gate-1", NOW + 10, open=True)
    for second in range(10, 130, 5):
        talk.heard(NOW + second)
        talk.tick(NOW + second)
        assert judged(talk, "t2_closed")[1] is Judgement.MET
    talk.tick(NOW + 130)
    assert judged(talk, "t2_closed")[1] is Judgement.NOT_MET


def test_a_proof_is_not_believed_at_the_very_instant_it_ends() -> None:
    talk = talk_about(model_school())
    prove(talk, NOW + 1)
    end = NOW + 1 + 86_400
    talk.heard(end - 1)
    for device in ("host", "nvr"):
        talk.read(device, end - 1, online=True)
    talk.tick(end - 1)
    assert judged(talk, "t1_networked")[1] is Judgement.MET
    talk.tick(end)
    assert judged(talk, "t1_networked")[1] is Judgement.UNKNOWN


def test_a_guard_not_seen_for_a_school_day_is_not_met_to_the_second_over_a_weekend() -> None:
    talk = talk_about(model_school())
    friday = beijing(MONDAY + timedelta(days=4), 10, 7)
    talk.heard(friday)
    talk.say(CheckInArrived("c1", gateway_of(1), DeviceId("post-1"), friday, friday, "g1", "in"), friday)
    talk.tick(friday)
    end = beijing(MONDAY + timedelta(days=7), 10, 7)
    for now in (friday + 86_400, end - 60, end - 1):
        talk.heard(now)
        talk.read("post-1", now, on_duty=0)
        talk.tick(now)
        talk.tick(now)
        assert judged(talk, "t4_guards_all")[1] is Judgement.MET
    talk.tick(end)
    assert judged(talk, "t4_guards_all")[1] is Judgement.NOT_MET


def test_the_live_quota_asks_for_as_many_guards_within_a_week_and_ends_with_the_oldest_needed() -> None:
    talk = talk_about(model_school())  # 600 pupils: two guards.
    for number, at in ((1, NOW + 100), (2, NOW + 200)):
        assert judged(talk, "t3_quota")[1] is Judgement.UNKNOWN
        talk.say(CheckInArrived(f"c{number}", gateway_of(1), DeviceId("post-1"), at, at, f"g{number}", "in"), at)
        talk.tick(at)
    assert judged(talk, "t3_quota") == (Judgement.MET, Judgement.MET)
    week = 7 * 86_400
    talk.tick(NOW + 100 + week - 1)
    talk.tick(NOW + 100 + week - 1)
    assert judged(talk, "t3_quota")[1] is Judgement.MET
    talk.tick(NOW + 100 + week)
    assert judged(talk, "t3_quota")[1] is Judgement.NOT_MET
    assert judged(talk, "t4_quota")[1] is Judgement.NOT_MET


def not_met_live(name: str) -> Talk:
    """Give an engine that has heard what proves an indicator wrong."""
    talk = talk_about(model_school())
    prove(talk, NOW + 1)
    last = NOW + 2
    if name == "t1_networked":
        talk.read("host", last, online=False)
    elif name == "t2_closed":
        talk.read("gate-1", last, open=True)
        last += 120
    elif name == "t5_barrier":
        talk.read("bar-1", last, fault_code=3)
    else:
        last += 8 * 86_400
    talk.heard(last)
    if name not in ("t1_networked", "t2_closed", "t5_barrier"):
        talk.read("post-1", last, on_duty=0)
    for _ in range(2):
        talk.tick(last)
    return talk


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_each_of_the_four_verdicts_and_is_exempt_in_both_figures(name: str) -> None:
    unheard = talking(roster=city(model_school()), now=NOW)
    assert judged(unheard, name)[1] is Judgement.UNKNOWN
    assert judged(not_met_live(name), name)[1] is Judgement.NOT_MET
    excused = talk_about(model_school(exemptions=(excuse(name, "doc-1", "bureau", "written", TODAY),)))
    assert judged(excused, name) == (Judgement.EXEMPT, Judgement.EXEMPT)
    met = talk_about(model_school())
    for number in (1, 2):
        at = NOW + number
        met.say(CheckInArrived(f"c{number}", gateway_of(1), DeviceId("post-1"), at, at, f"g{number}", "in"), at)
    prove(met, NOW + 3)
    assert judged(met, name) == (Judgement.MET, Judgement.MET)
