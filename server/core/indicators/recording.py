"""Recordings go back as many days as they must, without gaps."""

from server.core.bands import gap_small
from server.core.equipment import never
from server.core.indicator import Group, Indicator, View, declared, settle
from server.core.liveness import Liveness
from server.core.requirements import retention
from server.core.schedule import local_date
from server.core.verdict import Verdict


def ledger(view: View, now: float) -> Verdict:
    """Judge by the declaration and its evidence."""
    return declared(view, ("recording_kept",), now)


def live(view: View, now: float) -> Verdict:
    """Judge by each recorder: how old its earliest recording is, and what is missing of the day."""
    recorders = view.devices("recorder")
    if not recorders:
        return settle((), ("recorder.none",), None)
    need = retention.RULE.of(view.dossier, local_date(now)).of(view.school)
    missing: set[str] = set()
    unsure: set[str] = set()
    for recorder in recorders:
        days = recorder.value("retention")
        if recorder.liveness is Liveness.OFFLINE:
            missing.add("recorder.offline")
        elif recorder.liveness is not Liveness.LIVE or not isinstance(days, int | float):
            unsure.add("recording.untold")
        elif days < need:
            missing.add("recording.too_short")
        elif gap_small(recorder.value("gap")) is not True:
            (missing if gap_small(recorder.value("gap")) is False else unsure).add("recording.gaps")
    heard = [recorder.last_rx for recorder in recorders if recorder.last_rx is not None]
    return settle(sorted(missing), sorted(unsure), min(heard, default=None))


INDICATOR = Indicator(
    name="recording",
    label="录像完整率",
    label_en="Recordings complete",
    formula="录像保存天数达到要求（30天，反恐重点目标90天）且当日缺失不超过10分钟的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools whose recordings go back the days required (30; key targets 90), at most 10 min missing in the day"
    " / (required - exempt)",
    source="GB/T 29315（据公开摘要）、《反恐怖主义法》第三十二条；缺失10分钟为本系统建议",
    source_en="GB/T 29315 (by published summaries), Counter-Terrorism Law article 32; 10 min missing are our proposal",
    ledger=ledger,
    live=live,
    believed=("实时（每小时上报）", "as told each hour"),
    group=Group.QUALITY,
    turns_at=never,
    watches={"recorder": frozenset({"retention", "gap"})},
)
