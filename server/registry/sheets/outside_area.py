"""Warnings from outside for a whole area: weather, traffic, public health."""

from server.registry.outside import KINDS, LEVELS, LocalTime, OutsideKind, OutsideLevel, check_text
from server.registry.record import UnitRecord
from server.registry.sheet import Column, unit_sheet


class OutsideArea(UnitRecord, frozen=True, kw_only=True, tag="outside_area"):
    """One event for every school below a unit, in force from `begins` until `ends` (not included)."""

    source: str
    kind: OutsideKind
    level: OutsideLevel
    begins: LocalTime
    ends: LocalTime
    text: str = ""


SHEET = unit_sheet(
    "outside_area",
    "外部预警（区域）",
    "Outside warnings (area)",
    OutsideArea,
    "surroundings",
    (
        Column("source", "来源", "Source"),
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("level", "等级", "Level", choices=LEVELS),
        Column("begins", "开始", "Begins", "北京时间", "Beijing time"),
        Column("ends", "结束", "Ends", "北京时间", "Beijing time"),
        Column("text", "内容", "Text", "不得含姓名、电话", "no names, no telephone numbers", check=check_text),
    ),
)
