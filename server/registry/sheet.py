"""What a sheet of the ledger is: the form of its lines and how people read, write and check them. All pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.registry.record import Key

Words = tuple[str, str]  # Chinese and English.
Check = Callable[[Any], Words | None]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. What may stand in it follows from the type of the record's field of the same name."""

    name: str
    label: str
    label_en: str
    note: str = ""  # What to write, where the label does not say it.
    note_en: str = ""
    choices: Mapping[Any, Words] = field(default_factory=dict)  # Each allowed value with its two names; for enumerations.
    check: Check | None = None  # Says what is wrong with a value of the right type.
    personal: bool = False  # Shown only to those who may see contacts; masked in exports otherwise.
    hidden: bool = False  # Never shown, exported or imported.


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One kind of line of the ledger, or one table of the roster."""

    name: str
    label: str
    label_en: str
    record: type[Any]
    key: tuple[str, ...]  # The columns that make a line's identity.
    columns: tuple[Column, ...]
    group: str  # registry, people, equipment, management or surroundings: where screens list it.
    line_check: Check | None = None  # Says what is wrong with a whole line whose values are right one by one.

    def key_of(self, line: Any) -> Key:
        """Give a line's identity."""
        return tuple(str(getattr(line, name)) for name in self.key)

    def column(self, name: str) -> Column | None:
        """Find a column by its name."""
        return next((column for column in self.columns if column.name == name), None)


def school_sheet(
    name: str,
    label: str,
    label_en: str,
    record: type[Any],
    group: str,
    columns: Sequence[Column],
    id_choices: Mapping[Any, Words] | None = None,
    **first: Words,
) -> Sheet:
    """Make a sheet of lines that belong to a school; `first` may give other words for the id."""
    ids = first.get("id", ("编号", "Number"))
    lead = (Column("school", "学校标识码", "School code"), Column("id", *ids, choices=id_choices or {}))
    return Sheet(name, label, label_en, record, ("school", "id"), (*lead, *columns), group)


def unit_sheet(
    name: str, label: str, label_en: str, record: type[Any], group: str, columns: Sequence[Column], **first: Words
) -> Sheet:
    """Make a sheet of lines that belong to a unit and hold below it; `first` may give other words for the id."""
    ids = first.get("id", ("编号", "Number"))
    lead = (Column("unit", "单位代码", "Unit"), Column("id", *ids))
    return Sheet(name, label, label_en, record, ("unit", "id"), (*lead, *columns), group)
