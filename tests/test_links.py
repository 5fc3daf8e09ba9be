"""Every link of our pages leads somewhere, and every path a page names is there."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# In code spans: a path of ours with a folder, a whole file or a folder; what has a placeholder or glob is no path.
NAMED = re.compile(
    r"`((?:bench|contract|dashboard|deploy|docs|edge|gateway|scripts|server|simulators|tests|\.ci)/[\w./-]*)`"
)
# What a build or a run makes; a fresh checkout has none of it.
MADE = ("server/api/static",)


def pages() -> list[Path]:
    """List our pages as git has them, with those about to be added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return sorted(ROOT / name for name in listed if (ROOT / name).exists())


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings as the usual renderers make them."""
    titles = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken(page: Path, root: Path = ROOT) -> Iterator[str]:
    """Name what leads nowhere."""
    text = FENCE.sub("", page.read_text())
    for match in LINK.finditer(text):
        target, _, anchor = match["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or root not in path.parents:
            yield target
        elif anchor and anchor not in anchors(path):
            yield f"{target}#{anchor}"
    for named in NAMED.findall(text):
        if not named.startswith(MADE) and "NNNN" not in named and not (root / named).exists():
            yield f"`{named}`"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    """A page nobody links to is read by nobody."""
    reached, open_ = set[Path](), [ROOT / "README.md"]
    while open_:
        page = open_.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for match in LINK.finditer(page.read_text()):
            path = (page.parent / match["target"].partition("#")[0]).resolve()
            open_ += sorted(path.glob("*.md")) if path.is_dir() else [path] if path.is_file() else []

    missing = {str(page.relative_to(ROOT)) for page in pages()} - {str(page.relative_to(ROOT)) for page in reached}
    assert missing - {"CHANGELOG.md"} == set()


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    """The search itself sees what it is for."""
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n[a](missing.md) [b](#a-title) [c](#no-title) [d](https://example) [e](../out.md)\n"
        "`contract/nothing.py` `docs/NNNN-title.md`\n```sh\n[f](also-missing.md)\n```\n"
    )

    assert list(broken(page, tmp_path)) == ["missing.md", "#no-title", "../out.md", "`contract/nothing.py`"]


def test_no_two_decisions_have_one_number() -> None:
    """A decision is spoken of by its number."""
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]

    assert len(numbers) == len(set(numbers))
