"""From the registry's sheets and lines to what the API says; personal columns are masked unless they may be seen."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

from server.api import views
from server.importing import Import
from server.registry.changes import Change
from server.registry.checking import Fault
from server.registry.exchange.fields import MASK, Field, fields_of
from server.registry.exchange.rows import RowFault
from server.registry.model import Calendar, Device, Gateway, School, Station, Unit, Window
from server.registry.record import SchoolRecord
from server.registry.sheet import Sheet
from server.registry.sheets import SHEETS
from server.registry.tree import Tree

FAULTS_SHOWN = 300  # In one answer; a file of templates' size never has so many.


def sheet_view(sheet: Sheet, lines: int, *, editable: bool) -> views.SheetView:
    """Show a sheet."""
    return views.SheetView(
        name=sheet.name,
        label=sheet.label,
        label_en=sheet.label_en,
        group=sheet.group,
        lines=lines,
        editable=editable,
        columns=[_column(sheet, one) for one in fields_of(sheet).values()],
    )


def _column(sheet: Sheet, one: Field) -> views.ColumnView:
    return views.ColumnView(
        name=one.name,
        label=one.column.label,
        label_en=one.column.label_en,
        note=one.column.note,
        note_en=one.column.note_en,
        kind=one.kind,
        needed=one.needed,
        key=one.name in sheet.key,
        personal=one.column.personal,
        choices=[
            views.ChoiceView(value=str(value.value if isinstance(value, Enum) else value), label=words[0], label_en=words[1])
            for value, words in one.choices.items()
        ],
    )


def values_of(sheet: Sheet, line: Any, *, personal: bool) -> dict[str, views.CellValue]:
    """Give a line's values by column."""
    found: dict[str, views.CellValue] = {}
    for one in fields_of(sheet).values():
        value = getattr(line, one.name)
        found[one.name] = MASK if one.column.personal and not personal and value else msgspec.to_builtins(value)
    return found


def line_view(sheet: Sheet, line: Any, tree: Tree, *, personal: bool, editable: bool) -> views.LineView:
    """Show a line."""
    home = home_of(line, tree)
    return views.LineView(
        key=list(sheet.key_of(line)),
        home=home.name if home else "",
        home_en=home.name_en if home else "",
        values=values_of(sheet, line, personal=personal),
        editable=editable,
    )


def home_of(line: Any, tree: Tree) -> School | Unit | None:
    """Find the school or unit a line belongs to; for a unit or a school, the unit above it."""
    match line:
        case School():
            return tree.units.get(line.unit)
        case Device() | Gateway() | SchoolRecord():
            return tree.schools.get(line.school)
        case Unit():
            return tree.units.get(line.parent or "")
        case Station():
            return None
        case _:
            return tree.units.get(line.unit)


def change_view(sheet: Sheet, change: Change, actor: str, *, personal: bool) -> views.LineChange:
    """Show a change of a line."""
    line = change.edit.line
    return views.LineChange(
        at=change.at_ms,
        effective=change.effective.isoformat() if change.effective.year > 1 else None,
        actor=actor,
        reason=change.reason,
        values=None if line is None else values_of(sheet, line, personal=personal),
    )


def fault_views(faults: Iterable[Fault]) -> list[views.FaultView]:
    """Show what cannot be in the registry as a whole."""
    found = []
    for fault in faults:
        sheet = SHEETS[fault.sheet]
        column = sheet.column(fault.column)
        found.append(
            views.FaultView(
                sheet=fault.sheet,
                row=0,
                column=fault.column,
                label=column.label if column else sheet.label,
                label_en=column.label_en if column else sheet.label_en,
                words=f"{' '.join(fault.key)}: {fault.words[0]}",
                words_en=f"{' '.join(fault.key)}: {fault.words[1]}",
            )
        )
    return found[:FAULTS_SHOWN]


def row_fault_view(fault: RowFault) -> views.FaultView:
    """Show a fault of a file."""
    return views.FaultView(
        sheet=fault.sheet,
        row=fault.row,
        column=fault.column,
        label=fault.label[0],
        label_en=fault.label[1],
        words=fault.words[0],
        words_en=fault.words[1],
    )


def import_view(job: Import, rows: int) -> views.ImportView:
    """Show an import."""
    found: Mapping[str, int] = job.parsed.rows if job.parsed else {}
    return views.ImportView(
        id=job.id,
        name=job.name,
        whole=job.whole,
        state=job.state,  # type: ignore[arg-type]  # One of those it lists.
        rows=rows,
        ready=job.ready,
        changed=job.changed,
        counts=[
            views.ImportCounts(
                sheet=sheet,
                rows=found.get(sheet, 0),
                added=one.added,
                changed=one.changed,
                removed=one.removed,
                same=one.same,
            )
            for sheet, one in job.counts.items()
        ],
        faults=[row_fault_view(one) for one in job.faults[:FAULTS_SHOWN]],
        faults_total=job.faults_total,
        trouble=job.trouble[0] if job.trouble else "",
        trouble_en=job.trouble[1] if job.trouble else "",
    )


def calendar_view(calendar: Calendar, *, editable: bool) -> views.CalendarView:
    """Show the calendar."""

    def minutes(windows: Iterable[Window]) -> list[tuple[int, int]]:
        return [(one.start_minute, one.end_minute) for one in windows]

    return views.CalendarView(
        terms=[
            views.CalendarTerm(first=term.first_day.isoformat(), last=term.last_day.isoformat()) for term in calendar.terms
        ],
        holidays=sorted(day.isoformat() for day in calendar.holidays),
        make_up_days=sorted(day.isoformat() for day in calendar.make_up_days),
        exam_days=sorted(day.isoformat() for day in calendar.exam_days),
        class_hours=minutes(calendar.class_hours),
        peaks=minutes(calendar.peaks),
        editable=editable,
    )
