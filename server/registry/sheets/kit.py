"""The protective kit of a school's guards, with its expiry: expired spray and lent-out kit are what visits find."""

from datetime import date

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet

ITEMS = {
    "helmet": ("防暴头盔", "Riot helmet"),
    "shield": ("防护盾牌", "Shield"),
    "vest": ("防刺背心", "Stab-proof vest"),
    "gloves": ("防割手套", "Cut-proof gloves"),
    "baton": ("橡胶警棍", "Rubber baton"),
    "torch": ("强光电筒", "Torch"),
    "spray": ("自卫喷雾剂", "Defence spray"),
    "fork": ("安全钢叉", "Steel fork"),
    "radio": ("对讲机", "Radio"),
    "whistle": ("口哨", "Whistle"),
}


class Kit(SchoolRecord, frozen=True, kw_only=True, tag="kit"):
    """Some pieces of one item."""

    item: str
    count: int = 1
    expires: date | None = None
    checked: date | None = None


SHEET = school_sheet(
    "kit",
    "保安装备",
    "Guard kit",
    Kit,
    "people",
    (
        Column("item", "装备", "Item", choices=ITEMS),
        Column("count", "数量", "Count"),
        Column("expires", "有效期至", "Valid until"),
        Column("checked", "检查日期", "Checked on"),
    ),
)
