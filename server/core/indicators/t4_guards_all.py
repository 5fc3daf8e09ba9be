"""T4: every primary and secondary school has a full-time guard stationed."""

from datetime import date

from server.core.guards import one_on_roll, one_seen, seen_turns_at
from server.core.indicator import SCHOOLS, Indicator

INDICATOR = Indicator(
    name="t4_guards_all",
    label="中小学专职保安派驻率",
    label_en="Full-time guards, all schools",
    formula="在册专职保安不少于1人且岗位有人的中小学 ÷ (全部中小学 − 豁免)",
    formula_en="schools with at least one full-time guard on roll and post / (all schools - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：2020年底前所有中小学完成专职保安派驻",
    source_en="Qinzhou education reform plan (draft), item 17: full-time guards at all schools by the end of 2020",
    ledger=one_on_roll,
    live=one_seen,
    believed=("一个上学日", "one school day"),
    turns_at=seen_turns_at,
    kinds=SCHOOLS,
    deadline=date(2020, 12, 31),
    watches={"guard_post": frozenset({"on_duty"})},
)
