"""Sheets go out as files and come back as the same lines; a bad file is told by row and column and changes nothing."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.registry.changes import apply, keyed, lines_of
from server.registry.exchange import limits, writing
from server.registry.exchange.fields import MASK, BadCell, fields_of
from server.registry.exchange.limits import FileRefused
from server.registry.exchange.planning import Plan, plan_of
from server.registry.exchange.reading import ROWS_FILE, parse_file, read_file
from server.registry.exchange.rows import FileRow, Parsed
from server.registry.exchange.writing import template_csv, write_csv, write_template, write_workbook
from server.registry.model import Roster
from server.registry.sheets import SHEETS
from server.registry.sheets.declaration import Declaration
from tests.registry.city import FIRST, SECOND, THIRD, roster

BASE = replace(
    roster(),
    records=tuple(
        msgspec.structs.replace(one, id="barrier") if isinstance(one, Declaration) else one for one in roster().records
    ),
)
ALL = tuple(SHEETS.values())


def anybody(*_: object) -> None:
    """Let everybody do everything."""


def rows_of(folder: Path) -> list[FileRow]:
    """Read the rows that a reading left."""
    return [msgspec.json.decode(line, type=FileRow) for line in (folder / ROWS_FILE).read_bytes().splitlines()]


def planned(folder: Path, file: str, base: Roster, *, sheet: str = "", whole: bool = False) -> tuple[Parsed, Plan]:
    """Read a file and plan it."""
    parsed = read_file(folder, file, sheet)
    return parsed, plan_of(base, rows_of(folder), parsed.columns, anybody, whole=whole)


def csv_file(folder: Path, text: str, coding: str = "utf-8-sig") -> str:
    """Write a CSV file."""
    (folder / "in.csv").write_bytes(text.encode(coding))
    return "in.csv"


def faults(folder: Path, sheet: str, text: str) -> list[tuple[int, str, str, str]]:
    """Give what is wrong with a CSV file, from reading it as from planning it."""
    parsed, plan = planned(folder, csv_file(folder, text), BASE, sheet=sheet)
    return [(one.row, one.column, *one.words) for one in (*parsed.faults, *plan.faults)]


@pytest.mark.parametrize("language", [0, 1])
def test_a_whole_registry_comes_back_from_a_workbook(tmp_path: Path, language: int) -> None:
    write_workbook(tmp_path / "all.xlsx", [(one, lines_of(BASE, one.name)) for one in ALL], language, personal=True)

    parsed, plan = planned(tmp_path, "all.xlsx", Roster(calendar=BASE.calendar))

    assert (parsed.faults, plan.faults) == ([], [])
    wanted = keyed(replace(BASE, gateways=tuple(replace(one, key_hash="") for one in BASE.gateways)))  # Keys never leave.
    assert keyed(apply(Roster(calendar=BASE.calendar), plan.edits)) == wanted
    assert sum(counts.added for counts in plan.counts.values()) == len(wanted) - 1  # The calendar is no sheet.


@pytest.mark.parametrize("sheet", [one.name for one in ALL])
@pytest.mark.parametrize("coding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_sheet_comes_back_from_csv(tmp_path: Path, sheet: str, coding: str) -> None:
    data = b"".join(write_csv(SHEETS[sheet], lines_of(BASE, sheet), 0, personal=True)).decode("utf-8-sig")

    parsed, plan = planned(tmp_path, csv_file(tmp_path, data, coding), BASE, sheet=sheet)

    assert (parsed.faults, plan.faults, plan.edits) == ([], [], [])
    assert plan.counts[sheet].same == len(lines_of(BASE, sheet))


def test_what_a_spreadsheet_saved_is_read_as_it_was_meant(tmp_path: Path) -> None:
    """Dates as dates, codes as numbers, shared texts, columns in another order, headings in either language."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "kit"
    page.append(["装备", "编号", "学校标识码*", "Count", "有效期至"])
    page.append(["# 说明", None, None, None, None])
    page.append(["防暴头盔", 7, int(FIRST), 2.0, datetime(2027, 7, 1, 8)])  # noqa: DTZ001  # As spreadsheets have them.
    page.append(["Shield", "k8", FIRST, "３", "2027年7月2日"])
    book.save(tmp_path / "kit.xlsx")

    parsed, plan = planned(tmp_path, "kit.xlsx", BASE)

    assert (parsed.faults, plan.faults) == ([], [])
    lines = [edit.line for edit in plan.edits]
    assert [(line.id, line.item, line.count, line.expires) for line in lines] == [
        ("7", "helmet", 2, date(2027, 7, 1)),
        ("k8", "shield", 3, date(2027, 7, 2)),
    ]


def test_a_row_changes_only_the_columns_that_are_there(tmp_path: Path) -> None:
    _, plan = planned(tmp_path, csv_file(tmp_path, f"学校标识码,学生数\n{FIRST},777\n"), BASE, sheet="school")

    [edit] = plan.edits
    assert edit.line == replace(BASE.schools[0], pupils=777)
    assert plan.counts["school"].changed == 1


def test_every_fault_has_its_row_its_column_and_both_languages(tmp_path: Path) -> None:
    text = (
        "学校标识码,编号,装备,数量,有效期至\n"
        f"{FIRST},a,防暴头盔,1,2027-02-30\n"
        f"{FIRST},b,雨伞,1,\n"
        f"{FIRST},c,口哨,一,\n"
        f"{FIRST},,口哨,1,\n"
        f"{FIRST},d,口哨,1,\n"
        f"{FIRST},d,口哨,2,\n"
        "9999999999,e,口哨,1,\n"
    )
    found = faults(tmp_path, "kit", text)

    assert [(row, column) for row, column, *_ in found] == [
        (2, "expires"),
        (3, "item"),
        (4, "count"),
        (5, "id"),
        (7, "id"),
        (8, "school"),
    ]
    assert found[0][2:] == ("“2027-02-30”不是日期，请写成 2026-09-01", "'2027-02-30' is no date; write 2026-09-01")
    assert found[4][2:] == ("与第 6 行重复", "the same line as row 6")
    assert found[5][2:] == ("“9999999999”不在台账中", "'9999999999' is not in the roster")
    assert all(words for fault in found for words in fault[2:])


def test_a_gb28181_id_has_20_digits_and_is_one_devices_in_the_city(tmp_path: Path) -> None:
    taken = next(one.gb_id for one in BASE.devices if one.gb_id)
    found = faults(
        tmp_path, "device", f"网关编号,设备编号,国标编码\ngw-third,cam-1,{taken}\ngw-second,cam-1,123\ngw-third,button-1,\n"
    )

    assert [(row, column) for row, column, *_ in found] == [(3, "gb_id"), (2, "gb_id")]
    assert "gw-first cam-1" in found[1][3]


def test_a_code_that_a_spreadsheet_made_a_number_is_refused_rather_than_rounded(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "设备"
    page.append(["网关编号", "设备编号", "国标编码"])
    page.append(["gw-first", "cam-1", 45070201321320000001])
    book.save(tmp_path / "d.xlsx")

    parsed = read_file(tmp_path, "d.xlsx", "")

    assert [(one.row, one.column) for one in parsed.faults] == [(2, "gb_id")]
    assert "文本" in parsed.faults[0].words[0]


def test_a_new_line_without_what_it_needs_is_a_fault(tmp_path: Path) -> None:
    found = faults(tmp_path, "gate", f"学校标识码,编号,主校门\n{FIRST},9,是\n")

    assert [(row, column) for row, column, *_ in found] == [(2, "name")]


def test_a_whole_sheet_takes_out_what_it_leaves_out_and_only_within_reach(tmp_path: Path) -> None:
    def north(sheet: object, old: Any, new: Any) -> tuple[str, str] | None:
        return ("不在管辖范围", "out of reach") if old is not None and old.school == THIRD else None

    parsed = read_file(tmp_path, csv_file(tmp_path, f"学校标识码,编号,名称\n{FIRST},1,东门\n"), "gate")
    plan = plan_of(BASE, rows_of(tmp_path), parsed.columns, north, whole=True)

    assert [edit.key for edit in plan.edits if edit.line is None] == [(SECOND, "1")]
    assert plan.counts["gate"].removed == 1


def test_a_school_that_others_refer_to_cannot_be_left_out(tmp_path: Path) -> None:
    data = b"".join(write_csv(SHEETS["school"], BASE.schools[:2], 0, personal=True)).decode("utf-8-sig")

    _, plan = planned(tmp_path, csv_file(tmp_path, data), BASE, sheet="school", whole=True)

    assert plan.counts["school"].removed == 1
    assert {one.sheet for one in plan.faults} >= {"gateway", "device", "guard"}
    assert all(THIRD in one.words[0] and one.row == 0 for one in plan.faults)


def test_personal_columns_are_masked_and_a_mask_changes_nothing(tmp_path: Path) -> None:
    data = b"".join(write_csv(SHEETS["guard"], lines_of(BASE, "guard"), 0, personal=False)).decode("utf-8-sig")

    assert "保安1" not in data
    assert MASK in data
    parsed, plan = planned(tmp_path, csv_file(tmp_path, data), BASE, sheet="guard")
    assert (parsed.faults, plan.faults, plan.edits) == ([], [], [])


@pytest.mark.parametrize("evil", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_no_text_becomes_a_formula_and_all_come_back(tmp_path: Path, evil: str) -> None:
    gates = [msgspec.structs.replace(one, name=evil) for one in lines_of(BASE, "gate")]
    data = b"".join(write_csv(SHEETS["gate"], gates, 0, personal=True)).decode("utf-8-sig")
    write_workbook(tmp_path / "gates.xlsx", [(SHEETS["gate"], gates)], 0, personal=True)

    assert f"'{evil[0]}" in data
    page: Any = openpyxl.load_workbook(tmp_path / "gates.xlsx").active
    assert page["C2"].data_type == "s"
    for file in (csv_file(tmp_path, data), "gates.xlsx"):
        _, plan = planned(tmp_path, file, BASE, sheet="gate")
        assert {edit.line.name for edit in plan.edits} == {evil.strip()}


@pytest.mark.parametrize("odd", ["_x0041_", "a_xyz_", "第一行\n第二行", "<&>\"'", "校" * 2_000])
def test_a_text_that_looks_like_the_markup_of_a_workbook_comes_back_as_it_was(tmp_path: Path, odd: str) -> None:
    gates = [msgspec.structs.replace(one, name=odd) for one in lines_of(BASE, "gate")]
    write_workbook(tmp_path / "gates.xlsx", [(SHEETS["gate"], gates)], 0, personal=True)

    _, plan = planned(tmp_path, "gates.xlsx", BASE)

    assert (plan.faults, {edit.line.name for edit in plan.edits}) == ([], {odd})


def test_lines_that_no_worksheet_has_room_for_are_refused_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_ROWS_MAX", 3)  # The heading and two lines.
    gate = lines_of(BASE, "gate")[0]

    write_workbook(tmp_path / "two.xlsx", [(SHEETS["gate"], [gate] * 2)], 0, personal=True)
    with pytest.raises(FileRefused, match="more rows"):
        write_workbook(tmp_path / "three.xlsx", [(SHEETS["gate"], [gate] * 3)], 0, personal=True)


@pytest.mark.parametrize("language", [0, 1])
def test_a_template_can_be_filled_in_by_a_spreadsheet(tmp_path: Path, language: int) -> None:
    write_template(tmp_path / "template.xlsx", ALL, language)
    book = openpyxl.load_workbook(tmp_path / "template.xlsx")

    assert book.sheetnames[-1] == ("说明", "Help")[language]
    page = book[(SHEETS["kit"].label, SHEETS["kit"].label_en)[language]]
    assert any(
        "helmet" in str(rule.formula1).lower() or "头盔" in str(rule.formula1)
        for rule in page.data_validations.dataValidation
    )
    for place, value in enumerate((FIRST, "k9", ("口哨", "Whistle")[language]), 1):
        page.cell(3, place, value)
    book.save(tmp_path / "filled.xlsx")
    parsed, plan = planned(tmp_path, "filled.xlsx", BASE)
    assert (parsed.faults, plan.faults) == ([], [])
    assert [(edit.key, edit.line.item) for edit in plan.edits] == [((FIRST, "k9"), "whistle")]


def test_a_csv_template_reads_as_no_line_at_all(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(template_csv(SHEETS["kit"], 0))

    parsed = read_file(tmp_path, "t.csv", "kit")

    assert (parsed.faults, parsed.total) == ([], 0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(100), ".xls"),
        (b"PK\x03\x04garbage", "有效"),
        (b"\x81", "编码"),
        (b'a,"b\n', "没有名为"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "file").write_bytes(data)

    told = parse_file(str(tmp_path), "file", "kit")

    words = told[0] if isinstance(told, tuple) else " ".join(one.words[0] for one in told.faults)
    assert says in words


def zipped(path: Path, **parts: str) -> None:
    """Write a workbook of some parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr({"rels": "xl/_rels/workbook.xml.rels", "book": "xl/workbook.xml", "sheet": "xl/s.xml"}[name], text)


RELS = '<Relationships><Relationship Id="r1" Target="s.xml"/></Relationships>'
BOOK = '<workbook xmlns:r="r"><sheets><sheet name="kit" r:id="r1"/></sheets></workbook>'


def test_entities_and_what_unpacks_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entity = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    zipped(tmp_path / "entity.xlsx", rels=RELS, book=BOOK, sheet=entity)
    with pytest.raises(FileRefused, match="entities"):
        read_file(tmp_path, "entity.xlsx", "")

    zipped(tmp_path / "bomb.xlsx", rels=RELS, book=BOOK, sheet="<worksheet>" + " " * 2_000_000)
    monkeypatch.setattr("server.registry.exchange.workbook.UNPACKED_BYTES_MAX", 1_000_000)
    with pytest.raises(FileRefused, match="too large unpacked"):
        read_file(tmp_path, "bomb.xlsx", "")


def test_too_many_rows_and_columns_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.registry.exchange.reading.ROWS_MAX", 2)
    with pytest.raises(FileRefused, match="too many rows"):
        read_file(tmp_path, csv_file(tmp_path, "学校标识码,编号\n1,1\n1,2\n1,3\n"), "kit")
    with pytest.raises(FileRefused, match="too many columns"):
        read_file(tmp_path, csv_file(tmp_path, "," * (limits.COLUMNS_MAX + 1)), "kit")
    far = '<worksheet><sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'
    zipped(tmp_path / "far.xlsx", rels=RELS, book=BOOK, sheet=far)
    with pytest.raises(FileRefused, match="too many columns"):
        read_file(tmp_path, "far.xlsx", "")


def test_a_sheet_that_is_no_sheet_is_a_fault_and_not_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "x.xlsx")

    parsed = read_file(tmp_path, "x.xlsx", "")

    assert "不是台账表" in parsed.faults[0].words[0]


def test_faults_are_counted_beyond_those_kept(tmp_path: Path) -> None:
    rows = "".join(f"{FIRST},{number},伞\n" for number in range(limits.FAULTS_MAX + 5))

    parsed = read_file(tmp_path, csv_file(tmp_path, "学校标识码,编号,装备\n" + rows), "kit")

    assert (len(parsed.faults), parsed.faults_total) == (limits.FAULTS_MAX, limits.FAULTS_MAX + 5)


@given(st.text(max_size=30), st.sampled_from([(one, name) for one in ALL for name in fields_of(one)]))
def test_whatever_stands_in_a_cell_is_a_value_or_a_fault(text: str, place: tuple[Any, str]) -> None:
    """No text makes the reader fall, and what it takes it gives back by writing and reading once more."""
    field = fields_of(place[0])[place[1]]
    try:
        value = field.read(text)
    except BadCell:
        return
    if not isinstance(value, str):
        assert field.read(field.write(value)) == value
        assert field.revive(msgspec.json.decode(msgspec.json.encode(value))) == value


def test_gb18030_is_told_from_utf8(tmp_path: Path) -> None:
    text = io.StringIO(f"学校标识码,编号,名称\n{FIRST},9,東門𠮷\n").getvalue()
    wanted: Sequence[str] = ["東門𠮷"]

    for coding in ("utf-8", "gb18030"):
        _, plan = planned(tmp_path, csv_file(tmp_path, text, coding), BASE, sheet="gate")
        assert [edit.line.name for edit in plan.edits] == wanted
