"""Which schools an indicator asks about in a region, where the region decides otherwise than the policy's text."""

from dataclasses import replace
from typing import Any

from server.registry.record import UnitRecord
from server.registry.sheet import Column, Words, unit_sheet

# The indicators in `server/core/indicators/`, in the order of their columns.
INDICATORS = (
    "t1_networked",
    "t2_closed",
    "t3_guards_urban",
    "t4_guards_all",
    "t5_barrier",
    "t3_quota",
    "t4_quota",
    "guard_heads",
    "n4_escort",
    "i1_plans",
    "i2_drills",
    "i3_letters",
    "i4_hazards",
    "online",
    "intact",
    "recording",
    "camera_points",
    "device_files",
    "tested",
    "patrolled",
    "peak_manned",
    "answered",
    "rectified",
    "gaps_in_time",
)


class IndicatorScope(UnitRecord, frozen=True, kw_only=True, tag="scope"):
    """How one indicator's denominator is set in a unit and below it; the id is the indicator. Empty: as it is by itself."""

    kindergartens: bool | None = None  # Whether they are asked.
    urban_only: bool | None = None  # Whether only urban schools are.
    document: str = ""


def _says(line: Any) -> Words | None:
    if line.id not in INDICATORS:
        return (f"没有“{line.id}”这项指标", f"no indicator {line.id!r}; allowed: {', '.join(INDICATORS)}")
    if line.kindergartens is None and line.urban_only is None:
        return ("至少填写一项", "say at least one of the two")
    return None


SHEET = replace(
    unit_sheet(
        "scope",
        "指标统计范围",
        "Scope of indicators",
        IndicatorScope,
        "management",
        (
            Column("kindergartens", "含幼儿园", "Kindergartens counted", "空为按指标本身", "empty: as the indicator has it"),
            Column("urban_only", "仅城区", "Urban only", "空为按指标本身", "empty: as the indicator has it"),
            Column("document", "依据文号", "Document"),
        ),
        id=("指标", "Indicator"),
    ),
    line_check=_says,
)
