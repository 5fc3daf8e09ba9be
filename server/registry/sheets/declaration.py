"""What the ledger says is in place at a school, item by item, with its evidence."""

from datetime import date

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet

ITEMS = {
    "closed_perimeter": ("围墙封闭", "Perimeter closed"),
    "closed_gate_control": ("校门管控", "Gates controlled"),
    "closed_gate_room_24h": ("门卫室24小时值守", "Gate room manned day and night"),
    "closed_visitor_registration": ("来访登记", "Visitors registered"),
    "closed_in_class": ("上课期间封闭", "Closed in class hours"),
    "video_networked": ("视频联网公安", "Video networked with police"),
    "alarm_networked": ("一键报警联网公安", "One-key alarm networked with police"),
    "guard_post_staffed": ("保安岗位在岗", "Guard post staffed"),
    "recording_kept": ("录像保存达标", "Recordings kept long enough"),
    "alarm_tested": ("试警记录", "Alarm test on record"),
    "barrier": ("校门防冲撞设施", "Gate anti-ram facility"),
    "surroundings_checked": ("校园周边隐患排查", "Surroundings looked at for hazards"),
}


class Declaration(SchoolRecord, frozen=True, kw_only=True, tag="declaration"):
    """Whether an item is in place, by which evidence, and until when that holds; the id is the item."""

    in_place: bool
    evidence: str = ""  # A document or photo reference; never a file's content.
    photo_sha256: str = ""  # Of the photo, where that is the evidence: it shows that no other was put in its place.
    dated: date | None = None
    expires: date | None = None


SHEET = school_sheet(
    "declaration",
    "四防设施申报",
    "Declared items",
    Declaration,
    "equipment",
    (
        Column("in_place", "是否到位", "In place"),
        Column("evidence", "证明材料", "Evidence", "文号或照片编号", "number of a document or photo"),
        Column("photo_sha256", "照片摘要", "Photo digest", "SHA-256，64位十六进制", "SHA-256, 64 hex digits"),
        Column("dated", "证明日期", "Dated"),
        Column("expires", "有效期至", "Valid until"),
    ),
    id_choices=ITEMS,
    id=("项目", "Item"),
)
