"""The host's promises about good messages: what is shown, committed and receipted, and in which order."""

import zlib
from collections.abc import Sequence

from contract.batch import encode_batch
from contract.identity import DeviceId, GatewayId, Lane
from contract.messages import Birth, BirthDevice, Link, Now, NowReading, OpenPress, Refusal, encode_message
from contract.records import Clear, DeviceAlert, Hole, Reply, encode_record
from server.core.events import (
    BirthArrived,
    DeviceAlerted,
    GatewayHeard,
    GatewayLinkChanged,
    PressArrived,
    PressCleared,
    PressStored,
    ReadingsArrived,
    Unreadable,
)
from server.ingest.model import (
    Effect,
    Fate,
    Finish,
    Origin,
    Restored,
    RosterChanged,
    SendReceipt,
    SendSeen,
    StoreEvents,
    Tell,
    What,
    Write,
)
from server.ingest.sorting import press_key
from tests.ingest.hosting import (
    EPOCH,
    LATER,
    G,
    Hosting,
    alarms,
    heartbeat,
    of,
    place,
    press,
    press_id,
    reading,
    receipts,
    telemetry,
    told,
)

SECOND = Origin("mqtt-2")


def test_press_is_shown_and_seen_before_it_is_written() -> None:
    """The engine is told first, the school's light second, the journal third; no receipt yet."""
    effects = Hosting().arrives("up/a", alarms(1, press()))

    shown = place(effects, lambda each: isinstance(each, Tell) and isinstance(each.event, PressArrived))
    seen = place(effects, lambda each: isinstance(each, SendSeen))
    written = place(effects, lambda each: isinstance(each, Write))
    assert shown < seen < written
    assert not told(effects, PressArrived)[0].stored
    assert receipts(effects) == []


def test_receipt_follows_only_on_the_commit() -> None:
    """What is receipted has been committed, and the screens are told so before."""
    hosting = Hosting()
    hosting.arrives("up/a", alarms(1, press()))

    effects = hosting.commit()

    [receipt] = receipts(effects)
    assert (receipt.ep, receipt.c) == (EPOCH, {"a": 1})
    confirmed = place(effects, lambda each: isinstance(each, Tell) and isinstance(each.event, PressStored))
    assert confirmed < place(effects, lambda each: isinstance(each, SendReceipt))
    assert hosting.fate(What.ALARM, Fate.APPLIED) == 1


def test_readings_are_told_only_once_committed() -> None:
    """Coverage rests on what the journal holds; positions go with the readings."""
    hosting = Hosting()
    before = hosting.arrives("up/t", telemetry(5, reading(), reading("cam-2")))
    hosting.journal.cursors[G, EPOCH, Lane.TELEMETRY] = 4

    after = hosting.commit()

    assert told(before, ReadingsArrived) == []
    [arrived] = told(after, ReadingsArrived)
    assert (arrived.gateway, arrived.epoch, list(arrived.positions)) == (G, EPOCH, [5, 6])
    assert [each.d for each in arrived.readings] == ["cam-1", "cam-2"]
    assert hosting.host.tally.readings == 2


def test_alarm_over_two_brokers_is_shown_once_and_receipted_on_both() -> None:
    """The second copy is a duplicate: it changes no screen, and its path gets a receipt of its own."""
    hosting = Hosting()
    hosting.arrives("up/a", alarms(1, press()))
    second = hosting.arrives("up/a", alarms(1, press()), origin=SECOND)

    after = hosting.commit()

    assert told(second, PressArrived) == []
    assert len(told(after, PressStored)) == 1
    assert {each.origin.door for each in of(after, SendReceipt)} == {"mqtt-1", "mqtt-2"}
    assert (hosting.fate(What.ALARM, Fate.APPLIED), hosting.fate(What.ALARM, Fate.DUPLICATE)) == (1, 1)


def test_duplicate_after_the_commit_is_receipted_and_shown_no_more() -> None:
    """A receipt that got lost is sent again for the same bytes."""
    hosting = Hosting()
    hosting.done("up/a", alarms(1, press()))

    again = hosting.done("up/a", alarms(1, press()))

    assert told(again, PressArrived) == []
    assert told(again, PressStored) == []
    assert [receipt.c for receipt in receipts(again)] == [{"a": 1}]


def test_same_records_compressed_otherwise_are_a_duplicate() -> None:
    """A batch is judged by what it says: another zlib at the other end makes no conflict."""
    hosting = Hosting()
    plain = telemetry(1, reading())
    hosting.done("up/t", plain)

    again = hosting.done("up/t", zlib.compress(plain))

    assert [list(receipt.no) for receipt in receipts(again)] == [[]]
    assert hosting.fate(What.TELEMETRY, Fate.DUPLICATE) == 1


def test_same_records_sent_at_another_time_are_a_duplicate() -> None:
    """A box that restarts sends what has no receipt with a new time of sending: nobody is told of a conflict."""
    hosting = Hosting()
    body = encode_record(press())
    for sent_at in (1_000, 90_000):
        effects = hosting.done("up/a", encode_batch(G, EPOCH, Lane.ALARM, 1, sent_at, [body]))

    assert hosting.fate(What.ALARM, Fate.DUPLICATE) == 1
    assert told(effects, Unreadable) == []


def test_several_batches_of_one_commit_share_a_receipt() -> None:
    """The journal answers a group at once, and so do we."""
    hosting = Hosting()
    for first in (1, 2, 3):
        hosting.arrives("up/t", telemetry(first, reading()))

    effects = hosting.commit()

    assert [receipt.c for receipt in receipts(effects)] == [{"t": 3}]


def test_gap_applies_nothing_and_asks_from_the_hole() -> None:
    """What is missing is asked for; the readings beyond it are not told."""
    hosting = Hosting()
    hosting.done("up/t", telemetry(1, reading()))

    effects = hosting.done("up/t", telemetry(4, reading()))

    [receipt] = receipts(effects)
    assert (receipt.c, receipt.rs) == ({"t": 1}, {"t": 2})
    assert told(effects, ReadingsArrived) == []
    assert hosting.fate(What.TELEMETRY, Fate.GAP) == 1


def test_gap_filled_in_the_same_commit_is_not_asked_for() -> None:
    """Two batches that overtook each other and met in one group leave no question."""
    hosting = Hosting()
    hosting.arrives("up/t", telemetry(2, reading()))
    hosting.arrives("up/t", telemetry(1, reading()))

    [receipt] = receipts(hosting.commit())

    assert (receipt.c, receipt.rs) == ({"t": 1}, {})


def test_alarm_beyond_a_gap_is_shown_stored_and_named_in_a_receipt() -> None:
    """A press is whole in itself: it never waits for another batch to be found."""
    hosting = Hosting()

    arrived = hosting.arrives("up/a", alarms(3, press()))
    after = hosting.commit()

    assert len(told(arrived, PressArrived)) == 1
    gap, named = receipts(after)
    assert (gap.rs, gap.ids) == ({"a": 1}, [])
    assert (named.c, named.ids) == ({}, [press_id(1)])
    assert [event.id for event in hosting.journal.events.values()] == [press_id(1)]
    assert len(told(after, PressStored)) == 1


def test_early_alarm_that_comes_again_in_order_is_confirmed_once() -> None:
    """The gap is filled later; the press is neither shown nor confirmed again."""
    hosting = Hosting()
    hosting.done("up/a", alarms(2, press(2)))

    effects = hosting.done("up/a", alarms(1, press(1), press(2)))

    assert [each.id for each in told(effects, PressArrived)] == [press_id(1)]
    assert [each.id for each in told(effects, PressStored)] == [press_id(1)]


def test_overlap_tells_only_the_new_readings() -> None:
    """Of a batch whose beginning is known already, what is known is told to nobody twice."""
    hosting = Hosting()
    hosting.done("up/t", telemetry(1, reading("cam-1"), reading("cam-2")))

    effects = hosting.done("up/t", telemetry(2, reading("cam-2"), reading("cam-3")))

    [arrived] = told(effects, ReadingsArrived)
    assert ([each.d for each in arrived.readings], list(arrived.positions)) == (["cam-3"], [3])


def test_two_contents_for_one_position_are_refused_by_name() -> None:
    """The second is named in the receipt and told to operators; a press in it is shown and stored all the same."""
    hosting = Hosting()
    hosting.done("up/a", alarms(1, press(1)))

    effects = hosting.done("up/a", alarms(1, press(2)))

    [receipt] = receipts(effects)
    assert list(receipt.no) == [Refusal("a", 1, 1, "position_conflict")]
    assert [each.reason for each in told(effects, Unreadable)] == ["position_conflict"]
    assert [each.id for each in told(effects, PressStored)] == [press_id(2)]
    assert (hosting.host.tally.conflicts, hosting.fate(What.ALARM, Fate.REFUSED)) == (1, 1)


def test_declared_holes_move_the_lane() -> None:
    """Records that will never come cover their positions and go to the journal as holes."""
    hosting = Hosting()

    effects = hosting.done("up/t", telemetry(1, Hole(n=40, why="shed"), reading()))

    assert [receipt.c for receipt in receipts(effects)] == [{"t": 41}]
    assert hosting.journal.batches[0].holes == [(1, 40, "shed")]
    assert [list(each.positions) for each in told(effects, ReadingsArrived)] == [[41]]


def test_clears_and_replies_follow_the_commit_and_alerts_go_before_it() -> None:
    """What rings is shown at once; what ends something waits for the journal."""
    hosting = Hosting()
    ram = DeviceAlert(id=press_id(7), d="bar-1", code="ram", t=1_000)
    clear = Clear(id=press_id(1), d="sos-1", t=2_000, by="key")
    reply = Reply(id=press_id(8), ok=True, code="done", t=2_000)

    arrived = hosting.arrives("up/a", alarms(1, press(), ram, clear, reply))
    after = hosting.commit()

    assert [each.code for each in told(arrived, DeviceAlerted)] == ["ram"]
    assert told(arrived, PressCleared) == []
    assert [each.by for each in told(after, PressCleared)] == ["key"]
    kinds = {(event.kind, event.state) for event in hosting.journal.events.values()}
    assert kinds == {("press", ""), ("alert", "on"), ("clear", ""), ("rep", "done")}


def test_alert_that_ends_is_not_taken_for_the_one_that_began() -> None:
    """Beginning and end bear one id; both are shown, each once."""
    hosting = Hosting()
    begun = DeviceAlert(id=press_id(7), d="bar-1", code="tamper", t=1_000)
    ended = DeviceAlert(id=press_id(7), d="bar-1", code="tamper", t=2_000, on=False)
    hosting.done("up/a", alarms(1, begun))

    effects = hosting.done("up/a", alarms(2, ended)) + hosting.done("up/a", alarms(2, ended))

    assert [each.on for each in told(effects, DeviceAlerted)] == [False]


def test_failed_commit_is_receipted_by_nobody_and_tried_again() -> None:
    """The press stays on the screens as not yet saved; the gateway brings it again, and then it is confirmed."""
    hosting = Hosting()
    hosting.arrives("up/a", alarms(1, press()))

    failed = hosting.fail()
    again = hosting.arrives("up/a", alarms(1, press()))
    [committed] = [each for each in receipts(hosting.commit()) if each.c]

    assert receipts(failed) == []
    assert hosting.fate(What.ALARM, Fate.FAILED) == 1
    assert told(again, PressArrived) == []
    assert len(told(hosting.effects, PressStored)) == 1
    assert committed.c == {"a": 1}


def test_press_of_a_failed_commit_is_stored_even_if_its_gateway_never_speaks_again() -> None:
    """A box may burn in the minute in which the database was away: what was shown is stored without it."""
    hosting = Hosting()
    hosting.arrives("up/a", alarms(1, press()))
    hosting.fail()

    stored = hosting.commit()

    assert [event.id for event in hosting.journal.events.values()] == [press_id(1)]
    assert [each.id for each in told(stored, PressStored)] == [press_id(1)]
    assert [(receipt.c, receipt.ids) for receipt in receipts(stored)] == [({}, [press_id(1)])]


def test_request_is_finished_once_with_its_fate() -> None:
    """A door that holds a request open hears of its end: after the receipt, or with the reason why there is none."""
    hosting = Hosting()
    hosting.arrives("up/t", telemetry(1, reading()), origin=Origin("https", 1))
    committed = hosting.commit()
    hosting.arrives("up/t", telemetry(2, reading()), origin=Origin("https", 2))
    failed = hosting.fail()

    assert isinstance(committed[-1], Finish)
    assert [(each.origin.request, each.fate) for each in of(committed, Finish)] == [(1, Fate.APPLIED)]
    assert [(each.origin.request, each.fate) for each in of(failed, Finish)] == [(2, Fate.FAILED)]


def test_heartbeat_is_answered_with_where_we_stand() -> None:
    """The nonce comes back, and alarms that have not come are asked for at once."""
    hosting = Hosting()
    hosting.done("up/a", alarms(1, press()))

    effects = hosting.arrives("hb", heartbeat(hi={"a": 3, "t": 0}, lo={"a": 1}), now=101.0)

    [receipt] = receipts(effects)
    assert (receipt.h, receipt.c, receipt.rs) == (7, {"a": 1, "t": 0}, {"a": 2})
    assert [each.path for each in told(effects, GatewayHeard)] == ["mqtt-a"]


def test_telemetry_is_asked_for_when_it_has_not_moved_between_two_heartbeats() -> None:
    """What is only on its way is left alone; what stands still is asked for."""
    hosting = Hosting()
    first = hosting.arrives("hb", heartbeat(hi={"t": 5}))
    second = hosting.arrives("hb", heartbeat(hi={"t": 9}), now=115.0)

    assert [receipt.rs for receipt in receipts(first)] == [{}]
    assert [receipt.rs for receipt in receipts(second)] == [{"t": 1}]


def test_heartbeat_finds_a_press_that_was_missed() -> None:
    """An open press that we do not have is shown at once, stored, and counted as a repair."""
    hosting = Hosting()
    missed = OpenPress(press_id(1), "sos-1", t=50_000)

    effects = hosting.arrives("hb", heartbeat(presses=[missed], s=100_000))
    stored = hosting.commit()

    [shown] = told(effects, PressArrived)
    assert (shown.id, shown.repaired, shown.stored) == (press_id(1), True, False)
    assert place(effects, lambda each: isinstance(each, Tell)) < place(effects, lambda each: isinstance(each, StoreEvents))
    assert [each.id for each in told(stored, PressStored)] == [press_id(1)]
    assert receipts(stored) == []  # The record itself says more than a heartbeat, and is still wanted.
    assert (hosting.host.tally.repair_press, hosting.host.tally.early_press) == (1, 0)


def test_heartbeat_that_overtakes_a_fresh_press_is_no_repair() -> None:
    """Two connections are not equally fast; the press is shown all the same, and its own batch adds nothing."""
    hosting = Hosting()
    young = OpenPress(press_id(1), "sos-1", t=99_000)

    effects = hosting.done("hb", heartbeat(presses=[young], s=100_000))
    later = hosting.done("up/a", alarms(1, press()))

    assert len(told(effects, PressArrived)) == 1
    assert (hosting.host.tally.repair_press, hosting.host.tally.early_press) == (0, 1)
    assert told(later, PressArrived) == []
    assert told(later, PressStored) == []


def test_heartbeat_of_a_box_that_began_again_with_alarms_in_its_outbox_is_no_repair() -> None:
    """A press of before that the box has still to send follows by itself, however old it is; it is shown all the same."""
    hosting = Hosting()
    older = OpenPress(press_id(1), "sos-1", t=50_000)

    effects = hosting.done("hb", heartbeat(presses=[older], s=100_000, old={"01aaaaaaaa": {"a": [1, 1]}}))

    assert len(told(effects, PressArrived)) == 1
    assert (hosting.host.tally.repair_press, hosting.host.tally.early_press) == (0, 1)


def test_heartbeat_with_a_known_press_asks_nothing_of_the_journal() -> None:
    """Every heartbeat names the open presses; naming what is stored costs nothing."""
    hosting = Hosting()
    hosting.done("up/a", alarms(1, press()))

    effects = hosting.arrives("hb", heartbeat(hi={"a": 1}, presses=[OpenPress(press_id(1), "sos-1", 1_000)]))

    assert of(effects, StoreEvents) == []
    assert told(effects, PressArrived) == []


def test_unreadable_open_press_hides_none_of_its_neighbours() -> None:
    """A heartbeat is taken as far as it can be read; what cannot be is told to operators."""
    presses = [OpenPress("not a uuid", "sos-1", 1), OpenPress(press_id(1), "sos-1", 1)]

    effects = Hosting().arrives("hb", heartbeat(presses=presses))

    assert [each.id for each in told(effects, PressArrived)] == [press_id(1)]
    assert [each.reason for each in told(effects, Unreadable)] == ["bad_identity"]
    assert len(receipts(effects)) == 1


def test_refused_heartbeat_remembers_nothing() -> None:
    """A press in a heartbeat that is refused for something else is still shown when it comes by another message."""
    hosting = Hosting()
    spoilt = heartbeat(presses=[OpenPress(press_id(1), "sos-1", 1)], old={"not an epoch": {"a": [1, 2]}})

    refused = hosting.arrives("hb", spoilt)
    good = hosting.arrives("hb", heartbeat(presses=[OpenPress(press_id(1), "sos-1", 1)]))

    assert [each.fate for each in of(refused, Finish)] == [Fate.DEAD]
    assert [each.id for each in told(good, PressArrived)] == [press_id(1)]


def test_press_older_than_our_memory_is_looked_up_before_it_is_shown() -> None:
    """After a restart the journal is asked about presses from before what was loaded: shown only if it never had them."""
    before = Hosting()
    before.done("up/a", alarms(1, press(1)))
    hosting = Hosting(journal=before.journal)
    hosting.say(Restored({}, [], since_ms=50_000))
    old = [OpenPress(press_id(1), "sos-1", 10_000), OpenPress(press_id(2), "sos-2", 10_000)]

    asked = hosting.arrives("hb", heartbeat(presses=old))
    answered = hosting.commit()

    assert told(asked, PressArrived) == []
    assert [(each.id, each.stored) for each in told(answered, PressArrived)] == [(press_id(2), True)]


def test_restart_shows_nothing_again() -> None:
    """What the journal knew when we started is receipted and not shown as new."""
    before = Hosting()
    before.done("up/a", alarms(1, press()))
    after = Hosting(journal=before.journal)
    after.say(Restored(before.journal.cursors, [press_key(G, press_id(1))], since_ms=0))

    again = after.done("up/a", alarms(1, press()))
    beat = after.arrives("hb", heartbeat(hi={"a": 1}, lo={"a": 1}, presses=[OpenPress(press_id(1), "sos-1", 1_000)]))

    assert told(again, PressArrived) == []
    assert told(beat, PressArrived) == []
    assert [receipt.c for receipt in receipts(again)] == [{"a": 1}]
    assert receipts(beat)[0].rs == {}


def test_late_restore_takes_nothing_back() -> None:
    """What the journal knew when it was asked may be older than what was committed meanwhile."""
    hosting = Hosting()
    hosting.done("up/t", telemetry(1, reading(), reading()))

    hosting.say(Restored({(G, EPOCH, Lane.TELEMETRY): 1}, [], since_ms=0))

    assert receipts(hosting.arrives("hb", heartbeat(hi={"t": 2}, lo={"t": 2})))[0].c == {"a": 0, "t": 2}


def test_commits_lost_with_a_restored_database_are_asked_for() -> None:
    """A gateway that holds a receipt for more than we have is asked to send from where we stand."""
    hosting = Hosting()
    hosting.say(Restored({}, [], since_ms=0))
    hosting.done("up/t", telemetry(1, reading()))

    effects = hosting.arrives("hb", heartbeat(hi={"t": 9}, lo={"t": 9}))

    assert receipts(effects)[0].rs == {"t": 2}
    assert hosting.host.tally.lost_commits == 1


def test_commits_of_earlier_starts_lost_with_a_restored_database_are_asked_for() -> None:
    """A box that started since the backup tells how far its earlier starts had receipts; what we lack is asked for."""
    hosting = Hosting()
    hosting.say(Restored({(G, EPOCH, Lane.ALARM): 3, (G, EPOCH, Lane.TELEMETRY): 9}, [], since_ms=0))

    effects = hosting.arrives("hb", heartbeat(epoch=LATER, kept={EPOCH: {"a": 7, "t": 9}, "000000zzzz": {"a": 2}}))

    asked = [(receipt.ep, receipt.c, receipt.rs) for receipt in receipts(effects)][1:]
    assert asked == [(EPOCH, {"a": 3}, {"a": 4}), ("000000zzzz", {"a": 0}, {"a": 1})]
    assert hosting.host.tally.lost_commits == 2


def test_a_server_that_does_not_know_its_journal_asks_for_nothing_again() -> None:
    """With the database away at the start, three thousand schools must not send a month of alarms."""
    hosting = Hosting(silent=True)

    effects = hosting.arrives("hb", heartbeat(epoch=LATER, hi={"a": 9}, lo={"a": 9}, kept={EPOCH: {"a": 7}}))

    assert [receipt.rs for receipt in receipts(effects)] == [{}]


def test_records_of_earlier_starts_are_receipted_again() -> None:
    """A box that still holds what we committed of an earlier epoch learns so from its heartbeat."""
    hosting = Hosting()
    hosting.done("up/t", telemetry(1, reading(), reading()))

    effects = hosting.arrives("hb", heartbeat(epoch=LATER, old={EPOCH: {"t": [1, 5]}, "000000zzzz": {"t": [1, 5]}}))

    assert [(receipt.ep, receipt.c) for receipt in receipts(effects)][1:] == [(EPOCH, {"t": 2})]


def beats(hosting: Hosting, times: Sequence[float], epochs: Sequence[str] = (EPOCH,), off_ms: int = 0) -> list[Effect]:
    """Bring a heartbeat at each time, the epochs in turn, from a clock that is so far off."""
    effects: list[Effect] = []
    for turn, at in enumerate(times):
        content = heartbeat(epoch=epochs[turn % len(epochs)], s=int(at * 1_000) + off_ms)
        effects += hosting.arrives("hb", content, now=at)
    return effects


def test_epochs_that_alternate_are_two_boxes() -> None:
    """One box changes its epoch once; a copy of it changes it back and forth, which is told once, and said to have ended."""
    hosting = Hosting()
    effects = beats(hosting, [100.0 + 15 * turn for turn in range(10)], (EPOCH, LATER))

    assert [(each.code, each.on) for each in told(effects, DeviceAlerted)] == [("clone", True)]
    assert hosting.host.tally.clones == 1
    assert hosting.host.clone_suspected(G)
    [begun] = told(effects, DeviceAlerted)
    [ended] = told(beats(hosting, [300.0 + 60 * turn for turn in range(12)], (LATER,)), DeviceAlerted)
    assert (ended.code, ended.on, ended.id) == ("clone", False, begun.id)
    assert not hosting.host.clone_suspected(G)


def test_an_older_copy_of_a_box_that_stands_alone_is_suspected_too() -> None:
    """Its epochs are older than those already seen: somebody has restored an image."""
    hosting = Hosting()
    beats(hosting, [100.0], (LATER,))

    effects = beats(hosting, [200.0, 215.0, 230.0], (EPOCH,))

    assert [each.code for each in told(effects, DeviceAlerted)] == ["clone"]


def test_a_restart_with_messages_that_come_late_is_no_clone() -> None:
    hosting = Hosting()

    effects = beats(hosting, [100.0, 101.0, 101.5, 102.0, 115.0], (EPOCH, LATER, EPOCH, EPOCH, LATER))

    assert told(effects, DeviceAlerted) == []


def test_what_a_line_held_while_the_box_started_again_is_no_clone() -> None:
    """Heartbeats of its last start come in a heap after the first of its next; they were sent before."""
    hosting = Hosting()
    beats(hosting, [100.0], (LATER,))

    held = [heartbeat(epoch=EPOCH, s=int(sent * 1_000)) for sent in (55.0, 70.0, 85.0, 70.0, 85.0)]
    for content in held:
        hosting.arrives("hb", content, now=110.0)

    assert not hosting.host.clone_suspected(G)
    assert hosting.host.tally.clones == 0


def test_a_link_tells_of_a_new_start_as_a_heartbeat_does() -> None:
    hosting = Hosting()
    beats(hosting, [10.0], (EPOCH,))
    hosting.arrives("link", encode_message(Link(on=True, ep=LATER, path="mqtt-a")), now=100.0)

    for sent in (55.0, 70.0, 85.0):
        hosting.arrives("hb", heartbeat(epoch=EPOCH, s=int(sent * 1_000)), now=110.0)

    assert not hosting.host.clone_suspected(G)


def test_a_copy_whose_clock_is_off_is_suspected_later() -> None:
    """Its heartbeats seem to be old ones, until no line could have held them for so long."""
    hosting = Hosting()
    times = [100.0 + 15 * turn for turn in range(10)]
    effects = beats(hosting, times, (LATER,)) + beats(hosting, times, (EPOCH,), off_ms=-86_400_000)
    assert [each.code for each in told(effects, DeviceAlerted)] == ["clock_bad"]

    effects = beats(hosting, [300.0, 315.0, 330.0], (EPOCH,), off_ms=-86_400_000)

    assert [each.code for each in told(effects, DeviceAlerted)] == ["clone"]


def test_a_clock_that_is_off_is_told_and_its_end_too() -> None:
    """Three heartbeats in a row; one that was slow says nothing."""
    hosting = Hosting()

    assert told(beats(hosting, [100.0, 115.0], off_ms=-3_000), DeviceAlerted) == []
    assert told(beats(hosting, [130.0]), DeviceAlerted) == []
    [bad] = told(beats(hosting, [145.0, 160.0, 175.0, 190.0], off_ms=315_360_000_000), DeviceAlerted)
    [good] = told(beats(hosting, [205.0, 220.0, 235.0, 250.0], off_ms=1_900), DeviceAlerted)

    assert [(each.code, each.device, each.on) for each in (bad, good)] == [
        ("clock_bad", "gw", True),
        ("clock_bad", "gw", False),
    ]
    assert bad.id == good.id


def test_will_of_a_start_long_gone_changes_nothing() -> None:
    """A broker may publish the will of the old connection after the new one stands."""
    hosting = Hosting()
    up = hosting.arrives("link", encode_message(Link(on=True, ep=LATER, path="mqtt-a")))
    late = hosting.arrives("link", encode_message(Link(on=False, ep=EPOCH, path="mqtt-a")))
    down = hosting.arrives("link", encode_message(Link(on=False, ep=LATER, path="mqtt-a")))

    assert [each.on for each in told(up + late + down, GatewayLinkChanged)] == [True, False]
    assert told(late, GatewayLinkChanged) == []


def test_life_is_told_once_a_second() -> None:
    """Silence is counted in tens of seconds; the engine is not told of every message."""
    hosting = Hosting()
    effects = [
        effect
        for position, now in enumerate((100.0, 100.2, 100.9, 101.1), 1)
        for effect in hosting.arrives("up/t", telemetry(position, reading()), now=now)
    ]

    assert [each.rx for each in told(effects, GatewayHeard)] == [100.0, 101.1]


def test_birth_teaches_what_a_vendors_device_measures() -> None:
    """Types of the vendor's own metrics are checked from then on; what the roster says of a device stands above it."""
    hosting = Hosting()
    hosting.say(RosterChanged({G: {DeviceId("cam-1"): "camera"}}))
    devices = [BirthDevice(d="flow-1", kind="x", m={"x_flow": {"type": "float"}}), BirthDevice(d="cam-1", kind="x")]

    born = hosting.arrives("birth", encode_message(Birth(v=1, g=G, ep=EPOCH, boot="b", devs=devices)))
    effects = hosting.done("up/t", telemetry(1, reading("flow-1", x_flow="much"), reading("cam-1", fps=-1.0), reading()))

    assert len(told(born, BirthArrived)) == 1
    assert [(one.p, one.why) for one in receipts(effects)[0].no] == [(1, "bad_value"), (2, "out_of_range")]
    assert [list(each.positions) for each in told(effects, ReadingsArrived)] == [[3]]


def test_gateway_that_floods_is_slowed_on_its_telemetry_only() -> None:
    """Above twenty batches a second the window closes to one; nothing is refused, and alarms are never slowed."""
    hosting = Hosting()
    for position in range(1, 22):
        hosting.arrives("up/t", telemetry(position, reading()))
    flooding = hosting.commit()
    alarm = hosting.done("up/a", alarms(1, press()))

    assert [receipt.win for receipt in receipts(flooding)] == [1]
    assert [receipt.win for receipt in receipts(alarm)] == [4]


def test_refused_record_stands_in_the_kept_batch_as_a_hole() -> None:
    """What is read back from the journal later holds no record that was refused; a duplicate is judged by what came."""
    hosting = Hosting()
    hosting.say(RosterChanged({G: {DeviceId("cam-1"): "camera"}}))
    payload = telemetry(1, reading(fps=25.0), reading(fps=-1.0), reading(fps=24.0))

    hosting.done("up/t", payload)
    again = hosting.done("up/t", payload)

    [kept] = hosting.journal.batches
    assert encode_record(Hole(n=1, why="refused")) in kept.body
    assert b"-1.0" not in kept.body
    assert [bad.raw for bad in kept.quarantined] == [encode_record(reading(fps=-1.0))]
    assert hosting.fate(What.TELEMETRY, Fate.DUPLICATE) == 1
    assert [receipt.c for receipt in receipts(again)] == [{"t": 3}]
    assert hosting.host.tally.quarantined == 1


def test_roster_that_forgets_a_gateway_refuses_it_from_then_on() -> None:
    """A box that was taken out of the roster is a stranger; the others go on."""
    hosting = Hosting()
    other = GatewayId("gw-0002")
    hosting.say(RosterChanged({G: {}, other: {}}))
    hosting.say(RosterChanged({G: {}}))

    hosting.done("up/t", telemetry(1, reading()))
    hosting.done("up/t", telemetry(1, reading(), gateway=other), gateway=other)

    assert hosting.fate(What.TELEMETRY, Fate.APPLIED) == 1
    assert hosting.host.tally.reasons == {"unknown_gateway": 1}


def test_newest_values_are_shown_and_not_stored() -> None:
    """They stand at the positions of their readings, so that the backlog changes nothing when it comes."""
    hosting = Hosting()
    readings = [NowReading(900, "cam-1", 100_000, {"online": True}), NowReading(901, "cam-1", 100_000, {"BAD NAME": 1})]

    effects = hosting.arrives("now", encode_message(Now(1, G, LATER, 100_000, readings)), now=100.0)

    [shown] = told(effects, ReadingsArrived)
    assert (shown.epoch, list(shown.positions), [one.m for one in shown.readings]) == (LATER, [900], [{"online": True}])
    assert hosting.journal.batches == []
    assert hosting.host.tally.readings == 0


def test_newest_values_under_another_name_are_buried() -> None:
    hosting = Hosting()

    effects = hosting.arrives("now", encode_message(Now(1, "gw-9999", LATER, 100_000, [])), now=100.0)

    assert told(effects, ReadingsArrived) == []
    assert hosting.host.tally.reasons == {"foreign_gateway": 1}
