"""Device kinds, and one metric over time."""

from server.api.views.common import View


class Series(View, frozen=True, kw_only=True):
    """A metric over time, thinned to the asked number of points; booleans are 1 and 0."""

    unit: str
    points: list[tuple[int, float | str]]


class MetricKind(View, frozen=True, kw_only=True):
    """One metric of a device kind."""

    name: str
    label: str
    label_en: str
    type: str
    unit: str
    low: float | None
    high: float | None
    words: list[str]


class KindView(View, frozen=True, kw_only=True):
    """One device kind with its labels and metrics."""

    name: str
    label: str
    label_en: str
    pillar: str
    urgency: str
    metrics: list[MetricKind]


class Kinds(View, frozen=True, kw_only=True):
    """Every device kind the server knows."""

    items: list[KindView]
