"""The roster file comes back as it went out, and a bad one is refused with its place."""

from datetime import date
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from simulators.city import make_city
from simulators.roster import decode_roster, encode_roster, load_roster

ROSTER = make_city(12, 3, date(2026, 11, 24)).roster


def test_roster_comes_back_whole() -> None:
    """Nothing is lost or changed on the way through the file, and equal rosters give equal bytes."""
    data = encode_roster(ROSTER)

    assert decode_roster(data) == ROSTER
    assert encode_roster(decode_roster(data)) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"not json", "not a roster file"),
        (b"\xff\xfe", "not a roster file"),
        (b'{"form":"else","v":1,"roster":{}}', "roster form 'else'"),
        (b'{"form":"anxiao-roster","v":2,"roster":{}}', "version 2"),
        (b'{"form":"anxiao-roster","v":1,"roster":{"units":[{"id":7}]}}', r"\$\.roster\.units\[0\]\.id"),
    ],
)
def test_bad_file_is_refused_by_place(data: bytes, says: str) -> None:
    """The message says what is wrong and where."""
    with pytest.raises(ConfigurationError, match=says):
        decode_roster(data)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A wrong path is an operator's trouble, told with the path."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.json"):
        load_roster(tmp_path / "nowhere.json")
