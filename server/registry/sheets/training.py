"""Safety training that was held: for whom, when, how long."""

from datetime import date
from enum import StrEnum

from server.registry.numbers import not_negative
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet


class TrainingKind(StrEnum):
    """Who was trained."""

    GUARDS = "guards"
    STAFF = "staff"
    PUPILS = "pupils"
    PARENTS = "parents"


KINDS: dict[TrainingKind, Words] = {
    TrainingKind.GUARDS: ("保安员培训", "Guards"),
    TrainingKind.STAFF: ("教职工培训", "Staff"),
    TrainingKind.PUPILS: ("学生安全教育", "Pupils"),
    TrainingKind.PARENTS: ("家长安全教育", "Parents"),
}


class Training(SchoolRecord, frozen=True, kw_only=True, tag="training"):
    """One training that was held."""

    kind: TrainingKind
    held_on: date
    subject: str = ""
    people: int = 0
    minutes: int = 0
    evidence: str = ""


SHEET = school_sheet(
    "training",
    "安全培训",
    "Training",
    Training,
    "management",
    (
        Column("kind", "对象", "For whom", choices=KINDS),
        Column("held_on", "日期", "Held on"),
        Column("subject", "内容", "Subject"),
        Column("people", "人数", "People", check=not_negative),
        Column("minutes", "时长（分钟）", "Minutes", check=not_negative),
        Column("evidence", "证明材料", "Evidence", "签到表或照片编号", "number of a sign-in sheet or photo"),
    ),
)
