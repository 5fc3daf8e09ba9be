"""T3: every urban school has at least one full-time guard."""

from server.core.guards import one_on_roll, one_seen, seen_turns_at
from server.core.indicator import SCHOOLS, Indicator
from server.registry.model import Area

INDICATOR = Indicator(
    name="t3_guards_urban",
    label="城市学校专职保安配备率",
    label_en="Full-time guards, urban",
    formula="城区（111、112）中小学中在册专职保安不少于1人且岗位有人的学校 ÷ (城区中小学 − 豁免)",
    formula_en="urban (111, 112) schools with at least one full-time guard on roll and post / (urban schools - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：城市中小学专职保安配备率100%",
    ledger=one_on_roll,
    live=one_seen,
    turns_at=seen_turns_at,
    asks=lambda school: school.area is Area.URBAN and school.kind in SCHOOLS,
    watches={"guard_post": frozenset({"on_duty"})},
)
