"""The lines of the ledger (台账): what is said of a school or a unit beyond the roster's own tables, as plain values.

Each sheet of the ledger is one file in `server/registry/sheets/`: the form of its lines, and how people read them.
"""

from typing import Any, ClassVar

import msgspec

from contract.identity import SchoolId, UnitId

Key = tuple[str, ...]


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="sheet"):
    """One line. (sheet, school or unit, id) is its identity; dates are those of Asia/Shanghai, both ends included."""

    id: str  # Unique within its sheet and school; given by whoever keeps the ledger.

    @property
    def home(self) -> str:
        """Name the school or unit that the line belongs to."""
        raise NotImplementedError

    @property
    def sheet(self) -> str:
        """Name the sheet."""
        return sheet_of(type(self))


class SchoolRecord(Record, frozen=True, kw_only=True):
    """A line of one school."""

    school: SchoolId

    @property
    def home(self) -> str:
        """Name the school."""
        return self.school


class UnitRecord(Record, frozen=True, kw_only=True):
    """A line of a unit: it holds for every school below, until a unit further down says otherwise.

    Where `inherited` is false it is looked up by its unit, and no school's part of the ledger holds it.
    """

    inherited: ClassVar[bool] = True

    unit: UnitId

    @property
    def home(self) -> str:
        """Name the unit."""
        return self.unit


def sheet_of(kind: type[Record]) -> str:
    """Name the sheet whose lines have this form."""
    tag: Any = kind.__struct_config__.tag
    assert isinstance(tag, str), f"{kind.__name__} names no sheet"
    return tag


def key_of(record: Record) -> Key:
    """Give a line's identity within its sheet."""
    return record.home, record.id
