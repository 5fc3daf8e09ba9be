"""Devices that are online and do what they are there for: picture, recording and clock, no fault. Never above online."""

from collections.abc import Callable

from contract.records import Value
from server.core.bands import clock_right, gap_small
from server.core.equipment import (
    DEVICES,
    KINDS,
    MISSING,
    UNSURE,
    Finding,
    dated,
    has_equipment,
    off_by_plan,
    one_by_one,
    reached,
    work_turns,
)
from server.core.indicator import Group, Indicator, View
from server.core.liveness import DeviceState
from server.core.verdict import Verdict


def _usable(value: Value) -> bool | None:
    return None if value in (None, "not_diagnosable") else value == "good"


def _yes(value: Value) -> bool | None:
    return None if value is None else value is True


def _no(value: Value) -> bool | None:
    return None if value is None else value is False


def _no_fault(value: Value) -> bool | None:
    return None if value is None else value == 0


def _disk(value: Value) -> bool | None:
    return None if value is None else value != "fail"


Check = Callable[[Value], bool | None]  # None where it was not told, or tells nothing.
CHECKS: dict[str, tuple[tuple[str, Check, str], ...]] = {
    "camera": (
        ("picture", _usable, "picture.unusable"),
        ("recording", _yes, "recording.stopped"),
        ("clock_offset", clock_right, "clock.wrong"),
    ),
    "recorder": (
        ("recording", _yes, "recording.stopped"),
        ("gap", gap_small, "recording.gaps"),
        ("disk", _disk, "disk.failed"),
        ("clock_offset", clock_right, "clock.wrong"),
    ),
    "alarm_host": (("audio_ok", _yes, "audio.bad"), ("tamper", _no, "device.tampered")),
    "alarm_button": (("tamper", _no, "device.tampered"),),
    "barrier": (("fault_code", _no_fault, "device.fault"),),
    "gate": (("fault_code", _no_fault, "device.fault"),),
}


def find(device: DeviceState) -> Finding:
    """Find what a device is not fit for."""
    gone = reached(device)
    if gone is not None:
        return gone
    untold = False
    metrics = device.metrics
    for metric, check, reason in CHECKS.get(device.device.kind, ()):
        known = metrics.get(metric)
        well = check(known[0]) if known is not None else None
        if well is False:
            return MISSING, reason
        untold = untold or well is None
    return (UNSURE, "device.untold") if untold else None


def live(view: View, now: float) -> Verdict:
    """Judge each device by what it tells of itself."""
    return one_by_one(view.devices(*KINDS), find, off_by_plan(view, now))


INDICATOR = Indicator(
    name="intact",
    label="设备完好率",
    label_en="Devices intact",
    formula="在线且图像可用、录像完整、时钟准确、无故障的设备 ÷ (台账在用设备 − 豁免)；台账值：登记了安装日期的设备",
    formula_en="devices online with usable picture, whole recording, right clock and no fault / (devices in use - exempt);"
    " ledger: devices with the day they were put in",
    source="公安视频考核通行口径（完好率不高于在线率）；时钟偏差5秒据GB 50348类文件摘要",
    source_en="the practice of police video (intact is never above online); 5 s of clock error by summaries of GB 50348",
    ledger=dated,
    live=live,
    believed=("实时", "as told"),
    group=Group.QUALITY,
    counts=DEVICES,
    due=has_equipment,
    turns_at=work_turns,
    watches={
        **dict.fromkeys(KINDS, frozenset()),
        **{kind: frozenset(metric for metric, _, _ in checks) for kind, checks in CHECKS.items()},
    },
)
