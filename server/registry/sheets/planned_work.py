"""Planned work (计划检修、停电): a span in which equipment of a school may be off. Presses ring as always."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from server.registry.moments import WRONG, instant, is_instant
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet

DAYS_MAX = 14  # Longer work is a new line with a new reason.
DAY_SECONDS = 86_400.0
SPAN: Words = (f"结束须晚于开始，且不超过{DAYS_MAX}天", f"it ends after it begins, and within {DAYS_MAX} days")
REASON: Words = ("请写明原因或文号", "say why, or by which document")


class WorkKind(StrEnum):
    """What is planned."""

    POWER_CUT = "power_cut"
    MAINTENANCE = "maintenance"
    NETWORK = "network"
    BUILDING = "building"


KINDS: dict[WorkKind, Words] = {
    WorkKind.POWER_CUT: ("计划停电", "Power cut"),
    WorkKind.MAINTENANCE: ("设备检修", "Maintenance"),
    WorkKind.NETWORK: ("网络割接", "Network"),
    WorkKind.BUILDING: ("施工改造", "Building"),
}


class PlannedWork(SchoolRecord, frozen=True, kw_only=True, tag="planned_work"):
    """One span of planned work at a school; with a device, at that alone."""

    kind: WorkKind
    begins: str  # 2026-03-02 08:00, Asia/Shanghai.
    ends: str
    device: str = ""  # Its id behind the school's gateway; empty for the whole school.
    reason: str = ""


def says(line: Any) -> Words | None:
    """Say what is wrong with the span and the reason of a line."""
    begins, ends = instant(line.begins), instant(line.ends)
    if begins is None or ends is None:
        return WRONG
    if not 0 < ends - begins <= DAYS_MAX * DAY_SECONDS:
        return SPAN
    return None if line.reason.strip() else REASON


COLUMNS = (
    Column("kind", "类别", "Kind", choices=KINDS),
    Column("begins", "开始", "Begins", "如 2026-03-02 08:00", "Beijing time, as 2026-03-02 08:00", check=is_instant),
    Column("ends", "结束", "Ends", "提前完工改此时刻", "set it earlier when the work is done", check=is_instant),
    Column("reason", "原因或文号", "Reason or document"),
)
DEVICE = Column("device", "设备", "Device", "空为全校", "empty: the whole school")

SHEET = replace(
    school_sheet("planned_work", "计划检修", "Planned work", PlannedWork, "equipment", (*COLUMNS[:3], DEVICE, COLUMNS[3])),
    line_check=says,
)
