"""Trying a channel from the command line: what became of it in one line, and in the exit status."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.app import main
from simulators.demo import free_port
from simulators.receivers.channels import SECRETS, channel_file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a channel file whose channels lead nowhere."""
    path = channel_file(tmp_path, f"http://127.0.0.1:{free_port(18_970)}")
    monkeypatch.setenv("ANXIAO_CHANNELS", str(path))
    return path


def test_what_became_of_a_try_is_one_line_without_secrets(file: Path) -> None:
    tried = CliRunner().invoke(main, ["channel", "test", "wecom"])

    assert (tried.exit_code, tried.output) == (1, "wecom: failed no connection\n")
    assert file.exists()


def test_channels_are_listed_by_name_and_kind_alone(file: Path) -> None:
    listed = CliRunner().invoke(main, ["channel", "list"])

    assert "sms: sms\n" in listed.output
    assert not [secret for secret in SECRETS if secret in listed.output]
    assert file.exists()


def test_unknown_channel_is_named_with_those_there_are(file: Path) -> None:
    tried = CliRunner().invoke(main, ["channel", "test", "smoke"])

    assert tried.exit_code == 2
    assert "sms" in tried.output
    assert file.exists()
