"""Fewer guards are on post than must be when pupils arrive or leave."""

from server.core.alert import Severity
from server.core.liveness import Liveness
from server.core.param import seconds
from server.core.rule import Finding, Rule, Subject, View
from server.core.schedule import PEAK_MARGIN_MINUTES, peak_began

# Five minutes into the peak nobody is late any more.
HIGH_AFTER = seconds("high_after", "高峰开始多久后升为二级", "Severity 2 this long into the peak", 300, 0, 1_800)


def evaluate(view: View, now: float) -> Finding | None:
    """Find a school that is short of guards from five minutes before a peak to five after it."""
    began = peak_began(view.calendar, now, PEAK_MARGIN_MINUTES)
    on_post = guards_on_post(view)
    if began is None or view.school is None or on_post is None or on_post >= view.school.guards_at_peak:
        return None
    worse_at = began + PEAK_MARGIN_MINUTES * 60 + view.of(HIGH_AFTER)
    detail = (("on_post", str(on_post)), ("required", str(view.school.guards_at_peak)))
    if now >= worse_at:
        return Finding(Severity.HIGH, began, detail)
    return Finding(Severity.MEDIUM, began, detail, again_at=worse_at)


def guards_on_post(view: View) -> int | None:
    """Count the guards on post, by readers or by check-ins, whichever knows of more; None when no post can be heard."""
    if not any(post.liveness is Liveness.LIVE for post in view.posts):
        return None
    counts = [post.value("on_duty") for post in view.posts if post.liveness is Liveness.LIVE]
    known = [count for count in counts if isinstance(count, int)]
    if not known and not view.checked_in:
        return None  # The readers have just come back and have not told yet.
    return max(sum(known), view.checked_in)


def cleared(view: View, now: float) -> bool:
    """Say whether enough guards are on post, or the peak is over."""
    if peak_began(view.calendar, now, PEAK_MARGIN_MINUTES) is None or view.school is None:
        return True
    on_post = guards_on_post(view)
    return on_post is not None and on_post >= view.school.guards_at_peak


RULE = Rule(
    name="guard_short",
    label="高峰时段保安不足",
    label_en="Guards short at peak",
    severity=Severity.HIGH,
    subject=Subject.SCHOOL,
    trigger="上下学高峰前5分钟至后5分钟在岗人数少于要求（三级），高峰开始5分钟后仍不足为二级",
    trigger_en="fewer guards on post than required, from 5 min before a peak to 5 min after (severity 3; 2 after 5 min)",
    evaluate=evaluate,
    cleared=cleared,
    kinds=frozenset({"guard_post"}),
    watches=frozenset({"on_duty"}),
    clocked=True,
    params=(HIGH_AFTER,),
    number="A32",
    security=True,
)
