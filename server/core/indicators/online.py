"""Devices of the ledger that can be heard now."""

from server.core.equipment import DEVICES, KINDS, dated, has_equipment, off_by_plan, one_by_one, reached, work_turns
from server.core.indicator import Group, Indicator, View
from server.core.verdict import Verdict


def live(view: View, now: float) -> Verdict:
    """Judge by what is heard: a device behind a silent gateway is unknown and counts; one in planned work does not count."""
    return one_by_one(view.devices(*KINDS), reached, off_by_plan(view, now))


INDICATOR = Indicator(
    name="online",
    label="设备在线率",
    label_en="Devices online",
    formula="在线设备 ÷ (台账在用设备 − 豁免)；台账值：登记了安装日期的设备",
    formula_en="devices heard now / (devices in use - exempt); ledger: devices with the day they were put in",
    source="GB/T 28181心跳规则（60秒×3次，据公开摘要）；公安视频考核通行口径",
    source_en="GB/T 28181 keepalives (60 s, three times, by published summaries); the practice of police video",
    ledger=dated,
    live=live,
    believed=("实时", "as heard"),
    group=Group.QUALITY,
    counts=DEVICES,
    due=has_equipment,
    turns_at=work_turns,
    watches=dict.fromkeys(KINDS, frozenset()),
)
