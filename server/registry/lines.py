"""The roster's lines in SQL: read whole, renewed whole, and written as edits say."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from server.registry import rows, tables
from server.registry.changes import CALENDAR, TABLES, Edit
from server.registry.model import Calendar, Roster
from server.registry.record import Key
from server.registry.sheets import in_order

T = TypeVar("T")
Named = tuple[str, Key]  # A line's sheet and its key there.
ROWS_AT_ONCE = 10_000  # Of one statement's values: a whole city would be a copy of itself in memory.
_MAPPINGS: dict[str, rows.Mapping[Any]] = {
    "unit": rows.UNITS,
    "station": rows.STATIONS,
    "school": rows.SCHOOLS,
    "gateway": rows.GATEWAYS,
    "device": rows.DEVICES,
}


def read_roster(connection: Connection) -> Roster:
    """Read the whole roster."""
    body = connection.execute(select(tables.calendar.c.body)).scalar()
    return Roster(
        units=_read_all(connection, rows.UNITS),
        stations=_read_all(connection, rows.STATIONS),
        schools=_read_all(connection, rows.SCHOOLS),
        gateways=_read_all(connection, rows.GATEWAYS),
        devices=_read_all(connection, rows.DEVICES),
        calendar=rows.read_calendar(body) if body else Calendar(terms=()),
        records=in_order(_read_all(connection, rows.RECORDS)),
    )


def renew_roster(connection: Connection, before: Roster, after: Roster) -> None:
    """Make the lines be exactly those of another roster, in its order."""
    for sheet, attribute in TABLES.items():
        _renew(connection, _MAPPINGS[sheet], getattr(before, attribute), getattr(after, attribute))
    _renew(connection, rows.RECORDS, before.records, after.records)
    _write_calendar(connection, after.calendar)


def write_lines(
    connection: Connection, edits: Iterable[Edit], known: Collection[Named], places: dict[str, int] | None = None
) -> None:
    """Write what edits say. `known` are the lines that are there; new ones come after the last of their table.

    `places` remembers from one call to the next which place is free: finding the last takes longer than writing.
    """
    places = {} if places is None else places
    by_sheet: dict[str, list[Edit]] = {}
    for edit in edits:
        by_sheet.setdefault(edit.sheet, []).append(edit)
    for sheet, mine in by_sheet.items():
        if sheet == CALENDAR:
            _write_calendar(connection, mine[-1].line or Calendar(terms=()))
            continue
        mapping = _MAPPINGS.get(sheet, rows.RECORDS)
        there = [edit for edit in mine if (sheet, edit.key) in known]
        changed = [edit.line for edit in there if edit.line is not None]
        came = [edit.line for edit in mine if edit.line is not None and (sheet, edit.key) not in known]
        _delete(connection, mapping, [_whole_key(edit) for edit in there if edit.line is None])
        _update(connection, mapping, [mapping.write(line) for line in changed], [mapping.key(line) for line in changed])
        if came:
            name = mapping.table.name
            if name not in places:
                last = connection.execute(select(func.max(mapping.table.c.place))).scalar()
                places[name] = 0 if last is None else last + 1
            _insert(connection, mapping, list(enumerate(came, places[name])))
            places[name] += len(came)


def lines_there(connection: Connection, edits: Iterable[Edit]) -> set[Named]:
    """Find which of the lines that edits speak of are there."""
    found: set[Named] = set()
    for edit in edits:
        if edit.sheet == CALENDAR:
            continue
        mapping = _MAPPINGS.get(edit.sheet, rows.RECORDS)
        query = select(func.count()).select_from(mapping.table).where(_where(mapping))
        if connection.execute(query, _named(mapping, _whole_key(edit))).scalar():
            found.add((edit.sheet, edit.key))
    return found


def _whole_key(edit: Edit) -> Key:
    """Give the key of a line within its table: the ledger's sheets share one."""
    return edit.key if edit.sheet in _MAPPINGS else (edit.sheet, *edit.key)


def _read_all(connection: Connection, mapping: rows.Mapping[T]) -> tuple[T, ...]:
    found = connection.execute(select(mapping.table).order_by(mapping.table.c.place)).mappings()
    return tuple(mapping.read(dict(row)) for row in found)


def _write_calendar(connection: Connection, calendar: Calendar) -> None:
    connection.execute(delete(tables.calendar))
    connection.execute(insert(tables.calendar).values(id=1, body=rows.write_calendar(calendar)))


def _renew(connection: Connection, mapping: rows.Mapping[T], old: tuple[T, ...], new: tuple[T, ...]) -> None:
    """Delete what is gone, insert what came, and write again what changed or moved."""
    key = mapping.key
    before = {key(value): (place, value) for place, value in enumerate(old)}
    wanted = {key(value) for value in new}
    _delete(connection, mapping, [known for known in before if known not in wanted])
    came: list[tuple[int, T]] = []
    changed: list[tuple[int, T]] = []
    for place, value in enumerate(new):
        was = before.get(key(value))
        if was is None:
            came.append((place, value))
        elif was != (place, value):
            changed.append((place, value))
    _insert(connection, mapping, came)
    _update(connection, mapping, mapping.rows(changed), [key(value) for _, value in changed])


def _insert(connection: Connection, mapping: rows.Mapping[T], placed: Sequence[tuple[int, T]]) -> None:
    for start in range(0, len(placed), ROWS_AT_ONCE):
        connection.execute(insert(mapping.table), mapping.rows(placed[start : start + ROWS_AT_ONCE]))


def _update(connection: Connection, mapping: rows.Mapping[T], written: Sequence[rows.Row], keys: Sequence[Key]) -> None:
    if not written:
        return
    own = _own(mapping)
    kept = [
        {name: value for name, value in row.items() if name not in own} | _named(mapping, key)
        for row, key in zip(written, keys, strict=True)
    ]
    connection.execute(update(mapping.table).where(_where(mapping)), kept)


def _delete(connection: Connection, mapping: rows.Mapping[T], keys: Sequence[Key]) -> None:
    if keys:
        connection.execute(delete(mapping.table).where(_where(mapping)), [_named(mapping, key) for key in keys])


def _own(mapping: rows.Mapping[T]) -> list[str]:
    return [column.name for column in mapping.table.primary_key.columns]


def _where(mapping: rows.Mapping[T]) -> Any:
    return and_(*(mapping.table.c[name] == bindparam(f"key_{name}") for name in _own(mapping)))


def _named(mapping: rows.Mapping[T], key: Key) -> dict[str, Any]:
    return {f"key_{name}": value for name, value in zip(_own(mapping), key, strict=True)}
