"""T2: the campus is under closed management: perimeter, controlled gates, a manned gate room, visitors registered."""

from server.core.indicator import Indicator, View, declared, settle
from server.core.liveness import Liveness
from server.core.rule import View as RuleView
from server.core.rules.gate_open import allowed_seconds, open_since
from server.core.verdict import Verdict

ITEMS = (
    "closed_perimeter",
    "closed_gate_control",
    "closed_gate_room_24h",
    "closed_visitor_registration",
    "closed_in_class",
)
PROOF_SECONDS = 3_600.0  # Gates tell their full state every five minutes.


def ledger(view: View, now: float) -> Verdict:
    """Judge by the five items of the check list."""
    return declared(view, ITEMS, now)


def live(view: View, now: float) -> Verdict:
    """Judge by the gates: each heard, and none open for longer than allowed in closed hours."""
    gates = view.devices("gate")
    if not gates:
        return settle((), ("gate.none",), None)
    missing: list[str] = []
    unsure: list[str] = []
    for gate in gates:
        since = open_since(RuleView(view.calendar, view.school, gate.gateway, gate), now)
        if since is not None and now >= since + allowed_seconds(gate, view.home.settings):
            missing.append("gate.open")
        elif gate.liveness is not Liveness.LIVE or gate.value("open") is None:
            unsure.append("gate.unknown")
    heard = [gate.last_rx for gate in gates if gate.last_rx is not None]
    return settle(sorted(set(missing)), sorted(set(unsure)), min(heard, default=None))


def turns_at(view: View, _live: Verdict, now: float) -> float | None:
    """Say when the first gate that stands open now has done so for too long."""
    limits = [
        since + allowed_seconds(gate, view.home.settings)
        for gate in view.devices("gate")
        if (since := open_since(RuleView(view.calendar, view.school, gate.gateway, gate), now)) is not None
    ]
    return min((limit for limit in limits if limit > now), default=None)


INDICATOR = Indicator(
    name="t2_closed",
    label="封闭式管理率",
    label_en="Closed management",
    formula="封闭式管理五项检查全部满足的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools that meet all five items of closed management / (required - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：校园封闭式管理100%",
    source_en="Qinzhou education reform plan (draft), item 17: closed management of schools, 100 %",
    ledger=ledger,
    live=live,
    items=ITEMS,
    believed=("1小时", "1 h"),
    freshness_seconds=PROOF_SECONDS,
    turns_at=turns_at,
    watches={"gate": frozenset({"open"})},
)
