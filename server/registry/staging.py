"""Large edits of the registry on SQLite, in slices: an alarm that is pressed meanwhile waits for one of them at most.

SQLite has one connection. The changes are recorded first, slice by slice, and none counts; one small transaction lets
all of them count, and is the edit; then their lines are written, slice by slice. What is broken off before that transaction
is taken back, and what is broken off after it is finished: at the next start, or before the next edit.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from server.journal.database import Database
from server.registry import tables
from server.registry.changes import Edit
from server.registry.lines import Named, lines_there, write_lines
from server.registry.recorded import Stamp, change_rows, head, read_change

SLICE = 500  # Lines: some 10 ms.
STAGED_FROM = 1_000  # Lines; fewer are written at once.
_unfinished, _change = tables.registry_unfinished, tables.registry_change


async def record_in_slices(database: Database, edits: Sequence[Edit], stamp: Stamp) -> int:
    """Record changes of which none counts yet; give the last sequence."""

    def begin(connection: Connection) -> int:
        first = head(connection) + 1
        connection.execute(insert(_unfinished).values(id=1, first=first))
        return first

    first = await database.run(begin)
    for start in range(0, len(edits), SLICE):
        rows = await asyncio.to_thread(change_rows, edits[start : start + SLICE], first + start, stamp)
        await database.run(lambda connection, rows=rows: connection.execute(insert(_change), rows))  # type: ignore[misc]
    return first + len(edits) - 1


def let_count(connection: Connection, last: int) -> None:
    """Let the recorded changes count, up to the last: the one step that makes the edit."""
    connection.execute(update(_unfinished).values(last=last))


async def write_in_slices(database: Database, edits: Sequence[Edit], known: Collection[Named]) -> None:
    """Write the lines of changes that count; `known` are those that were there before."""
    places: dict[str, int] = {}
    for start in range(0, len(edits), SLICE):
        piece = edits[start : start + SLICE]
        await database.run(lambda connection, piece=piece: write_lines(connection, piece, known, places))  # type: ignore[misc]
    await database.run(lambda connection: connection.execute(delete(_unfinished)))


async def settle(database: Database) -> None:
    """Take back or finish a large edit that was broken off; without one, do nothing. Raises `StorageError`."""
    begun = await database.run(lambda connection: connection.execute(select(_unfinished)).one_or_none())
    if begun is None:
        return
    if begun.last is None:
        while await database.run(lambda connection: _taken_back(connection, begun.first)):
            pass
    else:
        for first in range(begun.first, begun.last + 1, SLICE):
            last = min(begun.last, first + SLICE - 1)
            await database.run(_finishing(first, last))
    await database.run(lambda connection: connection.execute(delete(_unfinished)))


def _taken_back(connection: Connection, first: int) -> int:
    """Take a slice of changes that never counted out again, the last ones first; say how many."""
    newest = select(_change.c.sequence).where(_change.c.sequence >= first).order_by(_change.c.sequence.desc()).limit(SLICE)
    return connection.execute(delete(_change).where(_change.c.sequence.in_(newest))).rowcount


def _finishing(first: int, last: int) -> Callable[[Connection], None]:
    query = select(_change).where(_change.c.sequence.between(first, last)).order_by(_change.c.sequence)

    def work(connection: Connection) -> None:
        edits = [read_change(row).edit for row in connection.execute(query)]
        write_lines(connection, edits, lines_there(connection, edits))  # Some may have been written.

    return work
