"""I1: every needed emergency plan is approved and not due for review."""

from server.core.indicator import Group, Indicator, View, settle, unheard
from server.core.institution import plans
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Verdict

REASONS = {
    "undeclared": "plans.undeclared",
    "not_approved": "plans.not_approved",
    "review_overdue": "plans.review_overdue",
    "no_review_date": "plans.no_review_date",
}
MISSING = frozenset({"not_approved", "review_overdue"})


def ledger(view: View, now: float) -> Verdict:
    """Judge by the needed plans on their sheet."""
    found = plans(view.dossier, local_date(now))
    missing = sorted({REASONS[plan.fault] for plan in found if plan.fault in MISSING})
    unsure = sorted({REASONS[plan.fault] for plan in found if plan.fault and plan.fault not in MISSING})
    in_force = [start_of_day(plan.day) for plan in found if not plan.fault and plan.day is not None]
    return settle(missing, unsure, min(in_force, default=None))


INDICATOR = Indicator(
    name="i1_plans",
    label="应急预案有效率",
    label_en="Emergency plans in force",
    formula="总体、防暴力、消防疏散、自然灾害四类预案均已批准且未到复审期的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools whose general, violence, fire and disaster plans are approved and reviewed / (required - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：健全完善校园内部安全保卫规章制度；四类预案为本系统建议",
    source_en="Qinzhou education reform plan (draft), item 17: sound rules of safety; the four plans are our proposal",
    ledger=ledger,
    live=unheard,
    group=Group.INSTITUTION,
    ledger_only=True,
    believed=("无，只看台账", "never: only the ledger"),
)
