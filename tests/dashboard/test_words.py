"""The screens have words, in both languages, for every code that the server can send."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from server.api.problems import Code
from server.core.alert import State
from server.core.escalation import BUILT_IN
from server.core.fact import What
from server.core.lifecycle import FAULT_CAUSES, FAULT_MOVES, FREE_ACTS, INCIDENT_CAUSES, INCIDENT_MOVES, RECOVERED
from server.core.rules import RULES
from server.ingest.committing import Counts
from server.ingest.doors.sparkplug.adapter import COUNTERS as EDGE_NODES
from server.ingest.model import Fate, Tally
from server.ingest.model import What as Message
from server.registry.escalations import AUDIENCES
from server.registry.model import Role
from server.registry.sheets.device import AREAS
from server.registry.sheets.escalation import Context

ROOT = Path(__file__).parent.parent.parent
WORDS = ROOT / "dashboard" / "src" / "i18n"
INDICATORS = ROOT / "server" / "core" / "indicators"
COUNTED_ELSEWHERE = frozenset({"letters_kept", "pending_bytes"})  # As dead letters; not at all.
LEFT_OUT = frozenset({"count", "silent", "step", "times", "lacking"})  # Said by the alert's own row or by its group.
NEVER_SHOWN = frozenset({Code.METHOD_NOT_ALLOWED})  # Only a programmer meets it.


def reasons() -> set[str]:
    """Find the reasons that the indicators write out."""
    files = (*INDICATORS.glob("*.py"), INDICATORS.parent / "guards.py", INDICATORS.parent / "equipment.py")
    found = {reason for file in files for reason in re.findall(r'"([a-z_]+\.[a-z_]+)"', file.read_text())}
    areas = set(AREAS) - {"", "other"}
    found |= {"answer.late", "answer.none"}
    return found | {f"area_{area}.{word}" for area in areas for word in ("short", "unknown")}


def counters() -> set[str]:
    """Name what ingest counts, but for the reasons, which are as many as there are mistakes."""
    plain = {
        name
        for counted in (asdict(Counts()), vars(Tally()))
        for name, value in counted.items()
        if isinstance(value, int) and name not in COUNTED_ELSEWHERE
    }
    return (
        {"received"}
        | {fate.value for fate in Fate}
        | {f"received_{kind.value}" for kind in Message}
        | plain
        | {f"sparkplug_{name}" for name in EDGE_NODES}
    )


def section(language: str, subject: str, name: str) -> str:
    """Cut one table of words out of a subject's file."""
    text = (WORDS / language / f"{subject}.ts").read_text()
    found = re.search(rf"^( +){name}: \{{\n(.*?)^\1\}}", text, re.MULTILINE | re.DOTALL)
    assert found, f"{language}/{subject}.ts has no table {name}"
    return found[2]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("subject", "name", "codes"),
    [
        ("alert", "state", set(State)),
        ("alert", "did", set(What)),
        ("alert", "act", {act for _, act in (*INCIDENT_MOVES, *FAULT_MOVES)} | FREE_ACTS),
        ("alert", "cause", INCIDENT_CAUSES | FAULT_CAUSES | {RECOVERED}),
        ("alert", "rule", set(RULES)),
        ("escalation", "audience", set(AUDIENCES)),
        ("escalation", "names", set(BUILT_IN)),
        ("escalation", "context", set(Context)),
        ("frame", "role", set(Role)),
        ("general", "codes", set(Code) - NEVER_SHOWN),
        ("reason", "reason", reasons()),
        ("health", "counters", counters()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_code_has_a_word(language: str, subject: str, name: str, codes: set[str]) -> None:
    """A code without a word would stand on a police screen as it is."""
    known = set(re.findall(r'^ +"?([\w.]+)"?:', section(language, subject, name), re.MULTILINE))

    assert len(codes) > 1
    assert {str(code) for code in codes} - known == set()


def test_what_a_rule_finds_is_shown_with_words() -> None:
    """A detail without a word is not shown: each of them is either told or left out on purpose."""
    told = {
        key
        for file in (INDICATORS.parent / "rules").glob("*.py")
        for key in re.findall(r'\(\("([a-z_]+)", (?:f"|str\()', file.read_text())
    }
    for language in ("zh", "en"):
        known = set(re.findall(r"^ +([a-z_]+):", section(language, "rules", "keys"), re.MULTILINE))
        assert told - known <= LEFT_OUT, language
