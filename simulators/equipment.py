"""The devices of one school, named and placed as an installer would."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from contract.identity import DeviceId, GatewayId, SchoolId
from contract.kinds import KINDS
from server.registry.model import Device
from simulators.school_kinds import Plan

CAMERAS_PER_RECORDER = 64  # A full-size recorder; more would starve its disks of the 30 days they must hold.
CAMERAS_PER_GATE = 2  # One for each direction, so that faces are seen coming and going.
CAMERAS_MIN = 2
_EDUCATION = "11"  # The industry digits of a GB/T 28181 id.
_CAMERA_PLACES = (
    "主通道", "教学楼一层", "教学楼二层", "教学楼三层", "东楼梯口", "西楼梯口", "操场", "食堂后厨", "食堂储藏室",
    "围墙东侧", "围墙西侧", "围墙北侧", "监控室", "宿舍出入口", "停车场", "实验室", "图书室", "配电房",
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


def equip(campus: Campus, rng: random.Random, numbers: Numbers) -> Iterator[Device]:
    """List every device of a school."""
    plan, gates = campus.plan, campus.gates

    def device(kind: str, name: str, label: str, place: str, at_gate: bool = False) -> Device:
        gb_id = numbers.give(campus.area_code, kind)
        return Device(campus.gateway, DeviceId(name), kind, campus.school, label, place, at_gate, gb_id)

    for number in range(1, plan.hosts + 1):
        yield device("alarm_host", f"host-{number}", f"一键报警主机{number}", "门卫室" if number == 1 else "监控室")
    for number, place in enumerate(islice(cycle(_BUTTON_PLACES), rng.randint(*plan.buttons)), 1):
        yield device("alarm_button", f"btn-{number}", f"一键报警按钮{number}", place)
    for number in range(1, gates + 1):
        yield device("gate", f"gate-{number}", f"{number}号门", f"{number}号门", at_gate=True)
        if campus.powered:
            yield device("barrier", f"bar-{number}", f"{number}号门升降柱", f"{number}号门外", at_gate=True)
    yield device("guard_post", "post-1", "门卫岗", "1号门")
    cameras = max(CAMERAS_MIN, round(plan.cameras * campus.scale * rng.uniform(0.6, 1.4)))
    at_gates = min(cameras, gates * CAMERAS_PER_GATE)
    for number in range(1, cameras + 1):
        at_gate = number <= at_gates
        place = f"{(number - 1) // CAMERAS_PER_GATE + 1}号门" if at_gate else _CAMERA_PLACES[number % len(_CAMERA_PLACES)]
        yield device("camera", f"cam-{number:03d}", f"{place}摄像机{number}", place, at_gate)
    for number in range(1, -(-cameras // CAMERAS_PER_RECORDER) + 1):
        yield device("recorder", f"nvr-{number}", f"录像机{number}", "监控室")
