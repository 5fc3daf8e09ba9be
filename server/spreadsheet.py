"""Rows as CSV text that a spreadsheet opens without running any of it."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a head and rows; a list in a cell becomes its words, and no text a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_safe(" ".join(cell) if isinstance(cell, list) else cell) for cell in row] for row in rows)
    return text.getvalue()


def _safe(cell: object) -> object:
    """Keep a spreadsheet from running a name as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
