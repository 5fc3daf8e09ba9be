"""In which key areas a school must have cameras, and how many at least."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.core.requirement import Rule, Version
from server.registry.model import School, SchoolKind

SECONDARY = frozenset({SchoolKind.JUNIOR, SchoolKind.NINE_YEAR, SchoolKind.SENIOR, SchoolKind.VOCATIONAL})
_SMALL = ("gate", "gate_outside", "perimeter")
_USUAL = (*_SMALL, "passage", "stairs", "canteen", "control_room", "sports_ground")
_BY_GATE = frozenset({"gate", "gate_outside"})  # One for each gate in use; elsewhere one for each area.


@dataclass(frozen=True, slots=True)
class Points:
    """Key areas by the kind of school; the names are those of a device's `area`."""

    areas: Mapping[SchoolKind, tuple[str, ...]]
    boarding: tuple[str, ...] = ()  # Where pupils board, these too.

    def of(self, school: School) -> dict[str, int]:
        """Give for each key area of one school how many cameras it needs at least."""
        areas = self.areas[school.kind] + (self.boarding if school.boarders else ())
        return {area: max(1, school.gates) if area in _BY_GATE else 1 for area in areas}


_BY_KIND: dict[SchoolKind, tuple[str, ...]] = {
    **dict.fromkeys(SchoolKind, _USUAL),
    **dict.fromkeys(SECONDARY, (*_USUAL, "hazardous_store")),
    SchoolKind.KINDERGARTEN: (*_SMALL, "passage", "canteen", "sports_ground"),
    SchoolKind.TEACHING_POINT: _SMALL,
}
_AREAS_SAY = "校门内外（每个校门）、周界、主要通道、楼梯、食堂、监控室、运动场；中学加危化品储存室；寄宿加宿舍出入口；"
_AREAS_SAY_EN = (
    "gate inside and outside (each gate), perimeter, main passages, stairs, canteen, control room, sports ground;"
    " secondary schools also the store of hazardous goods; boarding schools the dormitory entrance;"
)

RULE = Rule(
    name="camera_points",
    label="重点部位视频点位",
    label_en="Camera points by key area",
    variants={
        "national": (
            Version(
                Points(dict.fromkeys(SchoolKind, _SMALL)),
                says="校门内外（每个校门）、周界",
                says_en="gate inside and outside (each gate), perimeter",
                source="GB/T 29315-2012（据公开摘要）；点位数为本系统建议",
                source_en="GB/T 29315-2012 (by published summaries); the numbers are our proposal",
                proposal=True,
            ),
            Version(
                Points(_BY_KIND, boarding=("dormitory",)),
                says=f"{_AREAS_SAY}幼儿园、教学点从简",
                says_en=f"{_AREAS_SAY_EN} fewer at kindergartens and teaching points",
                source="GB/T 29315-2022重点部位清单（据公开摘要）；按学校类别的划分和点位数为本系统建议",
                source_en="GB/T 29315-2022's list of key areas (by summaries); kinds of school and numbers are our proposal",
                since=date(2022, 6, 1),
                proposal=True,
            ),
        ),
    },
)
