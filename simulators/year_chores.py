"""What comes round in a year of a ledger: statements, plans and letters are renewed, alarms tested, drills held."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from server.core.institution import MONTHS_OF
from server.core.schedule import is_school_day
from server.registry.changes import Edit, put
from server.registry.model import Roster
from server.registry.record import Record
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.document import Document
from server.registry.sheets.drill import DrillKind
from server.registry.sheets.guard import Guard
from server.registry.sheets.letter import Letter
from simulators.chance import draw, key
from simulators.institution import LEFT_OUT, drill

BEFORE_DAYS = 20  # Whatever runs out is renewed so long before it does.
# What is done more often than its statement runs out: the alarm is tested, the gate barrier photographed.
OFTEN_DAYS = {"alarm_tested": 25, "barrier": 150}
DRILL_DAY = 12  # Drills are held on the first school day from the 12th on.
VIOLENCE_MONTHS = frozenset({4, 11})  # Once a term.


def in_place(record: Declaration, day: date) -> Declaration:
    """State an item anew, with the evidence of a day."""
    return Declaration(
        school=record.school,
        id=record.id,
        in_place=True,
        evidence=f"模拟 {record.id} {day:%Y%m%d}",
        photo_sha256=record.photo_sha256,
        dated=day,
        expires=day + timedelta(days=365),
    )


def renewed(records: Iterable[Record], day: date) -> Iterator[Edit]:
    """Renew what runs out soon."""
    soon = day + timedelta(days=BEFORE_DAYS)
    for record in records:
        if isinstance(record, Declaration) and record.in_place and _is_due(record, day, soon):
            yield put(in_place(record, day))
        elif isinstance(record, Guard) and record.certificate_expires == soon:
            yield put(msgspec.structs.replace(record, certificate_expires=day + timedelta(days=1_500)))
        elif isinstance(record, Document) and record.review_due == soon:
            yield put(msgspec.structs.replace(record, approved=day, review_due=day + timedelta(days=365)))
        elif isinstance(record, Letter) and record.until == soon:
            yield put(msgspec.structs.replace(record, signed=day, until=day + timedelta(days=365)))


def _is_due(record: Declaration, day: date, soon: date) -> bool:
    often = OFTEN_DAYS.get(record.id)
    if often is not None and record.dated is not None and record.dated + timedelta(days=often) <= day:
        return True
    return record.expires == soon


def practised(roster: Roster, day: date) -> Iterator[Edit]:
    """Hold the drills of a month; a few schools leave theirs out."""
    if day != _drill_day(roster, day):
        return
    for school in roster.schools:
        if school.closed is not None and school.closed <= day:
            continue
        if draw(key(school.id), day.toordinal()) < LEFT_OUT:
            continue
        if day.month % MONTHS_OF.get(school.kind, 1) == 0:
            yield put(drill(school, DrillKind.EVACUATION, day))
        if day.month in VIOLENCE_MONTHS:
            yield put(drill(school, DrillKind.VIOLENCE, day))


def _drill_day(roster: Roster, day: date) -> date | None:
    days = (day.replace(day=number) for number in range(DRILL_DAY, DRILL_DAY + 10))
    return next((one for one in days if is_school_day(roster.calendar, one)), None)
