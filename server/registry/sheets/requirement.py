"""Which variant of each rule of what a school must have holds in a region."""

from dataclasses import replace
from typing import Any

from server.registry.record import UnitRecord
from server.registry.sheet import Column, Words, unit_sheet

# What the rules in `server/core/requirements/` are called, with their variants; the first holds where nothing is said.
VARIANTS: dict[str, dict[str, Words]] = {
    "guard_quota": {
        "national": ("国家标准", "National standard"),
        "beijing": ("北京办法", "Beijing rule"),
        "chongqing": ("重庆办法", "Chongqing rule"),
    },
    "retention": {
        "baseline": ("30天，反恐重点目标90天", "30 days, 90 for key targets"),
        "ninety": ("一律90天", "90 days everywhere"),
    },
    "camera_points": {"national": ("国家标准", "National standard")},
    "alarm_test": {
        "monthly": ("每30天", "Every 30 days"),
        "quarterly": ("每90天", "Every 90 days"),
        "quarterly_proven": ("每90天且全程留痕", "Every 90 days, followed to the receipt"),
    },
    "patrols": {"national": ("国家标准", "National standard"), "beijing": ("北京办法", "Beijing rule")},
    "peak": {"usual": ("前后各5分钟", "Five minutes before and after")},
    "response": {"usual": ("30秒", "30 seconds"), "minute": ("60秒", "60 seconds")},
    "barrier_photo": {"half_year": ("180天", "180 days"), "monthly": ("30天", "30 days")},
}
_CHOICES = {variant: words for variants in VARIANTS.values() for variant, words in variants.items()}


class Requirement(UnitRecord, frozen=True, kw_only=True, tag="requirement"):
    """The variant of one rule that holds in a unit and below it; the id is the rule."""

    variant: str
    document: str = ""  # By which local document, where there is one.


def _known(line: Any) -> Words | None:
    variants = VARIANTS.get(line.id)
    if variants is None:
        names = "、".join(VARIANTS)
        return (f"没有“{line.id}”这条规则；可用：{names}", f"no rule {line.id!r}; allowed: {', '.join(VARIANTS)}")
    if line.variant not in variants:
        return (
            f"“{line.id}”没有“{line.variant}”这一种；可用：{'、'.join(variants)}",
            f"{line.id} has no variant {line.variant!r}; allowed: {', '.join(variants)}",
        )
    return None


SHEET = replace(
    unit_sheet(
        "requirement",
        "配备与检查标准",
        "Requirements",
        Requirement,
        "management",
        (
            Column("variant", "采用", "Variant", choices=_CHOICES),
            Column("document", "依据文号", "Document", "本地规定，没有则空", "the local rule, if there is one"),
        ),
        id=("规则", "Rule"),
    ),
    line_check=_known,
)
