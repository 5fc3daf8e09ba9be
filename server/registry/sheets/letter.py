"""Responsibility letters (责任书) of the three levels: county with school, school with department, department with post."""

from datetime import date
from enum import StrEnum

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet


class LetterLevel(StrEnum):
    """Between whom a letter is."""

    COUNTY_SCHOOL = "county_school"
    SCHOOL_DEPARTMENT = "school_department"
    DEPARTMENT_POST = "department_post"


LEVELS: dict[LetterLevel, Words] = {
    LetterLevel.COUNTY_SCHOOL: ("县区—学校", "County with school"),
    LetterLevel.SCHOOL_DEPARTMENT: ("学校—部门", "School with department"),
    LetterLevel.DEPARTMENT_POST: ("部门—岗位", "Department with post"),
}


class Letter(SchoolRecord, frozen=True, kw_only=True, tag="letter"):
    """One letter, or all of one level that were signed together; not signed, it is only drawn up."""

    level: LetterLevel
    party: str = ""
    count: int = 1
    signed: date | None = None
    until: date | None = None
    evidence: str = ""


SHEET = school_sheet(
    "letter",
    "安全责任书",
    "Responsibility letters",
    Letter,
    "management",
    (
        Column("level", "层级", "Level", choices=LEVELS),
        Column("party", "责任方", "Party", "写部门或岗位，不写姓名", "an office or a post, not a name"),
        Column("count", "份数", "Letters"),
        Column("signed", "签订日期", "Signed on"),
        Column("until", "有效期至", "Valid until"),
        Column("evidence", "文号", "Evidence"),
    ),
)
