"""Writes sheets as workbooks and CSV, and the templates people fill in. What is written reads back as the same lines."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from server.registry.exchange.fields import FORMULA_STARTS, MASK, Field, fields_of
from server.registry.exchange.reading import COMMENT
from server.registry.sheet import Sheet

Format = Literal["xlsx", "csv"]
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
TEMPLATE_ROWS = 5_000  # As far down as a template offers its choices.
TEXT_FORMAT = "@"  # So that a spreadsheet leaves a code of twenty digits alone.
_LIST_CHARACTERS_MAX = 250  # Excel's limit for choices written into the rule itself is 255.
_HEADING = PatternFill("solid", fgColor="D9E1F2")
_NEEDED = PatternFill("solid", fgColor="FCE4D6")
_KINDS = {
    "text": ("文字", "text"),
    "number": ("整数", "whole number"),
    "decimal": ("数字", "number"),
    "yes_no": ("是/否", "yes/no"),
    "date": ("日期，如 2026-09-01", "date, as 2026-09-01"),
    "instant": ("时间，如 2026-09-01 08:30", "time, as 2026-09-01 08:30"),
    "choice": ("从选项中选", "one of the choices"),
    "list": ("多项，用“、”分开", "several, with commas between"),
}
_HELP = (
    (
        "每张工作表是一张台账表，表名和列名请勿改动；列的次序可以调换，不需要的列可以删去。",
        "One sheet for each of the ledger.",
    ),
    (
        "带 * 的列必填。以 # 开头的行是说明，导入时跳过。",
        "A column with * must be filled in. Rows that begin with # are skipped.",
    ),
    (
        "编号相同的行会更新台账中的原行，其余的行新增；没有的列保持原值。",
        "A row of a known id changes that line; others are added.",
    ),
    ("有任何一处错误，整个文件都不会导入。", "With any fault nothing of the file is imported."),
    (
        f"“{MASK}”表示您无权查看的内容，原样保留即不改动。",
        f"{MASK} stands for what you may not see; leave it and nothing changes.",
    ),
    ("写“是”或“否”；日期写成 2026-09-01。", "Write yes or no; dates as 2026-09-01."),
)


def headings(sheet: Sheet, language: int) -> list[str]:
    """Give the heading of each column, with a star where it must be filled in."""
    return [_name(one, language) + ("*" if one.needed else "") for one in fields_of(sheet).values()]


def cells_of(sheet: Sheet, line: Any, language: int, *, personal: bool) -> list[Any]:
    """Give the cells of one line; personal columns that hold anything are masked unless they may be seen."""
    return [
        MASK
        if one.column.personal and not personal and getattr(line, one.name)
        else one.write(getattr(line, one.name), language)
        for one in fields_of(sheet).values()
    ]


def write_csv(sheet: Sheet, lines: Iterable[Any], language: int, *, personal: bool) -> Iterator[bytes]:
    """Write a sheet as CSV of UTF-8 with a byte order mark, in pieces."""
    yield "\ufeff".encode()
    yield _csv_row(headings(sheet, language))
    for line in lines:
        yield _csv_row(cells_of(sheet, line, language, personal=personal))


def write_workbook(path: Path, sheets: Sequence[tuple[Sheet, Iterable[Any]]], language: int, *, personal: bool) -> None:
    """Write sheets as one workbook."""
    book = Workbook(write_only=True)
    for sheet, lines in sheets:
        page = _page(book, sheet, language)
        for line in lines:
            page.append([_cell(page, one) for one in cells_of(sheet, line, language, personal=personal)])
    book.save(path)


def write_template(path: Path, sheets: Sequence[Sheet], language: int) -> None:
    """Write empty sheets with notes, choices to pick from and a page of help."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = _page(book, sheet, language)
        notes = [_note(one, language) for one in fields_of(sheet).values()]
        page.append([_cell(page, f"{COMMENT} {notes[0]}".strip()), *(_cell(page, note) for note in notes[1:])])
        for place, one in enumerate(fields_of(sheet).values(), 1):
            if rule := _rule(one, language):
                letter = get_column_letter(place)
                rule.add(f"{letter}3:{letter}{TEMPLATE_ROWS}")
                page.data_validations.append(rule)
    _help(book, sheets, language)
    book.save(path)


def template_csv(sheet: Sheet, language: int) -> bytes:
    """Write an empty sheet as CSV, with its row of notes."""
    notes = [_note(one, language) for one in fields_of(sheet).values()]
    return "\ufeff".encode() + _csv_row(headings(sheet, language)) + _csv_row([f"{COMMENT} {notes[0]}".strip(), *notes[1:]])


def _page(book: Workbook, sheet: Sheet, language: int) -> Any:  # The stubs know little of a sheet that is only written.
    page: Any = book.create_sheet((sheet.label, sheet.label_en)[language])
    page.freeze_panes = "A2"
    known = list(fields_of(sheet).values())
    for place, one in enumerate(known, 1):
        column = page.column_dimensions[get_column_letter(place)]
        column.width = max(12, 2 * len(one.column.label) + 4)
        if one.kind in ("text", "choice"):
            column.number_format = TEXT_FORMAT
    row = []
    for heading, one in zip(headings(sheet, language), known, strict=True):
        cell = WriteOnlyCell(page, heading)
        cell.font, cell.fill = Font(bold=True), _NEEDED if one.needed else _HEADING
        row.append(cell)
    page.append(row)
    return page


def _cell(page: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"  # Whatever it begins with, it is no formula.
    cell.number_format = TEXT_FORMAT
    return cell


def _rule(one: Field, language: int) -> DataValidation | None:
    words = [words[language] for words in one.choices.values() if words[language]]
    if one.kind == "yes_no":
        words = [("是", "yes")[language], ("否", "no")[language]]
    listed = ",".join(words)
    if not words or one.kind == "list" or len(listed) > _LIST_CHARACTERS_MAX or any("," in word for word in words):
        return None
    return DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)


def _note(one: Field, language: int) -> str:
    kind = _KINDS[one.kind][language]
    note = (one.column.note, one.column.note_en)[language]
    return f"{kind}；{note}" if note and language == 0 else f"{kind}; {note}" if note else kind


def _help(book: Workbook, sheets: Sequence[Sheet], language: int) -> None:
    page: Any = book.create_sheet(("说明", "Help")[language])
    for place, width in enumerate((18, 22, 10, 30, 90), 1):
        page.column_dimensions[get_column_letter(place)].width = width
    for words in _HELP:
        page.append([_cell(page, words[language])])
    page.append([])
    page.append(
        list((("台账表", "列", "必填", "填写", "选项"), ("Sheet", "Column", "Needed", "What to write", "Choices"))[language])
    )
    for sheet in sheets:
        for one in fields_of(sheet).values():
            choices = ("、", ", ")[language].join(words[language] for words in one.choices.values() if words[language])
            needed = ("是", "yes")[language] if one.needed else ""
            label = (sheet.label, sheet.label_en)[language]
            page.append([_cell(page, text) for text in (label, _name(one, language), needed, _note(one, language), choices)])


def _name(one: Field, language: int) -> str:
    return (one.column.label, one.column.label_en)[language]


def _csv_row(values: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(value) for value in values])
    return text.getvalue().encode()


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from calculating what a text says; reading takes the apostrophe off again."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
