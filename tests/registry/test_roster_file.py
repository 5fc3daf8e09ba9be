"""The roster file comes back as it went out, and a bad one is refused with the place of each fault."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.identity import DeviceId, SchoolId, UnitId
from server.registry.model import Roster
from server.registry.roster_file import FAULTS_SHOWN_MAX, decode_roster, encode_roster, read_roster
from simulators.city import make_city

ROSTER = make_city(12, 3, date(2026, 11, 24)).roster
UNIT, SCHOOL, DEVICE = ROSTER.units[0], ROSTER.schools[0], ROSTER.devices[0]


def test_roster_comes_back_whole() -> None:
    """Nothing is lost or changed on the way through the file, and equal rosters give equal bytes."""
    data = encode_roster(ROSTER)

    assert decode_roster(data) == ROSTER
    assert encode_roster(decode_roster(data)) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"not json", r"not a roster file: .*line 1, column"),
        (b'{"form": "anxiao-roster",\n "v": 2,\n "roster": {]}', r"line 3, column 13"),
        (b"\xff\xfe", "not a roster file"),
        (b'{"form":"else","v":2,"roster":{}}', "form 'else'"),
        (b'{"form":"anxiao-roster","v":9,"roster":{}}', "version 9"),
        (b'{"form":"anxiao-roster","v":2}', "roster"),
        (b'{"form":"anxiao-roster","v":2,"roster":{"units":[{"id":7}]}}', r"\$\.roster\.units\[0\]\.id` \(id 7\)"),
        (b'{"form":"anxiao-roster","v":2,"roster":{"schools":[{"id":"2100000001","name":3}]}}', r"id '2100000001'"),
    ],
)
def test_bad_file_is_refused_by_place(data: bytes, says: str) -> None:
    """The message says what is wrong and where."""
    with pytest.raises(ConfigurationError, match=says):
        decode_roster(data)


@pytest.mark.parametrize(
    ("roster", "says"),
    [
        (replace(ROSTER, schools=(*ROSTER.schools, SCHOOL)), r"schools\[12\]\.id: '2100000001' stands twice"),
        (
            replace(ROSTER, schools=(replace(SCHOOL, id=SchoolId("12")),)),
            r"schools\[0\]\.id: school '12'; allowed: 10 digits",
        ),
        (replace(ROSTER, schools=(replace(SCHOOL, unit=UnitId("XX")),)), r"schools\[0\]\.unit: 'XX' is not in the roster"),
        (replace(ROSTER, gateways=ROSTER.gateways[1:]), r"devices\[0\]\.gateway: '.*' is not in the roster"),
        (replace(ROSTER, devices=(replace(DEVICE, kind="drone"),)), r"devices\[0\]\.kind: 'drone'; allowed: alarm_button"),
        (replace(ROSTER, devices=(replace(DEVICE, id=DeviceId("Ä")),)), r"devices\[0\]\.id: device 'Ä'; allowed"),
        (replace(ROSTER, devices=(DEVICE, DEVICE)), r"devices\[1\]: .* stands twice"),
        (replace(ROSTER, units=ROSTER.units[1:]), r"units\[0\]\.parent: '450700' is not in the roster"),
        (
            replace(ROSTER, schools=(replace(SCHOOL, central=SCHOOL.id), *ROSTER.schools[1:])),
            r"schools\[0\]\.central: '2100000001' is the school itself",
        ),
        (
            replace(ROSTER, schools=(replace(SCHOOL, merged_into=SchoolId("9999999999")), *ROSTER.schools[1:])),
            r"schools\[0\]\.merged_into: '9999999999' is not in the roster",
        ),
        (
            replace(ROSTER, devices=tuple(replace(one, gb_id="4" * 20) for one in ROSTER.devices)),
            rf"devices\[1\]\.gb_id: '{'4' * 20}' is the id of .* already",
        ),
        (replace(ROSTER, units=(replace(UNIT, parent=UNIT.id), *ROSTER.units[1:])), "never reaches a top"),
    ],
)
def test_roster_that_cannot_be_is_refused(roster: Roster, says: str) -> None:
    """What names something twice or points into nothing is not taken over, not even in part."""
    with pytest.raises(ConfigurationError, match=says):
        decode_roster(encode_roster(roster))


def test_many_faults_are_cut_short() -> None:
    """A file that is wrong everywhere tells its first faults and that there are more."""
    with pytest.raises(ConfigurationError) as caught:
        decode_roster(encode_roster(replace(ROSTER, schools=())))

    lines = str(caught.value).splitlines()
    assert len(lines) == FAULTS_SHOWN_MAX + 1
    assert lines[-1] == "…"


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A wrong path is an operator's trouble, told with the path; so is what stands in the file."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.json"):
        read_roster(tmp_path / "nowhere.json")
    (tmp_path / "empty.json").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"empty\.json: not a roster file"):
        read_roster(tmp_path / "empty.json")
