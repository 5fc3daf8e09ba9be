"""Hazards in the surroundings of a school (校园周边隐患), each with the department that must end it."""

from datetime import date
from enum import StrEnum

from server.registry.departments import DEPARTMENTS, PROGRESS, Department, Progress
from server.registry.numbers import not_negative
from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet


class HazardKind(StrEnum):
    """What kind of hazard it is."""

    TRAFFIC = "traffic"
    STALLS = "stalls"
    VENUE = "venue"
    FOOD = "food"
    CONSTRUCTION = "construction"
    WATER = "water"
    DANGEROUS_GOODS = "dangerous_goods"
    PUBLIC_ORDER = "public_order"
    GEOLOGY = "geology"
    OTHER = "other"


KINDS: dict[HazardKind, Words] = {
    HazardKind.TRAFFIC: ("交通秩序", "Traffic"),
    HazardKind.STALLS: ("流动摊贩", "Street stalls"),
    HazardKind.VENUE: ("违规网吧、娱乐场所", "Internet bar or place of amusement"),
    HazardKind.FOOD: ("食品安全", "Food"),
    HazardKind.CONSTRUCTION: ("施工", "Construction"),
    HazardKind.WATER: ("危险水域", "Open water"),
    HazardKind.DANGEROUS_GOODS: ("危险品场所", "Dangerous goods"),
    HazardKind.PUBLIC_ORDER: ("治安", "Public order"),
    HazardKind.GEOLOGY: ("地质灾害点", "Landslide or subsidence"),
    HazardKind.OTHER: ("其他", "Other"),
}


class Hazard(SchoolRecord, frozen=True, kw_only=True, tag="hazard"):
    """One hazard; its owner is the department, and `closed` the day on which somebody saw that it is gone."""

    kind: HazardKind
    department: Department
    found: date
    place: str = ""
    distance_m: int | None = None  # From the gate, metres.
    state: Progress = Progress.OPEN
    due: date | None = None
    closed: date | None = None
    evidence: str = ""


SHEET = school_sheet(
    "hazard",
    "校园周边隐患",
    "Hazards in the surroundings",
    Hazard,
    "surroundings",
    (
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("place", "地点", "Place"),
        Column("distance_m", "距校门（米）", "Metres from the gate", check=not_negative),
        Column("found", "发现日期", "Found on"),
        Column("department", "责任部门", "Responsible department", choices=DEPARTMENTS),
        Column("state", "状态", "State", choices=PROGRESS),
        Column("due", "整改期限", "Due"),
        Column("closed", "销号日期", "Closed on"),
        Column("evidence", "证明材料", "Evidence", "文号或照片编号", "number of a document or photo"),
    ),
)
