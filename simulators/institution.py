"""A simulated school's safety in writing, what was trained and practised, and what lies about its gate.

A few plans are overdue for review or were never approved, some letters are unsigned, some drills were left out, and one
school in eight has a hazard before its gate. Counts follow what such inspections report; the exact shares are our own.
"""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from contract.identity import UnitId
from server.registry.departments import Department, Progress
from server.registry.model import School, SchoolKind
from server.registry.outside import OutsideKind, OutsideLevel
from server.registry.record import Record
from server.registry.sheets.dispute import Dispute, DisputeKind
from server.registry.sheets.document import Document, DocumentKind
from server.registry.sheets.drill import Drill, DrillKind, DrillMode
from server.registry.sheets.hazard import Hazard, HazardKind
from server.registry.sheets.letter import Letter, LetterLevel
from server.registry.sheets.outside_area import OutsideArea
from server.registry.sheets.outside_gate import OutsideGate
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
EVACUATION_DAYS = {SchoolKind.KINDERGARTEN: 90}  # Every quarter; schools every month.
_MONTH = 30
_DOCUMENTS = (
    DocumentKind.RULE_GATE,
    DocumentKind.RULE_DUTY,
    DocumentKind.RULE_INSPECTION,
    DocumentKind.PLAN_GENERAL,
    DocumentKind.PLAN_VIOLENCE,
    DocumentKind.PLAN_FIRE,
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
        count = 1 if level is LetterLevel.COUNTY_SCHOOL else max(1, school.pupils // 200)
        found.append(
            Letter(
                school=school.id,
                id=level.value,
                level=level,
                count=count,
                signed=None if missing else signed + timedelta(days=rng.randrange(30)),
                until=None if missing else signed + timedelta(days=365),
            )
        )
    return found


def practised(rng: random.Random, school: School, today: date) -> list[Record]:
    """List what a school has trained and practised in the last months."""
    found: list[Record] = []
    for kind in (TrainingKind.GUARDS, TrainingKind.STAFF, TrainingKind.PUPILS):
        if rng.random() >= LEFT_OUT:
            day = today - timedelta(days=rng.randrange(10, 150))
            people = school.pupils if kind is TrainingKind.PUPILS else 3 + school.pupils // 15
            found.append(Training(school=school.id, id=kind.value, kind=kind, held_on=day, people=people, minutes=45))
    every = EVACUATION_DAYS.get(school.kind, _MONTH)
    for number in range(2):
        if rng.random() >= LEFT_OUT:
            day = today - timedelta(days=number * every + rng.randrange(every))
            found.append(_drill(school, DrillKind.EVACUATION, day))
    if rng.random() >= LEFT_OUT:
        found.append(_drill(school, DrillKind.VIOLENCE, today - timedelta(days=rng.randrange(5, 120))))
    return found


def around(rng: random.Random, school: School, today: date) -> list[Record]:
    """List what is known of a school's surroundings."""
    found: list[Record] = []
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


def _drill(school: School, kind: DrillKind, day: date) -> Drill:
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
    """Say by which standards the city counts, and whom it counts: the national ones, and kindergartens' alarm tests too."""
    return [
        Requirement(unit=city, id="guard_quota", variant="national"),
        IndicatorScope(unit=city, id="tested", kindergartens=True),
    ]
