"""The roster as a JSON file: what the simulator writes and `anxiao-server` can import.

One object `{"form": "anxiao-roster", "v": 1, "roster": {…}}`; the members of `roster` are those of
`server.registry.model.Roster`, dates as `YYYY-MM-DD`. `docs/simulator.md` shows an example.
"""

from pathlib import Path

import msgspec

from contract.errors import ConfigurationError
from server.registry.model import Roster

FORM = "anxiao-roster"
VERSION = 1


class RosterFile(msgspec.Struct, frozen=True):
    """The file as a whole; `form` and `v` say what it is before anything else is believed."""

    form: str
    v: int
    roster: Roster


def encode_roster(roster: Roster) -> bytes:
    """Write a roster; the same roster always gives the same bytes."""
    return msgspec.json.encode(RosterFile(FORM, VERSION, roster), order="sorted")


def decode_roster(data: bytes) -> Roster:
    """Read a roster back, or raise `ConfigurationError` naming the place and what is wrong there."""
    try:
        file = msgspec.json.decode(data, type=RosterFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not a roster file: {error}") from None
    if (file.form, file.v) != (FORM, VERSION):
        raise ConfigurationError(f"roster form {file.form!r} version {file.v}; allowed: {FORM!r} version {VERSION}")
    return file.roster


def load_roster(path: Path) -> Roster:
    """Read a roster file."""
    try:
        return decode_roster(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"roster {path}: {error.strerror}") from None
