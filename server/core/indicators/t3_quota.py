"""T3 in its stronger form: urban schools have as many guards as the quota by pupils asks."""

from server.core.guards import ALL_SEEN_SECONDS, quota_on_roll, quota_seen, quota_turns_at
from server.core.indicator import SCHOOLS, URBAN, Group, Indicator

INDICATOR = Indicator(
    name="t3_quota",
    label="城市学校保安足额率",
    label_en="Guard quota, urban",
    formula="在册专职保安达到配备标准人数的城区中小学 ÷ (城区中小学 − 豁免)",
    formula_en="urban schools whose full-time guards on roll reach the quota by pupils / (urban schools - exempt)",
    source="GB/T 29315-2022（按学生人数配备）",
    source_en="GB/T 29315-2022 (guards by the number of pupils)",
    ledger=quota_on_roll,
    live=quota_seen,
    believed=("7天", "7 days"),
    freshness_seconds=ALL_SEEN_SECONDS,
    turns_at=quota_turns_at,
    group=Group.STRENGTH,
    kinds=SCHOOLS,
    areas=URBAN,
    area_fixed=True,
)
