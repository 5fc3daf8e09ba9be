"""Institutional defence in the ledger: plans, drills, letters and hazards in their verdicts, and nothing proven live."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.indicators import INDICATORS
from server.core.institution import against_violence, evacuations, letters, plans
from server.core.schedule import local_date
from server.core.verdict import Judgement
from server.registry.departments import Department, Progress
from server.registry.dossier import Dossier
from server.registry.model import SchoolKind
from server.registry.record import Record
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.document import Document, DocumentKind
from server.registry.sheets.drill import Drill, DrillKind, DrillMode
from server.registry.sheets.hazard import Hazard, HazardKind
from server.registry.sheets.letter import Letter, LetterLevel
from tests.core.talking import CALENDAR, Described, beijing, city, school, talking

TODAY = date(2026, 4, 14)  # In term; March was a full month of it, and February had ten school days.
NOW = beijing(TODAY, 9)
ID = school().id
PLANS = (DocumentKind.PLAN_GENERAL, DocumentKind.PLAN_VIOLENCE, DocumentKind.PLAN_FIRE, DocumentKind.PLAN_DISASTER)


def plan(kind: DocumentKind, approved: date | None = date(2026, 1, 5), due: date | None = date(2027, 1, 4)) -> Document:
    """Write down one plan."""
    return Document(school=ID, id=kind.value, kind=kind, approved=approved, review_due=due)


def drill(held: date, kind: DrillKind = DrillKind.EVACUATION, mode: DrillMode = DrillMode.DRILL) -> Drill:
    """Write down one drill."""
    return Drill(school=ID, id=f"{kind}-{held}", kind=kind, held_on=held, mode=mode)


def hazard(state: Progress = Progress.OPEN, due: date | None = TODAY, id_: str = "1") -> Hazard:
    """Write down one hazard."""
    return Hazard(
        school=ID,
        id=id_,
        kind=HazardKind.STALLS,
        department=Department.MARKET_SUPERVISION,
        found=date(2026, 3, 1),
        state=state,
        due=due,
    )


def with_records(*records: Record, kind: SchoolKind = SchoolKind.PRIMARY) -> Described:
    """Make the school that says just this."""
    return school(guards=0, kind=kind, records=records)


def judged(name: str, *records: Record, kind: SchoolKind = SchoolKind.PRIMARY) -> tuple[Judgement, tuple[str, ...]]:
    """Give the ledger's verdict of one indicator, through the engine."""
    talk = talking(roster=city(with_records(*records, kind=kind)), now=NOW)
    verdict = talk.engine.verdicts(ID)[name][0]
    return verdict.judgement, verdict.reasons


def test_plans_in_force_are_met() -> None:
    assert judged("i1_plans", *(plan(kind) for kind in PLANS)) == (Judgement.MET, ())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (plan(PLANS[1], approved=None), (Judgement.NOT_MET, ("plans.not_approved",))),
        (plan(PLANS[1], approved=TODAY + timedelta(days=1)), (Judgement.NOT_MET, ("plans.not_approved",))),
        (plan(PLANS[1], due=TODAY - timedelta(days=1)), (Judgement.NOT_MET, ("plans.review_overdue",))),
        (plan(PLANS[1], due=TODAY), (Judgement.MET, ())),
        (plan(PLANS[1], due=None), (Judgement.UNKNOWN, ("plans.no_review_date",))),
        (plan(DocumentKind.RULE_GATE), (Judgement.UNKNOWN, ("plans.undeclared",))),
    ],
)
def test_one_plan_decides(line: Document, told: tuple[Judgement, tuple[str, ...]]) -> None:
    """Three plans in force and a fourth that is a draft, to come, overdue, due today, without a date, or not there."""
    others = [plan(kind) for kind in PLANS if kind is not PLANS[1]]

    assert judged("i1_plans", *others, line) == told


def test_newer_plan_takes_the_place_of_an_overdue_one() -> None:
    old = Document(school=ID, id="old", kind=PLANS[0], approved=date(2024, 1, 1), review_due=date(2025, 1, 1))
    assert [one.fault for one in plans(Dossier([old, *(plan(kind) for kind in PLANS)]), TODAY)] == [""] * 4


VIOLENCE = drill(date(2026, 3, 3), DrillKind.VIOLENCE)


@pytest.mark.parametrize(
    ("held", "kind", "told"),
    [
        (date(2026, 3, 31), SchoolKind.PRIMARY, (Judgement.MET, ())),
        (date(2026, 4, 2), SchoolKind.PRIMARY, (Judgement.MET, ())),
        (date(2026, 2, 28), SchoolKind.PRIMARY, (Judgement.NOT_MET, ("drills.evacuation_overdue",))),
        (date(2026, 2, 28), SchoolKind.KINDERGARTEN, (Judgement.MET, ())),
        (date(2025, 12, 31), SchoolKind.KINDERGARTEN, (Judgement.NOT_MET, ("drills.evacuation_overdue",))),
        (date(2026, 4, 15), SchoolKind.PRIMARY, (Judgement.NOT_MET, ("drills.evacuation_overdue",))),  # Tomorrow.
    ],
)
def test_evacuations_are_counted_by_month_and_for_kindergartens_by_quarter(
    held: date, kind: SchoolKind, told: tuple[Judgement, tuple[str, ...]]
) -> None:
    assert judged("i2_drills", drill(held), VIOLENCE, kind=kind) == told


def test_month_that_runs_asks_for_nothing_yet() -> None:
    """On the first days of a month the last one's drill still counts; on the first of the next it does not."""
    told = Dossier([drill(date(2026, 3, 31))])
    assert evacuations(school(), told, CALENDAR, date(2026, 4, 30)).fault == ""
    assert evacuations(school(), told, CALENDAR, date(2026, 5, 1)) == evacuations(
        school(), told, CALENDAR, date(2026, 5, 31)
    )
    assert evacuations(school(), told, CALENDAR, date(2026, 5, 1)).fault == "overdue"
    assert evacuations(school(), told, CALENDAR, date(2026, 5, 1)).due == date(2026, 4, 30)


def test_vacation_asks_for_no_drill() -> None:
    """In September the last month that asked was June: July and August had no ten school days."""
    held = evacuations(school(), Dossier([drill(date(2026, 6, 3))]), CALENDAR, date(2026, 9, 20))
    assert held.fault == ""


def test_test_of_the_alarm_is_no_drill() -> None:
    tested = drill(date(2026, 4, 2), DrillKind.EVACUATION, DrillMode.TEST)
    assert judged("i2_drills", tested, VIOLENCE)[0] is Judgement.NOT_MET


def test_school_without_a_drill_in_the_ledger_is_unknown() -> None:
    assert judged("i2_drills") == (Judgement.UNKNOWN, ("drills.undeclared",))


def test_new_school_owes_no_drill_yet() -> None:
    new = school(guards=0, records=(), opened=date(2026, 4, 1))
    assert evacuations(new, Dossier(), CALENDAR, TODAY).fault == "none_due"


def test_attack_is_practised_once_a_term() -> None:
    """The last full term counts until this one has its own; a drill of an earlier term does not help."""
    autumn = date(2026, 10, 20)
    assert against_violence(school(), Dossier([VIOLENCE]), CALENDAR, autumn).fault == ""
    early = Dossier([drill(date(2025, 12, 1), DrillKind.VIOLENCE)])
    assert against_violence(school(), early, CALENDAR, autumn).fault == "overdue"


def test_letters_of_all_levels_are_asked_for() -> None:
    signed = [
        Letter(school=ID, id=level.value, level=level, signed=date(2026, 1, 1), until=date(2026, 12, 31))
        for level in LetterLevel
    ]
    assert judged("i3_letters", *signed) == (Judgement.MET, ())
    assert judged("i3_letters", *signed[1:]) == (Judgement.UNKNOWN, ("letters.undeclared",))
    drawn_up = Letter(school=ID, id="x", level=LetterLevel.COUNTY_SCHOOL)
    assert judged("i3_letters", drawn_up, *signed[1:]) == (Judgement.NOT_MET, ("letters.not_signed",))
    assert [one.fault for one in letters(Dossier(signed), date(2027, 1, 1))] == ["lapsed"] * 3


LOOKED = Declaration(school=ID, id="surroundings_checked", in_place=True, dated=date(2026, 4, 1), expires=date(2026, 7, 1))


def test_hazards_in_time_are_met_only_where_somebody_looked() -> None:
    assert judged("i4_hazards") == (Judgement.UNKNOWN, ("surroundings_checked.undeclared",))
    assert judged("i4_hazards", LOOKED) == (Judgement.MET, ())
    assert judged("i4_hazards", LOOKED, hazard()) == (Judgement.MET, ())
    late = hazard(due=TODAY - timedelta(days=1))
    assert judged("i4_hazards", LOOKED, late) == (Judgement.NOT_MET, ("hazards.overdue",))
    gone = hazard(Progress.CLOSED, TODAY - timedelta(days=1))
    assert judged("i4_hazards", LOOKED, gone) == (Judgement.MET, ())
    assert judged("i4_hazards", LOOKED, hazard(due=None)) == (Judgement.UNKNOWN, ("hazards.no_due_date",))


@pytest.mark.parametrize("name", [one.name for one in INDICATORS if one.ledger_only and one.makes_gaps])
def test_nothing_in_writing_is_proven_live(name: str) -> None:
    """Whatever the ledger says, the live verdict is unknown and says why; it never turns good."""
    records = [*(plan(kind) for kind in PLANS), drill(date(2026, 4, 1)), VIOLENCE, LOOKED]
    talk = talking(roster=city(with_records(*records)), now=NOW)
    talk.heard(NOW)

    live = talk.engine.verdicts(ID)[name][1]

    assert live.judgement is Judgement.UNKNOWN
    assert live.reasons == ("live.cannot_prove",)


def test_plan_turns_by_the_date_alone() -> None:
    """The day after its review was due, a plan is not met without anybody's edit."""
    lines = [plan(kind, due=TODAY) for kind in PLANS]
    talk = talking(roster=city(with_records(*lines)), now=NOW)
    assert talk.engine.verdicts(ID)["i1_plans"][0].judgement is Judgement.MET

    tomorrow = beijing(TODAY + timedelta(days=1), 0, 0, 1)
    talk.tick(tomorrow)

    assert local_date(tomorrow) == TODAY + timedelta(days=1)
    assert talk.engine.verdicts(ID)["i1_plans"][0].judgement is Judgement.NOT_MET


@given(
    st.lists(st.dates(date(2026, 2, 16), date(2026, 7, 3)), max_size=8),
    st.dates(date(2026, 2, 16), date(2026, 7, 3)),
)
def test_one_more_drill_never_makes_it_worse(held: list[date], today: date) -> None:
    """Whatever was held before, a drill held today leaves nothing overdue."""
    before = [drill(day) for day in held]
    after = evacuations(school(), Dossier([*before, drill(today)]), CALENDAR, today)

    assert after.fault == ""
    assert after.last == today
