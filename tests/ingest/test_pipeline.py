"""The shell's promises, on a real journal: shown first, receipted last, alarms alone, nothing lost by a neighbour."""

import asyncio
import time

import pytest

from contract.errors import StorageError
from contract.identity import DeviceId, Lane
from contract.messages import OpenPress
from server.core.effects import IdTaken
from server.core.events import Event, PressArrived, PressStored, ReadingsArrived, Unreadable
from server.ingest.committing import Committing
from server.ingest.model import Fate
from server.ingest.pipeline import Ingest
from server.journal.database import Database
from server.journal.sql import SqlJournal
from tests.ingest.hosting import EPOCH, G, alarms, heartbeat, press, press_id, reading, telemetry
from tests.ingest.shelling import FailingJournal, MemoryDoor, Told, receipts_of, serving, until


def ingest_on(journal: SqlJournal, told: Told) -> Ingest:
    """Make an ingest that retries at once."""
    return Ingest(journal, told, time.time, retry_seconds=0.01, collect_seconds=0.001)


@pytest.fixture
def journal(database: Database) -> FailingJournal:
    """Give a journal that can be told to fail."""
    return FailingJournal(database)


async def test_press_is_shown_before_receive_returns_and_receipted_after_the_commit(journal: FailingJournal) -> None:
    """No task, no queue, no database stands between the door and the screen."""
    told, door = Told(), MemoryDoor()
    ingest = ingest_on(journal, told)

    ingest.receive(door, G, "up/a", alarms(1, press()))
    shown, sent = list(told.events), list(door.sent)
    async with serving(ingest):
        await ingest.drain()

    assert isinstance(shown[0], PressArrived)
    assert sent == [(G, b'{"seen":["%s"]}' % press_id(1).encode())]
    assert [receipt.c for receipt in receipts_of(door)] == [{"a": 1}]
    assert await journal.cursors() == {(G, EPOCH, Lane.ALARM): 1}
    assert len(told.of(PressStored)) == 1


async def test_what_no_police_screen_shows_is_not_called_seen(journal: FailingJournal) -> None:
    """It is receipted all the same; only the lamp beside the button stays dark until then."""
    told, door = Told(), MemoryDoor()
    ingest = Ingest(journal, told, time.time, retry_seconds=0.01, collect_seconds=0.001, watched=lambda _gateway: False)
    async with serving(ingest):
        ingest.receive(door, G, "up/a", alarms(1, press()))
        await ingest.drain()

    assert not [payload for _, payload in door.sent if b"seen" in payload]
    assert [receipt.c for receipt in receipts_of(door)] == [{"a": 1}]


async def test_telemetry_shares_commits_and_alarms_have_their_own(journal: FailingJournal) -> None:
    """Readings wait for company; a press never waits in a group of readings."""
    told, door = Told(), MemoryDoor()
    ingest = ingest_on(journal, told)
    for position in range(1, 41):
        ingest.receive(door, G, "up/t", telemetry(position, reading()))
    ingest.receive(door, G, "up/a", alarms(1, press()))

    async with serving(ingest):
        await ingest.drain()

    assert sorted(journal.groups) == [["a"], ["t"] * 40]
    assert ingest.counts.commits == 2
    assert len(told.of(ReadingsArrived)) == 40


async def test_newest_sequence_is_announced_after_the_commit(journal: FailingJournal) -> None:
    """The projector is woken with what it may read, and only then."""
    announced: list[int] = []
    ingest = Ingest(journal, Told(), time.time, on_commit=announced.extend, collect_seconds=0.0)
    ingest.receive(MemoryDoor(), G, "up/t", telemetry(1, reading()))

    async with serving(ingest):
        await ingest.drain()

    assert announced == [await journal.head()] == [1]


async def test_journal_that_is_away_receipts_nothing_and_loses_no_press(journal: FailingJournal) -> None:
    """The press is shown at once, as not saved, and stored when the journal returns, though nobody sends it again."""
    told, door = Told(), MemoryDoor()
    ingest = ingest_on(journal, told)
    await ingest.start()
    journal.down = True
    async with serving(ingest):
        ingest.receive(door, G, "up/a", alarms(1, press()))
        ingest.receive(door, G, "up/t", telemetry(1, reading()))
        await until(lambda: ingest.counters()["failed"] == 2)
        down = (ingest.journal_ok, receipts_of(door), len(told.of(PressArrived)), len(told.of(PressStored)))

        journal.down = False
        await told.until(PressStored)
        ingest.receive(door, G, "up/a", alarms(1, press()))
        ingest.receive(door, G, "up/t", telemetry(1, reading()))
        await ingest.drain()

    assert down == (False, [], 1, 0)
    assert ingest.journal_ok
    assert len(await journal.events(0)) == 1
    assert len(told.of(PressArrived)) == len(told.of(PressStored)) == 1
    assert {(lane, position) for receipt in receipts_of(door) for lane, position in receipt.c.items()} == {
        ("a", 1),
        ("t", 1),
    }


async def test_batch_that_no_database_takes_fails_alone(journal: FailingJournal) -> None:
    """Our own mistake with one batch is counted and costs its neighbours in the group nothing."""
    told, door = Told(), MemoryDoor()
    ingest = ingest_on(journal, told)
    ingest.receive(door, "gw-0001", "up/t", telemetry(1, reading()))
    ingest.receive(door, "gw-0002", "up/t", telemetry(1, reading("poison-1"), gateway="gw-0002"))
    ingest.receive(door, "gw-0003", "up/t", telemetry(1, reading(), gateway="gw-0003"))

    async with serving(ingest):
        await ingest.drain()

    counters = ingest.counters()
    assert (counters["applied"], counters["failed"], counters["faults"]) == (2, 1, 1)
    assert {gateway for gateway, _, _ in await journal.cursors()} == {"gw-0001", "gw-0003"}


async def test_engine_that_fails_keeps_no_press_from_the_journal(journal: FailingJournal) -> None:
    """A faulty rule is counted; the press it choked on is committed and receipted all the same."""
    door = MemoryDoor()

    def faulty(_event: Event) -> None:
        raise ZeroDivisionError

    ingest = Ingest(journal, faulty, time.time, collect_seconds=0.0)
    ingest.receive(door, G, "up/a", alarms(1, press()))
    async with serving(ingest):
        await ingest.drain()

    assert ingest.counters()["faults"] >= 1
    assert [receipt.c for receipt in receipts_of(door)] == [{"a": 1}]


async def test_rubbish_is_kept_once_and_counted(journal: FailingJournal) -> None:
    """Dead letters go to the journal in groups; a journal that is away costs letters, never messages."""
    ingest = ingest_on(journal, Told())
    door = MemoryDoor()
    async with serving(ingest):
        for _ in range(3):
            ingest.receive(door, G, "up/t", b"{nonsense")
        await ingest.drain()
        journal.down = True
        ingest.receive(door, G, "up/t", b"{more nonsense")
        await ingest.drain()

    [(letter, count)] = await journal.dead_letters(10)
    assert (letter.reason, count) == ("not_json", 3)
    assert (ingest.dead_letters(), ingest.counters()["letters_dropped"], ingest.counters()["dead"]) == (3, 1, 4)


async def test_letters_beyond_the_bound_are_only_counted(journal: FailingJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of rubbish fills neither memory nor disk."""
    monkeypatch.setattr("server.ingest.committing.LETTERS_MAX", 2)
    ingest = ingest_on(journal, Told())

    for number in range(5):
        ingest.receive(MemoryDoor(), G, "up/t", b"{%d" % number)
    async with serving(ingest):
        await ingest.drain()

    assert (ingest.dead_letters(), ingest.counters()["letters_dropped"]) == (2, 3)


async def test_missed_press_in_a_heartbeat_is_stored(journal: FailingJournal) -> None:
    """A repair goes to the journal as an event of its own."""
    told, door = Told(), MemoryDoor()
    ingest = ingest_on(journal, told)
    ingest.receive(door, G, "hb", heartbeat(presses=[OpenPress(press_id(1), "sos-1", 1_000)]))
    async with serving(ingest):
        await ingest.drain()

    assert [event.id for event in await journal.events(0)] == [press_id(1)]
    assert len(told.of(PressStored)) == 1


async def test_restart_knows_every_lane_and_tells_the_alarms_again(journal: FailingJournal) -> None:
    """A new process receipts what the old one committed, and tells the engine again what it may have missed."""
    first = ingest_on(journal, Told())
    first.receive(MemoryDoor(), G, "up/a", alarms(1, press()))
    async with serving(first):
        await first.drain()

    told, door = Told(), MemoryDoor()
    second = ingest_on(journal, told)
    await second.start()
    retold = list(told.events)
    second.receive(door, G, "up/a", alarms(1, press()))
    async with serving(second):
        await second.drain()

    assert [(type(event), getattr(event, "stored", None)) for event in retold] == [(PressArrived, True)]
    assert len(told.of(PressArrived)) == 1
    assert second.counters()["duplicate"] == 1
    assert [receipt.c for receipt in receipts_of(door)] == [{"a": 1}]


async def test_start_without_a_journal_is_made_good_later(journal: FailingJournal) -> None:
    """The server serves at once, and reads what it has to know as soon as it can."""
    first = ingest_on(journal, Told())
    first.receive(MemoryDoor(), G, "up/a", alarms(1, press()))
    async with serving(first):
        await first.drain()
    journal.down = True
    told = Told()
    second = ingest_on(journal, told)

    await second.start()
    down = (second.journal_ok, told.events[:])
    second.receive(MemoryDoor(), G, "up/a", alarms(2, press(2)))
    async with serving(second):
        journal.down = False
        await told.until(PressArrived, 2)
        await second.drain()

    assert down == (False, [])
    assert [getattr(event, "id", "") for event in told.of(PressArrived)] == [press_id(2), press_id(1)]


async def test_lag_is_the_age_of_the_oldest_batch(journal: FailingJournal) -> None:
    """Nothing waiting is no lag; what waits or is being committed is as old as it is."""
    clock = [100.0]
    journal.gate = asyncio.Event()
    ingest = Ingest(journal, Told(), lambda: clock[0], collect_seconds=0.0)
    idle = ingest.lag_ms()
    ingest.receive(MemoryDoor(), G, "up/t", telemetry(1, reading()))
    clock[0] = 102.5
    waiting = ingest.lag_ms()
    async with serving(ingest):
        await asyncio.sleep(0)
        running = ingest.lag_ms()
        journal.gate.set()
        await ingest.drain()

    assert (idle, waiting, running, ingest.lag_ms()) == (0, 2_500, 2_500, 0)


async def test_counters_add_up(journal: FailingJournal) -> None:
    """What is shown to operators sums to what was received."""
    ingest = ingest_on(journal, Told())
    door = MemoryDoor()
    for leaf, payload in (
        ("up/t", telemetry(1, reading())),
        ("up/t", b"{x"),
        ("hb", heartbeat()),
        ("up/a", alarms(1, press())),
    ):
        ingest.receive(door, G, leaf, payload)
    before = ingest.counters()
    async with serving(ingest):
        await ingest.drain()

    for counters in (before, ingest.counters()):
        assert counters["received"] == 4 == counters["pending"] + sum(counters[fate.value] for fate in Fate)
    assert before["pending"] == 2
    assert ingest.counters()["received_heartbeat"] == 1
    assert ingest.counters()["reason_not_json"] == 1


async def test_requests_to_store_have_a_bound(journal: FailingJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the journal away for long, what the gateways tell again anyway is not hoarded."""
    monkeypatch.setattr("server.ingest.committing.EVENTS_MAX", 1)
    ingest = ingest_on(journal, Told())
    for number in (1, 2, 3):
        ingest.receive(MemoryDoor(), G, "up/a", alarms(number + 1, press(number)))
    async with serving(ingest):
        await ingest.drain()

    assert ingest.counters()["events_dropped"] >= 1
    assert ingest.counters()["gap"] == 3


def test_failure_of_the_journal_is_noted_once() -> None:
    """Only the change is logged; every failure is counted."""
    committing = Committing(None, lambda _: None, lambda _: None, retry_seconds=1, collect_seconds=1)  # type: ignore[arg-type]

    committing.failed(StorageError("a"))
    committing.failed(StorageError("b"))

    assert (committing.ok, committing.counts.commit_failures) == (False, 2)


async def test_signal_under_another_gateways_id_is_stored_shown_and_put_on_record(journal: FailingJournal) -> None:
    """A hostile gateway that tells an id first hides nothing: both are kept and shown, and the second one is declared."""
    told, door = Told(), MemoryDoor()
    ingest = ingest_on(journal, told)
    async with serving(ingest):
        ingest.receive(door, "gw-0002", "up/a", alarms(1, press(), gateway="gw-0002"))
        await ingest.drain()
        ingest.receive(door, G, "up/a", alarms(1, press()))
        ingest.receive(door, G, "up/a", alarms(1, press()))
        beat = heartbeat(hi={"a": 1}, lo={"a": 1}, presses=[OpenPress(press_id(1), "sos-1", 1_000)])
        ingest.receive(door, G, "hb", beat)
        await ingest.drain()
        ingest.id_taken(IdTaken(G, DeviceId("sos-1"), press_id(1), "gw-0002", 1.0))
        await ingest.drain()

    assert [event.gateway for event in told.events if isinstance(event, PressArrived)] == ["gw-0002", G]
    assert [event.gateway for event in told.events if isinstance(event, PressStored)] == ["gw-0002", G]
    assert {event.gateway for event in await journal.events(0)} == {"gw-0002", G}
    [declared] = told.of(Unreadable)
    assert isinstance(declared, Unreadable)
    assert (declared.gateway, declared.lane, declared.reason) == (G, "a", "id_taken")
    [[letter, count]] = await journal.dead_letters(10)
    assert (letter.gateway, letter.reason, count) == (G, "id_taken", 1)
    assert "gw-0002" in letter.detail
    assert ingest.counters()["ids_taken"] == 1
