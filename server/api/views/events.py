"""What the stream tells."""

from typing import Literal

from server.api.views.alerts import Alert
from server.api.views.common import Figure, Letter, Liveness, View

ResetReason = Literal["overflow", "replay_lost", "roster", "session"]


class HelloEvent(View, frozen=True, kw_only=True):
    """The stream's first event."""

    epoch: str
    seq: int
    server_ms: int
    heartbeat_s: int


class AlertsEvent(View, frozen=True, kw_only=True):
    """Alerts that are new or moved, and ids that left the picture."""

    seq: int
    up: list[Alert]
    gone: list[str]


class CoverageEvent(View, frozen=True, kw_only=True):
    """Cells that changed: school_ix, indicator_ix, figure, letter."""

    seq: int
    c: list[tuple[int, int, Figure, Letter]]


class LivenessEvent(View, frozen=True, kw_only=True):
    """Schools whose gateway changed: school_ix, liveness."""

    seq: int
    g: list[tuple[int, Liveness]]


class ResetEvent(View, frozen=True, kw_only=True):
    """The picture cannot be continued: start again from /bootstrap."""

    reason: ResetReason
