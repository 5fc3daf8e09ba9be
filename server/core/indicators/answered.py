"""Real alarms were acknowledged in time; tests and drills never count, nor what a school must not see."""

from server.core.daybook import ALARM_SECONDS
from server.core.indicator import Group, Indicator, View, shared
from server.core.requirements import response
from server.core.schedule import local_date
from server.core.verdict import Verdict


def ledger(view: View, now: float) -> Verdict:
    """Judge by the record: somebody has acknowledged the alarm at all."""
    return _count(view, now, in_time=False)


def live(view: View, now: float) -> Verdict:
    """Judge by the clock: acknowledged within the seconds of the rule."""
    return _count(view, now, in_time=True)


def _count(view: View, now: float, *, in_time: bool) -> Verdict:
    target = _target(view, now)
    met = late = waiting = 0
    newest: float | None = None
    for told, answered in _alarms(view, now):
        if answered is None:
            late, waiting = (late, waiting + 1) if now < told + target else (late + 1, waiting)
        elif in_time and answered > told + target:
            late += 1
        else:
            met, newest = met + 1, max(answered, newest or answered)
    reasons = (f"answer.{'late' if in_time else 'none'}",) * (late > 0) + ("answer.waiting",) * (waiting > 0)
    return shared(met, late, waiting, reasons, newest)


def _alarms(view: View, now: float) -> list[tuple[float, float | None]]:
    return [alarm for alarm in view.home.daybook.alarms.values() if now < alarm[0] + ALARM_SECONDS]


def _target(view: View, now: float) -> float:
    return response.RULE.of(view.dossier, local_date(now))


def turns_at(view: View, _live: Verdict, now: float) -> float | None:
    """Say when an alarm that waits is late, or the oldest leaves the 30 days."""
    alarms, target = _alarms(view, now), _target(view, now)
    instants = [told + ALARM_SECONDS for told, _ in alarms]
    instants += [told + target for told, answered in alarms if answered is None]
    return min((at for at in instants if at > now), default=None)


INDICATOR = Indicator(
    name="answered",
    label="真实报警及时响应率",
    label_en="Real alarms answered in time",
    formula="30天内在时限内有人确认的真实报警 ÷ (30天内真实报警 − 豁免)；不含试警和演练；台账值：有确认记录的",
    formula_en="real alarms of 30 days acknowledged in time / (real alarms of 30 days - exempt); no tests, no drills;"
    " ledger: those acknowledged at all",
    source="本系统建议，参照EN 50518:2019的处置时限",
    source_en="our proposal, after the handling times of EN 50518:2019",
    ledger=ledger,
    live=live,
    believed=("30天", "30 days"),
    group=Group.QUALITY,
    counts=("起报警", "alarms"),
    due=lambda view, now: bool(_alarms(view, now)),
    turns_at=turns_at,
)
