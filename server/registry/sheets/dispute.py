"""Acts against the order of a school (校闹), by the kinds of the opinion of five ministries (2019)."""

from datetime import date
from enum import StrEnum

from server.registry.departments import DEPARTMENTS, PROGRESS, Department, Progress
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet


class DisputeKind(StrEnum):
    """What was done."""

    ASSAULT = "assault"
    DAMAGE = "damage"
    OBSTRUCTION = "obstruction"
    CORPSE = "corpse"
    DETENTION = "detention"
    INTIMIDATION = "intimidation"
    WEAPONS = "weapons"
    OTHER = "other"


KINDS: dict[DisputeKind, Words] = {
    DisputeKind.ASSAULT: ("殴打、伤害", "Assault"),
    DisputeKind.DAMAGE: ("侵占、毁损设施", "Occupation or damage"),
    DisputeKind.OBSTRUCTION: ("堵门、拉横幅、摆花圈", "Blocked gate, banners, wreaths"),
    DisputeKind.CORPSE: ("停放尸体", "A corpse laid out"),
    DisputeKind.DETENTION: ("限制人身自由", "Detention"),
    DisputeKind.INTIMIDATION: ("跟踪、纠缠、恐吓", "Following or intimidation"),
    DisputeKind.WEAPONS: ("携带危险品、管制器具", "Dangerous goods or weapons"),
    DisputeKind.OTHER: ("其他扰乱秩序行为", "Other disturbance"),
}


class Dispute(SchoolRecord, frozen=True, kw_only=True, tag="dispute"):
    """One case; who took part stands in the police's files, never here."""

    kind: DisputeKind
    department: Department
    happened: date
    state: Progress = Progress.OPEN
    closed: date | None = None
    evidence: str = ""


SHEET = school_sheet(
    "dispute",
    "校闹事件",
    "Acts against the school's order",
    Dispute,
    "surroundings",
    (
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("happened", "发生日期", "Happened on"),
        Column("department", "牵头部门", "Leading department", choices=DEPARTMENTS),
        Column("state", "状态", "State", choices=PROGRESS),
        Column("closed", "办结日期", "Closed on"),
        Column("evidence", "文号", "Evidence", "文号，不写当事人", "a document number, nobody's name"),
    ),
)
