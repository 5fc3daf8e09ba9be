"""Enough guards stand at the gate as pupils come and go, from five minutes before to five minutes after."""

from server.core.daybook import Manned, start_of
from server.core.guards import roll_of
from server.core.indicator import Group, Indicator, View, shared, wholly
from server.core.peaks import worse_at
from server.core.schedule import local_date
from server.core.verdict import Verdict


def ledger(view: View, now: float) -> Verdict:
    """Judge by the roll: as many guards as must stand there."""
    told = roll_of(view.dossier, local_date(now)).reaches(view.school.guards_at_peak, "guards.below_peak")
    return wholly(told, len(view.past.peaks))


def live(view: View, _now: float) -> Verdict:
    """Count the peaks of the last five school days, as they were seen while they lasted."""
    seen = [view.home.daybook.day(day).peaks.get(minute, Manned.UNSURE) for day, minute in view.past.peaks]
    met, short = seen.count(Manned.ENOUGH), seen.count(Manned.SHORT)
    unsure = len(seen) - met - short
    reasons = ("peak.short",) * (short > 0) + ("peak.unsure",) * (unsure > 0)
    newest = max((day for (day, _), how in zip(view.past.peaks, seen, strict=True) if how is Manned.ENOUGH), default=None)
    return shared(met, short, unsure, reasons, None if newest is None else start_of(newest))


def turns_at(view: View, _live: Verdict, now: float) -> float | None:
    """Say when what is wrong in a peak that lasts now counts; the ends of peaks are turns of the school day."""
    at = worse_at(view.home)
    return at if at is not None and at > now else None


INDICATOR = Indicator(
    name="peak_manned",
    label="上下学高峰到岗率",
    label_en="Peaks manned",
    formula="最近5个上学日中高峰前后5分钟保安始终不少于应到人数（缺岗不超过2分钟）的高峰 ÷ (应到高峰 − 豁免)",
    formula_en="peaks of the last five school days with enough guards from 5 min before to 5 min after (gaps up to 2 min)"
    " / (peaks - exempt)",
    source="西宁2025年护学岗做法（据公开报道）；2分钟和5个上学日为本系统建议",
    source_en="Xining's escort posts of 2025 (as reported); 2 min and 5 school days are our proposal",
    ledger=ledger,
    live=live,
    believed=("5个上学日", "five school days"),
    group=Group.QUALITY,
    counts=("个高峰时段", "peaks"),
    due=lambda view, _now: bool(view.past.peaks),
    turns_at=turns_at,
    watches={"guard_post": frozenset({"on_duty"})},
)
