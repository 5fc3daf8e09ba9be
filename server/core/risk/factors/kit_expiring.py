"""Protective kit that has expired or is about to."""

from datetime import timedelta

from server.core.risk.factor import Factor, Group, Judged, Level, Link, View, many, some
from server.core.schedule import local_date
from server.registry.sheets.kit import ITEMS, Kit

WATCH_DAYS = 30
SHEET = (Link("sheet", "kit"),)


def judge(view: View, now: float) -> Judged:
    """Judge by the kit on its sheet."""
    today = local_date(now)
    kit = view.dossier.of(Kit)
    if not kit:
        return Judged(Level.UNKNOWN, "台账中无保安装备", "no kit stands in the ledger", SHEET)
    expired = [one for one in kit if one.expires is not None and one.expires < today]
    soon = [one for one in kit if one.expires is not None and today <= one.expires <= today + timedelta(days=WATCH_DAYS)]
    chosen, level = (expired, Level.WARN) if expired else (soon, Level.WATCH)
    if not chosen:
        return Judged(Level.NONE, "装备均在有效期内", "no kit expires soon", SHEET)
    words = [ITEMS.get(one.item, (one.item, one.item)) for one in chosen]
    first = min(one.expires for one in chosen if one.expires is not None)
    done, done_en = ("已过期", "expired") if expired else ("30天内到期", "to expire within 30 days")
    return Judged(
        level,
        f"{len(chosen)}项装备{done}（{some([zh for zh, _ in words])}），最早{first}",
        f"{many(len(chosen), 'item', 'items')} of kit {done_en} "
        f"({some([en for _, en in words], ', ', ' …')}), the first on {first}",
        SHEET,
    )


FACTOR = Factor(
    "kit_expiring",
    "保安装备",
    "Guard kit",
    Group.PEOPLE,
    "装备30天内到期为关注，已过期为预警",
    "watch: kit expires within 30 days; warn: kit has expired",
    judge,
)
