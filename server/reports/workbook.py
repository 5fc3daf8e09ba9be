"""A report as an Excel workbook: one sheet for each table, ready to print on A4. The same report gives the same bytes."""

import re
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from server.reports.paper import Cell, Paper, Rate, Table, pick

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE_MAX = 31  # Letters of a sheet's name, by Excel.
TEXT_MAX = 32_767  # Letters of a cell, by Excel.
WIDTHS = {"narrow": 9, "middle": 16, "wide": 42}  # In letters.
_A4 = 9  # By Excel's numbers of papers.
_NEVER = datetime(1980, 1, 1)  # noqa: DTZ001  # The first instant of a ZIP file, which has no zones. We tell none.
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_BOLD, _HEAD = Font(bold=True), PatternFill("solid", fgColor="E6EAEE")
_TITLE = Font(bold=True, size=16)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def workbook(paper: Paper) -> bytes:
    """Write a report as a workbook."""
    book = Workbook(write_only=True)
    book.properties.creator = "Anxiao"
    book.properties.title = paper.title
    book.properties.created = _NEVER
    _cover(book, paper)
    used: set[str] = set()
    for table in paper.tables:
        _sheet(book, paper, table, _free(table.title, used))
    written = BytesIO()
    book.save(written)
    return _timeless(written.getvalue())


def _cover(book: Workbook, paper: Paper) -> None:
    sheet = book.create_sheet(pick(("说明", "About"), paper.language))
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 80
    _print_setup(sheet, paper)
    sheet.append([_cell(sheet, paper.title, font=_TITLE)])
    sheet.append([_cell(sheet, paper.place, font=_BOLD)])
    sheet.append([])
    for name, value in (*paper.facts, ("SHA-256", paper.digest)):
        sheet.append([_cell(sheet, name, font=_BOLD), _cell(sheet, value, wrapped=True)])
    sheet.append([])
    for note in paper.notes:
        sheet.append([_cell(sheet, note)])
    sheet.append([])
    for line in paper.signatures:
        sheet.append([_cell(sheet, line)])
        sheet.append([])


def _sheet(book: Workbook, paper: Paper, table: Table, title: str) -> None:
    sheet = book.create_sheet(title)
    for number, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS[column.width]
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    _print_setup(sheet, paper)
    sheet.append([_cell(sheet, column.title, font=_BOLD, fill=_HEAD, wrapped=True) for column in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, cell) for cell in row])
    if not table.rows and table.empty:
        sheet.append([_cell(sheet, table.empty)])
    if table.rows:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
    for note in table.notes:
        sheet.append([_cell(sheet, note)])


def _print_setup(sheet: Any, paper: Paper) -> None:
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddHeader.center.text = f"{paper.title} {paper.place}".replace("&", "&&")
    sheet.oddFooter.left.text = paper.digest[:16]
    sheet.oddFooter.right.text = "&P / &N"


def _cell(
    sheet: Any, value: Cell, *, font: Font | None = None, fill: PatternFill | None = None, wrapped: bool = False
) -> Any:
    """Make one cell. Text stays text, whatever it begins with: no name of a school is ever run as a formula."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)[:TEXT_MAX]
    points = value.basis_points if isinstance(value, Rate) else None
    plain: Any = (None if points is None else points / 10_000) if isinstance(value, Rate) else value
    cell = WriteOnlyCell(sheet, value=plain)
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, Rate):
        cell.number_format = "0%" if points == 10_000 else "0.00%"  # noqa: PLR2004  # The whole.
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill = fill
    if wrapped:
        cell.alignment = _WRAPPED
    return cell


def _free(title: str, used: set[str]) -> str:
    """Give a sheet's name that Excel takes and no other sheet has."""
    plain = _FORBIDDEN.sub(" ", title)[:TITLE_MAX].strip("'") or "-"
    name, number = plain, 2
    while name.casefold() in used:
        ending = f" {number}"
        name, number = plain[: TITLE_MAX - len(ending)] + ending, number + 1
    used.add(name.casefold())
    return name


def _timeless(book: bytes) -> bytes:
    """Pack a workbook again without instants: its parts sorted, each dated alike."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(book)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            body = _MODIFIED.sub(rb"\g<1>" + f"{_NEVER:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\g<2>", old.read(name))
            part = zipfile.ZipInfo(name, date_time=_NEVER.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 0
            new.writestr(part, body)
    return packed.getvalue()
