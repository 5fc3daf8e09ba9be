"""Rows as the parts of an exchange pass them on: what a file says of a line, and what is wrong with it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.registry.sheet import Words


class FileRow(msgspec.Struct, frozen=True, array_like=True):
    """One row of a file that could be read: its values by column, of JSON's kinds; what was masked is not among them."""

    sheet: str
    row: int
    values: dict[str, Any]
    masked: list[str]


class RowFault(msgspec.Struct, frozen=True):
    """One fault of a file: the sheet by its name, the row as the spreadsheet numbers it, the column by its labels."""

    sheet: str
    row: int  # 0 where no row of the file is meant.
    column: str  # The column's name; empty where the row as a whole is at fault.
    label: Words
    words: Words


class Parsed(msgspec.Struct, frozen=True):
    """What was found in a file; its rows lie beside it."""

    columns: Mapping[str, list[str]]  # By sheet, in the order of the file.
    rows: Mapping[str, int]
    faults: list[RowFault]
    faults_total: int

    @property
    def total(self) -> int:
        """Count the rows of all sheets."""
        return sum(self.rows.values())
