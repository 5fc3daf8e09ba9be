"""I2: evacuations are practised each month, in kindergartens each quarter, and an attack once a term."""

from server.core.indicator import Group, Indicator, View, settle, unheard
from server.core.institution import against_violence, evacuations
from server.core.schedule import local_date, start_of_day
from server.core.verdict import Verdict

UNDECLARED, NONE_DUE = "drills.undeclared", "drills.none_due"


def ledger(view: View, now: float) -> Verdict:
    """Judge by the drills on their sheet; what was only a test of the alarm is none."""
    today = local_date(now)
    evacuated = evacuations(view.school, view.dossier, view.calendar, today)
    attacked = against_violence(view.school, view.dossier, view.calendar, today)
    missing: list[str] = []
    if evacuated.fault == "overdue":
        missing.append("drills.evacuation_overdue")
    if attacked.fault == "overdue":
        missing.append("drills.violence_overdue")
    faults = {evacuated.fault, attacked.fault}
    unsure = [UNDECLARED] if "undeclared" in faults else [NONE_DUE] if "none_due" in faults else []
    held = [start_of_day(one.last) for one in (evacuated, attacked) if one.last is not None]
    return settle(missing, unsure, min(held, default=None))


INDICATOR = Indicator(
    name="i2_drills",
    label="演练完成率",
    label_en="Drills held",
    formula="按期（中小学每月、幼儿园每季）疏散演练且每学期防暴力演练的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools that evacuated by month (kindergartens: quarter) and against violence by term / (required - exempt)",
    source="中小学幼儿园应急疏散演练指南（中小学每月至少一次，幼儿园每季度至少一次）；防暴力每学期一次为通行做法",
    source_en="national guide to evacuation drills; once a term against violence is common practice",
    ledger=ledger,
    live=unheard,
    group=Group.INSTITUTION,
    ledger_only=True,
    believed=("无，只看台账", "never: only the ledger"),
)
