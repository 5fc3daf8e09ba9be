"""The registry in SQL: the roster as one value, read and replaced whole, with accounts, windows and audit beside it."""

from typing import Any, TypeVar

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from server.journal.database import Database
from server.registry import rows, tables
from server.registry.accounts import Accounts
from server.registry.audit import Audit
from server.registry.model import Calendar, Roster
from server.registry.tree import Tree
from server.registry.windows import Windows

T = TypeVar("T")
ROWS_AT_ONCE = 10_000  # Of one statement's values: a whole city would be a copy of itself in memory.


class Registry:
    """The registry of one city. What was loaded is kept in memory: reading the roster or an account needs no query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tree = Tree(Roster())
        self.accounts = Accounts(database)
        self.audit = Audit(database)
        self.windows = Windows(database)

    @property
    def roster(self) -> Roster:
        """The roster as it was last loaded or replaced."""
        return self.tree.roster

    async def load(self) -> Roster:
        """Read roster and accounts into memory."""
        roster = await self._database.run(_read)
        await self.accounts.load()
        self.tree = Tree(roster)
        return roster

    async def replace(self, roster: Roster) -> None:
        """Make the roster be exactly this one, in one transaction; only what differs is written.

        Raises `sqlalchemy.exc.IntegrityError` for a roster that names something twice; nothing has changed then.
        """
        await self._database.run(lambda connection: _replace(connection, roster))
        self.tree = Tree(roster)


def _read(connection: Connection) -> Roster:
    body = connection.execute(select(tables.calendar.c.body)).scalar()
    return Roster(
        units=_read_all(connection, rows.UNITS),
        stations=_read_all(connection, rows.STATIONS),
        schools=_read_all(connection, rows.SCHOOLS),
        gateways=_read_all(connection, rows.GATEWAYS),
        devices=_read_all(connection, rows.DEVICES),
        calendar=rows.read_calendar(body) if body else Calendar(terms=()),
    )


def _read_all(connection: Connection, mapping: rows.Mapping[T]) -> tuple[T, ...]:
    found = connection.execute(select(mapping.table).order_by(mapping.table.c.place)).mappings()
    return tuple(mapping.read(dict(row)) for row in found)


def _replace(connection: Connection, roster: Roster) -> None:
    before = _read(connection)
    _renew(connection, rows.UNITS, before.units, roster.units)
    _renew(connection, rows.STATIONS, before.stations, roster.stations)
    _renew(connection, rows.SCHOOLS, before.schools, roster.schools)
    _renew(connection, rows.GATEWAYS, before.gateways, roster.gateways)
    _renew(connection, rows.DEVICES, before.devices, roster.devices)
    connection.execute(delete(tables.calendar))
    connection.execute(insert(tables.calendar).values(id=1, body=rows.write_calendar(roster.calendar)))


def _renew(connection: Connection, mapping: rows.Mapping[T], old: tuple[T, ...], new: tuple[T, ...]) -> None:
    """Delete what is gone, insert what came, and write again what changed or moved."""
    table, key = mapping.table, mapping.key
    before = {key(value): (place, value) for place, value in enumerate(old)}
    wanted = {key(value) for value in new}
    keys = [column.name for column in table.primary_key.columns]
    where = and_(*(table.c[name] == bindparam(f"key_{name}") for name in keys))

    def named(values: tuple[str, ...]) -> dict[str, Any]:
        return {f"key_{name}": value for name, value in zip(keys, values, strict=True)}

    if gone := [named(known) for known in before if known not in wanted]:
        connection.execute(delete(table).where(where), gone)
    came: list[tuple[int, T]] = []
    changed: list[tuple[int, T]] = []
    for place, value in enumerate(new):
        was = before.get(key(value))
        if was is None:
            came.append((place, value))
        elif was != (place, value):
            changed.append((place, value))
    for start in range(0, len(came), ROWS_AT_ONCE):
        connection.execute(insert(table), mapping.rows(came[start : start + ROWS_AT_ONCE]))
    if changed:
        kept = [
            {name: value for name, value in row.items() if name not in keys} | named(key(value))
            for row, (_, value) in zip(mapping.rows(changed), changed, strict=True)
        ]
        connection.execute(update(table).where(where), kept)
