"""The alarm lane of the node: every way at once, for ever, until a receipt."""

from contract.identity import Lane
from contract.messages import Refusal, encode_message
from contract.messages import Seen as SeenNote
from contract.records import Hole
from gateway.node_events import Kept, Moved, Raised, Received, Seen, Stored, Turned
from tests.gateway.node_desk import EPOCH, OLDER, START, WEB, A, B, Desk, press, spans


def test_alarm_goes_by_every_mqtt_path_at_once_before_it_is_durable() -> None:
    """A press never waits for the disk, nor for the slower of two brokers."""
    desk = Desk()
    desk.up("mqtt-a", "mqtt-b")

    desk.press(1, durable=False)

    assert spans(desk.drawn("up/a")) == [("mqtt-a", 1, 1), ("mqtt-b", 1, 1)]


def test_alarm_goes_by_https_after_300_ms_without_receipt() -> None:
    """The third way is used when the two others bring no answer in time."""
    desk = Desk()
    desk.up("mqtt-a", "mqtt-b")
    desk.press(1)
    desk.drawn()

    desk.go(0.299)
    assert desk.drawn("up/a") == []
    desk.go(0.3)

    assert spans(desk.drawn("up/a")) == [("https", 1, 1)]


def test_receipt_in_time_spares_https() -> None:
    """What the server keeps is not sent a third time."""
    desk = Desk()
    desk.up("mqtt-a")
    identity = desk.press(1)
    desk.drawn()

    desk.go(0.1)
    desk.receipt({"a": 1})
    desk.go(60)

    assert desk.drawn("up/a") == []
    assert desk.trimmed[Lane.ALARM, EPOCH] == 1
    assert desk.other(Stored) == [Stored((identity,))]
    assert desk.node.waiting(Lane.ALARM) == 0


def test_alarm_without_any_mqtt_path_goes_by_https_at_once() -> None:
    """Nothing else stands, so there is nothing to wait for."""
    desk = Desk()

    desk.press(1)

    assert spans(desk.drawn("up/a")) == [("https", 1, 1)]


def test_without_receipt_an_alarm_is_sent_for_ever() -> None:
    """There is no greatest number of attempts: after 1 and 2 s it goes every 5 s by all paths, a day later still."""
    desk = Desk()
    desk.up("mqtt-a", "mqtt-b")
    desk.press(1)
    desk.drawn()

    desk.go(20)
    at = [round(one.at - START, 1) for one in desk.drawn("up/a", "mqtt-b")]
    assert at == [1.0, 3.0, 8.0, 13.0, 18.0]
    desk.go(3_600)
    desk.drawn()
    desk.go(3_606)

    assert spans(desk.drawn("up/a")) == [("mqtt-a", 1, 1), ("mqtt-b", 1, 1), ("https", 1, 1)]


def test_alarm_sent_again_is_the_same_bytes() -> None:
    """Two contents for one position would be a conflict."""
    desk = Desk()
    desk.up("mqtt-a")
    desk.press(1)

    desk.go(30)

    assert len({one.payload for one in desk.drawn("up/a")}) == 1


def test_alarm_waits_for_no_telemetry() -> None:
    """A press goes at once while a window of readings is in flight and a backlog waits."""
    desk = Desk()
    desk.up("mqtt-a")
    desk.readings(5_000)
    desk.drawn()

    desk.press(1)

    assert [one.leaf for one in desk.drawn()] == ["up/a"]


def test_batch_reaches_back_to_the_first_alarm_without_receipt() -> None:
    """Each batch can be applied by itself, whatever became of those before."""
    desk = Desk()
    desk.up("mqtt-a")

    desk.press(1)
    desk.press(2)
    desk.receipt({"a": 1})
    desk.press(3)

    assert spans(desk.drawn("up/a")) == [("mqtt-a", 1, 1), ("mqtt-a", 1, 2), ("mqtt-a", 2, 3)]


def test_path_that_comes_up_gets_what_has_no_receipt_at_once() -> None:
    """An alarm of an outage is not held back by anybody's timer."""
    desk = Desk(A, B)
    desk.press(1)
    assert desk.drawn("up/a") == []

    desk.up("mqtt-b")

    assert spans(desk.drawn("up/a")) == [("mqtt-b", 1, 1)]


def test_server_start_has_alarms_sent_again_once() -> None:
    """A new server may never have seen them; its notice comes by every path and counts once."""
    desk = Desk()
    desk.up("mqtt-a")
    desk.press(1)
    desk.drawn()

    desk.server_starts("one")
    desk.server_starts("one")

    assert spans(desk.drawn("up/a")) == [("mqtt-a", 1, 1), ("https", 1, 1)]


def test_server_start_brings_the_heartbeats_of_the_brokers_forward_spread_over_some_seconds() -> None:
    """A new server soon knows that the box lives; HTTPS, which costs ten times as much, keeps its time."""
    desk = Desk(jitter=0.25)
    desk.up("mqtt-a")
    desk.go(4)
    desk.drawn()

    desk.server_starts("one")
    desk.go(5.9)
    assert not desk.drawn("hb")
    desk.go(6.1)

    assert [(one.path, one.at - START) for one in desk.drawn("hb")] == [("mqtt-a", 6.0)]


def test_gap_is_answered_from_where_the_server_asks() -> None:
    """A receipt that asks again brings everything from there, but not once for each of many such receipts."""
    desk = Desk()
    desk.up("mqtt-a", "mqtt-b")
    desk.press(1)
    desk.press(2)
    desk.drawn()

    for _ in range(3):
        desk.receipt({"a": 0}, rs={"a": 1})

    assert spans(desk.drawn("up/a")) == [("mqtt-a", 1, 2), ("mqtt-b", 1, 2), ("https", 1, 2)]


def test_receipt_for_what_was_never_appended_is_not_believed() -> None:
    """Another box bears our name: nothing is trimmed, and somebody is told, once; ten minutes later it is gone."""
    desk = Desk(A)
    desk.up("mqtt-a")
    desk.press(1)

    desk.receipt({"a": 9, "t": 9})
    desk.receipt({"a": 9})

    assert desk.trimmed == {}
    assert desk.node.waiting(Lane.ALARM) == 1
    assert desk.node.clones == 3
    assert [raised.code for raised in desk.other(Raised) if isinstance(raised, Raised)] == ["clone"]
    assert desk.node.clone_suspected
    desk.go(599)
    assert desk.other(Raised) == []
    desk.go(601)
    [ended] = desk.other(Raised)
    assert isinstance(ended, Raised)
    assert (ended.code, ended.on, desk.node.clone_suspected) == ("clone", False, False)


def test_earlier_starts_alarms_are_read_back_and_sent_before_anything_else() -> None:
    """What a killed gateway left goes out under its own epoch as soon as any path stands."""
    desk = Desk(A, kept=[Kept(Lane.ALARM, OLDER, 3, 5)])

    desk.up("mqtt-a")

    [sent] = desk.drawn("up/a")
    assert (sent.batch.epoch, sent.batch.first_position, sent.batch.last_position) == (OLDER, 3, 5)
    desk.receipt({"a": 5}, epoch=OLDER)
    assert desk.trimmed[Lane.ALARM, OLDER] == 5
    assert desk.node.waiting(Lane.ALARM) == 0


def test_server_may_have_more_of_an_earlier_epoch_than_its_disk_kept() -> None:
    """An alarm is published before it is durable; after a power cut only the server has it, and that is no clone."""
    desk = Desk(A, kept=[Kept(Lane.ALARM, OLDER, 3, 5)])
    desk.up("mqtt-a")

    desk.receipt({"a": 8}, epoch=OLDER)

    assert desk.trimmed[Lane.ALARM, OLDER] == 5
    assert desk.node.clones == 0


def test_backlog_beyond_memory_is_read_back_in_order() -> None:
    """Thousands of alarms of a long outage all go out, each batch when the one before has its receipt."""
    desk = Desk(A)
    for number in range(1, 2_501):
        desk.press(number)
    desk.up("mqtt-a")

    covered = 0
    for _ in range(100):
        for one in desk.drawn("up/a"):
            if one.batch.first_position <= covered + 1:
                covered = max(covered, one.batch.last_position)
        desk.receipt({"a": covered})
        if covered == 2_500:
            break

    assert covered == 2_500
    assert desk.node.waiting(Lane.ALARM) == 0
    assert desk.now == START  # No timer had to help.


def test_moved_alarms_go_again_in_the_new_epoch() -> None:
    """A disk failed: what was not durable stands in a new epoch, and the old one ends at what was."""
    desk = Desk(A)
    desk.up("mqtt-a")
    desk.press(1)
    desk.press(2, durable=False)
    desk.drawn()
    new = type(EPOCH)("0000030000")

    desk.tell(Moved(EPOCH, {Lane.ALARM: 1, Lane.TELEMETRY: 0}, new, ((1, press(2)[1]),)))
    desk.go(1.5)

    sent = {(one.batch.epoch, one.batch.first_position, one.batch.last_position) for one in desk.drawn("up/a")}
    assert sent == {(EPOCH, 1, 1), (new, 1, 1)}
    desk.receipt({"a": 2}, epoch=EPOCH)
    desk.receipt({"a": 1}, epoch=new)
    assert desk.node.waiting(Lane.ALARM) == 0


def test_seen_note_lights_the_lamp_and_trims_nothing() -> None:
    """A screen that shows a press is not a disk that keeps it."""
    desk = Desk()
    desk.up("mqtt-a")
    identity = desk.press(1)

    desk.tell(Received("mqtt-a", "rc", encode_message(SeenNote([identity]))))

    assert desk.other(Seen) == [Seen((identity,))]
    assert desk.trimmed == {}
    assert desk.node.waiting(Lane.ALARM) == 1


def test_press_stored_out_of_order_is_told_and_trims_nothing() -> None:
    """The server stored it before the gap was filled; the position still waits for its receipt."""
    desk = Desk()
    desk.up("mqtt-a")
    identity = desk.press(1)

    desk.receipt(ids=[identity])

    assert desk.other(Stored) == [Stored((identity,))]
    assert desk.node.waiting(Lane.ALARM) == 1


def test_unreadable_batch_goes_again_record_by_record() -> None:
    """One spoilt alarm must not keep the others from the police."""
    desk = Desk(A)
    for number in (1, 2, 3):
        desk.press(number)
    desk.up("mqtt-a")
    desk.drawn()

    desk.receipt(no=[Refusal("a", 1, 0, "not_json")])

    assert spans(desk.drawn("up/a")) == [("mqtt-a", 1, 1), ("mqtt-a", 2, 2), ("mqtt-a", 3, 3)]


def test_record_refused_alone_is_given_up_and_counts_as_done() -> None:
    """After three refusals of it alone its position is covered by a hole; the server has its bytes as a dead letter."""
    desk = Desk(A)
    desk.up("mqtt-a")
    for number in (1, 2):
        desk.press(number)
    desk.drawn()
    desk.receipt(no=[Refusal("a", 1, 0, "not_json")])

    for second in (1, 2, 3):
        desk.go(second * 2)
        desk.receipt(no=[Refusal("a", 1, 0, "not_json")] * 5)

    assert desk.other(Turned) == [Turned((Refusal("a", 1, 1, "unreadable"),))]
    first = [one.batch for one in desk.drawn("up/a") if one.batch.first_position == 1][-1]
    assert first.records == [Hole(n=1, why="refused")]


def test_refusals_of_the_large_batch_spoil_no_single_record() -> None:
    """The answers by several paths to one batch arrive after its records went alone: none of them is given up."""
    desk = Desk(A, B, WEB)
    desk.up("mqtt-a", "mqtt-b")
    for number in (1, 2):
        desk.press(number)

    for _ in range(9):
        desk.receipt(no=[Refusal("a", 1, 0, "not_json")])

    assert desk.other(Turned) == []


def test_refused_records_are_told_once_and_done_with_their_receipt() -> None:
    """They lie in the server's quarantine; nobody sends them again."""
    desk = Desk(A)
    desk.up("mqtt-a")
    desk.press(1)
    desk.drawn()

    desk.receipt({"a": 1}, no=[Refusal("a", 1, 1, "out_of_range")])
    desk.go(30)

    assert desk.other(Turned) == [Turned((Refusal("a", 1, 1, "out_of_range"),))]
    assert desk.drawn("up/a") == []
