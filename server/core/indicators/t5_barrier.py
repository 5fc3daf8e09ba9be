"""T5: an anti-ram facility stands at the school gate: fixed, movable or powered."""

from datetime import date

from server.core.indicator import SCHOOLS, Indicator, View, declared, settle
from server.core.liveness import Liveness
from server.core.schedule import start_of_day
from server.core.verdict import Judgement, Verdict
from server.registry.sheets.declaration import Declaration

PHOTO_SECONDS = 180 * 86_400.0  # A fixed or movable facility speaks by its dated photo only; barriers are lent away.


def ledger(view: View, now: float) -> Verdict:
    """Judge by the declaration and its evidence."""
    return declared(view, ("barrier",), now)


def live(view: View, now: float) -> Verdict:
    """Judge a powered barrier by what it tells, any other facility by the age of its photo."""
    barriers = view.devices("barrier")
    if not barriers:
        return _by_photo(view, now)
    missing: list[str] = []
    unsure: list[str] = []
    for barrier in barriers:
        if barrier.liveness is Liveness.OFFLINE:
            missing.append("barrier.offline")
        elif barrier.liveness is not Liveness.LIVE or barrier.value("position") is None:
            unsure.append("barrier.unknown")
        elif barrier.value("fault_code"):
            missing.append("barrier.fault")
    heard = [barrier.last_rx for barrier in barriers if barrier.last_rx is not None]
    return settle(sorted(set(missing)), sorted(set(unsure)), min(heard, default=None))


def _by_photo(view: View, now: float) -> Verdict:
    told = ledger(view, now)
    if told.judgement is not Judgement.MET:
        return told
    declaration = view.dossier.find(Declaration, "barrier")
    if declaration is None or declaration.dated is None:
        return settle((), ("barrier.no_photo",), None)
    at = start_of_day(declaration.dated)
    return settle((), ("barrier.photo_old",) if now >= at + PHOTO_SECONDS else (), at)


def turns_at(view: View, live: Verdict, _now: float) -> float | None:
    """Say when a photo is too old; a powered barrier that falls silent is not waited for, it is told."""
    if view.devices("barrier") or live.judgement is not Judgement.MET or live.proof_at is None:
        return None
    return live.proof_at + PHOTO_SECONDS


INDICATOR = Indicator(
    name="t5_barrier",
    label="校门防冲撞系统安装率",
    label_en="Gate anti-ram barrier",
    formula="校门设有固定、移动或升降式防冲撞设施的中小学 ÷ (全部中小学 − 豁免)",
    formula_en="schools with a fixed, movable or powered anti-ram facility at the gate / (all schools - exempt)",
    source="钦州市义务教育改革方案（征求意见稿）（十七）：2020年底前校门防冲撞系统安装率100%",
    source_en="Qinzhou education reform plan (draft), item 17: anti-ram systems at school gates, 100 % by the end of 2020",
    ledger=ledger,
    live=live,
    believed=("设备实时；照片按有效期", "as told; a photo by its rule"),
    kinds=SCHOOLS,
    deadline=date(2020, 12, 31),
    turns_at=turns_at,
    watches={"barrier": frozenset({"position", "fault_code"})},
)
