"""Warnings and events from outside that are in force now."""

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, local_time
from server.registry.outside import KINDS, LEVELS, OutsideLevel
from server.registry.sheets.outside_area import OutsideArea
from server.registry.sheets.outside_gate import OutsideGate

SEVERE = frozenset({OutsideLevel.ORANGE, OutsideLevel.RED})
ORDER = list(OutsideLevel)
LINKS = (Link("sheet", "outside_gate"), Link("sheet", "outside_area"))


def in_force(view: View, now: float) -> list[OutsideArea | OutsideGate]:
    """List what is in force, the worst first."""
    time = local_time(now)
    lines: list[OutsideArea | OutsideGate] = [*view.dossier.of(OutsideArea), *view.dossier.of(OutsideGate)]
    found = [one for one in lines if one.begins <= time < one.ends]
    return sorted(found, key=lambda one: (-ORDER.index(one.level), one.ends))


def judge(view: View, now: float) -> Judged:
    """Judge by the worst of them; that nobody told of any does not mean that there is none."""
    found = in_force(view, now)
    if not found:
        return Judged(Level.NONE, "未收到生效中的外部预警", "no outside warning in force was told to us")
    worst = found[0]
    away = f"，距校门{worst.distance_m}米" if isinstance(worst, OutsideGate) and worst.distance_m is not None else ""
    away_en = f", {worst.distance_m} m from the gate" if away and isinstance(worst, OutsideGate) else ""
    words, words_en = zip(KINDS[worst.kind], LEVELS[worst.level], strict=True)
    until = worst.ends.strftime("%Y-%m-%d %H:%M")
    return Judged(
        Level.WARN if worst.level in SEVERE else Level.WATCH,
        f"{len(found)}项外部预警生效：{''.join(words)}{away}，至{until}（来源{worst.source}）",
        f"{len(found)} outside warnings in force: {', '.join(words_en)}{away_en}, until {until} ({worst.source})",
        LINKS,
    )


FACTOR = Factor(
    "outside",
    "外部预警",
    "Outside warnings",
    Group.SURROUNDINGS,
    "有蓝色或黄色为关注，有橙色或红色为预警",
    "watch: a blue or yellow one is in force; warn: an orange or red one",
    judge,
)
