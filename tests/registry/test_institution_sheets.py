"""The sheets of institutional defence and of the surroundings: what may stand in them and what may not."""

from datetime import date, datetime

import msgspec
import pytest

from contract.errors import ConfigurationError
from contract.identity import UnitId
from server.registry.changes import decode_line, encode_line
from server.registry.outside import OutsideKind, OutsideLevel, check_text
from server.registry.roster_file import decode_roster, encode_roster
from server.registry.sheets import LEDGER_SHEETS, SHEETS
from server.registry.sheets.drill import Drill, DrillKind, DrillMode
from server.registry.sheets.outside_area import OutsideArea
from tests.registry.city import FIRST, roster


def test_every_sheet_has_a_line_in_the_city_of_the_tests() -> None:
    """What the stores are tested with says something on every sheet but those of units, which have tests of their own."""
    told = {record.sheet for record in roster().records}

    assert told == {sheet.name for sheet in LEDGER_SHEETS} - {
        "duty",
        "outside_area",
        "outside_source",
        "requirement",
        "rule_setting",
        "planned_work",
        "planned_area",
        "scope",
        "escalation",
    }


def test_roster_file_carries_every_line() -> None:
    """A roster that was written and read again is the same one."""
    assert decode_roster(encode_roster(roster())) == roster()


def test_warning_of_an_area_is_read_back_as_it_was_written() -> None:
    """Hours are local ones and come back without a zone."""
    begins, ends = datetime(2026, 9, 8, 6), datetime(2026, 9, 9, 18, 30)  # noqa: DTZ001
    line = OutsideArea(
        unit=UnitId("450700"),
        id="met:7",
        source="met",
        kind=OutsideKind.WEATHER,
        level=OutsideLevel.RED,
        begins=begins,
        ends=ends,
    )

    assert decode_line("outside_area", encode_line(line)) == line


def test_drill_is_never_real() -> None:
    """The ledger of drills cannot hold a line of mode real, whichever way it comes in."""
    line = encode_line(Drill(school=FIRST, id="1", kind=DrillKind.ALARM, held_on=date(2026, 9, 1), mode=DrillMode.TEST))

    with pytest.raises(msgspec.ValidationError, match="mode"):
        decode_line("drill", line.replace('"test"', '"real"'))
    with pytest.raises(ConfigurationError, match="real"):
        decode_roster(encode_roster(roster()).replace(b'"mode":"drill"', b'"mode":"real"'))


@pytest.mark.parametrize("text", ["请致电13800138000", "身份证45070219900101123X", "长" * 201])
def test_outside_text_carries_nobody(text: str) -> None:
    """A person's telephone or identity number, or a whole report, is refused."""
    assert check_text(text) is not None


@pytest.mark.parametrize("text", ["", "台风红色预警，45070020260908号", "距东门80米有纠纷，2起"])
def test_outside_text_may_carry_other_numbers(text: str) -> None:
    """The number of a warning is nobody's telephone."""
    assert check_text(text) is None


def test_every_choice_of_every_sheet_has_words() -> None:
    """An enumeration that a column can hold has a Chinese and an English name for each value."""
    for sheet in SHEETS.values():
        for column in sheet.columns:
            assert column.label, (sheet.name, column.name)
            assert column.label_en, (sheet.name, column.name)
            assert all(len(words) == 2 for words in column.choices.values())
