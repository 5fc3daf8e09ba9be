"""Copies the words for reasons out of the dashboard's texts, so that screens and reports give a reason in the same words.

python -m scripts.reasons [--check]
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXTS = ROOT / "dashboard" / "src" / "i18n"
TARGET = ROOT / "server" / "reports" / "reasons.json"
_BLOCK = re.compile(r"^  reason: \{\n(.*?)^  \}", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r'^\s*"?([a-z0-9_.]+)"?:\s*"((?:[^"\\]|\\.)*)",?$', re.MULTILINE)


def words(language: str) -> dict[str, str]:
    """Read the words of one language."""
    block = _BLOCK.search((TEXTS / language / "reason.ts").read_text())
    assert block is not None, f"{language}/reason.ts has no block of reasons"
    return {code: json.loads(f'"{text}"') for code, text in _LINE.findall(block[1])}


def generate() -> str:
    """Write each reason's code with its Chinese and English words."""
    chinese, english = words("zh"), words("en")
    both = {code: [text, english[code]] for code, text in chinese.items() if code in english}
    return json.dumps(both, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the file, or with --check say whether it is current."""
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text() == generate() else "server/reports/reasons.json is old: python -m scripts.reasons")
    TARGET.write_text(generate())


if __name__ == "__main__":
    main()
