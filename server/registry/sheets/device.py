"""Every device of the four kinds and of N, one line each (一机一档)."""

import re

from contract.kinds import KINDS
from server.registry.model import Device
from server.registry.sheet import Column, Sheet, Words

# The key areas in which GB/T 29315-2022 wants cameras.
AREAS = {
    "": ("", ""),
    "gate": ("校门出入口", "Gate"),
    "gate_outside": ("校门外", "Outside the gate"),
    "perimeter": ("周界", "Perimeter"),
    "passage": ("主要通道", "Main passage"),
    "stairs": ("楼梯", "Stairs"),
    "dormitory": ("宿舍出入口", "Dormitory entrance"),
    "canteen": ("食堂", "Canteen"),
    "hazardous_store": ("危化品储存室", "Store of hazardous goods"),
    "control_room": ("监控室", "Control room"),
    "sports_ground": ("运动场", "Sports ground"),
    "parking": ("停车场", "Parking"),
    "other": ("其他", "Other"),
}
KINDS_NAMED = {kind.name: (kind.label, kind.label_en) for kind in KINDS.values()}
_GB_ID = re.compile(r"[0-9]{20}")
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


def _gb_id(value: str) -> Words | None:
    if not value or _GB_ID.fullmatch(value):
        return None
    return ("应为20位数字（GB/T 28181）", "20 digits (GB/T 28181)")


def _mac(value: str) -> Words | None:
    if not value or _MAC.fullmatch(value):
        return None
    return ("应为 aa:bb:cc:dd:ee:ff 形式", "like aa:bb:cc:dd:ee:ff")


SHEET = Sheet(
    "device",
    "设备",
    "Devices",
    Device,
    ("gateway", "id"),
    (
        Column("gateway", "网关编号", "Gateway"),
        Column("id", "设备编号", "Device"),
        Column("kind", "类别", "Kind", choices=KINDS_NAMED),
        Column("school", "学校标识码", "School code"),
        Column("name", "名称", "Name"),
        Column("place", "位置", "Place"),
        Column("at_gate", "位于校门", "At the gate"),
        Column("gb_id", "国标编码", "GB/T 28181 id", "20位", "20 digits", check=_gb_id),
        Column("area", "重点区域", "Key area", choices=AREAS),
        Column("vendor", "厂商", "Vendor"),
        Column("model", "型号", "Model"),
        Column("ip", "IP地址", "IP address"),
        Column("mac", "MAC地址", "MAC address", check=_mac),
        Column("installed", "安装日期", "Installed on"),
        Column("decommissioned", "已停用", "Out of use"),
    ),
    "equipment",
)
