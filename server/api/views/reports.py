"""Reports, the log of those that were given, and the league table."""

from typing import Literal

from server.api.views.common import Figure, View
from server.api.views.coverage import Counts


class ReportKind(View, frozen=True, kw_only=True):
    """A report that can be made, and of which branches."""

    id: str
    label: str
    label_en: str
    about: str
    about_en: str
    scopes: list[str]


class ReportGiven(View, frozen=True, kw_only=True):
    """One report that was given; `digest` is of what it says, `sha256` of the file, `frozen` of a frozen day."""

    number: int
    at: int
    by: str
    by_display: str
    report: str
    scope_kind: str
    scope: str
    scope_name: str
    scope_name_en: str
    day: str
    as_of: int
    frozen: str
    language: Literal["zh", "en"]
    form: Literal["html", "xlsx"]
    file: str
    digest: str
    sha256: str
    bytes: int


class Reports(View, frozen=True, kw_only=True):
    """What can be made, and one page of what was given within reach, newest first."""

    kinds: list[ReportKind]
    today: str
    given: list[ReportGiven]
    next: str | None


class LeagueRow(View, frozen=True, kw_only=True):
    """One place; `low` and `high` bound the rate in hundredths of a percent. Without a band: too few schools."""

    id: str
    name: str
    name_en: str
    counts: Counts
    counted: int
    low: int
    high: int
    band: int | None
    best: int | None
    worst: int | None


class League(View, frozen=True, kw_only=True):
    """The league table of one indicator and figure; places with fewer than `least` schools have no rank."""

    as_of: int
    by: Literal["county", "township", "sub_bureau", "station"]
    indicator: str
    figure: Figure
    least: int
    rows: list[LeagueRow]
