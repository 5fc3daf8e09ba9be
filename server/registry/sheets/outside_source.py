"""Services that may tell of outside events, each for its branch; their keys are drawn by a command and kept as digests."""

from server.registry.record import UnitRecord
from server.registry.sheet import Column, unit_sheet


class OutsideSource(UnitRecord, frozen=True, kw_only=True, tag="outside_source"):
    """One service; it may tell of what lies in its unit and below. Without a key it may tell nothing."""

    note: str = ""
    key_hash: str = ""


SHEET = unit_sheet(
    "outside_source",
    "外部数据来源",
    "Outside sources",
    OutsideSource,
    "surroundings",
    (
        Column("note", "说明", "Note", "单位和系统，不写姓名", "an office and a system, not a name"),
        Column("key_hash", "密钥摘要", "Key digest", hidden=True),
    ),
    id=("来源", "Source"),
)
