"""The posts that guards stand on, and the 护学岗 that police and parents man at the peaks."""

from server.registry.record import SchoolRecord
from server.registry.sheet import Column, school_sheet

KINDS = {
    "gate_room": ("门卫室", "Gate room"),
    "control_room": ("监控室", "Control room"),
    "patrol": ("巡逻岗", "Patrol"),
    "escort": ("护学岗", "Peak-hour police post"),
}


class Post(SchoolRecord, frozen=True, kw_only=True, tag="post"):
    """One post; `device` is the guard post device that its check-ins come by, if there is one."""

    kind: str
    place: str = ""
    guards: int = 1  # How many stand there.
    round_the_clock: bool = False
    device: str = ""


SHEET = school_sheet(
    "post",
    "岗位",
    "Posts",
    Post,
    "people",
    (
        Column("kind", "类别", "Kind", choices=KINDS),
        Column("place", "位置", "Place"),
        Column("guards", "人数", "Guards"),
        Column("round_the_clock", "24小时", "Day and night"),
        Column("device", "岗位设备编号", "Post device"),
    ),
)
