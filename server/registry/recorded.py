"""The recorded changes of the registry in SQL: appended, read back, and counted up to the last that counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from server.registry import tables
from server.registry.changes import Change, Edit, decode_line, encode_line
from server.registry.lines import ROWS_AT_ONCE
from server.registry.record import Key
from server.registry.rows import Row

# The last change that counts: those of a large edit on SQLite come slice by slice, and count once all are there.
HEAD: Any = func.coalesce(
    select(tables.registry_unfinished.c.first - 1).where(tables.registry_unfinished.c.last.is_(None)).scalar_subquery(),
    select(func.max(tables.registry_change.c.sequence)).scalar_subquery(),
    0,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all changes of one edit have in common."""

    at_ms: int
    effective: date
    by: str
    reason: str


def head(connection: Connection) -> int:
    """Give the sequence of the last change that counts; 0 where there is none."""
    found: int = connection.execute(select(HEAD)).scalar_one()
    return found


def changes_after(connection: Connection, sequence: int) -> list[Change]:
    """List the changes after a sequence, oldest first."""
    table = tables.registry_change
    query = select(table).where(table.c.sequence > sequence, table.c.sequence <= HEAD).order_by(table.c.sequence)
    return [read_change(row) for row in connection.execute(query)]


def read_change(row: Any) -> Change:
    """Read one row."""
    key = tuple(msgspec.json.decode(row.key, type=list[str]))
    line = None if row.body is None else decode_line(row.sheet, row.body)
    return Change(row.sequence, row.at_ms, row.effective, row.actor, row.reason, Edit(row.sheet, key, line))


def write_key(key: Key) -> str:
    """Write a line's key as it is recorded."""
    return msgspec.json.encode(key).decode()


def change_rows(edits: Sequence[Edit], first: int, stamp: Stamp) -> list[Row]:
    """Give the rows that record some edits, with sequences from `first` on."""
    same = {"at_ms": stamp.at_ms, "effective": stamp.effective, "actor": stamp.by[:64], "reason": stamp.reason}
    return [
        {
            **same,
            "sequence": sequence,
            "sheet": edit.sheet,
            "key": write_key(edit.key),
            "body": None if edit.line is None else encode_line(edit.line),
        }
        for sequence, edit in enumerate(edits, first)
    ]


def record(connection: Connection, edits: Sequence[Edit], stamp: Stamp) -> int:
    """Append edits to the changes; gives the last sequence."""
    last = head(connection)
    for start in range(0, len(edits), ROWS_AT_ONCE):
        values = change_rows(edits[start : start + ROWS_AT_ONCE], last + start + 1, stamp)
        connection.execute(insert(tables.registry_change), values)
    return last + len(edits)
