"""As many patrol rounds were walked on the last school day as the rule asks."""

from server.core.daybook import rounds_of, start_of
from server.core.equipment import never
from server.core.guards import guard_posts
from server.core.indicator import Group, Indicator, View, settle, shared, wholly
from server.core.liveness import Liveness
from server.core.requirements import patrols
from server.core.schedule import local_date
from server.core.verdict import Judgement, Verdict
from server.registry.sheets.post import Post

WALKS = frozenset({"patrol", "gate_room"})  # Whose guards walk the rounds: a small school has the gate room's alone.


def ledger(view: View, now: float) -> Verdict:
    """Judge by the posts in the ledger: one whose guard walks the rounds."""
    posts = view.dossier.of(Post)
    if any(post.kind in WALKS and post.guards > 0 for post in posts):
        told = Verdict(Judgement.MET)
    else:
        told = settle(("patrol.no_post",), (), None) if posts else settle((), ("patrol.undeclared",), None)
    return wholly(told, sum(_need(view, now)))


def live(view: View, now: float) -> Verdict:
    """Count the rounds of the last whole school day, up to those required by day and by night."""
    day = view.past.school_day
    assert day is not None, "asked only where there was one"
    walked = rounds_of(view.home.daybook.day(day))
    met = sum(min(there, need) for there, need in zip(walked, _need(view, now), strict=True))
    left = sum(_need(view, now)) - met
    if not left:
        return shared(met, 0, 0, (), start_of(day))
    unsure = _cannot_tell(view, day)
    return shared(met, 0, left, (unsure,)) if unsure else shared(met, left, 0, ("patrol.missed",))


def _cannot_tell(view: View, day: int) -> str:
    posts = guard_posts(view.home)
    if not posts:
        return "patrol.no_reader"
    if view.listening_since > start_of(day):
        return "patrol.not_listened"
    if not any(post.liveness is Liveness.LIVE for post in posts):
        return "patrol.reader_unheard"  # Readers may keep what they have for hours.
    return ""


def _need(view: View, now: float) -> tuple[int, int]:
    return patrols.RULE.of(view.dossier, local_date(now)).of(view.school)


INDICATOR = Indicator(
    name="patrolled",
    label="巡查完成率",
    label_en="Patrol rounds walked",
    formula="最近一个完整上学日完成的巡查轮次（按校封顶；寄宿制含夜间） ÷ (应巡轮次 − 豁免)",
    formula_en="rounds walked on the last whole school day, up to those required (with the night's where pupils board)"
    " / (rounds required - exempt)",
    source="GB/T 29315-2022每日不少于5次（据公开摘要）；相邻两刻钟内的巡查点计为一轮为本系统建议",
    source_en="GB/T 29315-2022, at least 5 a day (by published summaries); what makes one round is our proposal",
    ledger=ledger,
    live=live,
    believed=("一个上学日", "one school day"),
    group=Group.QUALITY,
    counts=("轮巡查", "rounds"),
    due=lambda view, _now: view.past.school_day is not None,
    turns_at=never,
    watches={"guard_post": frozenset()},
)
