"""Events from outside near one school's gate: police calls, traffic, fires."""

from server.registry.numbers import not_negative
from server.registry.outside import KINDS, LEVELS, LocalTime, OutsideKind, OutsideLevel, check_text
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet


class OutsideGate(SchoolRecord, frozen=True, kw_only=True, tag="outside_gate"):
    """One event near a school, in force from `begins` until `ends` (not included)."""

    source: str
    kind: OutsideKind
    level: OutsideLevel
    begins: LocalTime
    ends: LocalTime
    distance_m: int | None = None  # From the school's coordinates, metres.
    text: str = ""


SHEET = school_sheet(
    "outside_gate",
    "外部事件（校门周边）",
    "Outside events (near the gate)",
    OutsideGate,
    "surroundings",
    (
        Column("source", "来源", "Source"),
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("level", "等级", "Level", choices=LEVELS),
        Column("begins", "开始", "Begins", "北京时间", "Beijing time"),
        Column("ends", "结束", "Ends", "北京时间", "Beijing time"),
        Column("distance_m", "距离（米）", "Metres away", check=not_negative),
        Column("text", "内容", "Text", "不得含姓名、电话", "no names, no telephone numbers", check=check_text),
    ),
)
