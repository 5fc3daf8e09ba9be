"""The ledger of drills that were held. What was real never stands here: it is an incident, with a history of its own."""

from datetime import date
from enum import StrEnum

from server.registry.numbers import not_negative
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet


class DrillKind(StrEnum):
    """What was practised."""

    EVACUATION = "evacuation"
    VIOLENCE = "violence"
    FIRE = "fire"
    EARTHQUAKE = "earthquake"
    WEATHER = "weather"
    ALARM = "alarm"
    OTHER = "other"


class DrillMode(StrEnum):
    """How a line's presses were meant, in the words of the wire; there is no `real` among them."""

    DRILL = "drill"
    TEST = "test"


KINDS: dict[DrillKind, Words] = {
    DrillKind.EVACUATION: ("应急疏散", "Evacuation"),
    DrillKind.VIOLENCE: ("防暴力侵害", "Against violence"),
    DrillKind.FIRE: ("消防", "Fire"),
    DrillKind.EARTHQUAKE: ("防震", "Earthquake"),
    DrillKind.WEATHER: ("防台防汛", "Storm and flood"),
    DrillKind.ALARM: ("一键报警", "One-key alarm"),
    DrillKind.OTHER: ("其他", "Other"),
}
MODES: dict[DrillMode, Words] = {DrillMode.DRILL: ("演练", "Drill"), DrillMode.TEST: ("测试", "Test")}


class Drill(SchoolRecord, frozen=True, kw_only=True, tag="drill"):
    """One drill or test that was held; a test of the alarm is no drill and is counted as none."""

    kind: DrillKind
    held_on: date
    mode: DrillMode = DrillMode.DRILL
    people: int = 0
    minutes: int = 0
    evidence: str = ""


SHEET = school_sheet(
    "drill",
    "演练台账",
    "Drills",
    Drill,
    "management",
    (
        Column("kind", "科目", "Kind", choices=KINDS),
        Column("held_on", "日期", "Held on"),
        Column("mode", "性质", "Mode", "真实警情不得填入本表", "what was real does not belong here", choices=MODES),
        Column("people", "人数", "People", check=not_negative),
        Column("minutes", "时长（分钟）", "Minutes", check=not_negative),
        Column("evidence", "证明材料", "Evidence", "方案或照片编号", "number of a plan or photo"),
    ),
)
