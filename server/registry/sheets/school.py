"""Schools, with their validity: merged and closed ones stay, so that past days can be computed."""

from server.registry.model import Area, School, SchoolKind
from server.registry.sheet import Column, Sheet, Words

KINDS = {
    SchoolKind.KINDERGARTEN: ("幼儿园", "Kindergarten"),
    SchoolKind.PRIMARY: ("小学", "Primary"),
    SchoolKind.TEACHING_POINT: ("教学点", "Teaching point"),
    SchoolKind.JUNIOR: ("初级中学", "Junior secondary"),
    SchoolKind.NINE_YEAR: ("九年一贯制", "Nine-year"),
    SchoolKind.SENIOR: ("高级中学", "Senior secondary"),
    SchoolKind.VOCATIONAL: ("中等职业学校", "Vocational"),
    SchoolKind.SPECIAL: ("特殊教育学校", "Special"),
}
AREAS = {Area.URBAN: ("城区", "Urban"), Area.TOWN: ("镇区", "Town"), Area.RURAL: ("乡村", "Rural")}
DATUMS = {
    "WGS-84": ("WGS-84", "WGS-84"),
    "GCJ-02": ("GCJ-02（火星坐标）", "GCJ-02"),
    "CGCS2000": ("CGCS2000", "CGCS2000"),
}


def _latitude(value: float) -> Words | None:
    return None if -90 <= value <= 90 else ("纬度应在-90至90之间", "a latitude lies between -90 and 90")  # noqa: PLR2004


def _longitude(value: float) -> Words | None:
    return None if -180 <= value <= 180 else ("经度应在-180至180之间", "a longitude lies between -180 and 180")  # noqa: PLR2004


def _count(value: int) -> Words | None:
    return None if value >= 0 else ("不能为负数", "cannot be negative")


SHEET = Sheet(
    "school",
    "学校",
    "Schools",
    School,
    ("id",),
    (
        Column("id", "学校标识码", "School code", "教育部10位标识码", "the official 10 digits"),
        Column("name", "名称", "Name"),
        Column("name_en", "英文名称", "Name in English"),
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("area", "城乡分类", "Area", "111、112为城区", "111 and 112 are urban", choices=AREAS),
        Column("unit", "教育单位代码", "Education unit"),
        Column("station", "派出所代码", "Police station"),
        Column("pupils", "学生数", "Pupils", check=_count),
        Column("boarders", "寄宿生数", "Boarders", check=_count),
        Column("latitude", "纬度", "Latitude", check=_latitude),
        Column("longitude", "经度", "Longitude", check=_longitude),
        Column("datum", "坐标系", "Datum", choices=DATUMS),
        Column("address", "地址", "Address"),
        Column("contact", "安全值班", "Duty office", "写岗位，不写姓名", "an office, not a name", personal=True),
        Column("contact_phone", "值班电话", "Duty telephone", personal=True),
        Column("gates", "校门数", "Gates", check=_count),
        Column("guards_at_peak", "高峰应在岗保安", "Guards at peak", check=_count),
        Column("key_target", "反恐重点目标", "Key target", "录像须保存90天", "records are kept 90 days"),
        Column("central", "所属中心校", "Central school", "教学点填写", "of a teaching point"),
        Column("opened", "启用日期", "Opened"),
        Column("closed", "停办日期", "Closed", "当日起不再计入", "not counted from that day on"),
        Column("merged_into", "并入学校", "Merged into"),
    ),
    "registry",
)
