"""A school's safety in writing (制度防): its rules and emergency plans, and when each must be looked at again."""

from datetime import date
from enum import StrEnum

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, Words, school_sheet


class DocumentKind(StrEnum):
    """What a document is for; those that begin with `plan` are emergency plans."""

    RULE_GATE = "rule_gate"
    RULE_DUTY = "rule_duty"
    RULE_INSPECTION = "rule_inspection"
    RULE_DORMITORY = "rule_dormitory"
    RULE_BUS = "rule_bus"
    RULE_OTHER = "rule_other"
    PLAN_GENERAL = "plan_general"
    PLAN_VIOLENCE = "plan_violence"
    PLAN_FIRE = "plan_fire"
    PLAN_DISASTER = "plan_disaster"
    PLAN_CROWD = "plan_crowd"
    PLAN_HEALTH = "plan_health"
    PLAN_OTHER = "plan_other"


KINDS: dict[DocumentKind, Words] = {
    DocumentKind.RULE_GATE: ("门卫与来访管理制度", "Rules of gate and visitors"),
    DocumentKind.RULE_DUTY: ("值班巡逻制度", "Rules of duty and patrol"),
    DocumentKind.RULE_INSPECTION: ("隐患排查制度", "Rules of inspection"),
    DocumentKind.RULE_DORMITORY: ("宿舍管理制度", "Rules of the dormitory"),
    DocumentKind.RULE_BUS: ("校车管理制度", "Rules of the school bus"),
    DocumentKind.RULE_OTHER: ("其他安全制度", "Other safety rules"),
    DocumentKind.PLAN_GENERAL: ("突发事件总体预案", "General emergency plan"),
    DocumentKind.PLAN_VIOLENCE: ("防暴力侵害预案", "Plan against violence"),
    DocumentKind.PLAN_FIRE: ("消防疏散预案", "Fire and evacuation plan"),
    DocumentKind.PLAN_DISASTER: ("自然灾害预案", "Plan for natural disasters"),
    DocumentKind.PLAN_CROWD: ("防拥挤踩踏预案", "Plan against crushes"),
    DocumentKind.PLAN_HEALTH: ("公共卫生预案", "Public health plan"),
    DocumentKind.PLAN_OTHER: ("其他预案", "Other plan"),
}


class Document(SchoolRecord, frozen=True, kw_only=True, tag="document"):
    """One document; without an approval it is a draft and not in force."""

    kind: DocumentKind
    title: str = ""
    approved: date | None = None
    review_due: date | None = None  # The last day on which it holds without having been looked at again.
    evidence: str = ""  # A document number; never a file's content.


SHEET = school_sheet(
    "document",
    "制度与预案",
    "Rules and emergency plans",
    Document,
    "management",
    (
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("title", "名称", "Title"),
        Column("approved", "批准日期", "Approved on", "未批准的不生效", "without it, it is not in force"),
        Column("review_due", "应复审日期", "Review due"),
        Column("evidence", "文号", "Evidence", "文号，不附正文", "a document number"),
    ),
)
