"""A command ends with one sentence for what was expected, and with its trace for what was not."""

import pytest
import typer

from contract.errors import ConfigurationError
from shell.process import one_sentence


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("port: taken"),
        ExceptionGroup("tasks", [ConfigurationError("port: taken")]),
        ExceptionGroup("tasks", [ValueError("ours"), ExceptionGroup("within", [ConfigurationError("port: taken")])]),
    ],
    ids=["bare", "of a task", "of a task of a task"],
)
def test_expected_trouble_is_one_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, one_sentence(3):
        raise error
    assert ended.value.exit_code == 3
    assert capsys.readouterr().err == "port: taken\n"


@pytest.mark.parametrize("error", [ValueError("ours"), ExceptionGroup("tasks", [ValueError("ours")])], ids=["bare", "group"])
def test_our_own_mistakes_keep_their_trace(error: Exception) -> None:
    with pytest.raises(type(error)), one_sentence():
        raise error


def test_nothing_wrong_is_nothing_said(capsys: pytest.CaptureFixture[str]) -> None:
    with one_sentence():
        pass
    assert capsys.readouterr().err == ""
