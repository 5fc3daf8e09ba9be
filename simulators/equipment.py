"""The devices of one school, named and placed as an installer would."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice

from contract.identity import DeviceId, GatewayId, SchoolId
from contract.kinds import KINDS
from server.registry.model import Device
from simulators.extras import EXTRAS
from simulators.plates import Plates
from simulators.school_kinds import Plan
from simulators.staff import ESCORT_READER

CAMERAS_PER_RECORDER = 64  # A full-size recorder; more would starve its disks of the 30 days they must hold.
CAMERAS_PER_GATE = 2  # One for each direction, so that faces are seen coming and going.
CAMERAS_MIN = 2
_EDUCATION = "11"  # The industry digits of a GB/T 28181 id.
# In the order in which a school buys cameras: the key areas of GB/T 29315-2022 first.
_CAMERA_PLACES = (
    ("主通道", "passage"), ("围墙东侧", "perimeter"), ("东楼梯口", "stairs"), ("食堂后厨", "canteen"),
    ("操场", "sports_ground"),
    ("监控室", "control_room"), ("宿舍出入口", "dormitory"), ("教学楼一层", "passage"), ("围墙西侧", "perimeter"),
    ("西楼梯口", "stairs"), ("食堂储藏室", "canteen"), ("停车场", "parking"), ("危化品储存室", "hazardous_store"),
    ("教学楼二层", "passage"), ("围墙北侧", "perimeter"), ("教学楼三层", "passage"), ("实验室", "other"),
    ("图书室", "other"), ("配电房", "other"),
)  # fmt: skip
_BUTTON_PLACES = ("门卫室", "监控室", "教学楼一层大厅", "校长室旁走廊", "宿舍值班室", "食堂", "操场看台", "实验楼大厅")


class Numbers:
    """Serial numbers of GB/T 28181 ids, counted by area and device type."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, str], int] = {}

    def give(self, area: str, kind: str) -> str:
        """Give the next 20-digit id, or nothing for kinds without a type code."""
        code = KINDS[kind].type_code
        if not code:
            return ""
        serial = self._next.get((area, code), 0) + 1
        self._next[area, code] = serial
        return f"{area}00{_EDUCATION}{code}0{serial:06d}"


@dataclass(frozen=True, slots=True)
class Campus:
    """What decides a school's equipment; `scale` multiplies its cameras, `powered` says whether its barriers report."""

    school: SchoolId
    gateway: GatewayId
    area_code: str
    plan: Plan
    gates: int
    powered: bool
    scale: float
    boarding: bool
    escorted: bool
    today: date


def equip(campus: Campus, rng: random.Random, numbers: Numbers) -> Iterator[Device]:  # A list of what there is.
    """List every device of a school."""
    plan, gates, plates = campus.plan, campus.gates, Plates(campus)

    def device(kind: str, name: str, label: str, place: str, at_gate: bool = False, area: str = "") -> Device:
        gb_id = numbers.give(campus.area_code, kind)
        known = Device(campus.gateway, DeviceId(name), kind, campus.school, label, place, at_gate, gb_id, area=area)
        return plates.written(known)

    for number in range(1, plan.hosts + 1):
        yield device("alarm_host", f"host-{number}", f"一键报警主机{number}", "门卫室" if number == 1 else "监控室")
    for number, place in enumerate(islice(cycle(_BUTTON_PLACES), rng.randint(*plan.buttons)), 1):
        yield device("alarm_button", f"btn-{number}", f"一键报警按钮{number}", place)
    for number in range(1, gates + 1):
        yield device("gate", f"gate-{number}", f"{number}号门", f"{number}号门", at_gate=True)
        if campus.powered:
            yield device("barrier", f"bar-{number}", f"{number}号门升降柱", f"{number}号门外", at_gate=True)
    yield device("guard_post", "post-1", "门卫岗", "1号门")
    if campus.escorted:
        yield device("guard_post", ESCORT_READER, "护学岗", "1号门外")
    cameras = max(CAMERAS_MIN, round(plan.cameras * campus.scale * rng.uniform(0.6, 1.4)))
    at_gates = min(cameras, gates * CAMERAS_PER_GATE)
    inside = cycle(place for place in _CAMERA_PLACES if campus.boarding or place[1] != "dormitory")
    for number in range(1, cameras + 1):
        at_gate = number <= at_gates
        if at_gate:  # Of each two one looks in and one looks out.
            place, area = f"{(number - 1) // CAMERAS_PER_GATE + 1}号门", ("gate_outside", "gate")[number % CAMERAS_PER_GATE]
        else:
            place, area = next(inside)
        yield device("camera", f"cam-{number:03d}", f"{place}摄像机{number}", place, at_gate, area)
    for number in range(1, -(-cameras // CAMERAS_PER_RECORDER) + 1):
        yield device("recorder", f"nvr-{number}", f"录像机{number}", "监控室")
    yield from (device(*extra) for extra in (EXTRAS if campus.boarding else ()))
