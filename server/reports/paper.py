"""A report as a value, before it is a workbook or a page: titles, tables, lines to sign. All pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import msgspec

Language = Literal["zh", "en"]
Words = tuple[str, str]  # Chinese and English.
Width = Literal["narrow", "middle", "wide"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in hundredths of a percent, rounded down already; none where nothing is required."""

    basis_points: int | None


Cell = str | int | date | datetime | Rate | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    width: Width = "middle"


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `notes` stand below it. Without rows it says `empty`."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One report. `facts` are printed at its head: of which day, known when, from where; `signatures` at its end."""

    name: str  # Of its file, without an ending.
    title: str
    place: str
    language: Language
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    signatures: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def digest(self) -> str:
        """Give the SHA-256 of everything it says, whatever it is printed on: equal facts give equal digests."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


def pick(words: Words, language: Language) -> str:
    """Choose the word of a language."""
    return words[0] if language == "zh" else words[1]


def rate_text(rate: Rate) -> str:
    """Write a rate as 99.95%; only the whole is written 100%."""
    points = rate.basis_points
    if points is None:
        return "—"
    return "100%" if points >= 10_000 else f"{points // 100}.{points % 100:02d}%"  # noqa: PLR2004  # The whole.


def cell_text(cell: Cell) -> str:
    """Write a cell as it is printed."""
    match cell:
        case None:
            return ""
        case Rate():
            return rate_text(cell)
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}"
        case date():
            return cell.isoformat()
        case int():
            return f"{cell:,}"
        case _:
            return cell


def columns(titles: Sequence[tuple[Words, Width]], language: Language) -> tuple[Column, ...]:
    """Make the columns of a table in one language."""
    return tuple(Column(pick(words, language), width) for words, width in titles)
