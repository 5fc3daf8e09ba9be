"""The pages say what the contract says: every kind, every reason of a refusal, every alert code."""

from pathlib import Path

import pytest

from contract.errors import Reason
from contract.orders import REPLY_CODES, Op
from contract.records import ALERT_CODES
from scripts.kinds import ANSWER, PAGE, answer, page

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_page_of_kinds_is_current() -> None:
    """Renew it with `python -m scripts.kinds`."""
    assert PAGE.read_text() == page()


def test_the_development_server_answers_with_the_kinds_of_the_contract() -> None:
    """Renew them with `python -m scripts.kinds`."""
    assert ANSWER.read_bytes() == answer()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_a_refusal_is_explained(reason: Reason) -> None:
    text = (DOCS / "protocol.md").read_text()

    assert f"`{reason.value}`" in text[text.index("## What is refused") :]


@pytest.mark.parametrize("code", ALERT_CODES)
def test_every_alert_code_is_explained(code: str) -> None:
    assert f"| `{code}` |" in (DOCS / "rules.md").read_text()


@pytest.mark.parametrize("code", REPLY_CODES)
def test_every_code_of_a_reply_is_explained_as_the_contract_has_it(code: str) -> None:
    assert f"| `{code}` | {REPLY_CODES[code]} |" in (DOCS / "protocol.md").read_text()


@pytest.mark.parametrize("op", Op)
def test_every_order_is_explained(op: Op) -> None:
    text = (DOCS / "protocol.md").read_text()

    assert f"`{op.value}`" in text[text.index("## Obey commands") : text.index("## By HTTPS")]
