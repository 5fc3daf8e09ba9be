"""The national fourth: police and parents stand at the gate as pupils come and go (护学岗)."""

from server.core.guards import SEEN_SECONDS, escorts
from server.core.indicator import Group, Indicator, View, settle
from server.core.liveness import Liveness
from server.core.schedule import school_time_after
from server.core.verdict import Judgement, Verdict
from server.registry.model import Area
from server.registry.sheets.post import Post


def ledger(view: View, _now: float) -> Verdict:
    """Judge by the ledger's posts: one of the kind, for somebody to stand on."""
    posts = view.dossier.of(Post)
    if any(post.kind == "escort" and post.guards > 0 for post in posts):
        return Verdict(Judgement.MET)
    return settle(("escort.none",), (), None) if posts else settle((), ("escort.undeclared",), None)


def live(view: View, now: float) -> Verdict:
    """Judge by the check-ins at the post: somebody was there within the last school day."""
    devices = [device for device in view.devices("guard_post") if device.device.id in escorts(view.dossier)]
    if not devices:
        return settle((), ("escort.no_device",), None)
    seen = max((device.guard_seen for device in devices if device.guard_seen is not None), default=None)
    if seen is not None and now < school_time_after(view.calendar, seen, SEEN_SECONDS):
        return settle((), (), seen)
    if all(device.liveness is not Liveness.LIVE for device in devices):
        return settle((), ("escort.unheard",), seen)
    if seen is None and now < school_time_after(view.calendar, view.listening_since, SEEN_SECONDS):
        return settle((), ("escort.not_seen_yet",), None)
    return settle(("escort.not_seen",), (), seen)


def turns_at(view: View, verdict: Verdict, _now: float) -> float | None:
    """Say when the last school day with somebody there, or the first that we listen, is full."""
    met = verdict.judgement is Judgement.MET and verdict.proof_at is not None
    since = verdict.proof_at if met and verdict.proof_at is not None else view.listening_since
    return school_time_after(view.calendar, since, SEEN_SECONDS)


INDICATOR = Indicator(
    name="n4_escort",
    label="护学岗配备率",
    label_en="Peak-hour police posts",
    formula="设有护学岗且上下学时段有人到岗的学校 ÷ (城区和镇区应设学校 − 豁免)",
    formula_en="schools with a post at arrival and leaving that somebody stands on / (urban and town schools - exempt)",
    source="公安部、教育部“4个100%”（2019年起三年行动）：护学岗配备率100%",
    source_en="the national four times 100 % (three years from 2019): escort posts 100 %",
    ledger=ledger,
    live=live,
    believed=("一个上学日", "one school day"),
    group=Group.NATIONAL,
    areas=frozenset({Area.URBAN, Area.TOWN}),
    turns_at=turns_at,
    watches={"guard_post": frozenset({"on_duty"})},
)
