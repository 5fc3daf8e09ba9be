"""The documents name every rule, code and indicator, with the words of the code."""

from pathlib import Path

from server.core.indicators import INDICATORS
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_rule_and_code_stands_in_the_document_of_rules() -> None:
    text = (DOCS / "rules.md").read_text()
    for rule in RULES.values():
        assert f"`{rule.name}` {rule.label_en} | {rule.label} | {int(rule.severity)} | {rule.trigger_en}" in text
        assert f"| {int(rule.hold_seconds)} s | {int(rule.clear_seconds)} s |" in text
    for code, meaning in MEANINGS.items():
        assert f"| `{code}` | {meaning.label} | {meaning.label_en} | {int(meaning.severity)} |" in text


def test_every_indicator_stands_in_the_document_of_indicators() -> None:
    text = (DOCS / "indicators.md").read_text()
    for indicator in INDICATORS:
        assert f"`{indicator.name}` {indicator.label_en}" in text
        assert indicator.formula in text
        assert indicator.formula_en in text
