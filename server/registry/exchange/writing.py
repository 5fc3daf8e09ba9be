"""Writes sheets as workbooks and CSV, and the templates people fill in. What is written reads back as the same lines."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from xlsxwriter import Workbook  # type: ignore[import-untyped]  # It comes without types.
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from server.registry.exchange.fields import FORMULA_STARTS, MASK, YES_NO, Field, fields_of
from server.registry.exchange.limits import FileRefused
from server.registry.exchange.reading import COMMENT
from server.registry.sheet import Sheet

Form = Literal["xlsx", "csv"]
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
TEMPLATE_ROWS = 5_000  # As far down as a template offers its choices.
TEXT_FORMAT = "@"  # So that a spreadsheet leaves a code of twenty digits alone.
_LIST_CHARACTERS_MAX = 250  # Excel's limit for choices written into the rule itself is 255.
_ROWS_MAX = 1_048_576  # Of a worksheet; the writer leaves out what stands below without a word.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # No XML may hold these.
_HEADING, _NEEDED = "#D9E1F2", "#FCE4D6"
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
    """Write sheets as one workbook, row by row: a city's devices take no memory of their own. Raises `FileRefused`."""
    with _book(path) as book:
        for sheet, lines in sheets:
            page = _Page(book, sheet, language)
            for line in lines:
                page.append(cells_of(sheet, line, language, personal=personal))


def write_template(path: Path, sheets: Sequence[Sheet], language: int) -> None:
    """Write empty sheets with notes, choices to pick from and a page of help."""
    with _book(path) as book:
        for sheet in sheets:
            page = _Page(book, sheet, language)
            notes = [_note(one, language) for one in fields_of(sheet).values()]
            page.append([f"{COMMENT} {notes[0]}".strip(), *notes[1:]])
            for place, one in enumerate(fields_of(sheet).values()):
                if choices := _choices(one, language):
                    page.offer(place, choices)
        _help(book, sheets, language)


def template_csv(sheet: Sheet, language: int) -> bytes:
    """Write an empty sheet as CSV, with its row of notes."""
    notes = [_note(one, language) for one in fields_of(sheet).values()]
    return "\ufeff".encode() + _csv_row(headings(sheet, language)) + _csv_row([f"{COMMENT} {notes[0]}".strip(), *notes[1:]])


def _book(path: Path) -> Workbook:
    # What the rows are gathered in lies beside the file, and goes with its folder also when we are cut off.
    return Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})


class _Page:
    """One sheet of a workbook, written from its heading downwards."""

    def __init__(self, book: Workbook, sheet: Sheet, language: int) -> None:
        known = list(fields_of(sheet).values())
        self._page = book.add_worksheet((sheet.label, sheet.label_en)[language])
        self._text = book.add_format({"num_format": TEXT_FORMAT})
        self._number = 0
        self._page.freeze_panes(1, 0)
        for place, one in enumerate(known):
            shape = self._text if one.kind in ("text", "choice") else None
            self._page.set_column(place, place, max(12, 2 * len(one.column.label) + 4), shape)
        for place, (heading, one) in enumerate(zip(headings(sheet, language), known, strict=True)):
            shape = book.add_format({"bold": True, "bg_color": _NEEDED if one.needed else _HEADING})
            self._page.write_string(0, place, heading, shape)

    def append(self, cells: Sequence[Any]) -> None:
        """Write the next row. A text stays a text, whatever it begins with; raises `FileRefused` where no row is left."""
        self._number += 1
        if self._number >= _ROWS_MAX:
            raise FileRefused(f"行数超出工作表上限（{_ROWS_MAX} 行）", f"more rows than a worksheet holds: {_ROWS_MAX}")
        _put(self._page, self._number, cells, self._text)

    def offer(self, place: int, choices: Sequence[str]) -> None:
        """Let a column's cells be picked from a list."""
        self._page.data_validation(2, place, TEMPLATE_ROWS - 1, place, {"validate": "list", "source": list(choices)})


def _put(page: Worksheet, number: int, cells: Sequence[Any], shape: Format | None = None) -> None:
    for place, value in enumerate(cells):
        if isinstance(value, str):
            page.write_string(number, place, _ILLEGAL.sub("", value), shape)
        elif value is not None:
            page.write_number(number, place, value)


def _choices(one: Field, language: int) -> Sequence[str]:
    """List what a column offers; nothing where that is more than a rule of Excel holds."""
    words = [words[language] for words in one.choices.values() if words[language]]
    if one.kind == "yes_no":
        words = [YES_NO[True][language], YES_NO[False][language]]
    if one.kind == "list" or len(",".join(words)) > _LIST_CHARACTERS_MAX or any("," in word for word in words):
        return ()
    return words


def _note(one: Field, language: int) -> str:
    kind = _KINDS[one.kind][language]
    note = (one.column.note, one.column.note_en)[language]
    return f"{kind}；{note}" if note and language == 0 else f"{kind}; {note}" if note else kind


def _help(book: Workbook, sheets: Sequence[Sheet], language: int) -> None:
    page = book.add_worksheet(("说明", "Help")[language])
    text = book.add_format({"num_format": TEXT_FORMAT})
    for place, width in enumerate((18, 22, 10, 30, 90)):
        page.set_column(place, place, width)
    rows: list[Sequence[str]] = [[words[language]] for words in _HELP]
    rows.append([])
    rows.append(
        (("台账表", "列", "必填", "填写", "选项"), ("Sheet", "Column", "Needed", "What to write", "Choices"))[language]
    )
    for sheet in sheets:
        for one in fields_of(sheet).values():
            choices = ("、", ", ")[language].join(words[language] for words in one.choices.values() if words[language])
            needed = YES_NO[True][language] if one.needed else ""
            label = (sheet.label, sheet.label_en)[language]
            rows.append([label, _name(one, language), needed, _note(one, language), choices])
    for number, cells in enumerate(rows):
        _put(page, number, cells, text)


def _name(one: Field, language: int) -> str:
    return (one.column.label, one.column.label_en)[language]


def _csv_row(values: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(value) for value in values])
    return text.getvalue().encode()


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from calculating what a text says; reading takes the apostrophe off again."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
