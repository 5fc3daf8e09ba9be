"""Writes what is told of the device kinds elsewhere, from the kinds that both ends check values by.

docs/kinds.md is the page for people; dashboard/dev/kinds.json is what the dashboard's development server answers.

python -m scripts.kinds
"""

from pathlib import Path

import msgspec

from contract.kind import Kind, Metric, MetricType, Urgency
from contract.kinds import KINDS
from server.api.routes.kinds import kinds

ANSWER = Path(__file__).parent.parent / "dashboard" / "dev" / "kinds.json"
PAGE = Path(__file__).parent.parent / "docs" / "kinds.md"
INTRODUCTION = """# Device kinds

What a device of each kind tells. Written by `python -m scripts.kinds` from `contract/kinds/`; the same is served at
`GET /api/v1/kinds`. Units are UCUM. A value outside its range or words goes to quarantine; `null` (known to be absent) is
always allowed. Tell a metric on change, beyond its deadband, and at least once in its period.
"""
EXACT_BELOW = 1e9  # Larger bounds only say "any whole number that JSON keeps"; their digits tell a reader nothing.
HOUR, MINUTE = 3_600, 60


def page() -> str:
    """Give the whole page."""
    return "\n".join([INTRODUCTION, *(_section(KINDS[name]) for name in sorted(KINDS))])


def answer() -> bytes:
    """Give what the API answers to `GET /api/v1/kinds`."""
    return msgspec.json.encode(kinds()) + b"\n"


def _section(kind: Kind) -> str:
    urgency = "urgent: the station is told" if kind.urgency is Urgency.URGENT else "routine"
    lines = [
        f"## `{kind.name}` {kind.label} ({kind.label_en})",
        "",
        f"Silent for {_span(kind.silence_seconds)} it is offline, if its gateway is heard; {urgency}.",
        "",
        "| metric | 中文 | meaning | type | unit | allowed | period | deadband |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(metric) for metric in kind.metrics),
        "",
    ]
    return "\n".join(lines)


def _row(metric: Metric) -> str:
    measured = metric.type in (MetricType.INT, MetricType.FLOAT)
    cells = (
        f"`{metric.name}`",
        metric.label,
        metric.label_en,
        metric.type.value,
        metric.unit if measured else "",
        _allowed(metric),
        _span(metric.period_seconds),
        f"{metric.deadband:,.10g}" if metric.deadband else "",
    )
    return f"| {' | '.join(cells)} |"


def _allowed(metric: Metric) -> str:
    if metric.words:
        return ", ".join(f"`{word}`" for word in metric.words)
    if metric.low is None or metric.high is None:
        return ""
    low, high = (f"{bound:,.10g}" if abs(bound) < EXACT_BELOW else "any" for bound in (metric.low, metric.high))
    return "any" if low == high == "any" else f"{low} or more" if high == "any" else f"{low} to {high}"


def _span(seconds: int) -> str:
    if seconds % HOUR == 0:
        return f"{seconds // HOUR} h"
    return f"{seconds // MINUTE} min" if seconds % MINUTE == 0 and seconds > MINUTE else f"{seconds} s"


if __name__ == "__main__":
    PAGE.write_text(page())
    ANSWER.write_bytes(answer())
