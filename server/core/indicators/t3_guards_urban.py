"""T3: every urban school has at least one full-time guard."""

from server.core.guards import one_on_roll, one_seen, seen_turns_at
from server.core.indicator import SCHOOLS, URBAN, Indicator

INDICATOR = Indicator(
    name="t3_guards_urban",
    label="城市学校专职保安配备率",
    label_en="Full-time guards, urban",
    formula="城区（111、112）中小学中在册专职保安不少于1人且岗位有人的学校 ÷ (城区中小学 − 豁免)",
    formula_en="urban (111, 112) schools with at least one full-time guard on roll and post / (urban schools - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：城市中小学专职保安配备率100%",
    source_en="Qinzhou education reform plan (draft), item 17: full-time guards at urban schools, 100 %",
    ledger=one_on_roll,
    live=one_seen,
    believed=("一个上学日", "one school day"),
    turns_at=seen_turns_at,
    kinds=SCHOOLS,
    areas=URBAN,
    area_fixed=True,
    watches={"guard_post": frozenset({"on_duty"})},
)
