"""I4: no hazard of the surroundings is left past its time, and somebody has looked for them."""

from server.core.indicator import Group, Indicator, View, declared, settle, unheard
from server.core.institution import open_hazards, overdue_hazards
from server.core.schedule import local_date
from server.core.verdict import Judgement, Verdict

LOOKED = "surroundings_checked"


def ledger(view: View, now: float) -> Verdict:
    """Judge by the hazards on their sheet; where none is overdue, by whether the surroundings were looked at."""
    missing = ["hazards.overdue"] if overdue_hazards(view.dossier, local_date(now)) else []
    unsure = ["hazards.no_due_date"] if any(one.due is None for one in open_hazards(view.dossier)) else []
    looked = declared(view, (LOOKED,), now)
    if looked.judgement is Judgement.NOT_MET:
        missing += looked.reasons
    else:
        unsure += looked.reasons
    return settle(missing, unsure, looked.proof_at)


INDICATOR = Indicator(
    name="i4_hazards",
    label="周边隐患按期整改率",
    label_en="Hazards dealt with in time",
    formula="已排查周边且无逾期未销号隐患的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools whose surroundings were checked and have no hazard past its date / (required - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：校园周边综合治理，各部门按职责整改",
    source_en="Qinzhou education reform plan (draft), item 17: surroundings, each department mends its own",
    ledger=ledger,
    live=unheard,
    group=Group.INSTITUTION,
    ledger_only=True,
    believed=("无，只看台账", "never: only the ledger"),
)
