"""What the ledger says of a school's institutional defence (制度防) on a day: plans, drills, letters, hazards. All pure.

Each question is answered in parts, so that the indicators and the risk profile never read the same lines differently.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from server.core.schedule import is_school_day
from server.registry.departments import Progress
from server.registry.dossier import Dossier
from server.registry.model import Calendar, School, SchoolKind
from server.registry.sheets.document import Document, DocumentKind
from server.registry.sheets.drill import Drill, DrillKind, DrillMode
from server.registry.sheets.hazard import Hazard
from server.registry.sheets.letter import Letter, LetterLevel

# Which plans every school needs is our proposal: the rules ask for plans against sudden events without a closed list.
PLANS_NEEDED = (
    DocumentKind.PLAN_GENERAL,
    DocumentKind.PLAN_VIOLENCE,
    DocumentKind.PLAN_FIRE,
    DocumentKind.PLAN_DISASTER,
)
EVACUATIONS = frozenset({DrillKind.EVACUATION, DrillKind.FIRE, DrillKind.EARTHQUAKE})  # Each of them empties the building.
VIOLENCE = frozenset({DrillKind.VIOLENCE})
MONTHS_OF = {SchoolKind.KINDERGARTEN: 3}  # Months of one period; every other kind of school drills each month.
SCHOOL_DAYS_LEAST = 10  # A period with fewer is vacation: nobody is asked for a drill in it.
PERIODS_LOOKED_BACK = 12
ANSWERS_KEPT = 256  # Of the calendar, for some days that are judged beside each other.


@dataclass(frozen=True, slots=True)
class Plan:
    """How one needed plan stands; an empty fault: in force and not due for review."""

    kind: DocumentKind
    fault: str = ""  # undeclared, not_approved, review_overdue or no_review_date
    day: date | None = None  # Since when it is overdue, or when the one in force was approved.


@dataclass(frozen=True, slots=True)
class DrillsHeld:
    """Whether the drills of one kind were held as often as is asked."""

    fault: str = ""  # undeclared, none_due or overdue
    last: date | None = None  # The last one of the kind.
    due: date | None = None  # When one is overdue, the last day on which it would have been in time.


@dataclass(frozen=True, slots=True)
class Signed:
    """How the letters of one level stand; an empty fault: signed and in force."""

    level: LetterLevel
    fault: str = ""  # undeclared, not_signed or lapsed
    day: date | None = None  # Since when it has lapsed, or when the newest was signed.


def plans(dossier: Dossier, today: date) -> list[Plan]:
    """Say how each needed emergency plan stands."""
    documents = dossier.of(Document)
    return [_plan(kind, [one for one in documents if one.kind is kind], today) for kind in PLANS_NEEDED]


def _plan(kind: DocumentKind, lines: Sequence[Document], today: date) -> Plan:
    approved = [(one.approved, one.review_due) for one in lines if one.approved is not None and one.approved <= today]
    if not approved:
        return Plan(kind, "not_approved" if lines else "undeclared")
    valid = [since for since, due in approved if due is not None and today <= due]
    if valid:
        return Plan(kind, day=max(valid))
    if any(due is None for _, due in approved):
        return Plan(kind, "no_review_date")
    return Plan(kind, "review_overdue", max(due for _, due in approved if due is not None))


def drills(dossier: Dossier, kinds: Iterable[DrillKind], today: date) -> list[date]:
    """List the days on which drills of some kinds were held, oldest first; tests are none."""
    wanted = frozenset(kinds)
    return sorted(
        one.held_on
        for one in dossier.of(Drill)
        if one.mode is DrillMode.DRILL and one.kind in wanted and one.held_on <= today
    )


def evacuations(school: School, dossier: Dossier, calendar: Calendar, today: date) -> DrillsHeld:
    """Say whether an evacuation was practised in the last period that asked for one, or since."""
    months = MONTHS_OF.get(school.kind, 1)
    periods = _periods_before(today, months)
    return _held(dossier, EVACUATIONS, (one for one in periods if _asks(school, calendar, *one)), today)


def against_violence(school: School, dossier: Dossier, calendar: Calendar, today: date) -> DrillsHeld:
    """Say whether an attack was practised in the last full term, or since."""
    over = sorted(((term.first_day, term.last_day) for term in calendar.terms if term.last_day < today), reverse=True)
    return _held(dossier, VIOLENCE, (one for one in over if _asks(school, calendar, *one)), today)


def _held(dossier: Dossier, kinds: frozenset[DrillKind], asked: Iterator[tuple[date, date]], today: date) -> DrillsHeld:
    """Judge by the periods that asked for a drill, given newest first."""
    held = drills(dossier, kinds, today)
    last = held[-1] if held else None
    newest = next(asked, None)
    if newest is None:
        return DrillsHeld("none_due" if last is None else "", last)
    first_day, due = newest
    if last is not None and last >= first_day:
        return DrillsHeld("", last)
    if not dossier.of(Drill):
        return DrillsHeld("undeclared")  # No drill of any kind: nobody keeps the ledger, so it says nothing.
    for first_missed, last_missed in asked:
        if last is not None and last >= first_missed:
            break
        due = last_missed  # It is overdue since the first period that went by without one.
    return DrillsHeld("overdue", last, due)


@lru_cache(maxsize=ANSWERS_KEPT)
def _periods_before(today: date, months: int) -> tuple[tuple[date, date], ...]:
    """List the periods of so many calendar months that are over, newest first."""
    found: list[tuple[date, date]] = []
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    for _ in range(PERIODS_LOOKED_BACK):
        last = first - timedelta(days=1)
        first = last.replace(month=(last.month - 1) // months * months + 1, day=1)
        found.append((first, last))
    return tuple(found)


def _asks(school: School, calendar: Calendar, first: date, last: date) -> bool:
    """Say whether a period asks a school for a drill: it was there from the beginning, with school days enough."""
    if school.opened is not None and school.opened > first:
        return False
    return _has_school_days(calendar, first, last)


@lru_cache(maxsize=ANSWERS_KEPT)
def _has_school_days(calendar: Calendar, first: date, last: date) -> bool:
    """Say whether a period has school days enough: the same for all schools, and a third of what judging one took."""
    days = (first + timedelta(days=day) for day in range((last - first).days + 1))
    return sum(is_school_day(calendar, day) for day in days) >= SCHOOL_DAYS_LEAST


def letters(dossier: Dossier, today: date) -> list[Signed]:
    """Say how the responsibility letters of each level stand."""
    lines = dossier.of(Letter)
    return [_signed(level, [one for one in lines if one.level is level], today) for level in LetterLevel]


def _signed(level: LetterLevel, lines: Sequence[Letter], today: date) -> Signed:
    signed = [(one.signed, one.until) for one in lines if one.signed is not None and one.signed <= today]
    if not signed:
        return Signed(level, "not_signed" if lines else "undeclared")
    valid = [since for since, until in signed if until is None or today <= until]
    if valid:
        return Signed(level, day=max(valid))
    return Signed(level, "lapsed", max(until for _, until in signed if until is not None))


def open_hazards(dossier: Dossier) -> list[Hazard]:
    """List the hazards that nobody has seen gone."""
    return [one for one in dossier.of(Hazard) if one.state is not Progress.CLOSED]


def overdue_hazards(dossier: Dossier, today: date) -> list[Hazard]:
    """List the open hazards whose time is over, the longest overdue first."""
    late = [one for one in open_hazards(dossier) if one.due is not None and one.due < today]
    return sorted(late, key=lambda one: one.due or today)
