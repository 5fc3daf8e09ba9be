"""Declared tests and drills."""

from typing import Literal

from server.api.views.common import View


class WindowView(View, frozen=True, kw_only=True):
    """A declared test or drill."""

    id: str
    mode: Literal["test", "drill"]
    school: str
    devices: list[tuple[str, str]]
    start: int
    end: int
    approved_by: str


class Windows(View, frozen=True, kw_only=True):
    """The declared tests and drills that have not ended."""

    items: list[WindowView]
