"""What a factor of a risk profile is: it looks at a school and gives a level, with the reason in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.core.liveness import Home
from server.core.schedule import local_date
from server.core.verdict import Verdict
from server.registry.dossier import Dossier
from server.registry.model import Calendar, School

NAMED_MAX = 3  # Things named in one sentence; the others are counted.


class Level(StrEnum):
    """How much a factor weighs. Unknown is a value of its own: it is never drawn as none, and raises nothing."""

    NONE = "none"
    WATCH = "watch"
    WARN = "warn"
    UNKNOWN = "unknown"


class Group(StrEnum):
    """Which part of a school's safety a factor belongs to: early warnings ask for several parts at once."""

    DEVICES = "devices"
    FIGURES = "figures"
    INCIDENTS = "incidents"
    PEOPLE = "people"
    INSTITUTION = "institution"
    SURROUNDINGS = "surroundings"


@dataclass(frozen=True, slots=True)
class Past:
    """One real incident of the last 90 days; tests and drills never become one."""

    alert: str
    at: float
    gateway: str
    device: str
    cause: str  # Empty while nobody has resolved it.
    covert: bool = False  # Raised under threat: nothing at the school itself may tell of it.


@dataclass(frozen=True, slots=True)
class View:
    """What a factor may see of one school."""

    school: School
    home: Home
    calendar: Calendar
    verdicts: Mapping[str, tuple[Verdict, Verdict]]
    headlines: Sequence[tuple[str, str, str]]  # Name and both labels of each headline indicator.
    incidents: Sequence[Past] | None = None  # Newest first; None while the journal has not been read.
    not_met_since: Mapping[str, float] = field(default_factory=dict)  # Indicator -> since when its gap is open, if known.

    @property
    def dossier(self) -> Dossier:
        """Give what the ledger says of the school."""
        return self.home.dossier


@dataclass(frozen=True, slots=True)
class Link:
    """Where the evidence stands: a device, an indicator, an alert, the list of gaps, or a sheet of the ledger."""

    kind: str  # device, indicator, alert, gaps or sheet
    id: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a factor says, with its numbers and dates in one sentence of each language."""

    level: Level
    why: str
    why_en: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor. `rule` says in words when it is watch and when warn: nothing else decides."""

    name: str
    label: str
    label_en: str
    group: Group
    rule: str
    rule_en: str
    judge: Callable[[View, float], Judged]


def days_since(day: date, now: float) -> int:
    """Count the days from a day to today."""
    return (local_date(now) - day).days


def some(names: Sequence[str], joined: str = "、", more: str = "等") -> str:
    """Name the first few of some things."""
    shown = joined.join(names[:NAMED_MAX])
    return f"{shown}{more}" if len(names) > NAMED_MAX else shown


def many(count: int, one: str, several: str) -> str:
    """Say how many, in English: `1 hazard is`, `2 hazards are`."""
    return f"{count} {one if count == 1 else several}"


def local_time(now: float) -> datetime:
    """Give an instant as people of Asia/Shanghai write it, without a zone."""
    return datetime(1970, 1, 1) + timedelta(seconds=now + 8 * 3_600)  # noqa: DTZ001  # The zone is left out on purpose.
