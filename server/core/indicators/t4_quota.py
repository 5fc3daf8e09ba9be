"""T4 in its stronger form: all schools have as many guards as the quota by pupils asks."""

from server.core.guards import ALL_SEEN_SECONDS, quota_on_roll, quota_seen, quota_turns_at
from server.core.indicator import SCHOOLS, Group, Indicator

INDICATOR = Indicator(
    name="t4_quota",
    label="中小学保安足额率",
    label_en="Guard quota, all schools",
    formula="在册专职保安达到配备标准人数的中小学 ÷ (全部中小学 − 豁免)",
    formula_en="schools whose full-time guards on roll reach the quota by pupils / (all schools - exempt)",
    source="GB/T 29315-2022（按学生人数配备）",
    source_en="GB/T 29315-2022 (guards by the number of pupils)",
    ledger=quota_on_roll,
    live=quota_seen,
    believed=("7天", "7 days"),
    freshness_seconds=ALL_SEEN_SECONDS,
    turns_at=quota_turns_at,
    group=Group.STRENGTH,
    kinds=SCHOOLS,
)
