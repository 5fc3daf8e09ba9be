"""What is kept of evidence, on both databases: attachments, holds that win over every retention, frozen traces."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contract.errors import StorageError
from contract.identity import Lane
from server.audit.days import DAY_MS
from server.core.alert import Alert
from server.core.fact import Fact, What, encode_fact
from server.evidence.files import Files
from server.evidence.holding import NotDone
from server.evidence.keeper import EvidenceKeeper
from server.evidence.model import LATE_MS, Act, Hold, Shelf
from server.evidence.reading import EvidenceReader
from server.evidence.store import EvidenceStore
from server.journal.archive import ArchivedRaw, ArchiveEntry
from server.journal.archiving import Archiver
from server.journal.database import Database
from server.journal.model import AlertFact
from server.notify.store import Notifications
from server.registry.audit import Audit
from server.registry.tree import Tree
from tests.api.engine import press
from tests.audit.town import BUTTON, CITY, GATEWAY, Town, living
from tests.evidence.test_pure import attachment

DAYS = {Shelf.REAL: 30, Shelf.REHEARSAL: 30, Shelf.FAULT: 30}


@pytest.fixture
def store(database: Database) -> EvidenceStore:
    """Give a store over each database."""
    return EvidenceStore(database)


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    """Give bytes the way a request does."""
    for one in data:
        yield one


def hold(alert: str = "a", **changes: object) -> Hold:
    """Make a hold."""
    return replace(Hold(alert, 0, 1_000, 9_000, 5_000, "chief", "立案调查"), **changes)  # type: ignore[arg-type]


def keeper(store: EvidenceStore, files: Files, now: list[float], *alerts: Alert) -> EvidenceKeeper:
    """Make a keeper."""
    engine = SimpleNamespace(alerts={alert.id: alert for alert in alerts})
    reader = EvidenceReader(store.database, Facts(), store, lambda: Tree(CITY.roster))
    return EvidenceKeeper(reader, files, engine, DAYS, leads=lambda: True, clock=lambda: now[0])


class Facts:
    """Knows no facts."""

    async def facts_of(self, _alert: str) -> list[bytes]:
        """Know none."""
        return []


def names(folder: Path) -> list[str]:
    """List the files below a folder."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_same_file_is_kept_once_and_nothing_else_gets_in(tmp_path: Path) -> None:
    files = Files(tmp_path)
    one = await files.take(pieces(b"hello", b" world"))
    two = await files.take(pieces(b"hello world"))

    assert (one.sha256, one.bytes, one.found.kind) == (attachment().sha256, 11, "text")
    assert two == one
    assert files.holds(one.sha256, 11) == ""
    for refused in (b"MZ\x90\x00", b"PK\x03\x04rest", b"", b"a" * 5_000 + b"\x00"):
        with pytest.raises(NotDone):
            await files.take(pieces(refused))
    with pytest.raises(NotDone) as refusal:
        await files.take(pieces(*[b"a" * 100_000] * 30))
    assert refusal.value.code == "too_large"
    assert names(tmp_path) == [one.sha256]


async def test_attachments_are_on_record_with_the_audit_log(store: EvidenceStore) -> None:
    await store.attach(attachment())
    assert (await store.attach(attachment(id="f-2"))).id == "f-1"  # The same bytes again.
    marked = await store.mark(Act("a", 6_000, "chief", "command_centre", "marked", "f-1", "传错了"))

    assert (marked.removed_ms, marked.removed_by, marked.removed_why) == (6_000, "chief", "传错了")
    with pytest.raises(NotDone):
        await store.mark(Act("a", 6_000, "chief", "command_centre", "marked", "f-1", "again"))
    log = await Audit(store.database).page(None, 10)
    assert [(one.what, one.target) for one in reversed(log)] == [
        ("evidence_attached", "alert:a"),
        ("evidence_marked", "alert:a"),
    ]
    assert attachment().sha256 in log[1].detail
    assert [one.what for one in await store.acts("a")] == ["attached", "marked"]
    with pytest.raises(DBAPIError):
        await store.database.run(lambda connection: connection.execute(text("delete from evidence_act")))


async def test_attachments_of_one_incident_are_limited(store: EvidenceStore) -> None:
    for number in range(60):
        await store.attach(attachment(id=f"f-{number}", sha256=f"{number:064d}"))
    with pytest.raises(NotDone) as refused:
        await store.attach(attachment(id="one-more", sha256="f" * 64))
    assert refused.value.code == "too_many"
    with pytest.raises(NotDone):
        await store.attach(attachment(alert="b", bytes=2**31))


async def test_hold_takes_two_people_to_lift(store: EvidenceStore) -> None:
    await store.place(hold(), "3145000001", "command_centre")
    with pytest.raises(NotDone):
        await store.place(hold(), "3145000001", "command_centre")

    def act(by: str, at: int = 6_000) -> Act:
        return Act("a", at, by, "command_centre", "", "", "结案")

    with pytest.raises(NotDone):
        await store.move_hold(act("chief"), "lift")  # Nobody asked.
    await store.move_hold(act("chief"), "ask_lift")
    with pytest.raises(NotDone) as refused:
        await store.move_hold(act("chief"), "lift")
    assert refused.value.code == "second_person_required"
    await store.move_hold(act("police_liaison"), "refuse_lift")
    with pytest.raises(NotDone):
        await store.move_hold(act("police_liaison"), "lift")
    await store.move_hold(act("chief"), "ask_lift")
    lifted = await store.move_hold(act("police_liaison", 7_000), "lift")

    assert (lifted.lifted_ms, lifted.lifted_by) == (7_000, "police_liaison")
    assert await store.standing() == []
    again = await store.place(hold(), "3145000001", "command_centre")
    assert again.number == 2
    assert [one.what for one in await store.acts("a")] == [
        "held", "lift_asked", "lift_refused", "lift_asked", "lifted", "held",
    ]  # fmt: skip


async def test_what_is_held_is_neither_marked_nor_expired(store: EvidenceStore, tmp_path: Path) -> None:
    files = Files(tmp_path)
    taken = await files.take(pieces(b"hello world"))
    for alert in ("a", "b"):
        await store.attach(attachment(id=alert, alert=alert, at_ms=1_000))
    await store.place(hold(), "3145000001", "command_centre")
    now = [31 * DAY_MS / 1_000]
    job = keeper(store, files, now)

    with pytest.raises(NotDone):
        await store.mark(Act("a", 6_000, "chief", "", "marked", "a", "nicht"))
    assert await job.retain(31 * DAY_MS) == 0  # That of `b` goes, but its bytes are those of `a`, which is held.
    assert [bool(one.expired_ms) for one in (*await store.files("a"), *await store.files("b"))] == [False, True]
    assert job.counters.held_back == 1
    assert files.holds(taken.sha256, 11) == ""

    await store.move_hold(Act("a", 7_000, "chief", "", "", "", "x"), "ask_lift")
    await store.move_hold(Act("a", 8_000, "bureau", "", "", "", "x"), "lift")
    assert await job.retain(31 * DAY_MS) == 1
    assert files.holds(taken.sha256, 11) == "missing"
    assert [one.what for one in await store.acts("b")] == ["attached", "expired"]
    assert (await store.counts())["files"] == 0


async def test_log_of_notifications_of_what_is_held_is_not_purged(store: EvidenceStore) -> None:
    insert = (
        "insert into notification_due (id, alert, ring, step, audience, school, rule, severity, mode, at_ms, asked, state,"
        " why, plan, about, updated_ms) values"
        " (:id, :alert, 1, 0, 'police', 's', 'r', 1, 'real', 5, false, 'told', '', '[]', '{}', 5)"
    )
    for alert in ("a", "b"):
        await store.database.run(
            lambda connection, alert=alert: connection.execute(text(insert), {"id": alert, "alert": alert})  # type: ignore[misc]
        )
    await store.place(hold(), "3145000001", "command_centre")

    gone = await Notifications.purge(SimpleNamespace(_database=store.database), 100)  # type: ignore[arg-type]

    assert gone == 1
    left = "select alert from notification_due"
    assert await store.database.run(lambda connection: list(connection.execute(text(left)).scalars())) == ["a"]


async def test_raw_batches_of_what_is_held_outlive_the_archive(database: Database, tmp_path: Path) -> None:
    """The archive lets files go from the oldest on, without a hole; those that a hold needs are kept aside and proven."""
    async with living(database, None) as town:
        source = ArchivedRaw(database, tmp_path / "archive")
        await town.an_hour(6)
        archiver = Archiver(database, source.folder, lambda: town.now, pause=no_pause, file_bytes=1_500)
        await archiver.run(lambda _: True)
        entries = await source.entries()
        store, files = EvidenceStore(database), Files(tmp_path / "evidence")
        job = keeper(store, files, [town.now])
        archiver.on_expire = job.set_aside
        wanted = entries[1]
        await store.place(hold(from_ms=wanted.first_rx_ms, to_ms=wanted.first_rx_ms), "", "")
        held = [one for one in entries if one.first_rx_ms <= wanted.first_rx_ms <= one.last_rx_ms]

        assert await archiver.expire(entries[-1].last_rx_ms) >= 2
        kept = sorted(path.name for path in (files.folder / "raw").glob("*.gz"))
        assert kept == sorted(one.name for one in held)
        assert not (source.folder / wanted.name).exists()
        proven = msgspec.json.decode((files.folder / "raw" / f"{wanted.name}.json").read_bytes(), type=ArchiveEntry)
        assert proven.sealed().hash == wanted.hash
        await job.retain(round(town.now * 1_000))
        assert (files.folder / "raw" / wanted.name).exists()

        await store.move_hold(Act("a", 7_000, "chief", "", "", "", "x"), "ask_lift")
        await store.move_hold(Act("a", 8_000, "bureau", "", "", "", "x"), "lift")
        assert await job.retain(round(town.now * 1_000)) == len(held)
        assert list((files.folder / "raw").iterdir()) == []


async def test_archive_stays_where_what_is_held_cannot_be_set_aside(database: Database, tmp_path: Path) -> None:
    async with living(database, None) as town:
        source = ArchivedRaw(database, tmp_path / "archive")
        await town.an_hour(6)
        archiver = Archiver(database, source.folder, lambda: town.now, pause=no_pause, file_bytes=1_500)
        await archiver.run(lambda _: True)
        entries = await source.entries()
        store = EvidenceStore(database)
        blocked = tmp_path / "evidence"
        blocked.write_text("no folder")
        archiver.on_expire = keeper(store, Files(blocked), [town.now]).set_aside
        await store.place(hold(from_ms=entries[0].first_rx_ms, to_ms=entries[0].first_rx_ms), "", "")

        with pytest.raises(StorageError):
            await archiver.expire(entries[-1].last_rx_ms)
        assert (source.folder / entries[0].name).exists()


async def no_pause(_seconds: float) -> None:
    """Go on at once."""
    await asyncio.sleep(0)


async def with_press(town: Town) -> Alert:
    """Let a school live through ten minutes with a press in the middle; gives the incident."""
    begun = town.now
    for minute in range(5):
        town.now = begun + minute * 60
        await town.send(town.reading(fps=20.0 + minute, online=True))
    await town.send(town.press(1), lane=Lane.ALARM)
    pressed = town.now
    for minute in range(1, 6):
        town.now = pressed + minute * 60
        await town.send(town.reading(fps=10.0 + minute, picture="covered"))
    town.now += 120
    return next(alert for alert in town.engine.alerts.values() if alert.rule == "one_key_press")


async def test_trace_is_frozen_a_little_after_its_minutes_and_then_stays(database: Database, tmp_path: Path) -> None:
    async with living(database, None) as town:
        alert = await with_press(town)
        store, now = EvidenceStore(database), [town.now]
        reader = EvidenceReader(database, town.journal, store, lambda: Tree(CITY.roster))
        job = EvidenceKeeper(reader, Files(tmp_path), town.engine, DAYS, leads=lambda: True, clock=lambda: now[0])
        live = await reader.dossier(alert, round(now[0] * 1_000))
        assert (live.frozen, live.trace.source) == (False, "journal")
        fps = next(one for one in live.trace.series if one.metric == "fps")
        assert len(fps.points) == 10
        assert any(one.why == "blind" and one.detail == "covered" for one in live.trace.quiet)
        assert ("press", BUTTON.id) in [(entry.what, entry.detail.get("device")) for entry in live.entries]

        now[0] = alert.rx + 300
        await job.look()
        assert job.counters.traces == 0  # Not yet.
        now[0] = alert.rx + 361
        await job.look()
        await job.look()
        assert job.counters.traces == 1
        await database.run(lambda connection: connection.execute(text("delete from raw_batch")))
        frozen = await reader.dossier(alert, round(now[0] * 1_000) + 1)
        assert frozen.frozen
        assert frozen.trace.series == live.trace.series

        now[0] = alert.rx + LATE_MS / 1_000 + 1
        await job.look()  # Its gateway was silent at the end: once more, for what came late.
        await job.look()
        assert job.counters.traces == (2 if not frozen.trace.whole else 1)


async def test_trace_of_what_has_left_the_database_says_so(database: Database, tmp_path: Path) -> None:
    async with living(database, None) as town:
        alert = await with_press(town)
        town.now += 86_400
        await town.send(town.reading(fps=1.0))
        await Archiver(database, tmp_path, lambda: town.now, pause=no_pause).run(lambda _: True)
        reader = EvidenceReader(database, town.journal, EvidenceStore(database), lambda: Tree(CITY.roster))

        trace = await reader.read_trace(alert, round(town.now * 1_000))

        assert (trace.source, trace.whole, trace.series) == ("", False, [])
        assert GATEWAY in {one.gateway for one in trace.quiet}


async def test_old_incident_is_told_from_its_facts(database: Database) -> None:
    async with living(database, None) as town:
        body = encode_fact(Fact(What.RAISED, 990.25, alert=press("old", history=())))
        await town.journal.append_facts([AlertFact("old", 1, 990_250, body)])
        reader = EvidenceReader(database, town.journal, EvidenceStore(database), lambda: Tree(CITY.roster))

        found = await reader.alert("old")
        assert found is not None
        assert found.school == press("old").school
        assert await reader.alert("never") is None
