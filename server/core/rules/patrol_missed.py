"""A patrol round was not walked in its part of the day."""

from server.core.alert import Severity
from server.core.daybook import QUARTER_SECONDS, ordinal_of
from server.core.liveness import Liveness
from server.core.param import seconds
from server.core.requirements import patrols
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import DAY_HOURS, is_school_day, local_date, start_of_day

GRACE = seconds("grace", "时段结束后宽限", "Grace after its part of the day", 1_800, 0, 7_200)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a school of which the last part of the day that is over has no round; two in a row are worse.

    Of a school whose guards never tell a patrol point nothing is said here: the figures do.
    """
    missed = _missed(view, now)
    if not missed:
        return None
    since = _ends(view, now)[missed[0]] + view.of(GRACE)
    return Finding(Severity.MEDIUM if len(missed) > 1 else Severity.LOW, since, (("missed", str(len(missed))),))


def cleared(view: View, now: float) -> bool:
    """Say whether the last part that is over has its round, or a new day has begun."""
    return _missed(view, now) == []


def look_at(view: View, now: float) -> float | None:
    """Look when the next part of the day is over."""
    return next((end + view.of(GRACE) for end in _ends(view, now) if end + view.of(GRACE) > now), None)


def _missed(view: View, now: float) -> list[int] | None:
    """List the last parts of the day, newest first and without a gap, that had no round; None where nobody can say."""
    home, ends = view.home, _ends(view, now)
    over = sum(end + view.of(GRACE) <= now for end in ends)
    if home is None or not over:
        return []
    if not any(day.quarters for day in home.daybook.days.values()):
        return None
    quarters = home.daybook.day(ordinal_of(now)).quarters
    midnight = start_of_day(local_date(now))
    starts = [midnight + DAY_HOURS.start_minute * 60, *ends]
    found: list[int] = []
    for part in reversed(range(over)):
        first, last = (int((at - midnight) // QUARTER_SECONDS) for at in (starts[part], ends[part] + view.of(GRACE) - 1))
        if any(quarters >> quarter & 1 for quarter in range(first, last + 1)):
            break
        if view.listening_since > starts[part] or not any(post.liveness is Liveness.LIVE for post in view.posts):
            return found or None  # Readers may keep what they have for hours.
        found.append(part)
    return found


def _ends(view: View, now: float) -> list[float]:
    today = local_date(now)
    if view.school is None or not is_school_day(view.calendar, today):
        return []
    rounds, _ = patrols.RULE.of(view.dossier, today).of(view.school)
    first = start_of_day(today) + DAY_HOURS.start_minute * 60
    length = (DAY_HOURS.end_minute - DAY_HOURS.start_minute) * 60 / max(1, rounds)
    return [first + length * (part + 1) for part in range(rounds)]


RULE = Rule(
    name="patrol_missed",
    label="巡查漏巡",
    label_en="Patrol missed",
    severity=Severity.LOW,
    subject=Subject.SCHOOL,
    trigger="上学日按规定轮次均分的时段结束30分钟后仍无巡查（四级）；连续两次为三级",
    trigger_en="on a school day, a part of the day (one for each round that is required) is over for 30 min without a"
    " round (severity 4); 3 with two in a row",
    evaluate=evaluate,
    cleared=cleared,
    look_at=look_at,
    hold_most=0,
    clear_most=0,
    params=(GRACE,),
    kinds=frozenset({"guard_post"}),
    clocked=True,
    number="A34",
)
