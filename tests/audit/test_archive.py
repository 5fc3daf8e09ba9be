"""Raw batches go into the archive and are read from there as if they had never left; whatever is killed, none is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from contract.errors import StorageError
from contract.identity import Lane
from server.audit.rebuild import rebuild_history
from server.audit.report import in_words
from server.history.duckdb_store import DuckDbStore
from server.history.projector import Projector
from server.journal import archiving
from server.journal.archive import MANIFEST, ArchivedRaw, ArchiveEntry, WholeJournal, check_files, write_packed
from server.journal.archiving import Archiver
from server.journal.database import Database
from server.journal.raw import RawBatch, SqlRaw
from tests.audit.town import BUTTON, GATEWAY, Town, check, failed, living


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    """Give a town that has lived through ten hours, with an archive."""
    async with living(database, DuckDbStore(tmp_path / "history.duckdb")) as made:
        made.source = ArchivedRaw(database, tmp_path / "archive")
        await made.an_hour(5)
        await made.send(made.hole(40), made.reading(fps=99_999), made.reading(1, fps=9))
        await made.an_hour(5)
        await made.project()
        yield made


def archiver(town: Town) -> Archiver:
    """Make an archiver with little files."""

    async def no_pause(_seconds: float) -> None:
        await asyncio.sleep(0)

    assert isinstance(town.source, ArchivedRaw)
    return Archiver(town.database, town.source.folder, lambda: town.now, pause=no_pause, file_bytes=1_500)


async def everything(source: SqlRaw, limit: int = 3) -> list[RawBatch]:
    """Read all batches, as their content."""
    found: list[RawBatch] = []
    while piece := await source.read_raw(found[-1].sequence if found else 0, limit):
        found += piece
    return found


def plain(batches: list[RawBatch]) -> list[object]:
    """Give what a batch says, whether its body is compressed or not."""
    return [
        (batch.journaled().sequence, batch.gateway, batch.position, batch.last_position, batch.rx_ms, batch.sha256)
        for batch in batches
    ]


async def test_what_has_left_is_read_as_if_it_had_not(town: Town) -> None:
    assert isinstance(town.source, ArchivedRaw)
    before = await everything(SqlRaw(town.database))
    half = before[len(before) // 2].rx_ms
    gone = await archiver(town).run(lambda rx_ms: rx_ms < half)
    in_database = await everything(SqlRaw(town.database))

    assert gone == len(before) // 2
    assert len(in_database) == len(before) - gone
    assert plain(await everything(town.source)) == plain(before)
    assert plain(await everything(town.source, 100)) == plain(before)
    assert len(await town.source.entries()) > 1
    assert (await town.source.bounds()).first == 1
    report = await town.audit()
    assert failed(report) == [], in_words(report)
    assert check(report, "archive").compared == len(await town.source.entries())
    mine = [batch for batch in before if batch.lane == "a"]
    assert plain(list(await town.source.of_gateway(GATEWAY, "a", 0, 0, 100))) == plain(mine)


async def test_history_is_built_from_archive_and_journal(town: Town) -> None:
    assert town.store is not None
    assert isinstance(town.source, ArchivedRaw)
    before = sorted(await town.store.kept(GATEWAY, 0, 2**42))
    await archiver(town).run(lambda _: True)
    await rebuild_history(town.source, town.store, forget_older=False, tell=lambda *_: None)
    assert sorted(await town.store.kept(GATEWAY, 0, 2**42)) == before
    await town.store.drop()
    await Projector(WholeJournal(town.journal, town.source), town.store).catch_up()
    assert sorted(await town.store.kept(GATEWAY, 0, 2**42)) == before


async def test_the_newest_batch_stays_and_counting_goes_on_from_it(town: Town) -> None:
    head = await town.journal.head()
    await archiver(town).run(lambda _: True)
    assert [batch.sequence for batch in await everything(SqlRaw(town.database))] == [head]
    await town.an_hour()
    await town.project()
    assert await town.journal.head() > head
    assert failed(await town.audit()) == []


async def test_a_repeat_of_what_is_archived_is_harmless_and_a_press_in_it_is_kept(town: Town) -> None:
    await archiver(town).run(lambda _: True)
    events = await town.rows("select count(*) from alarm_event")
    again = town.press(round(town.now) % 1_000_000)
    await town.send(again, lane=Lane.ALARM, first=1)  # Its positions are long done; its content nobody can compare.

    assert [("press", BUTTON.id)] == await town.rows(f"select kind, device from alarm_event where id = '{again.id}'")
    assert await town.rows("select count(*) from alarm_event") == [(int(str(events[0][0])) + 1,)]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["write_packed", "enter", "add_to_manifest", "delete"])
async def test_killed_anywhere_nothing_is_lost_or_told_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    assert isinstance(town.source, ArchivedRaw)
    before = plain(await everything(SqlRaw(town.database)))
    killing = archiver(town)

    def die(*_: object, **__: object) -> None:
        raise Killed

    def write_and_die(folder: Path, packed: list[bytes], prev: str, now_ms: int) -> None:
        write_packed(folder, packed, prev, now_ms)
        raise Killed

    if where == "write_packed":
        monkeypatch.setattr(archiving, "write_packed", write_and_die)
    elif where == "add_to_manifest":
        monkeypatch.setattr(archiving, "add_to_manifest", die)
    elif where == "enter":
        monkeypatch.setattr(killing, "_enter", die)
    else:
        monkeypatch.setattr(archiving, "DELETE_AT_ONCE", 2)
        monkeypatch.setattr(killing, "_pause", die)
    with pytest.raises(Killed):
        await killing.run(lambda _: True)
    monkeypatch.undo()

    assert plain(await everything(town.source)) == before
    assert failed(await town.audit()) == []
    await archiver(town).run(lambda _: True)
    assert plain(await everything(town.source)) == before
    assert len(await everything(SqlRaw(town.database))) == 1
    told = (town.source.folder / MANIFEST).read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=ArchiveEntry) for line in told] == await town.source.entries()
    assert failed(await town.audit()) == []


@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "entry", "swapped"])
async def test_damage_of_the_archive_turns_the_audit_red(town: Town, damage: str) -> None:
    assert isinstance(town.source, ArchivedRaw)
    await archiver(town).run(lambda _: True)
    assert failed(await town.audit()) == []
    entries = await town.source.entries()
    path = town.source.folder / entries[1].name
    data = path.read_bytes()
    if damage == "changed":
        path.write_bytes(data[:-4] + bytes(4))
    elif damage == "cut":
        path.write_bytes(data[:-10])
    elif damage == "missing":
        path.unlink()
    elif damage == "entry":
        await town.sql(
            "update archive_file set count = count + 1 where last_sequence = :last", last=entries[1].last_sequence
        )
    else:
        path.write_bytes((town.source.folder / entries[0].name).read_bytes())

    wrong = check_files(town.source.folder, await town.source.entries(), hashed=True)
    assert len(wrong) >= 1
    assert wrong[0].startswith(entries[1].name)
    try:
        assert "archive" in failed(await town.audit())
    except StorageError as error:
        assert entries[1].name in str(error)  # noqa: PT017  # A file that cannot be read at all ends the audit with its name.


async def test_files_expire_from_the_oldest_on_and_older_days_are_then_refused(town: Town) -> None:
    assert isinstance(town.source, ArchivedRaw)
    await archiver(town).run(lambda _: True)
    entries = await town.source.entries()
    assert await archiver(town).expire(entries[2].last_rx_ms) == 2

    assert not (town.source.folder / entries[0].name).exists()
    assert (await town.source.bounds()).first == entries[2].first_sequence
    assert not (await town.source.bounds()).whole
    assert check_files(town.source.folder, await town.source.entries(), hashed=True) == []
    town.now += 3 * 86_400
    await town.an_hour()
    await town.project()
    report = await town.audit()
    assert failed(report) == [], in_words(report)
    assert report.batches < 10
