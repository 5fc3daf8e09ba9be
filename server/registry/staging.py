"""Large edits of the registry on SQLite: made ready in slices beside the tables, then taken over in one short transaction.

SQLite has one connection, and an alarm that is pressed meanwhile waits for whatever holds it. The slices lie in temporary
tables, which no crash outlasts: until the last transaction nothing of the edit is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, and_, func, insert, select, update
from sqlalchemy.schema import DropTable

from server.registry.rows import Row

SLICE = 500  # Lines: some 10 ms.


class Staging:
    """The temporary copies of some tables."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._metadata = MetaData()
        self._copies = {
            table.name: (
                table,
                Table(
                    f"staged_{table.name}",
                    self._metadata,
                    *(Column(column.name, column.type) for column in table.columns),
                    schema="temp",
                ),
            )
            for table in tables
        }

    def open(self, connection: Connection) -> None:
        """Make the copies, empty; what an edit that failed has left goes."""
        self.close(connection)
        self._metadata.create_all(connection, checkfirst=False)

    def add(self, connection: Connection, rows: Mapping[str, Sequence[Row]]) -> None:
        """Make some rows ready; one with a place below zero keeps the place its line has."""
        for name, values in rows.items():
            if values:
                connection.execute(insert(self._copies[name][1]), list(values))

    def place(self, connection: Connection, name: str) -> None:
        """Give the rows of lines that are there already their places, and new ones those after the last."""
        table, copy = self._copies[name]
        own = [column.name for column in table.primary_key.columns]
        same = and_(*(table.c[key] == copy.c[key] for key in own))
        last = connection.execute(select(func.max(table.c.place))).scalar()
        connection.execute(
            update(copy).where(copy.c.place >= 0).values(place=copy.c.place + (0 if last is None else last + 1))
        )
        known = select(table.c.place).where(same).scalar_subquery()
        connection.execute(update(copy).where(copy.c.place < 0).values(place=known))

    def take_over(self, connection: Connection, name: str) -> None:
        """Put the rows into their table, those of known lines in their stead."""
        table, copy = self._copies[name]
        names = [column.name for column in table.columns]
        statement: Any = insert(table).prefix_with("or replace").from_select(names, select(*(copy.c[one] for one in names)))
        connection.execute(statement)

    def close(self, connection: Connection) -> None:
        """Let the copies go."""
        for _, copy in self._copies.values():
            connection.execute(DropTable(copy, if_exists=True))
