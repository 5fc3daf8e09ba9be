"""Reads a file's sheets into rows of typed values, each cell checked; runs in a process of its own.

What it finds it writes as JSON lines beside the file, so that neither process ever holds a whole city twice.
"""

import csv
import io
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

from server.registry.exchange.fields import MASK, BadCell, Field, fields_of, labels_of, plain_label
from server.registry.exchange.limits import COLUMNS_MAX, FAULTS_MAX, ROWS_MAX, TEXT_MAX, FileRefused
from server.registry.exchange.rows import FileRow, Parsed, RowFault
from server.registry.exchange.workbook import Row, Workbook
from server.registry.record import Key
from server.registry.sheet import Sheet, Words
from server.registry.sheets import SHEETS

ROWS_FILE = "rows.jsonl"
PROGRESS_FILE = "progress"
COMMENT = "#"  # A row that begins with it says something to people.
PROGRESS_ROWS = 2_000
MEMORY_BYTES_MAX = 4 * 1024**3  # Of address space: a workbook that is made to fill the memory ends its own process only.
HELP_TITLES = {"说明", "help"}
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_encoder = msgspec.json.Encoder()


def parse_file(folder: str, file: str, sheet: str) -> Parsed | Words:
    """Read `file` in `folder`; `sheet` names the sheet of a CSV file. Gives the words of the refusal where there is one."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        return read_file(Path(folder), file, sheet)
    except FileRefused as refused:
        return refused.words
    except MemoryError:
        return ("文件过大，内存不足", "the file takes more memory than is allowed")


def read_file(folder: Path, file: str, sheet: str) -> Parsed:
    """Do it; raises `FileRefused`."""
    path = folder / file
    with path.open("rb") as opened:
        begins = opened.read(4)
    with _Reader(folder) as reader:
        if begins in (_ZIP, _OLD_OFFICE):
            book = Workbook(path)
            try:
                for title in book.sheets:
                    reader.sheet(title, book.rows(title))
            finally:
                book.close()
        elif sheet not in SHEETS:
            raise FileRefused("请选择 CSV 文件对应的台账表", "say which sheet the CSV file holds")
        else:
            reader.sheet(sheet, csv_rows(path.read_bytes()))
    if not reader.columns and not reader.faults:
        raise FileRefused("文件中没有可识别的台账表", "the file holds none of the ledger's sheets")
    return Parsed(reader.columns, reader.rows, reader.faults, reader.faults_total)


def csv_rows(data: bytes) -> Iterator[Row]:
    """Read CSV of UTF-8 or GB18030, separated by commas, tabs or semicolons; rows have their numbers in the file."""
    text = _decoded(data)
    first = text[: max(text.find("\n"), 0) or len(text)]
    separator = max(",\t;", key=first.count)
    csv.field_size_limit(TEXT_MAX * 10)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for place, cells in enumerate(reader, 1):
            if len(cells) > COLUMNS_MAX:
                raise FileRefused(f"列数过多（上限 {COLUMNS_MAX} 列）", f"too many columns; allowed: {COLUMNS_MAX}")
            if any(cells):
                yield place, [cell or None for cell in cells]
    except csv.Error as error:
        raise FileRefused("CSV 文件格式有误", f"not CSV: {error}") from None


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codings: tuple[str, ...] = ("utf-16",)
    else:
        codings = ("utf-8-sig", "gb18030")
    for coding in codings:
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    raise FileRefused("文件编码无法识别，请用 UTF-8 或 GB18030", "neither UTF-8 nor GB18030")


class _Reader:
    """Collects what the sheets of one file say."""

    def __init__(self, folder: Path) -> None:
        self._progress = folder / PROGRESS_FILE
        self._out = (folder / ROWS_FILE).open("wb")
        self._by_title = {plain_label(word): one for one in SHEETS.values() for word in (one.name, one.label, one.label_en)}
        self.columns: dict[str, list[str]] = {}
        self.rows: dict[str, int] = {}
        self.faults: list[RowFault] = []
        self.faults_total = 0
        self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def sheet(self, title: str, rows: Iterator[Row]) -> None:
        """Read one sheet of the file."""
        if plain_label(title) in HELP_TITLES:
            return
        known = self._by_title.get(plain_label(title))
        if known is None:
            words = (
                f"工作表“{title[:40]}”不是台账表，请删除或改名",
                f"{title[:40]!r} is no sheet of the ledger; remove or rename it",
            )
            self._fault(title[:40], 0, "", ("", ""), words)
            return
        if known.name in self.columns:
            self._fault(known.name, 0, "", ("", ""), ("该台账表在文件中出现两次", "the sheet stands in the file twice"))
            return
        number, headings = next(rows, (0, []))
        fields = self._heading(known, number, headings)
        self.columns[known.name] = [field.name for field in fields if field is not None]
        self.rows[known.name] = 0
        if all(name in self.columns[known.name] for name in known.key):
            self._lines(known, fields, rows)

    def _heading(self, sheet: Sheet, number: int, headings: list[Any]) -> list[Field | None]:
        """Find the column of each heading."""
        labels, known = labels_of(sheet), fields_of(sheet)
        found: list[Field | None] = []
        for heading in headings:
            word = plain_label(heading)
            name = labels.get(word)
            field = known[name] if name else None
            if word and field is None:
                shown = str(heading)[:40]
                words = (f"没有名为“{shown}”的列", f"there is no column {shown!r}")
                self._fault(sheet.name, number, "", (shown, shown), words)
            elif field is not None and field in found:
                self._fault(sheet.name, number, field.name, _label(field), ("该列出现两次", "the column stands here twice"))
                field = None
            found.append(field)
        for name in sheet.key:
            if known[name] not in found:
                self._fault(sheet.name, number, name, _label(known[name]), ("缺少该列", "the column is missing"))
        return found

    def _lines(self, sheet: Sheet, fields: list[Field | None], rows: Iterator[Row]) -> None:
        seen: dict[Key, int] = {}
        for number, cells in rows:
            if cells and isinstance(cells[0], str) and cells[0].startswith(COMMENT):
                continue
            self._total += 1
            if self._total > ROWS_MAX:
                raise FileRefused(f"行数过多（上限 {ROWS_MAX} 行）", f"too many rows; allowed: {ROWS_MAX}")
            if self._total % PROGRESS_ROWS == 0:
                self._progress.write_text(str(self._total))
            values, masked, good = self._cells(sheet, number, fields, cells)
            self.rows[sheet.name] += 1
            if not good:
                continue
            key = tuple(str(values[name]) for name in sheet.key)
            if (other := seen.setdefault(key, number)) != number:
                words = (f"与第 {other} 行重复", f"the same line as row {other}")
                self._fault(sheet.name, number, sheet.key[-1], _label(fields_of(sheet)[sheet.key[-1]]), words)
                continue
            self._out.write(_encoder.encode(FileRow(sheet.name, number, values, masked)) + b"\n")

    def _cells(
        self, sheet: Sheet, number: int, fields: list[Field | None], cells: list[Any]
    ) -> tuple[dict[str, Any], list[str], bool]:
        values: dict[str, Any] = {}
        masked: list[str] = []
        good = True
        for place, field in enumerate(fields):
            if field is None:
                continue
            cell = cells[place] if place < len(cells) else None
            if cell == MASK:
                masked.append(field.name)
                continue
            try:
                values[field.name] = field.read(cell)
            except BadCell as bad:
                good = False
                self._fault(sheet.name, number, field.name, _label(field), bad.words)
        if any(name in masked for name in sheet.key):
            good = False
            self._fault(sheet.name, number, "", ("", ""), ("编号不能是遮盖的内容", "an id cannot be what was masked"))
        return values, masked, good

    def _fault(self, sheet: str, row: int, column: str, label: Words, words: Words) -> None:
        self.faults_total += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(RowFault(sheet, row, column, label, words))


def _label(field: Field) -> Words:
    return field.column.label, field.column.label_en
