"""How the service itself does."""

from typing import Literal

from server.api.views.common import View


class StreamStats(View, frozen=True, kw_only=True):
    """How the stream does."""

    clients: int
    channels: int
    sent: int
    resets: int
    replays: int


class HistoryStats(View, frozen=True, kw_only=True):
    """How far the history store is behind the journal."""

    behind: int
    store: str


class AuditStats(View, frozen=True, kw_only=True):
    """What the last audit found; `ended` is 0 before the first."""

    ended: int
    passed: bool
    differences: int
    running: bool


class Stats(View, frozen=True, kw_only=True):
    """The counters of the data-health view."""

    ingest: dict[str, int]
    dead_letters: int
    lag_ms: int
    streams: StreamStats
    history: HistoryStats
    audit: AuditStats | None
    build: str


class Health(View, frozen=True, kw_only=True):
    """Whether the process lives, or is ready; `parts` names what is not."""

    status: Literal["ok", "unavailable"]
    parts: dict[str, str]
