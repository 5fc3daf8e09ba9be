"""What became of check-ins from phones."""

from typing import Literal

from server.api.views.common import View


class CheckInResult(View, frozen=True, kw_only=True):
    """What became of one check-in; `accepted` covers those told twice."""

    id: str
    status: Literal["accepted", "refused"]
    reason: str
    rx: int  # When the server took it, by its own clock; 0 where it did not.
    late: bool  # It waited for more than five minutes on the telephone.


class CheckIns(View, frozen=True, kw_only=True):
    """What became of each check-in, in the order sent."""

    items: list[CheckInResult]
    skew_ms: int | None  # By how much the telephone's clock is ahead of the server's; null where it did not say.
    server_ms: int
