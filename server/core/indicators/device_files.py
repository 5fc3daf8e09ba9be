"""Each device's line in the ledger is whole (一机一档), and the device it speaks of is there."""

import re

from contract.kinds import KINDS as DEVICE_KINDS
from server.core.equipment import DEVICES, KINDS, MISSING, UNSURE, Finding, has_equipment, never, one_by_one
from server.core.indicator import Group, Indicator, View
from server.core.liveness import DeviceState, Liveness
from server.core.verdict import Verdict
from server.registry.model import Device

NETWORKED = frozenset({"camera", "recorder"})  # What has addresses of its own.
_GB_ID = re.compile(r"[0-9]{20}")
_TYPE = slice(10, 13)  # Where a GB/T 28181 id says what it names.


def flaws_of(device: Device) -> tuple[str, ...]:
    """Name what a line lacks: id, place, key area, maker, addresses, date."""
    found: list[str] = []
    kind = DEVICE_KINDS.get(device.kind)
    code = kind.type_code if kind is not None else ""
    if code and (_GB_ID.fullmatch(device.gb_id) is None or device.gb_id[_TYPE] != code):
        found.append("file.gb_id")
    if not (device.name and device.place):
        found.append("file.place")
    if device.kind == "camera" and not device.area:
        found.append("file.area")
    if not (device.vendor and device.model):
        found.append("file.maker")
    if device.kind in NETWORKED and not (device.ip and device.mac):
        found.append("file.address")
    if device.installed is None:
        found.append("file.installed")
    return tuple(found)


def whole(state: DeviceState) -> Finding:
    """Find the first thing that a device's line lacks."""
    if state.flaws is None:
        state.flaws = flaws_of(state.device)
    return (MISSING, state.flaws[0]) if state.flaws else None


def _there(state: DeviceState) -> Finding:
    lacking = whole(state)
    if lacking is not None:
        return lacking
    if state.last_rx is not None:
        return None
    never_heard = state.liveness is Liveness.OFFLINE
    return (MISSING, "device.never_heard") if never_heard else (UNSURE, "device.not_heard_yet")


def ledger(view: View, _now: float) -> Verdict:
    """Judge each line by itself."""
    return one_by_one(view.devices(*KINDS), whole)


def live(view: View, _now: float) -> Verdict:
    """Judge each line with its device, which must have been heard."""
    return one_by_one(view.devices(*KINDS), _there)


INDICATOR = Indicator(
    name="device_files",
    label="一机一档合格率",
    label_en="Device records whole",
    formula="必填项齐全有效的设备档案 ÷ (台账在用设备 − 豁免)；实时值：档案合格且平台收到过该设备数据",
    formula_en="device records with every mandatory field valid / (devices in use - exempt);"
    " live: such records whose device has been heard",
    source="公安视频“一机一档”通行要求；必填项清单为本系统建议",
    source_en="the practice of police video, one record for one device; the list of required entries is our proposal",
    ledger=ledger,
    live=live,
    believed=("本次运行以来", "since it was first heard"),
    group=Group.QUALITY,
    counts=DEVICES,
    due=has_equipment,
    turns_at=never,
    watches=dict.fromkeys(KINDS, frozenset()),
)
