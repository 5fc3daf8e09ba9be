"""Guards by heads, capped at each school's quota: no school's surplus hides another's gap."""

from server.core.guards import ALL_SEEN_SECONDS, heads_on_roll, heads_seen, quota_turns_at
from server.core.indicator import SCHOOLS, Group, Indicator

INDICATOR = Indicator(
    name="guard_heads",
    label="保安员配备率（按人数）",
    label_en="Guards, by heads",
    formula="各校 min(在册专职持证保安, 配备标准) 之和 ÷ (各校配备标准之和 − 豁免)",
    formula_en="sum of min(certified full-time guards on the roll, quota) / (sum of the quotas - exempt)",
    source="GB/T 29315-2022（配备标准）；按校封顶为本系统建议",
    source_en="GB/T 29315-2022 (quota); the cap at each school's quota is our proposal",
    ledger=heads_on_roll,
    live=heads_seen,
    believed=("7天", "7 days"),
    group=Group.STRENGTH,
    kinds=SCHOOLS,
    counts=("名保安", "guards"),
    freshness_seconds=ALL_SEEN_SECONDS,
    turns_at=quota_turns_at,
)
