"""The one-key alarm was tested from end to end within its period."""

from server.core.indicator import Group, Indicator, View, latest, settle
from server.core.requirements import alarm_test
from server.core.rules.test_failed import newest_failure
from server.core.schedule import DAY_SECONDS, end_of_day, local_date, start_of_day
from server.core.verdict import Judgement, Verdict
from server.registry.sheets.declaration import Declaration


def ledger(view: View, now: float) -> Verdict:
    """Judge by the test record that the school has declared: its day is within the period."""
    told = view.dossier.find(Declaration, "alarm_tested")
    if told is None or told.dated is None:
        missing = told is not None and not told.in_place
        return settle(("alarm_tested.missing",), (), None) if missing else settle((), ("alarm_tested.undeclared",), None)
    if not told.in_place:
        return settle(("alarm_tested.missing",), (), None)
    old = now >= end_of_day(told.dated) + _period(view, now)
    return settle(("test.overdue",) if old else (), (), start_of_day(told.dated))


def live(view: View, now: float) -> Verdict:
    """Judge by the newest test: one that we followed to the police's receipt, or where that is enough what a device tells.

    A newer one that failed on its way outweighs both.
    """
    asked, proven = _asked(view, now), view.home.tested
    told = latest(view.devices("alarm_host", "alarm_button"), "last_test")
    seen = [at for at in (proven, None if asked.proven else told) if at is not None and at <= now]
    newest = max(seen, default=None)
    failed = newest_failure(view.home.tests.values(), now)
    if failed is not None and (newest is None or failed > newest):
        return settle(("test.failed",), (), newest)
    if newest is None:
        return settle((), ("test.untold" if told is None or told > now else "test.unproven",), None)
    return settle(("test.overdue",) if now >= newest + _period(view, now) else (), (), newest)


def turns_at(view: View, verdict: Verdict, now: float) -> float | None:
    """Say when the newest test is too old."""
    if verdict.judgement is not Judgement.MET or verdict.proof_at is None:
        return None
    return verdict.proof_at + _period(view, now)


def _period(view: View, now: float) -> float:
    return _asked(view, now).days * DAY_SECONDS


def _asked(view: View, now: float) -> alarm_test.AlarmTest:
    return alarm_test.RULE.of(view.dossier, local_date(now))


INDICATOR = Indicator(
    name="tested",
    label="一键报警试警率",
    label_en="Alarm tested in its period",
    formula="周期内至少有一次成功端到端试警的学校 ÷ (应建学校 − 豁免)",
    formula_en="schools with at least one successful end-to-end test within the period / (required - exempt)",
    source="义乌2016年做法为每季度；默认30天为本系统建议，按地区标准",
    source_en="Yiwu's practice of 2016 is quarterly; 30 days where no region says otherwise are our proposal",
    ledger=ledger,
    live=live,
    believed=("试警周期（30或90天）", "the period of tests (30 or 90 days)"),
    group=Group.QUALITY,
    turns_at=turns_at,
    watches={"alarm_host": frozenset({"last_test"}), "alarm_button": frozenset({"last_test"})},
)
