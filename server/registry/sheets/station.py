"""The police branch of the tree: bureau, sub-bureaus, stations."""

from server.registry.model import Station, StationKind
from server.registry.sheet import Column, Sheet

KINDS = {
    StationKind.BUREAU: ("市局", "Bureau"),
    StationKind.SUB_BUREAU: ("分局或县局", "Sub-bureau"),
    StationKind.STATION: ("派出所", "Station"),
}

SHEET = Sheet(
    "station",
    "公安机关",
    "Police units",
    Station,
    ("id",),
    (
        Column("id", "机关代码", "Code"),
        Column("kind", "级别", "Level", choices=KINDS),
        Column("parent", "上级代码", "Parent"),
        Column("name", "名称", "Name"),
        Column("name_en", "英文名称", "Name in English"),
        Column("phone", "值班电话", "Duty telephone"),
    ),
    "registry",
)
