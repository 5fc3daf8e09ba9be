"""Writes docs/requirements.md from the rules themselves: `python -m scripts.requirements`."""

from pathlib import Path

from server.core.requirements import REQUIREMENTS
from server.registry.sheets.requirement import VARIANTS

PAGE = Path(__file__).parent.parent / "docs" / "requirements.md"
HEAD = """# Requirements

What a school must have or do is never a constant: each rule is one file in `server/core/requirements/`, with variants by
region and versions by date. Which variant holds is a line of the ledger's sheet `requirement` (配备与检查标准) of the city,
a county or a township; it holds below, until a unit further down says otherwise, and is edited and kept like every line of
the registry. Where nothing is said, the first variant holds. A day that has passed is judged by the version of that day.

The texts of the standards were not at hand: numbers come from published summaries, as each line says. **Proposal** marks
what no authority has written. Decide such a number for your city before you publish a figure by it.

This page is written by `python -m scripts.requirements`; a test compares it with the rules.
"""


def page() -> str:
    """Give the page as it should be."""
    parts = [HEAD]
    for rule in REQUIREMENTS.values():
        parts.append(f"\n## `{rule.name}` {rule.label} · {rule.label_en}\n\n")
        parts.append("| variant | from | 要求 | requirement | 依据 | source | |\n")
        parts.append("| --- | --- | --- | --- | --- | --- | --- |\n")
        for variant, versions in rule.variants.items():
            zh, en = VARIANTS[rule.name][variant]
            for version in versions:
                since = version.since.isoformat() if version.since else "ever"
                mark = "**proposal** 建议" if version.proposal else ""
                cells = (f"`{variant}` {zh} · {en}", since, version.says, version.says_en, version.source, version.source_en)
                parts.append(f"| {' | '.join(cells)} | {mark} |\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
