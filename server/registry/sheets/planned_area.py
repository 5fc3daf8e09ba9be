"""Planned work of a whole unit, such as a power cut that the grid has announced for a township: it holds at every school."""

from dataclasses import replace

from server.registry.record import UnitRecord
from server.registry.sheet import unit_sheet
from server.registry.sheets.planned_work import COLUMNS, WorkKind, says


class PlannedArea(UnitRecord, frozen=True, kw_only=True, tag="planned_area"):
    """One span of planned work of a unit."""

    kind: WorkKind
    begins: str  # 2026-03-02 08:00, Asia/Shanghai.
    ends: str
    reason: str = ""


SHEET = replace(
    unit_sheet("planned_area", "区域计划停电检修", "Planned work of an area", PlannedArea, "equipment", COLUMNS),
    line_check=says,
)
