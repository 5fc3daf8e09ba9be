"""The journal's promises, the same on both databases."""

import hashlib
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import text

from contract.batch import encode_batch
from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId
from contract.messages import Refusal
from contract.records import Hole, encode_record
from server.journal.database import Database
from server.journal.model import AlarmEvent, AlertFact, BatchWrite, DeadLetter, Outcome, Quarantined
from server.journal.sql import SqlJournal

G = GatewayId("gw-0001")
E = EpochId("000001abcd")
PRESS = "0198c2a0-5e31-7b52-9d0c-3f4e5a6b7c8d"


def batch(
    first: int,
    last: int,
    content: str = "",
    lane: Lane = Lane.TELEMETRY,
    *,
    gateway: str = G,
    events: Sequence[AlarmEvent] = (),
    holes: Sequence[tuple[int, int, str]] = (),
    quarantined: Sequence[Quarantined] = (),
) -> BatchWrite:
    """Make a batch whose body tells its content."""
    body = f"{{{first}-{last} {content}".encode()
    return BatchWrite(
        gateway=GatewayId(gateway),
        epoch=E,
        lane=lane,
        first_position=first,
        last_position=last,
        rx_ms=1_000 + first,
        sha256=hashlib.sha256(body).digest(),
        body=body,
        events=events,
        holes=holes,
        quarantined=quarantined,
    )


def event(kind: str = "press", state: str = "", identity: str = PRESS, rx_ms: int = 5) -> AlarmEvent:
    """Make an alarm event."""
    return AlarmEvent(PressId(identity), kind, G, DeviceId("sos-1"), 4, rx_ms, b"{}", state)


@pytest.fixture
def journal(database: Database) -> SqlJournal:
    """Give a journal on each database in turn."""
    return SqlJournal(database)


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """Read rows as plain tuples."""
    return await database.run(lambda connection: [tuple(row) for row in connection.execute(text(query))])


async def test_batches_in_order_are_applied(journal: SqlJournal) -> None:
    """Consecutive batches move the cursor and come back in commit order, byte for byte."""
    written = await journal.write([batch(1, 3), batch(4, 4)])

    assert [(one.outcome, one.cursor) for one in written] == [(Outcome.APPLIED, 3), (Outcome.APPLIED, 4)]
    assert await journal.cursors() == {(G, E, Lane.TELEMETRY): 4}
    read = await journal.read(after=0, limit=10)
    assert [(one.first_position, one.new_from, one.body) for one in read] == [(1, 1, b"{1-3 "), (4, 4, b"{4-4 ")]
    assert [one.sequence for one in read] == [one.sequence for one in written]
    assert await journal.read(after=read[0].sequence, limit=10) == read[1:]
    assert await journal.head() == read[-1].sequence


async def test_lanes_and_gateways_have_their_own_positions(journal: SqlJournal) -> None:
    """Nothing of one stream moves another."""
    group = [batch(1, 2), batch(1, 1, lane=Lane.ALARM), batch(1, 5, gateway="gw-0002")]

    written = await journal.write(group)

    assert [one.cursor for one in written] == [2, 1, 5]


async def test_gap_applies_nothing(journal: SqlJournal, database: Database) -> None:
    """A batch beyond the next position leaves no trace; the cursor says from where to send again."""
    await journal.write([batch(1, 2)])

    [written] = await journal.write([batch(4, 5)])

    assert (written.outcome, written.cursor) == (Outcome.GAP, 2)
    assert await rows(database, "select count(*) from raw_batch") == [(1,)]


async def test_equal_repeat_is_a_duplicate(journal: SqlJournal, database: Database) -> None:
    """The same bytes again, in the same group or later, are receipted and not stored twice."""
    [_, in_group] = await journal.write([batch(1, 2), batch(1, 2)])
    [later] = await journal.write([batch(1, 2)])

    assert (in_group.outcome, in_group.cursor) == (Outcome.DUPLICATE, 2)
    assert (later.outcome, later.cursor) == (Outcome.DUPLICATE, 2)
    assert await rows(database, "select count(*) from raw_batch") == [(1,)]
    assert await rows(database, "select count(*) from quarantine") == [(0,)]


async def test_other_content_for_the_same_positions_is_a_conflict(journal: SqlJournal, database: Database) -> None:
    """It is kept in quarantine whole and refused by name; a press in it is stored all the same."""
    await journal.write([batch(1, 2, lane=Lane.ALARM)])

    [written] = await journal.write([batch(1, 2, "other", Lane.ALARM, events=[event()])])

    assert (written.outcome, written.cursor) == (Outcome.CONFLICT, 2)
    assert list(written.refusals) == [Refusal("a", 1, 2, "position_conflict")]
    assert await rows(database, "select position, reason from quarantine") == [(1, "position_conflict")]
    assert [one.id for one in await journal.events(0)] == [PRESS]


async def test_conflict_is_found_in_one_group(journal: SqlJournal) -> None:
    """Two contents for one position in one transaction are told apart too."""
    [_, second] = await journal.write([batch(1, 2), batch(1, 2, "other")])

    assert second.outcome is Outcome.CONFLICT


async def test_overlap_is_dropped(journal: SqlJournal, database: Database) -> None:
    """Of a batch that begins below the cursor only the new part counts: records, holes and refusals."""
    await journal.write([batch(1, 3)])

    [written] = await journal.write(
        [
            batch(
                2,
                9,
                holes=[(2, 4, "shed")],
                quarantined=[Quarantined(3, "bad_value", "", b"x"), Quarantined(6, "bad_value", "", b"y")],
            )
        ]
    )

    assert (written.outcome, written.cursor) == (Outcome.APPLIED, 9)
    assert list(written.refusals) == [Refusal("t", 6, 1, "bad_value")]
    assert await rows(database, "select position, count, reason from gap") == [(4, 2, "shed")]
    assert await rows(database, "select position from quarantine") == [(6,)]
    assert [(one.first_position, one.new_from) for one in await journal.read(0, 10)] == [(1, 1), (2, 4)]
    assert written.new_from == 4


async def test_only_what_was_applied_has_something_new(journal: SqlJournal) -> None:
    """A duplicate, a gap and a conflict bring no new position and have no place in the journal's order."""
    [applied, duplicate, gap, conflict] = await journal.write([batch(1, 2), batch(1, 2), batch(9, 9), batch(1, 2, "other")])

    assert (applied.new_from, applied.sequence > 0) == (1, True)
    assert {(one.new_from, one.sequence) for one in (duplicate, gap, conflict)} == {(0, 0)}


async def test_press_is_one_row_whatever_brings_it(journal: SqlJournal) -> None:
    """The lane, a repair and a repeat under another position all make one event; its clear is another."""
    assert await journal.store_events([event()]) == [True]
    await journal.write([batch(1, 1, lane=Lane.ALARM, events=[event()])])
    await journal.write([batch(2, 3, lane=Lane.ALARM, events=[event(), event("clear", rx_ms=6)])])

    assert await journal.store_events([event(), event("clear")]) == [False, False]
    assert [one.kind for one in await journal.events(0)] == ["press", "clear"]
    assert [one.kind for one in await journal.events(6)] == ["clear"]


async def test_alert_begins_and_ends_under_one_id(journal: SqlJournal) -> None:
    """The end of an alert is not taken for a repeat of its beginning."""
    assert await journal.store_events([event("alert", "on"), event("alert", "off")]) == [True, True]


async def test_failed_group_leaves_the_cursor_where_it_was(journal: SqlJournal) -> None:
    """A rolled back transaction is forgotten in memory too: the same batch is applied afterwards."""
    await journal.write([batch(1, 1)])
    broken = batch(2, 2, events=[event(rx_ms=None)])  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"(?i)null"):
        await journal.write([broken])

    [written] = await journal.write([batch(2, 2)])

    assert (written.outcome, written.cursor) == (Outcome.APPLIED, 2)
    assert len(await journal.read(0, 10)) == 2


async def test_group_that_fails_while_judged_is_forgotten(journal: SqlJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions that were moved in memory only, before anything was inserted, are not believed afterwards."""
    await journal.write([batch(1, 1)])
    with monkeypatch.context() as patched:
        patched.setattr("server.journal.writing._Rows.insert", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await journal.write([batch(2, 2)])

    [written] = await journal.write([batch(2, 2)])

    assert (written.outcome, written.cursor) == (Outcome.APPLIED, 2)


async def test_facts_of_settled_alerts_are_left_out_in_time(journal: SqlJournal) -> None:
    """Facts come back in order; those of alerts over since long ago do not, unless asked for by name."""
    await journal.append_facts([AlertFact("old", 1, 1, b"1"), AlertFact("open", 1, 2, b"2")])
    await journal.append_facts([AlertFact("old", 2, 3, b"3", settled=True), AlertFact("new", 1, 9, b"4", settled=True)])

    assert await journal.facts() == [("old", b"1"), ("open", b"2"), ("old", b"3"), ("new", b"4")]
    assert await journal.facts(settled_since_ms=5) == [("open", b"2"), ("new", b"4")]
    assert await journal.facts_of("old") == [b"1", b"3"]


async def test_repeated_dead_letter_only_counts(journal: SqlJournal) -> None:
    """The same rubbish again is one row with a count."""
    letter = DeadLetter("gw-0001", "cs1/gw-0001/up/t", "not_json", "bad \x00 byte", b"s" * 32, b"\x00\xff", 5)

    await journal.dead_letter(letter)
    await journal.dead_letter(letter)

    [(kept, count)] = await journal.dead_letters(10)
    assert (kept.reason, kept.head, count) == ("not_json", b"\x00\xff", 2)


async def test_dead_letters_are_kept_together_whatever_their_address(journal: SqlJournal) -> None:
    """Several go into one transaction, and an address that no database's text could hold stops none of them."""
    plain = DeadLetter("gw-0001", "cs1/gw-0001/up/t", "not_json", "", b"a" * 32, b"x", 5)
    odd = DeadLetter("gw\x00", "cs1/gw\x00/" + "y" * 100, "bad_topic", "", b"b" * 32, b"x", 6)

    await journal.dead_letters_add([plain, odd, plain])

    kept = {letter.reason: (len(letter.topic) <= 80, count) for letter, count in await journal.dead_letters(10)}
    assert kept == {"not_json": (True, 2), "bad_topic": (True, 1)}


async def test_checkpoint_is_kept(journal: SqlJournal) -> None:
    """A projection finds its place again."""
    assert await journal.checkpoint("history") == 0

    await journal.set_checkpoint("history", 5)
    await journal.set_checkpoint("history", 7)

    assert await journal.checkpoint("history") == 7


async def test_cursors_of_ended_epochs_need_not_be_loaded(journal: SqlJournal) -> None:
    """Old streams are left out, but never the newest epoch of a lane, however long it has been quiet."""
    old, new = EpochId("000001abcd"), EpochId("000002abcd")
    await journal.write([batch(1, 2), msgspec.structs.replace(batch(1, 3), epoch=new)])

    assert await journal.cursors(since_ms=1_002) == {(G, new, Lane.TELEMETRY): 3}
    assert await journal.cursors(since_ms=1_001) == {(G, old, Lane.TELEMETRY): 2, (G, new, Lane.TELEMETRY): 3}


async def test_a_hole_in_place_of_what_is_committed_is_a_repeat_and_no_second_content(journal: SqlJournal) -> None:
    """The box heard no receipt, ran out of room, and gave up what the journal has had all along."""
    await journal.write([batch(1, 3, "readings")])

    [written] = await journal.write([batch(1, 3, "hole", holes=[(1, 3, "shed")])])

    assert (written.outcome, written.cursor) == (Outcome.DUPLICATE, 3)


@pytest.mark.parametrize("together", [True, False])
async def test_what_was_given_up_and_comes_late_after_all_is_no_second_content_either(
    journal: SqlJournal, together: bool
) -> None:
    """A line held the readings while the box ran out of room; its word of that came first, by another way."""
    body = encode_batch(G, E, Lane.TELEMETRY, 1, 1, [encode_record(Hole(n=3, why="shed"))])
    hole = msgspec.structs.replace(batch(1, 3, "hole", holes=[(1, 3, "shed")]), body=body)
    batches = [hole, batch(1, 3, "readings")]
    if not together:
        await journal.write(batches[:1])
        batches = batches[1:]

    written = (await journal.write(batches))[-1]

    assert (written.outcome, written.cursor) == (Outcome.DUPLICATE, 3)
