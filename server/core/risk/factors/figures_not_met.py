"""Targets of the policy that the school surely does not meet, and for how long."""

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, days_since, many, some
from server.core.schedule import local_date
from server.core.verdict import Judgement

WARN_DAYS = 30


def judge(view: View, now: float) -> Judged:
    """Judge by the headline cells in both figures; how long is known by the ledger of gaps."""
    missed: list[tuple[str, str, str]] = []
    unsure = 0
    for name, label, label_en in view.headlines:
        pair = view.verdicts.get(name)
        if pair is None:
            continue
        if any(verdict.judgement is Judgement.NOT_MET for verdict in pair):
            missed.append((name, label, label_en))
        elif any(verdict.judgement is Judgement.UNKNOWN for verdict in pair):
            unsure += 1
    if not missed:
        if unsure:
            return Judged(
                Level.UNKNOWN,
                f"{unsure}项指标未知，无不达标",
                f"{many(unsure, 'target is', 'targets are')} unknown, none is surely missed",
            )
        return Judged(Level.NONE, "无不达标指标", "no target is missed")
    days = [local_date(view.not_met_since[name]) for name, _, _ in missed if name in view.not_met_since]
    oldest = min(days, default=None)
    long = oldest is not None and days_since(oldest, now) >= WARN_DAYS
    told = f"，最早自{oldest}起" if oldest else "，起始日期未知"
    told_en = f", the first since {oldest}" if oldest else ", since when is not known"
    return Judged(
        Level.WARN if long else Level.WATCH,
        f"{len(missed)}项指标不达标（{some([label for _, label, _ in missed])}）{told}",
        f"{many(len(missed), 'target is', 'targets are')} not met "
        f"({some([label for _, _, label in missed], ', ', ' …')}){told_en}",
        tuple(Link("indicator", name) for name, _, _ in missed),
    )


FACTOR = Factor(
    "figures_not_met",
    "指标不达标",
    "Targets not met",
    Group.FIGURES,
    "有指标不达标为关注，满30天为预警",
    "watch: a headline target is not met; warn: for 30 days",
    judge,
)
