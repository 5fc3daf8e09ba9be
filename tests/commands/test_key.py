"""The signing key: drawn once, readable by its owner alone, and changed in two steps."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from contract.errors import ConfigurationError
from contract.signing import parse_public, public_text
from server.app import main
from server.commands.key import CURRENT, NEXT, next_key, signing_key, switch


def test_the_key_is_drawn_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    first = public_text(signing_key(tmp_path))
    assert public_text(signing_key(tmp_path)) == first
    assert (tmp_path / CURRENT).stat().st_mode & 0o777 == 0o600
    (tmp_path / CURRENT).chmod(0o640)
    with pytest.raises(ConfigurationError, match="others can read it"):
        signing_key(tmp_path)


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key_stops_the_server_instead_of_being_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / CURRENT).write_text(content)
    (tmp_path / CURRENT).chmod(0o600)
    with pytest.raises(ConfigurationError, match="no Ed25519 key"):
        signing_key(tmp_path)


def test_the_next_key_is_known_before_it_is_used(tmp_path: Path) -> None:
    first = public_text(signing_key(tmp_path))
    with pytest.raises(ConfigurationError, match="no next key"):
        switch(tmp_path)
    coming = public_text(next_key(tmp_path))
    assert coming not in (first, "")
    assert public_text(next_key(tmp_path)) == coming
    assert public_text(signing_key(tmp_path)) == first
    assert public_text(switch(tmp_path)) == coming
    assert public_text(signing_key(tmp_path)) == coming
    assert not (tmp_path / NEXT).exists()


def test_the_command_prints_public_keys_alone(tmp_path: Path) -> None:
    run = CliRunner()
    folder = ["command-key", "--folder", str(tmp_path)]
    first = run.invoke(main, folder)
    coming = run.invoke(main, [*folder, "--next"])
    both = run.invoke(main, [*folder, "--next", "--switch"])
    used = run.invoke(main, [*folder, "--switch"])
    assert (first.exit_code, coming.exit_code, used.exit_code) == (0, 0, 0)
    assert both.exit_code != 0
    assert parse_public(first.output.strip()) != parse_public(coming.output.strip())
    assert used.output == coming.output == run.invoke(main, folder).output
