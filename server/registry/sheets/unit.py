"""The education branch of the tree: city, counties with the port zone, townships."""

from server.registry.model import Unit, UnitKind
from server.registry.sheet import Column, Sheet

KINDS = {
    UnitKind.CITY: ("市", "City"),
    UnitKind.COUNTY: ("县区", "County or district"),
    UnitKind.TOWNSHIP: ("乡镇街道", "Township"),
}

SHEET = Sheet(
    "unit",
    "教育单位",
    "Education units",
    Unit,
    ("id",),
    (
        Column("id", "单位代码", "Code", "行政区划代码，无则自编", "GB/T 2260 code, or one of your own"),
        Column("kind", "级别", "Level", choices=KINDS),
        Column("parent", "上级代码", "Parent"),
        Column("name", "名称", "Name"),
        Column("name_en", "英文名称", "Name in English"),
    ),
    "registry",
)
