"""The evidence of an alert: timeline, trace, attachments, hold."""

from typing import Literal

from contract.records import Value
from server.api.views.common import View


class EvidenceEntry(View, frozen=True, kw_only=True):
    """One line of the timeline: `t` by the school's clock where it has one, `rx` when the server knew."""

    t: int | None
    rx: int
    kind: str
    what: str
    by: str
    by_display: str
    role: str
    ref: str
    note: str
    detail: dict[str, str]


class EvidenceSeries(View, frozen=True, kw_only=True):
    """One metric of one device: t, rx, clock quality and value of each reading."""

    gateway: str
    device: str
    kind: str
    name: str
    place: str
    metric: str
    label: str
    label_en: str
    unit: str
    points: list[tuple[int, int, int, Value]]


class EvidenceQuiet(View, frozen=True, kw_only=True):
    """A stretch of which the readings do not tell, or in which a camera saw nothing."""

    gateway: str
    device: str
    name: str
    start: int
    end: int
    why: str
    detail: str


class EvidenceTrace(View, frozen=True, kw_only=True):
    """The readings around the presses; `source` is empty where they have left the database."""

    source: str
    frozen: bool
    taken: int
    whole: bool
    spans: list[tuple[int, int]]
    spans_left_out: int
    points_left_out: int
    devices: int
    devices_left_out: int
    series: list[EvidenceSeries]
    quiet: list[EvidenceQuiet]


class EvidenceAttachment(View, frozen=True, kw_only=True):
    """One attachment; `removed_at` says that it was marked as removed, `expired` that its bytes are gone."""

    id: str
    at: int
    by: str
    by_display: str
    name: str
    note: str
    kind: str
    source: str
    media_type: str
    sha256: str
    bytes: int
    removed_at: int | None
    removed_by: str
    removed_why: str
    expired: bool


class EvidenceHold(View, frozen=True, kw_only=True):
    """A hold that stands; `asked_by` wants it lifted, which another person decides."""

    alert: str
    school: str
    school_name: str
    school_name_en: str
    placed_at: int
    placed_by: str
    reason: str
    asked_at: int | None
    asked_by: str
    asked_why: str


class Evidence(View, frozen=True, kw_only=True):
    """The evidence of one alert; `may` is what this user may do with it."""

    alert: str
    as_of: int
    entries: list[EvidenceEntry]
    entries_left_out: int
    trace: EvidenceTrace
    attachments: list[EvidenceAttachment]
    hold: EvidenceHold | None
    may: list[Literal["attach", "remove", "take", "hold", "ask_lift", "lift"]]


class EvidenceHolds(View, frozen=True, kw_only=True):
    """The holds within reach that stand, and what is kept in all."""

    items: list[EvidenceHold]
    files: int
    bytes: int
    traces: int
    holds: int
