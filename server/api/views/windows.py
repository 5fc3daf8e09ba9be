"""Declared tests and drills."""

from typing import Literal

from server.api.views.alerts import Alert
from server.api.views.common import View
from server.drills.window import WindowMove, WindowState


class WindowView(View, frozen=True, kw_only=True):
    """One test or drill: between `start` and `until` a press of its buttons is no real one, if it is approved.

    `moves` are what this user may ask for now.
    """

    id: str
    mode: Literal["test", "drill"]
    school: str
    devices: list[tuple[str, str]]
    start: int
    end: int
    until: int  # When it stops to count: its end, or when it was ended before that.
    state: WindowState
    version: int
    asked_by: str
    asked_by_display: str
    asked_at: int
    approved_by: str
    approved_by_display: str
    approved_at: int | None
    note: str
    moves: list[WindowMove]


class Windows(View, frozen=True, kw_only=True):
    """Tests and drills within reach: those that stand, the next first; or past ones, the newest first."""

    items: list[WindowView]
    next: str | None


class WindowStep(View, frozen=True, kw_only=True):
    """One move on record."""

    at: int
    move: WindowMove
    state: WindowState
    by: str
    role: str
    note: str


class WindowDetail(View, frozen=True, kw_only=True):
    """One test or drill with its history, what was pressed in it, and what rang as real beside it."""

    window: WindowView
    history: list[WindowStep]
    alerts: list[Alert]


class OpenWindow(View, frozen=True, kw_only=True):
    """A test or drill that is under way, for the line that every screen of its branch shows."""

    id: str
    mode: Literal["test", "drill"]
    school: str
    start: int
    until: int
    buttons: int
