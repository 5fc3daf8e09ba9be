"""How the cells of a sheet's columns are read and written: by the type of the record's field of the same name. All pure."""

import dataclasses
import re
import types
import typing
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Literal

import msgspec

from server.registry.exchange.limits import TEXT_MAX
from server.registry.sheet import Column, Sheet, Words

MASK = "***"  # Written for what the reader may not see; read back, it means "as it is".
KIND = Literal["text", "number", "decimal", "yes_no", "date", "instant", "choice", "list"]
YES_NO: Mapping[bool, Words] = {True: ("是", "yes"), False: ("否", "no")}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # What a spreadsheet would take for a formula.
_YES = {"是", "有", "√", "✓", "y", "yes", "true", "1"}
_NO = {"否", "无", "×", "✗", "x", "n", "no", "false", "0"}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
_TIME = re.compile(r"[ t](\d{1,2}):(\d{2})(?::(\d{2}))?$")
_DATE_SHORT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_LIST = re.compile(r"[、,，;；\n]+")
_NEVER_NEEDED = {"name_en"}  # A thing without an English name is shown by its Chinese one.
_PLAIN_KINDS: Mapping[Any, KIND] = {bool: "yes_no", int: "number", float: "decimal", date: "date", datetime: "instant"}
_EXACT_MAX = 10**15  # A spreadsheet keeps fifteen digits of a number.


class BadCell(Exception):
    """What stands in a cell cannot be; the words say why."""

    def __init__(self, words: Words) -> None:
        super().__init__(words[1])
        self.words = words


@dataclass(frozen=True, slots=True)
class Field:
    """One column as it is read and written."""

    column: Column
    kind: KIND
    optional: bool  # May be none.
    needed: bool  # Has to be filled in.
    default: Any
    choices: Mapping[Any, Words]
    _by_word: Mapping[str, Any]
    _by_value: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name the column."""
        return self.column.name

    def read(self, cell: object) -> Any:
        """Give the value of a cell, or raise `BadCell`."""
        if cell is None or cell == "":
            return self._nothing()
        if isinstance(cell, str):
            cell = cell.strip()
            if not cell:
                return self._nothing()
            if len(cell) > TEXT_MAX:
                raise BadCell((f"文字过长（上限 {TEXT_MAX} 字）", f"too long; allowed: {TEXT_MAX} characters"))
        value = self._typed(cell)
        wrong = self.column.check(value) if self.column.check is not None and value is not None else None
        if wrong:
            raise BadCell(wrong)
        return value

    def write(self, value: Any, language: int = 0) -> str | int | float | bool | None:
        """Give what to write for a value, in Chinese (0) or English (1); it reads back as the same value."""
        if value is None or self.kind in ("number", "decimal"):
            return value  # type: ignore[no-any-return]  # A number, by its type.
        if self.kind == "yes_no":
            return YES_NO[bool(value)][language]
        if self.kind == "date":
            return str(value.isoformat())
        if self.kind == "instant":
            return str(value.isoformat(sep=" "))
        if self.kind == "list":
            return "、".join(self._word(one, language) for one in value)
        return self._word(value, language)

    def revive(self, value: Any) -> Any:
        """Give a value back that went through JSON."""
        if value is None:
            return None
        match self.kind:
            case "date":
                return date.fromisoformat(value)
            case "instant":
                return datetime.fromisoformat(value)
            case "choice":
                return self._by_value.get(value, value)
            case "list":
                return self._make_list([self._by_value.get(one, one) for one in value])
            case _:
                return value

    def _word(self, value: Any, language: int) -> str:
        words = self.choices.get(value)
        return (
            words[language] if words and words[language] else str(value.value if isinstance(value, Enum) else value)
        ) or ""

    def _nothing(self) -> Any:
        if self.needed:
            raise BadCell(("必填", "must be filled in"))
        return self.default

    def _typed(self, cell: Any) -> Any:  # noqa: PLR0911  # One line for each kind.
        match self.kind:
            case "choice":
                return self._choice(_text(cell))
            case "yes_no":
                return _yes_no(cell)
            case "number":
                return _whole(cell)
            case "decimal":
                return _decimal(cell)
            case "date":
                return _date(cell)
            case "instant":
                return _instant(cell)
            case "list":
                parts = [one.strip() for one in _LIST.split(_text(cell)) if one.strip()]
                return self._make_list([self._choice(one) for one in parts] if self.choices else parts)
            case _:
                return _text(cell)

    def _make_list(self, parts: list[Any]) -> Any:
        return type(self.default)(parts) if self.default is not None else tuple(parts)

    def _choice(self, text: str) -> Any:
        found = self._by_word.get(_plain(text), BadCell)
        if found is BadCell:
            several = [words[0] or "（空）" for words in self.choices.values()][:20]
            english = [words[1] or "(empty)" for words in self.choices.values()][:20]
            raise BadCell(
                (
                    f"“{text[:40]}”不在可选项中：{'、'.join(several)}",
                    f"{text[:40]!r} is no choice; allowed: {', '.join(english)}",
                )
            )
        return found


@cache
def fields_of(sheet: Sheet) -> Mapping[str, Field]:
    """Give the columns of a sheet that may be seen, by name, in their order."""
    hints = typing.get_type_hints(sheet.record)
    return {one.name: _field(sheet, one, hints[one.name]) for one in sheet.columns if not one.hidden}


def labels_of(sheet: Sheet) -> Mapping[str, str]:
    """Give the column's name for each word that may head it."""
    found: dict[str, str] = {}
    for name, field in fields_of(sheet).items():
        for word in (name, field.column.label, field.column.label_en):
            found[_plain(word)] = name
    return found


def plain_label(text: object) -> str:
    """Give a heading as `labels_of` has it: without the star of what has to be filled in."""
    return _plain(str(text if text is not None else "").strip().rstrip("*＊"))


def _field(sheet: Sheet, column: Column, hint: Any) -> Field:
    options = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    optional = type(None) in options
    [inner] = [one for one in options if one is not type(None)]
    inner = getattr(inner, "__supertype__", inner)
    choices = dict(column.choices)
    default, given = _default(sheet.record, column.name)
    kind, found = _kind_of(inner)
    choices = choices or found
    if choices and kind == "text":
        kind = "choice"
    needed = not given and not optional and column.name not in _NEVER_NEEDED
    if not given and not optional and kind == "text":
        default = ""
    by_word: dict[str, Any] = {}
    for value, words in choices.items():
        for word in (str(value.value if isinstance(value, Enum) else value), *words):
            by_word[_plain(word)] = value
    by_value = {str(one.value if isinstance(one, Enum) else one): one for one in choices}
    return Field(column, kind, optional, needed, default, choices, by_word, by_value)


def _kind_of(inner: Any) -> tuple[KIND, dict[Any, Words]]:
    """Tell the kind of a type, and its values where it has only some."""
    origin = typing.get_origin(inner)
    if origin is Literal:
        return "choice", {one: (str(one), str(one)) for one in typing.get_args(inner)}
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "choice", {one: (str(one.value), str(one.value)) for one in inner}
    if origin in (tuple, list, frozenset, set):
        return "list", {}
    return _PLAIN_KINDS.get(inner, "text"), {}


def _default(record: type[Any], name: str) -> tuple[Any, bool]:
    """Give a field's default, and whether it has one."""
    if dataclasses.is_dataclass(record):
        field = next(one for one in dataclasses.fields(record) if one.name == name)
        if field.default_factory is not dataclasses.MISSING:
            return field.default_factory(), True
        return (None, False) if field.default is dataclasses.MISSING else (field.default, True)
    info = next(one for one in msgspec.structs.fields(record) if one.name == name)
    if info.default_factory is not msgspec.NODEFAULT:
        return info.default_factory(), True
    return (None, False) if info.default is msgspec.NODEFAULT else (info.default, True)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return YES_NO[cell][0]
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT_MAX:
            raise BadCell(
                (
                    "长编码被表格软件存成了数字，末几位已丢失；请把该列设为“文本”后重新填写",
                    "a long number lost its last digits in the spreadsheet; make the column text and fill it in again",
                )
            )
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell)
    if text.startswith("'") and text[1:2] in FORMULA_STARTS:
        text = text[1:].strip()  # What an export put there, so that no spreadsheet calculates.
    return text.replace("\x00", "")


def _yes_no(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    word = _plain(_text(cell))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell((f"“{str(cell)[:20]}”应为“是”或“否”", f"{str(cell)[:20]!r}; allowed: yes or no"))


def _whole(cell: Any) -> int:
    number = _decimal(cell)
    if not float(number).is_integer() or abs(number) > 2**31:
        raise BadCell((f"“{str(cell)[:20]}”应为整数", f"{str(cell)[:20]!r} is no whole number"))
    return int(number)


def _decimal(cell: Any) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    try:
        number = float(_plain(_text(cell)).replace(",", ""))
    except ValueError:
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124  # Not a number equals nothing.
        raise BadCell((f"“{str(cell)[:20]}”不是数字", f"{str(cell)[:20]!r} is no number"))
    return number


def _instant(cell: Any) -> datetime:
    """Read an instant in the city's own time, which has no zone."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
    text = _plain(_text(cell))
    found = _TIME.search(text)
    try:
        day = _date(text[: found.start()] if found else text)
        hour, minute, second = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001
    except (BadCell, ValueError):
        shown = str(cell)[:20]
        words = (f"“{shown}”不是时间，请写成 2026-09-01 08:30", f"{shown!r} is no time; write 2026-09-01 08:30")
        raise BadCell(words) from None


def _date(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _plain(_text(cell))
    found = _DATE.fullmatch(text) or _DATE_SHORT.fullmatch(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise BadCell((f"“{str(cell)[:20]}”不是日期，请写成 2026-09-01", f"{str(cell)[:20]!r} is no date; write 2026-09-01"))
