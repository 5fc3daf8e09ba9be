"""Rectification: gaps closed no later than on their due day (整改率), and open ones that are not overdue (1 - 超期率).

A figure about gaps opens no gaps: whatever it counts has its line in the ledger of gaps already.
"""

from server.core.gap_figures import NO_GAPS, GapFigures
from server.core.indicator import Group, Indicator, View, shared, unheard, wholly
from server.core.verdict import Verdict


def closed(view: View, _now: float) -> Verdict:
    """Count the gaps of which the due day has come, or that were closed before."""
    told = _told(view)
    late = told.due - told.on_time
    return shared(told.on_time, late, 0, ("rectified.late",) * (late > 0))


def in_time(view: View, _now: float) -> Verdict:
    """Count the open gaps; of one without a due day nobody knows whether it is late."""
    told = _told(view)
    reasons = ("gaps.overdue",) * (told.overdue > 0) + ("gaps.undated",) * (told.undated > 0)
    return shared(told.open - told.overdue - told.undated, told.overdue, told.undated, reasons)


def _told(view: View) -> GapFigures:
    return view.home.gaps or NO_GAPS


INDICATOR = Indicator(
    name="rectified",
    label="缺口整改率",
    label_en="Gaps closed on time",
    formula="按期销号的缺口 ÷ (整改期限已到或已销号的缺口 − 豁免)",
    formula_en="gaps closed no later than on their due day / (gaps that are due or closed - exempt)",
    source="本系统建议：销号管理，逾期销号和逾期未销号均不计入",
    source_en="our proposal: closing by a ledger; what was closed late or is overdue does not count",
    ledger=closed,
    live=lambda view, now: wholly(unheard(view, now), _told(view).due),
    group=Group.QUALITY,
    counts=("项缺口", "gaps"),
    due=lambda view, _now: _told(view).due > 0,
    ledger_only=True,
    makes_gaps=False,
    believed=("无，只看台账", "never: only the ledger"),
)
IN_TIME = Indicator(
    name="gaps_in_time",
    label="缺口未超期率",
    label_en="Open gaps not overdue",
    formula="未超期的未销号缺口 ÷ (未销号缺口 − 豁免)；超期率 = 超期未销号 ÷ 未销号；未定期限的计为未知",
    formula_en="open gaps whose due day is not over / (open gaps - exempt); overdue rate = overdue / open; without a due"
    " day: unknown",
    source="本系统建议：超期率的反面，越高越好",
    source_en="our proposal: the other side of the overdue rate, so that more is better",
    ledger=in_time,
    live=lambda view, now: wholly(unheard(view, now), _told(view).open),
    group=Group.QUALITY,
    counts=("项缺口", "gaps"),
    due=lambda view, _now: _told(view).open > 0,
    ledger_only=True,
    makes_gaps=False,
    believed=("无，只看台账", "never: only the ledger"),
)
