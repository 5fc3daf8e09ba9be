"""I3: responsibility letters of all three levels are signed and in force."""

from server.core.indicator import Group, Indicator, View, settle, unheard
from server.core.institution import letters
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Verdict

MISSING = {"not_signed": "letters.not_signed", "lapsed": "letters.lapsed"}


def ledger(view: View, now: float) -> Verdict:
    """Judge by the letters on their sheet."""
    found = letters(view.dossier, local_date(now))
    missing = sorted({MISSING[one.fault] for one in found if one.fault in MISSING})
    unsure = ["letters.undeclared"] if any(one.fault == "undeclared" for one in found) else []
    in_force = [start_of_day(one.day) for one in found if not one.fault and one.day is not None]
    return settle(missing, unsure, min(in_force, default=None))


INDICATOR = Indicator(
    name="i3_letters",
    label="安全责任书签订率",
    label_en="Responsibility letters signed",
    formula="县区与学校、学校与部门、部门与岗位三级责任书均已签订且在有效期内的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools with letters of all three levels signed and in force / (required - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：健全完善规章制度、台账资料；三级责任书为通行做法",
    source_en="Qinzhou education reform plan (draft), item 17: rules and records; three levels are common practice",
    ledger=ledger,
    live=unheard,
    group=Group.INSTITUTION,
    ledger_only=True,
    believed=("无，只看台账", "never: only the ledger"),
)
