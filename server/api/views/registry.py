"""The registry: its sheets, their lines and history, imports, and the calendar."""

from typing import Literal

from server.api.views.common import View
from server.registry.exchange.fields import KIND

CellValue = str | int | float | bool | list[str] | None


class ChoiceView(View, frozen=True, kw_only=True):
    """One value a column may have."""

    value: str
    label: str
    label_en: str


class ColumnView(View, frozen=True, kw_only=True):
    """One column of a sheet."""

    name: str
    label: str
    label_en: str
    note: str
    note_en: str
    kind: KIND
    needed: bool
    key: bool
    personal: bool
    choices: list[ChoiceView]


class SheetView(View, frozen=True, kw_only=True):
    """One sheet, with how many lines of it are within reach."""

    name: str
    label: str
    label_en: str
    group: str
    lines: int
    editable: bool
    columns: list[ColumnView]


class Sheets(View, frozen=True, kw_only=True):
    """Every sheet; `calendar` says whether the caller may edit the calendar."""

    items: list[SheetView]
    calendar: bool


class LineView(View, frozen=True, kw_only=True):
    """One line; personal columns that the caller may not see hold `***`."""

    key: list[str]
    home: str  # The school or unit it belongs to, by name.
    home_en: str
    values: dict[str, CellValue]
    editable: bool


class LinePage(View, frozen=True, kw_only=True):
    """Some lines of a sheet."""

    items: list[LineView]
    next: str | None
    total: int


class FaultView(View, frozen=True, kw_only=True):
    """One thing that cannot be, in both languages; row 0 where no row is meant."""

    sheet: str
    row: int
    column: str
    label: str
    label_en: str
    words: str
    words_en: str


class EditAnswer(View, frozen=True, kw_only=True):
    """What an edit came to: done, or nothing changed for these faults."""

    done: bool
    changed: int
    faults: list[FaultView]


class LineChange(View, frozen=True, kw_only=True):
    """One change of a line; without values it was taken out."""

    at: int
    effective: str | None  # None where it has always been so.
    actor: str
    reason: str
    values: dict[str, CellValue] | None


class LineHistory(View, frozen=True, kw_only=True):
    """Every change of one line, oldest first."""

    items: list[LineChange]


class ImportCounts(View, frozen=True, kw_only=True):
    """What an import does to one sheet."""

    sheet: str
    rows: int
    added: int
    changed: int
    removed: int
    same: int


class ImportView(View, frozen=True, kw_only=True):
    """An import and how far it has got; it can be applied when `ready`."""

    id: str
    name: str
    whole: bool
    state: Literal["waiting", "reading", "comparing", "checked", "storing", "done", "refused"]
    rows: int
    ready: bool
    changed: int
    counts: list[ImportCounts]
    faults: list[FaultView]
    faults_total: int
    trouble: str
    trouble_en: str


class CalendarTerm(View, frozen=True, kw_only=True):
    """One school term, both days included."""

    first: str
    last: str


class CalendarView(View, frozen=True, kw_only=True):
    """The city's school calendar; hours in minutes after midnight."""

    terms: list[CalendarTerm]
    holidays: list[str]
    make_up_days: list[str]
    exam_days: list[str]
    class_hours: list[tuple[int, int]]
    peaks: list[tuple[int, int]]
    editable: bool
