"""What became of check-ins from phones."""

from typing import Literal

from server.api.views.common import View


class CheckInResult(View, frozen=True, kw_only=True):
    """What became of one check-in; `accepted` covers those told twice."""

    id: str
    status: Literal["accepted", "refused"]
    reason: str


class CheckIns(View, frozen=True, kw_only=True):
    """What became of each check-in, in the order sent."""

    items: list[CheckInResult]
