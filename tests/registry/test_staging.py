"""A large edit on SQLite: no transaction of it is large, and it is whole or nothing wherever it is broken off."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import msgspec
import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from contract.errors import StorageError
from contract.identity import DeviceId
from server.journal.database import Database, open_database
from server.registry import tables
from server.registry.changes import Edit, apply, keyed, put
from server.registry.model import Device, Roster
from server.registry.recorded import HEAD
from server.registry.sheets.declaration import Declaration
from server.registry.store import Registry
from server.snapshots.reading import PastRecords
from tests.core.talking import beijing
from tests.registry.city import SECOND, roster

T = TypeVar("T")
DAY = date(2026, 11, 3)
NOW = beijing(DAY, 9)
SLICE = 3


@pytest.fixture
async def database(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """Open SQLite, on which every edit is a large one."""
    monkeypatch.setattr("server.registry.staging.STAGED_FROM", 0)
    monkeypatch.setattr("server.registry.staging.SLICE", SLICE)
    opened = open_database("sqlite://")
    yield opened
    await opened.close()


class Breaking(Database):
    """A database that fails once, at one of its transactions: before it, or after its commit without anybody being told."""

    def __init__(self, whole: Database, at: int, *, committed: bool) -> None:
        super().__init__(whole._engine, whole._executor)
        self.left, self.committed = at, committed

    async def run(self, work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Run work, or fail."""
        self.left -= 1
        if self.left == 0:
            if self.committed:
                await super().run(work, urgent=urgent)
            raise StorageError("database: broken off")
        return await super().run(work, urgent=urgent)


def camera(number: int) -> Device:
    """Make a new device."""
    return replace(roster().devices[1], id=DeviceId(f"new-{number}"), gb_id="")


def edits() -> list[Edit]:
    """Give an edit of several slices: what is new, what is changed, and what is taken out."""
    said = next(record for record in roster().records if isinstance(record, Declaration))
    return [
        put(replace(roster().schools[0], name="新名")),
        *(put(camera(number)) for number in range(7)),
        put(msgspec.structs.replace(said, in_place=False)),
        put(msgspec.structs.replace(said, id="barrier")),
        Edit("kit", (SECOND, "k1")),
        put(replace(roster().devices[1], name="新机", gb_id="")),
    ]


async def stored(database: Database) -> tuple[Roster, int, int]:
    """Give the roster as a new server reads it, the last change that counts, and how many changes there are."""
    registry = Registry(database)
    loaded = await registry.load()
    rows = await database.run(lambda connection: connection.execute(select(tables.registry_change)).all())
    return loaded, registry.sequence, len(rows)


async def test_no_transaction_of_a_large_edit_writes_more_than_a_slice(database: Database) -> None:
    """An alarm's commit waits for one of them; the audit line and the mark come on top."""
    registry = Registry(database)
    await registry.replace(roster(), now=NOW)
    written: list[int] = []
    before = [0]

    def total(connection: Connection) -> int:
        return int(connection.connection.dbapi_connection.total_changes)  # type: ignore[union-attr]

    def began(connection: Connection) -> None:
        before[0] = total(connection)

    def committed(connection: Connection) -> None:
        written.append(total(connection) - before[0])

    engine: Any = database._engine
    event.listen(engine, "begin", began)
    event.listen(engine, "commit", committed)
    await registry.edit([put(camera(number)) for number in range(100)], by="chen", reason="", now=NOW)

    assert sum(written) > 2 * 100  # Each line and its change.
    assert max(written) <= SLICE


@pytest.mark.parametrize("committed", [False, True])
async def test_a_large_edit_that_is_broken_off_anywhere_is_whole_or_nothing(database: Database, committed: bool) -> None:
    """At the next start, and to the next edit: roster and changes agree, and no change is left that does not count."""
    whole, wanted = roster(), keyed(apply(roster(), edits()))
    outcomes = set()
    for at in range(1, 40):
        await Registry(database).replace(whole, now=NOW)
        _, first, rows = await stored(database)
        breaking = Breaking(database, at + 1, committed=committed)  # The first transaction asks for what is unfinished.
        registry = Registry(breaking)
        registry.tree, registry.sequence = Registry(database).tree, first
        await registry._take(whole)
        try:
            await registry.edit(edits(), by="chen", reason="", now=NOW)
            told = True
        except StorageError:
            told = False
        ended, breaking.left = breaking.left > 0, 0

        loaded, sequence, found = await stored(database)
        done = keyed(loaded) == wanted
        assert done or keyed(loaded) == keyed(whole)
        assert (sequence - first, found - rows) == ((len(edits()),) * 2 if done else (0, 0))
        assert done or not told
        again = await registry.edit([put(camera(90))], by="chen", reason="", now=NOW)
        assert [edit.key for edit in again][-1:] == [put(camera(90)).key]
        after, last, _ = await stored(database)
        assert keyed(after) == keyed(registry.roster) == keyed(apply(loaded, [put(camera(90))]))
        assert last == registry.sequence
        outcomes.add((told, done))
        if ended:
            break

    assert ended
    assert {(True, True), (False, False)} <= outcomes
    assert ((False, True) in outcomes) == committed  # Done, and nobody could be told.


async def test_changes_of_a_large_edit_do_not_count_before_all_are_there(database: Database) -> None:
    registry = Registry(database)
    await registry.replace(roster(), now=NOW)
    before = registry.sequence
    seen: list[tuple[int, int]] = []

    def heads(connection: Connection) -> tuple[int, int]:
        both = select(HEAD, select(tables.registry_change.c.sequence).order_by(text("1 desc")).limit(1).scalar_subquery())
        head, last = connection.execute(both).one()
        return head, last

    run = database.run

    async def watched(work: Callable[[Connection], T], *, urgent: bool = False) -> T:
        told = await run(work, urgent=urgent)
        seen.append(await run(heads))
        assert (await registry.changes("device", camera_key(0)) == []) == (seen[-1][0] == before)
        return told

    def camera_key(number: int) -> tuple[str, ...]:
        return put(camera(number)).key

    quiet = Database(database._engine, database._executor)
    registry._database = quiet
    quiet.run = _once(watched, run)  # type: ignore[method-assign]
    await registry.edit([put(camera(number)) for number in range(8)], by="chen", reason="", now=NOW)

    assert {head for head, last in seen if last < before + 8} == {before}
    assert (before, before + 8) in seen  # All there, and not yet counted.
    assert seen[-1] == (before + 8, before + 8)
    assert (await PastRecords(database).heads()).registry == before + 8


def _once(watched: Any, plain: Any) -> Any:
    """Watch what is run, but not what watching runs."""
    inside = [False]

    async def run(work: Any, *, urgent: bool = False) -> Any:
        if inside[0]:
            return await plain(work, urgent=urgent)
        inside[0] = True
        try:
            return await watched(work, urgent=urgent)
        finally:
            inside[0] = False

    return run


async def test_only_changes_that_do_not_count_can_be_taken_out(database: Database) -> None:
    registry = Registry(database)
    await registry.replace(roster(), now=NOW)

    def tamper(connection: Connection) -> None:
        connection.execute(tables.registry_unfinished.insert().values(id=1, first=registry.sequence + 1))
        connection.execute(text("delete from registry_change"))

    with pytest.raises((DatabaseError, IntegrityError)):
        await database.run(tamper)
