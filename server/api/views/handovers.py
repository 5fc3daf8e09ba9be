"""Shift handovers of the caller's own post."""

from typing import Literal

from server.api.views.alerts import Alert
from server.api.views.common import View

Sound = Literal["heard", "not_heard", "not_tried"]


class Colleague(View, frozen=True, kw_only=True):
    """An account of the same post."""

    name: str
    display: str


class HandoverView(View, frozen=True, kw_only=True):
    """One handover, as it is on record."""

    id: str
    at: int
    outgoing: str
    incoming: str
    open: int
    seen: list[str]
    sound: Sound
    note: str


class Handovers(View, frozen=True, kw_only=True):
    """What the incoming officer must see, who may hand over, and the newest handovers.

    `urgent` are the open alerts of levels 1 and 2 within reach; each must be acknowledged as seen.
    """

    urgent: list[Alert]
    open: int
    colleagues: list[Colleague]
    items: list[HandoverView]
