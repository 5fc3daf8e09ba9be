"""Past days: which are frozen, what changed between two, and at which pace a target is reached."""

from typing import Literal

from server.api.views.common import Figure, View
from server.api.views.coverage import CoverageBasis, VerdictView


class DayView(View, frozen=True, kw_only=True):
    """One frozen day; `late` says that it was missed and frozen afterwards."""

    on: str
    taken_at: int
    late: bool
    month_end: bool
    schools: int
    hash: str


class Days(View, frozen=True, kw_only=True):
    """The frozen days of a span; `today` is not over yet."""

    today: str
    items: list[DayView]


class WhyView(View, frozen=True, kw_only=True):
    """One edit of the registry (`what` is a sheet), or one alert that was raised (a rule)."""

    kind: Literal["registry", "alert"]
    at: int
    what: str
    target: str
    by: str
    reason: str
    effective: str


class Change(View, frozen=True, kw_only=True):
    """One figure of one school that is judged otherwise on the later day, and what happened in between."""

    school: str
    school_name: str
    school_name_en: str
    unit: str
    unit_name: str
    unit_name_en: str
    indicator: str
    figure: Figure
    before: VerdictView
    after: VerdictView
    why: list[WhyView]


class ChangeSum(View, frozen=True, kw_only=True):
    """How many schools came to be met by an indicator, how many are no more, and how many differ otherwise."""

    indicator: str
    figure: Figure
    gained: int
    lost: int
    other: int


class ChangePage(View, frozen=True, kw_only=True):
    """One page of what changed; `cut` says that more happened in between than was looked at for the reasons."""

    before: CoverageBasis
    after: CoverageBasis
    sums: list[ChangeSum]
    items: list[Change]
    next: str | None
    total: int
    cut: bool


class PacePoint(View, frozen=True, kw_only=True):
    """One frozen day of a unit: how many are met, of how many required and not exempt."""

    on: str
    met: int
    basis: int


class PaceRow(View, frozen=True, kw_only=True):
    """One indicator of one unit; dates are null where nothing can be said, and `outcome` says why."""

    unit: str
    name: str
    name_en: str
    indicator: str
    met: int
    basis: int
    outcome: Literal["already", "date", "not_at_this_pace", "too_few_days", "nothing_required"]
    per_week: float
    on: str | None
    earliest: str | None
    latest: str | None


class Pace(View, frozen=True, kw_only=True):
    """A unit and its children, and the days of the chosen one."""

    parent: str
    figure: Figure
    days: int
    as_of: str | None
    rows: list[PaceRow]
    points: list[PacePoint]
