"""The documents name every rule, code and indicator, with the words of the code."""

from pathlib import Path

from scripts.indicators import PAGE, renewed
from server.core.indicators import INDICATORS
from server.core.rules import RULES
from server.core.rules.device_alert import MEANINGS
from server.registry.sheets import scope

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_rule_and_code_stands_in_the_document_of_rules() -> None:
    text = (DOCS / "rules.md").read_text()
    for rule in RULES.values():
        assert f"`{rule.name}` {rule.label_en} | {rule.label} | {int(rule.severity)} | {rule.trigger_en}" in text
        assert f"| {int(rule.hold_seconds)} s | {int(rule.clear_seconds)} s |" in text
    for code, meaning in MEANINGS.items():
        assert f"| `{code}` | {meaning.label} | {meaning.label_en} | {int(meaning.severity)} |" in text


def test_the_tables_of_indicators_are_what_the_indicators_say() -> None:
    text = PAGE.read_text()
    assert all(indicator.formula in text and indicator.formula_en in text for indicator in INDICATORS)
    assert text == renewed(text), "renew it with `python -m scripts.indicators`"


def test_every_indicator_can_be_scoped_by_its_name_on_the_sheet() -> None:
    assert tuple(indicator.name for indicator in INDICATORS) == scope.INDICATORS
