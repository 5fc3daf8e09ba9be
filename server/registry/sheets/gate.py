"""The gates of a school as places; their contacts and barriers are devices."""

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet


class SchoolGate(SchoolRecord, frozen=True, kw_only=True, tag="gate"):
    """One gate."""

    name: str
    main: bool = False
    vehicles: bool = False
    in_use: bool = True


SHEET = school_sheet(
    "gate",
    "校门",
    "Gates",
    SchoolGate,
    "equipment",
    (
        Column("name", "名称", "Name"),
        Column("main", "主校门", "Main gate"),
        Column("vehicles", "通行机动车", "For vehicles"),
        Column("in_use", "使用中", "In use"),
    ),
)
