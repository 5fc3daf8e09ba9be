"""A simulated school's safety in writing, what was trained and practised, and what lies about its gate.

A few plans are overdue for review or were never approved, some letters are unsigned, some drills were left out, and one
school in eight has a hazard before its gate. Counts follow what such inspections report; the exact shares are our own.
"""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from contract.identity import UnitId
from server.core.indicators.i4_hazards import LOOKED
from server.core.institution import MONTHS_OF, SCHOOL_DAYS_LEAST
from server.core.schedule import is_school_day
from server.registry.departments import Department, Progress
from server.registry.model import Calendar, School
from server.registry.outside import OutsideKind, OutsideLevel
from server.registry.record import Record
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.dispute import Dispute, DisputeKind
from server.registry.sheets.document import Document, DocumentKind
from server.registry.sheets.drill import Drill, DrillKind, DrillMode
from server.registry.sheets.hazard import Hazard, HazardKind
from server.registry.sheets.letter import Letter, LetterLevel
from server.registry.sheets.outside_area import OutsideArea
from server.registry.sheets.outside_gate import OutsideGate
from server.registry.sheets.outside_source import OutsideSource
from server.registry.sheets.requirement import Requirement
from server.registry.sheets.scope import IndicatorScope
from server.registry.sheets.training import Training, TrainingKind

DRAFT = 0.01  # The share of documents that nobody has approved.
OVERDUE = 0.06  # The share that should have been looked at again.
UNSIGNED = 0.03
LEFT_OUT = 0.08  # The share of trainings and drills that were not held.
HAZARD = 0.12  # The share of schools with one.
DISPUTE = 0.004
CALL = 0.02  # The share of schools with a police call near the gate within a week.
UNCHECKED = 0.04  # The share of schools that have never looked for hazards around them.
CHECKED_OLD = 0.02  # The share that looked more than half a year ago.
CHECKED_DAYS = 180
PERIODS = 2  # Of drills: the last ones that asked for one.
LOOKED_BACK_DAYS = 400
_DOCUMENTS = (
    DocumentKind.RULE_GATE,
    DocumentKind.RULE_DUTY,
    DocumentKind.RULE_INSPECTION,
    DocumentKind.PLAN_GENERAL,
    DocumentKind.PLAN_VIOLENCE,
    DocumentKind.PLAN_FIRE,
    DocumentKind.PLAN_DISASTER,
)
# Each hazard with its department and how often it is the one.
_HAZARDS = (
    (HazardKind.TRAFFIC, Department.POLICE, 35),
    (HazardKind.STALLS, Department.MARKET_SUPERVISION, 25),
    (HazardKind.FOOD, Department.MARKET_SUPERVISION, 12),
    (HazardKind.VENUE, Department.CULTURE, 8),
    (HazardKind.WATER, Department.EDUCATION, 12),
    (HazardKind.PUBLIC_ORDER, Department.POLICE, 8),
)


def in_writing(rng: random.Random, school: School, today: date) -> list[Record]:
    """List a school's rules, plans and letters of responsibility."""
    kinds = (*_DOCUMENTS, *((DocumentKind.RULE_DORMITORY,) if school.boarders else ()))
    found: list[Record] = [_document(rng, school, kind, today) for kind in kinds]
    signed = date(today.year if today >= date(today.year, 9, 1) else today.year - 1, 9, 1)
    for level in LetterLevel:
        missing = rng.random() < UNSIGNED
        day = signed + timedelta(days=rng.randrange(30))
        day = day if day <= today else day.replace(year=day.year - 1)  # This autumn's is still to come.
        count = 1 if level is LetterLevel.COUNTY_SCHOOL else max(1, school.pupils // 200)
        found.append(
            Letter(
                school=school.id,
                id=level.value,
                level=level,
                count=count,
                signed=None if missing else day,
                until=None if missing else day + timedelta(days=365),
            )
        )
    return found


def practised(rng: random.Random, school: School, calendar: Calendar, today: date) -> list[Record]:
    """List what a school has trained, and practised on school days of the last periods that asked for a drill."""
    found: list[Record] = []
    for kind in (TrainingKind.GUARDS, TrainingKind.STAFF, TrainingKind.PUPILS):
        if rng.random() >= LEFT_OUT:
            day = today - timedelta(days=rng.randrange(10, 150))
            people = school.pupils if kind is TrainingKind.PUPILS else 3 + school.pupils // 15
            found.append(Training(school=school.id, id=kind.value, kind=kind, held_on=day, people=people, minutes=45))
    periods = asked_months(calendar, MONTHS_OF.get(school.kind, 1), today)
    terms = [
        [day for day in school_days(calendar, today) if term.first_day <= day <= term.last_day]
        for term in calendar.terms
        if term.last_day < today
    ]
    for kind_of, asked in ((DrillKind.EVACUATION, periods), (DrillKind.VIOLENCE, terms)):
        for number, days in enumerate(asked[-PERIODS:], 1):
            newest = number == len(asked[-PERIODS:])  # What was left out is the newest one: the older ones were held.
            if days and not (newest and rng.random() < LEFT_OUT):
                found.append(drill(school, kind_of, rng.choice(days)))
    return found


@lru_cache(maxsize=8)
def school_days(calendar: Calendar, today: date) -> tuple[date, ...]:
    """List the school days of more than a year before a day, oldest first."""
    days = (today - timedelta(days=number) for number in range(LOOKED_BACK_DAYS, 0, -1))
    return tuple(day for day in days if is_school_day(calendar, day))


@lru_cache(maxsize=16)
def asked_months(calendar: Calendar, months: int, today: date) -> list[list[date]]:
    """Give the school days of each month, or so many months together, that is over and has enough of them for a drill."""
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    periods: dict[tuple[int, int], list[date]] = {}
    for day in school_days(calendar, today):
        if day < first:
            periods.setdefault((day.year, (day.month - 1) // months), []).append(day)
    return [days for days in periods.values() if len(days) >= SCHOOL_DAYS_LEAST]


def around(rng: random.Random, school: School, today: date) -> list[Record]:
    """List what is known of a school's surroundings, and when somebody last looked."""
    found: list[Record] = []
    if (drawn := rng.random()) >= UNCHECKED:
        old = drawn < UNCHECKED + CHECKED_OLD
        looked = today - timedelta(days=CHECKED_DAYS + rng.randrange(1, 90) if old else rng.randrange(1, CHECKED_DAYS - 30))
        found.append(
            Declaration(
                school=school.id,
                id=LOOKED,
                in_place=True,
                evidence=f"检查表 {LOOKED}-{school.id}-{looked:%Y%m}",
                dated=looked,
                expires=looked + timedelta(days=CHECKED_DAYS),
            )
        )
    if rng.random() < HAZARD:
        kind, department, _ = rng.choices(_HAZARDS, [weight for *_, weight in _HAZARDS])[0]
        since, state = today - timedelta(days=rng.randrange(5, 120)), rng.choice(tuple(Progress))
        closed = today - timedelta(days=rng.randrange(5)) if state is Progress.CLOSED else None
        found.append(
            Hazard(
                school=school.id,
                id="1",
                kind=kind,
                department=department,
                found=since,
                place="1号门外",
                distance_m=rng.randrange(5, 200),
                state=state,
                due=since + timedelta(days=60),
                closed=closed,
            )
        )
    if rng.random() < DISPUTE:
        day = today - timedelta(days=rng.randrange(3, 300))
        kind_of = rng.choice((DisputeKind.OBSTRUCTION, DisputeKind.INTIMIDATION, DisputeKind.OTHER))
        found.append(Dispute(school=school.id, id="1", kind=kind_of, department=Department.POLICE, happened=day))
    if rng.random() < CALL:
        begins = datetime.combine(today - timedelta(days=rng.randrange(1, 7)), time(rng.randrange(6, 22)))
        found.append(
            OutsideGate(
                school=school.id,
                id="sim:1",
                source="sim",
                kind=OutsideKind.POLICE_CALL,
                level=OutsideLevel.YELLOW,
                begins=begins,
                ends=begins + timedelta(days=7),
                distance_m=rng.randrange(10, 200),
                text="校门附近纠纷（模拟）",
            )
        )
    return found


def warnings(rng: random.Random, counties: Sequence[UnitId], today: date) -> list[Record]:
    """Give one county a weather warning for today."""
    begins = datetime.combine(today, time(6))
    return [
        OutsideArea(
            unit=rng.choice(counties),
            id="sim:1",
            source="sim",
            kind=OutsideKind.WEATHER,
            level=OutsideLevel.YELLOW,
            begins=begins,
            ends=begins + timedelta(hours=30),
            text="暴雨黄色预警（模拟）",
        )
    ]


def _document(rng: random.Random, school: School, kind: DocumentKind, today: date) -> Document:
    draft, overdue = rng.random() < DRAFT, rng.random() < OVERDUE
    approved = today - timedelta(days=rng.randrange(370, 500) if overdue else rng.randrange(10, 360))
    return Document(
        school=school.id,
        id=kind.value,
        kind=kind,
        approved=None if draft else approved,
        review_due=None if draft else approved + timedelta(days=365),
    )


def drill(school: School, kind: DrillKind, day: date) -> Drill:
    """Write down a drill that a whole school took part in."""
    return Drill(
        school=school.id,
        id=f"{kind.value}-{day:%Y%m%d}",
        kind=kind,
        held_on=day,
        mode=DrillMode.DRILL,
        people=school.pupils,
        minutes=20,
    )


def chosen(city: UnitId) -> list[Record]:
    """Say by which standards the city counts and whom: the national ones, and kindergartens' alarm tests too.

    The source of the made-up events has no key: nobody can deliver in its name before one is drawn for it.
    """
    return [
        Requirement(unit=city, id="guard_quota", variant="national"),
        IndicatorScope(unit=city, id="tested", kindergartens=True),
        OutsideSource(unit=city, id="sim", note="气象预警与110警情（模拟）"),
    ]
