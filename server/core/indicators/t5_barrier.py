"""T5: an anti-ram facility stands at the school gate: fixed, movable or powered."""

import re
from datetime import date

from server.core.indicator import SCHOOLS, Indicator, View, declared, settle
from server.core.liveness import Liveness
from server.core.requirements import barrier_photo
from server.core.schedule import DAY_SECONDS, local_date, start_of_day
from server.core.verdict import Judgement, Verdict
from server.registry.sheets.declaration import Declaration

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def ledger(view: View, now: float) -> Verdict:
    """Judge by the declaration and its evidence."""
    return declared(view, ("barrier",), now)


def live(view: View, now: float) -> Verdict:
    """Judge a powered barrier by what it tells, any other facility by its photo: barriers are lent away."""
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
    lacking = (
        ("barrier.no_digest", _SHA256.fullmatch(declaration.photo_sha256) is None),
        ("barrier.no_expiry", declaration.expires is None),
        ("barrier.photo_old", now >= at + _believed_seconds(view, now)),
    )
    return settle((), [reason for reason, lacks in lacking if lacks], at)


def _believed_seconds(view: View, now: float) -> float:
    return barrier_photo.RULE.of(view.dossier, local_date(now)) * DAY_SECONDS


def turns_at(view: View, live: Verdict, now: float) -> float | None:
    """Say when a photo is too old; a powered barrier that falls silent is not waited for, it is told."""
    if view.devices("barrier") or live.judgement is not Judgement.MET or live.proof_at is None:
        return None
    return live.proof_at + _believed_seconds(view, now)


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
