"""Risk profiles: each factor in its levels, early warnings by stated rules alone, nothing raised by tests or drills."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.identity import UnitId
from server.api.views.risk import RiskLink
from server.core.events import EarlyTold, GapsOverdue, RosterLoaded
from server.core.liveness import Home, Liveness
from server.core.risk.early import Early
from server.core.risk.factor import Judged, Level, Past, View
from server.core.risk.factors import FACTORS
from server.core.risk.profile import EARLY_RULES, Profile, early, profile, warnings
from server.core.verdict import Judgement, Verdict
from server.registry.departments import Department, Progress
from server.registry.dossier import Dossier
from server.registry.outside import OutsideKind, OutsideLevel
from server.registry.record import Record
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.dispute import Dispute, DisputeKind
from server.registry.sheets.document import Document, DocumentKind
from server.registry.sheets.drill import Drill, DrillKind, DrillMode
from server.registry.sheets.guard import Guard
from server.registry.sheets.hazard import Hazard, HazardKind
from server.registry.sheets.kit import Kit
from server.registry.sheets.letter import Letter, LetterLevel
from server.registry.sheets.outside_area import OutsideArea
from server.registry.sheets.outside_gate import OutsideGate
from tests.core.talking import CALENDAR, Talk, beijing, city, school, talking

TODAY = date(2026, 4, 14)
NOW = beijing(TODAY, 9)
ID = school().id
HEADLINES = (("t1", "联网", "Networked"), ("t5", "防冲撞", "Barrier"))
SOON = TODAY + timedelta(days=20)
PAST_DAY = TODAY - timedelta(days=1)


def view(*records: Record, **told: object) -> View:
    """Give what is known of a school that says just this."""
    one = school(guards=0)
    home = Home(one, Dossier(records))
    return replace(View(one, home, CALENDAR, {}, HEADLINES), **told)  # type: ignore[arg-type]  # The caller names the fields.


def level(name: str, seen: View, now: float = NOW) -> Level:
    """Give the level of one factor."""
    return profile(seen, now).factors[name].level


def past(days: float, cause: str = "real", device: str = "b", id_: str = "") -> Past:
    """Give an incident of some days ago."""
    return Past(id_ or f"{days}-{cause}-{device}", NOW - days * 86_400, "gw", device, cause)


def hazard(**told: object) -> Hazard:
    """Write down an open hazard."""
    facts = {"school": ID, "id": "1", "kind": HazardKind.WATER, "department": Department.POLICE, "found": PAST_DAY} | told
    return Hazard(**facts)  # type: ignore[arg-type]  # The caller names the fields.


def guard(expires: date | None, until: date | None = None) -> Guard:
    """Write down a guard."""
    return Guard(school=ID, id="g", certificate="c", certificate_expires=expires, on_roll_to=until)


def area(worst: OutsideLevel, begins: datetime, ends: datetime) -> OutsideArea:
    """Write down a warning for the county."""
    return OutsideArea(
        unit=UnitId("450702"), id="m:1", source="m", kind=OutsideKind.WEATHER, level=worst, begins=begins, ends=ends
    )


AT = datetime(2026, 4, 14, 9)  # noqa: DTZ001  # As a sheet has it.
HOUR = timedelta(hours=1)
LOOKED = Declaration(school=ID, id="surroundings_checked", in_place=True, dated=PAST_DAY, expires=SOON)


@pytest.mark.parametrize(
    ("name", "seen", "told"),
    [
        ("guard_certificates", view(), Level.UNKNOWN),
        ("guard_certificates", view(guard(SOON + timedelta(days=30))), Level.NONE),
        ("guard_certificates", view(guard(SOON)), Level.WATCH),
        ("guard_certificates", view(guard(PAST_DAY)), Level.WARN),
        ("guard_certificates", view(guard(PAST_DAY, until=PAST_DAY)), Level.UNKNOWN),  # He is not there any more.
        ("kit_expiring", view(), Level.UNKNOWN),
        ("kit_expiring", view(Kit(school=ID, id="1", item="spray", expires=PAST_DAY)), Level.WARN),
        ("kit_expiring", view(Kit(school=ID, id="1", item="spray", expires=TODAY)), Level.WATCH),
        ("kit_expiring", view(Kit(school=ID, id="1", item="spray")), Level.NONE),
        ("hazards_open", view(), Level.UNKNOWN),
        ("hazards_open", view(LOOKED), Level.NONE),
        ("hazards_open", view(LOOKED, hazard()), Level.WATCH),
        ("hazards_open", view(LOOKED, hazard(due=PAST_DAY)), Level.WARN),
        ("hazards_open", view(LOOKED, hazard(due=PAST_DAY, state=Progress.CLOSED)), Level.NONE),
        ("disputes_open", view(), Level.NONE),
        (
            "disputes_open",
            view(
                Dispute(
                    school=ID, id="1", kind=DisputeKind.OBSTRUCTION, department=Department.POLITICAL_LEGAL, happened=TODAY
                )
            ),
            Level.WATCH,
        ),
        ("drills_overdue", view(), Level.UNKNOWN),
        ("outside", view(), Level.NONE),
        ("outside", view(area(OutsideLevel.RED, AT - HOUR, AT + HOUR)), Level.WARN),
        ("outside", view(area(OutsideLevel.RED, AT - HOUR, AT)), Level.NONE),  # Over at this very minute.
        ("outside", view(area(OutsideLevel.RED, AT + HOUR, AT + 2 * HOUR)), Level.NONE),
        ("outside", view(area(OutsideLevel.BLUE, AT, AT + HOUR)), Level.WATCH),
        ("gaps_overdue", view(), Level.UNKNOWN),
        ("incidents", view(), Level.UNKNOWN),
        ("incidents", view(incidents=[]), Level.NONE),
        ("incidents", view(incidents=[past(89)]), Level.WATCH),
        ("incidents", view(incidents=[past(91)]), Level.NONE),
        ("incidents", view(incidents=[past(1), past(2, cause="")]), Level.WARN),
        ("incidents", view(incidents=[past(1, "false_human"), past(2, "drill"), past(3, "test")]), Level.NONE),
        ("false_presses", view(incidents=[past(day, "false_human") for day in (1, 2, 3)]), Level.WARN),
        ("false_presses", view(incidents=[past(day, "false_device") for day in (1, 2)]), Level.WATCH),
        ("false_presses", view(incidents=[past(day, "false_human", f"b{day}") for day in (1, 2, 3)]), Level.NONE),
        ("false_presses", view(incidents=[past(day, "false_human") for day in (31, 32, 33)]), Level.NONE),
        ("papers_lapsed", view(), Level.UNKNOWN),
        ("gate_devices", view(), Level.UNKNOWN),
        ("figures_not_met", view(), Level.NONE),
    ],
)
def test_factor_has_its_level(name: str, seen: View, told: Level) -> None:
    assert level(name, seen) is told


def test_target_missed_for_a_month_warns_and_an_unknown_one_is_unknown() -> None:
    missed, unknown, met = (
        (Verdict(judgement), Verdict(Judgement.MET)) for judgement in (Judgement.NOT_MET, Judgement.UNKNOWN, Judgement.MET)
    )
    assert level("figures_not_met", view(verdicts={"t1": met, "t5": met})) is Level.NONE
    assert level("figures_not_met", view(verdicts={"t1": met, "t5": unknown})) is Level.UNKNOWN
    assert level("figures_not_met", view(verdicts={"t1": missed, "t5": unknown})) is Level.WATCH
    old = view(verdicts={"t1": missed}, not_met_since={"t1": NOW - 30 * 86_400})
    assert level("figures_not_met", old) is Level.WARN
    assert "2026-03-15" in profile(old, NOW).factors["figures_not_met"].why


def test_lapsed_papers_warn_after_a_month() -> None:
    plan = Document(school=ID, id="1", kind=DocumentKind.PLAN_FIRE, approved=date(2025, 1, 1), review_due=PAST_DAY)
    assert level("papers_lapsed", view(plan)) is Level.WATCH
    letter = Letter(
        school=ID, id="1", level=LetterLevel.COUNTY_SCHOOL, signed=date(2025, 1, 1), until=TODAY - timedelta(days=30)
    )
    assert level("papers_lapsed", view(plan, letter)) is Level.WARN


def test_overdue_drill_is_watched_and_a_test_does_not_make_it_good() -> None:
    old = Drill(school=ID, id="1", kind=DrillKind.EVACUATION, held_on=date(2026, 2, 27))
    assert level("drills_overdue", view(old)) is Level.WATCH  # None in March: a fortnight late.
    assert level("drills_overdue", view(old), NOW + 20 * 86_400) is Level.WARN  # None in April either: late since March.
    violence = Drill(school=ID, id="2", kind=DrillKind.VIOLENCE, held_on=date(2026, 3, 2))
    tested = Drill(school=ID, id="3", kind=DrillKind.EVACUATION, held_on=TODAY, mode=DrillMode.TEST)
    assert level("drills_overdue", view(old, violence, tested)) is Level.WATCH


def gate_talk() -> Talk:
    """Give an engine with the small school heard."""
    talk = talking(roster=city(school()), now=NOW - 60)
    talk.heard(NOW)
    return talk


def test_silent_gate_device_is_watched_and_warns_after_a_day_and_behind_a_silent_gateway_nothing_is_said() -> None:
    home = gate_talk().engine.home(ID)
    assert home is not None
    seen = replace(view(), home=home)
    assert level("gate_devices", seen) is Level.UNKNOWN
    devices = [device for kind in home.by_kind.values() for device in kind]
    for device in devices:
        device.liveness, device.since = Liveness.LIVE, NOW
    assert level("gate_devices", seen) is Level.NONE
    silent = next(device for device in devices if device.device.kind == "alarm_host")
    silent.liveness = Liveness.OFFLINE
    assert level("gate_devices", seen) is Level.WATCH
    assert level("gate_devices", seen, NOW + 86_400) is Level.WARN


def test_near_event_tells_its_distance() -> None:
    event = OutsideGate(
        school=ID,
        id="110:1",
        source="110",
        kind=OutsideKind.POLICE_CALL,
        level=OutsideLevel.ORANGE,
        begins=AT,
        ends=AT + HOUR,
        distance_m=80,
    )
    judged = profile(view(event), NOW).factors["outside"]
    assert judged.level is Level.WARN
    assert "80米" in judged.why
    assert "80 m" in judged.why_en


NO_LEVELS = {factor.name: Level.NONE for factor in FACTORS}


@pytest.mark.parametrize(
    ("levels", "rules"),
    [
        ({"kit_expiring": Level.WARN, "guard_certificates": Level.WARN}, []),  # Both of people.
        ({"kit_expiring": Level.WARN, "hazards_open": Level.WARN}, ["two_groups"]),
        ({"outside": Level.WARN, "gate_devices": Level.WATCH}, ["outside_and_gate"]),
        ({"outside": Level.WARN, "gate_devices": Level.UNKNOWN}, []),
        ({"incidents": Level.WARN, "drills_overdue": Level.WATCH}, ["incidents_unprepared"]),
        ({factor.name: Level.WATCH for factor in FACTORS}, []),
        ({factor.name: Level.UNKNOWN for factor in FACTORS}, []),
    ],
)
def test_early_warnings_follow_stated_rules(levels: Mapping[str, Level], rules: list[str]) -> None:
    assert [one.rule for one in warnings({**NO_LEVELS, **levels})] == rules


@given(st.fixed_dictionaries({factor.name: st.sampled_from(Level) for factor in FACTORS}))
def test_every_warning_names_what_explains_it(levels: dict[str, Level]) -> None:
    """Whatever the levels: a warning names at least two factors, one at warn, none that is unknown or none."""
    for one in warnings(levels):
        named = [levels[name] for name in one.factors]
        assert len(named) > 1
        assert Level.WARN in named
        assert set(named) <= {Level.WATCH, Level.WARN}
        assert one.rule in {rule.name for rule in EARLY_RULES}


@given(st.fixed_dictionaries({factor.name: st.sampled_from(Level) for factor in FACTORS}))
def test_knowing_less_warns_of_nothing_more(levels: dict[str, Level]) -> None:
    for name in levels:
        fewer = {rule.rule for rule in warnings({**levels, name: Level.UNKNOWN})}
        assert fewer <= {rule.rule for rule in warnings(levels)}


def profile_of(**levels: Level) -> Profile:
    """Give a profile of just these levels."""
    every = {**NO_LEVELS, **levels}
    return Profile({name: Judged(one, "", "") for name, one in every.items()}, warnings(every))


def test_silence_takes_no_warning_back() -> None:
    began = early(profile_of(kit_expiring=Level.WARN, gate_devices=Level.WARN), None, (), NOW)
    assert (began.warned, began.factors) == (True, ("gate_devices", "kit_expiring"))
    unsure = early(profile_of(kit_expiring=Level.WARN, gate_devices=Level.UNKNOWN), began, began.factors, NOW + 60)
    assert (unsure.warned, unsure.clear) == (False, False)
    over = early(profile_of(kit_expiring=Level.WARN), unsure, began.factors, NOW + 120)
    assert (over.warned, over.clear) == (False, True)


def test_alert_is_raised_low_for_the_education_branch_and_ends_with_its_reasons() -> None:
    talk = gate_talk()
    warned = Early(warned=True, clear=False, since=NOW, rules=("two_groups",), factors=("gate_devices", "kit_expiring"))

    talk.say(EarlyTold({ID: warned}), NOW)

    [alert] = [one for one in talk.engine.alerts.values() if one.rule == "early_warning"]
    assert (int(alert.severity), alert.school, alert.mode) == (4, ID, "real")
    assert dict(alert.detail) == {"rules": "two_groups", "factors": "gate_devices, kit_expiring"}
    assert [due.audiences for due in talk.told()] == [("education",)]
    talk.say(EarlyTold({ID: Early(warned=False, clear=False, since=NOW + 1)}), NOW + 1)
    assert talk.engine.alerts[alert.id].open
    talk.say(RosterLoaded(city(school())), NOW + 2)  # A new roster forgets no warning.
    talk.tick(NOW + 3)
    assert talk.engine.alerts[alert.id].open
    talk.say(EarlyTold({ID: Early(warned=False, clear=True, since=NOW + 4)}), NOW + 4)
    assert not talk.engine.alerts[alert.id].open


def test_overdue_gaps_are_watched_and_warn_after_two_weeks() -> None:
    talk = gate_talk()
    home = talk.engine.home(ID)
    assert home is not None
    talk.say(GapsOverdue({}), NOW)
    assert level("gaps_overdue", replace(view(), home=home)) is Level.NONE
    talk.say(GapsOverdue({ID: (2, NOW - 86_400)}), NOW)
    assert level("gaps_overdue", replace(view(), home=home)) is Level.WATCH
    assert level("gaps_overdue", replace(view(), home=home), NOW + 14 * 86_400) is Level.WARN


def test_document_has_every_factor_and_rule_in_the_words_of_the_code() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "risk.md").read_text()
    for factor in FACTORS:
        words = f"{factor.label} | {factor.group} | {factor.rule} | {factor.rule_en}"
        assert f"| `{factor.name}` {factor.label_en} | {words} |" in text
    for rule in EARLY_RULES:
        assert f"| `{rule.name}` | {rule.says} | {rule.says_en} |" in text


def test_links_are_of_kinds_that_the_screens_know() -> None:
    kinds = set(get_args(RiskLink.__annotations__["kind"]))
    seen = view(guard(PAST_DAY), LOOKED, hazard(), incidents=[past(1)])
    links = {link.kind for judged in profile(seen, NOW).factors.values() for link in judged.links}
    assert links
    assert links <= kinds
