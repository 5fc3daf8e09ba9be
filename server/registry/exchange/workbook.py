"""Reads the rows of an .xlsx workbook, one at a time and with little memory.

The workbook comes from outside: what it unpacks to is limited, and XML that declares entities is refused. It is read by the
parser of Python's own library rather than by openpyxl, which takes three times as long for a city's devices.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from server.registry.exchange.limits import COLUMNS_MAX, PARTS_MAX, SHARED_MAX, UNPACKED_BYTES_MAX, FileRefused

CHUNK = 1 << 16
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # What .xls files and encrypted workbooks begin with.
_DATE_FORMATS = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}  # Built into Excel; 27 and up are the East Asian ones.
_UNSPOKEN = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_COLUMN = re.compile(r"[A-Z]+")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # A character that XML has no place for, and such a word itself.
Row = tuple[int, list[Any]]  # Its number in the sheet, from 1, and the values of its cells; None where there is nothing.


class Workbook:
    """One file. Raises `FileRefused` for one that is no workbook or is too large unpacked."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            if file.read(4) == _OLD_OFFICE:
                raise FileRefused(
                    "不支持旧版 .xls 文件或加密的工作簿，请另存为 .xlsx",
                    "an old .xls file or an encrypted workbook; save it as .xlsx",
                )
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError):
            raise FileRefused("不是有效的 .xlsx 文件", "not an .xlsx workbook") from None
        parts = self._zip.infolist()
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
            raise FileRefused(
                f"工作簿解压后过大（上限 {UNPACKED_BYTES_MAX >> 20} MB）",
                f"the workbook is too large unpacked; allowed: {UNPACKED_BYTES_MAX >> 20} MB",
            )
        self._places: dict[str, str] = {}
        self._epoch = datetime(1899, 12, 30)  # noqa: DTZ001  # Dates of a sheet have no zone.
        self._open()
        self._dates = self._date_styles()
        self._shared: list[str] | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        """Name the sheets, in their order."""
        return tuple(self._places)

    def rows(self, sheet: str) -> Iterator[Row]:
        """Read the rows that have anything in them."""
        if self._shared is None:
            self._shared = self._shared_texts()
        reader = _Rows(self._shared, self._dates, self._epoch)
        for _ in self._parse(self._places[sheet], reader.start, reader.end, reader.text):
            yield from reader.taken()

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def _open(self) -> None:
        rels: dict[str, str] = {}
        names: list[tuple[str, str]] = []

        def rel(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                rels[attributes.get("Id", "")] = attributes.get("Target", "")

        def book(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                ref = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
                names.append((attributes.get("name", ""), ref))
            elif name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self._epoch = datetime(1904, 1, 1)  # noqa: DTZ001

        self._all("xl/_rels/workbook.xml.rels", rel)
        self._all("xl/workbook.xml", book)
        for name, ref in names:
            target = rels.get(ref, "")
            place = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            if target and place in self._zip.namelist():
                self._places[name] = place

    def _date_styles(self) -> set[int]:
        """Name the cell styles that show a number as a date."""
        codes: dict[int, str] = {}
        styles: list[int] = []
        inside = [""]

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "numFmt":
                codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs"):
                inside[0] = name
            elif name == "xf" and inside[0] == "cellXfs":
                styles.append(int(attributes.get("numFmtId", "0")))

        if "xl/styles.xml" in self._zip.namelist():
            self._all("xl/styles.xml", start)
        dates = _DATE_FORMATS | {one for one, code in codes.items() if re.search("[yYdD年]", _UNSPOKEN.sub("", code))}
        return {place for place, one in enumerate(styles) if one in dates}

    def _shared_texts(self) -> list[str]:
        texts = _Texts()
        if "xl/sharedStrings.xml" in self._zip.namelist():
            for _ in self._parse("xl/sharedStrings.xml", texts.start, texts.end, texts.text):
                pass
        return texts.found

    def _all(self, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
        if part not in self._zip.namelist():
            raise FileRefused("不是有效的 .xlsx 文件", f"not an .xlsx workbook: {part} is missing")
        for _ in self._parse(part, start, lambda _: None, lambda _: None):
            pass

    def _parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> Iterator[None]:
        """Feed a part to a parser; gives control back after each piece."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
        parser.CharacterDataHandler = text
        parser.EntityDeclHandler = _refuse_entities
        try:
            with self._zip.open(part) as file:
                while data := file.read(CHUNK):
                    parser.Parse(data, False)
                    yield
                parser.Parse(b"", True)
            yield
        except (expat.ExpatError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError, NotImplementedError) as error:
            raise FileRefused("工作簿已损坏，无法读取", f"the workbook is damaged: {error}") from None


def _refuse_entities(*_: object) -> None:
    raise FileRefused("工作簿含有不允许的内容", "the workbook declares XML entities")


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Texts:
    """Collects the texts that cells share."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = self._phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """Begin an element."""
        if name == "si":
            self._parts.clear()
        elif name == "rPh":  # How a word is read; no part of it.
            self._phonetic = True
        elif name == "t":
            self._inside = not self._phonetic

    def end(self, name: str) -> None:
        """End an element."""
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            if len(self.found) >= SHARED_MAX:
                raise FileRefused("工作簿中的文字过多", "the workbook holds too many texts")
            self.found.append(_plain("".join(self._parts)))

    def text(self, data: str) -> None:
        """Take text."""
        if self._inside:
            self._parts.append(data)


class _Rows:
    """Builds rows out of a worksheet's elements."""

    def __init__(self, shared: list[str], dates: set[int], epoch: datetime) -> None:
        self._shared, self._dates, self._epoch = shared, dates, epoch
        self._done: list[Row] = []
        self._cells: list[Any] = []
        self._number = 0
        self._column = 0
        self._type = self._style = ""
        self._parts: list[str] = []
        self._inside = False
        self._columns: dict[str, int] = {}

    def taken(self) -> list[Row]:
        """Give the rows that are complete."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if name == "c":
            reference = attributes.get("r")
            self._column = self._column_of(reference) if reference else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._parts.clear()
        elif name in ("v", "t"):
            self._inside = True
        elif name == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdecimal() else self._number + 1
            self._cells, self._column = [], -1

    def end(self, name: str) -> None:
        """End an element."""
        if name in ("v", "t"):
            self._inside = False
        elif name == "c":
            if self._parts:
                self._put(self._value("".join(self._parts)))
        elif name == "row" and self._cells:
            self._done.append((self._number, self._cells))

    def text(self, data: str) -> None:
        """Take text."""
        if self._inside:
            self._parts.append(data)

    def _put(self, value: Any) -> None:
        if self._column >= COLUMNS_MAX:
            raise FileRefused(f"列数过多（上限 {COLUMNS_MAX} 列）", f"too many columns; allowed: {COLUMNS_MAX}")
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells.extend([None] * missing)
        self._cells.append(value)

    def _column_of(self, reference: str) -> int:
        found = _COLUMN.match(reference)
        letters = found[0] if found else ""
        known = self._columns.get(letters)
        if known is None:
            known = 0
            for letter in letters:
                known = known * 26 + ord(letter) - 64
            known = self._columns[letters] = known - 1
        return known

    def _value(self, text: str) -> Any:
        match self._type:
            case "s":
                place = int(text)
                return self._shared[place] if place < len(self._shared) else None
            case "str" | "inlineStr" | "e" | "d":
                return _plain(text)
            case "b":
                return text.strip() == "1"
            case _:
                return self._number_of(text)

    def _number_of(self, text: str) -> Any:
        number = float(text)
        if self._style.isdecimal() and int(self._style) in self._dates:
            return self._date(number)
        return int(number) if number.is_integer() and abs(number) < 1e21 else number  # noqa: PLR2004  # Longer is no number we know.

    def _date(self, number: float) -> date | float:
        try:
            moment = self._epoch + timedelta(seconds=round(number * 86_400))
        except OverflowError:
            return number
        return moment if moment.hour or moment.minute or moment.second else moment.date()
