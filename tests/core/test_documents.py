"""The documents name every rule, code and indicator, with the words of the code."""

from pathlib import Path

from scripts import rules
from scripts.indicators import PAGE, renewed
from server.core.indicators import INDICATORS
from server.core.rules import RULES
from server.registry.sheets import scope

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_tables_of_rules_are_what_the_rules_say() -> None:
    text = (DOCS / "rules.md").read_text()
    assert all(rule.trigger_en in text and rule.trigger in text for rule in RULES.values())
    assert text == rules.renewed(text), "renew it with `python -m scripts.rules`"


def test_the_tables_of_indicators_are_what_the_indicators_say() -> None:
    text = PAGE.read_text()
    assert all(indicator.formula in text and indicator.formula_en in text for indicator in INDICATORS)
    assert text == renewed(text), "renew it with `python -m scripts.indicators`"


def test_every_indicator_can_be_scoped_by_its_name_on_the_sheet() -> None:
    assert tuple(indicator.name for indicator in INDICATORS) == scope.INDICATORS
