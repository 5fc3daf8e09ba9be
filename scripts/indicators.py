"""Writes the table of docs/indicators.md from the indicators themselves: `python -m scripts.indicators`."""

import re
from pathlib import Path

from server.core.indicator import EVERY_AREA, EVERY_KIND, SCHOOLS, URBAN, Group, Indicator
from server.core.indicators import INDICATORS

PAGE = Path(__file__).parent.parent / "docs" / "indicators.md"
BEGIN, END = "<!-- Written by python -m scripts.indicators -->\n", "<!-- End of what is written -->\n"
GROUPS = {
    Group.HEADLINE: "The five targets (五项目标)",
    Group.STRENGTH: "The guards' targets in their stronger readings (更严口径)",
    Group.NATIONAL: "The national fourth (国家第四项)",
    Group.QUALITY: "Whether what is there works (质量)",
    Group.INSTITUTION: "What is in writing (制度防)",
}


def tables() -> str:
    """Give the tables of all groups as they should be."""
    parts: list[str] = []
    for group, title in GROUPS.items():
        rows = [_row(one) for one in INDICATORS if one.group is group]
        if rows:
            head = "| indicator | 名称 | 公式 | formula | asks | counts | source | live proof is believed for |\n"
            parts.append(f"### {title}\n\n{head}{'| --- ' * 8}|\n{''.join(rows)}")
    return "\n".join(parts)


def renewed(page: str) -> str:
    """Give the page with the tables as they should be."""
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n{tables()}\n{END}", page, flags=re.DOTALL)


def _row(one: Indicator) -> str:
    cells = (
        f"`{one.name}` {one.label_en}",
        one.label,
        one.formula,
        one.formula_en,
        _asked(one),
        one.counts[1],
        one.source,
        one.believed[1],
    )
    return f"| {' | '.join(cells)} |\n"


def _asked(one: Indicator) -> str:
    kinds = "schools" if one.kinds == SCHOOLS else "schools and kindergartens" if one.kinds == EVERY_KIND else "some kinds"
    areas = "" if one.areas == EVERY_AREA else "urban " if one.areas == URBAN else "urban and town "
    return f"{areas}{kinds}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
