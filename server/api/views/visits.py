"""Supervision visits, and the draws that chose schools for them."""

from server.api.views.common import View
from server.api.views.gaps import GapLine
from server.gaps.visits import VisitState


class VisitView(View, frozen=True, kw_only=True):
    """One visit; `may` are the acts that the caller may ask for now."""

    id: str
    school: str
    school_name: str
    school_name_en: str
    unit: str
    county: str
    day: str
    state: VisitState
    draw: str
    planned_by_display: str
    planned: int
    begun_by_display: str
    begun: int | None
    ended: int | None
    findings: int
    note: str
    hidden: bool
    may: list[str]


class Visits(View, frozen=True, kw_only=True):
    """One page of visits, the newest day first."""

    items: list[VisitView]
    next: str | None


class VisitDetail(View, frozen=True, kw_only=True):
    """One visit with what it found."""

    visit: VisitView
    findings: list[GapLine]


class DrawView(View, frozen=True, kw_only=True):
    """One draw with its proof."""

    id: str
    seed: str
    unit: str
    count: int
    list_hash: str
    list_size: int
    by_display: str
    at: int
    schools: list[str]


class Draws(View, frozen=True, kw_only=True):
    """The newest draws."""

    items: list[DrawView]
