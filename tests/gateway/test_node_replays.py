"""What has a receipt is offered again to a server that lost it, and only what nobody keeps is declared lost."""

from contract.identity import EpochId, Lane
from contract.records import Hole
from gateway.node_events import Kept, PathUp, Raised, Receipted, ReplayAsked
from tests.gateway.node_desk import EPOCH, OLDER, A, B, Desk, Sent, press, reading, spans

OLDEST = EpochId("000000zzzz")


def holes(sent: list[Sent]) -> list[tuple[int, int]]:
    """Give the spans of the batches that only declare a loss."""
    return [(one.batch.first_position, one.batch.last_position) for one in sent if isinstance(one.batch.records[0], Hole)]


def told(count: int) -> Desk:
    """Give a desk whose alarms all have receipts."""
    desk = Desk(A, B)
    desk.up("mqtt-a", "mqtt-b")
    for number in range(1, count + 1):
        desk.press(number)
    desk.receipt({"a": count})
    desk.drawn()
    return desk


def test_server_that_went_back_gets_the_alarms_it_had_receipted() -> None:
    """The same presses at the same positions, by every path, at once; then nothing more."""
    desk = told(3)

    desk.receipt({"a": 1}, rs={"a": 2})
    sent = desk.drawn("up/a")
    desk.receipt({"a": 3})
    desk.go(600)

    assert spans(sent) == [("mqtt-a", 2, 3), ("mqtt-b", 2, 3)]
    assert [record.id for record in sent[0].batch.records] == [press(2)[0], press(3)[0]]  # type: ignore[union-attr]
    assert desk.drawn("up/a") == []


def test_replay_goes_on_batch_by_batch_until_everything_has_a_receipt_again() -> None:
    """A month of alarms does not fit one batch; each next one follows the receipt of the one before."""
    desk = told(1_200)

    desk.receipt({"a": 0}, rs={"a": 1})
    covered = []
    for _ in range(10):
        got = desk.drawn("up/a", "mqtt-a")
        covered += [span[1:] for span in spans(got)]
        if got:
            desk.receipt({"a": got[-1].batch.last_position})

    assert [first for first, _ in covered] == [1, *[last + 1 for _, last in covered[:-1]]]
    assert covered[-1][1] == 1_200


def test_replay_that_gets_no_receipt_goes_again() -> None:
    """Two seconds later, and again; a claim that nobody makes any more is forgotten after three minutes."""
    desk = told(1)

    desk.receipt({"a": 0}, rs={"a": 1})
    desk.go(60)
    assert len(desk.drawn("up/a", "mqtt-a")) >= 5
    desk.go(400)
    desk.drawn()
    desk.go(1_000)

    assert desk.drawn("up/a") == []


def test_new_alarm_waits_for_no_replay() -> None:
    """A press goes at once while a month of older ones is being offered again."""
    desk = told(1_200)
    desk.slow = True
    desk.receipt({"a": 0}, rs={"a": 1})
    desk.drawn()

    desk.press(1_201)

    assert spans(desk.drawn("up/a", "mqtt-a")) == [("mqtt-a", 1_201, 1_201)]


def test_replay_and_what_has_no_receipt_meet() -> None:
    """The server gets the lost alarms and those after them, each position once it asks for it."""
    desk = told(2)
    desk.press(3)
    desk.drawn()

    desk.receipt({"a": 0}, rs={"a": 1})

    assert set(spans(desk.drawn("up/a", "mqtt-a"))) == {("mqtt-a", 1, 2), ("mqtt-a", 3, 3)}
    desk.receipt({"a": 2})
    desk.receipt({"a": 3})
    assert desk.node.waiting(Lane.ALARM) == 0


def test_what_is_no_longer_kept_is_declared_lost_when_the_claim_has_stood() -> None:
    """A server must not wait for ever for what nobody has; half a minute of claims is no late message."""
    desk = told(3)
    desk.forgotten[Lane.ALARM, EPOCH] = 2

    for second in (1, 16, 29):
        desk.go(second)
        desk.receipt({"a": 0}, rs={"a": 1})
    assert desk.drawn("up/a") == []
    desk.go(32)
    desk.receipt({"a": 0}, rs={"a": 1})
    sent = desk.drawn("up/a", "mqtt-a")
    desk.receipt({"a": 2})

    assert holes(sent) == [(1, 2)]
    assert spans(desk.drawn("up/a", "mqtt-a")) == [("mqtt-a", 3, 3)]


def test_late_claim_declares_nothing_lost() -> None:
    """An old message says by mistake that the server does not have what it has."""
    desk = told(1)
    desk.forgotten[Lane.ALARM, EPOCH] = 1

    for second in range(1, 400, 5):
        desk.go(second)
        desk.receipt({"a": 0}, rs={"a": 1})
        desk.receipt({"a": 1})

    assert desk.drawn("up/a") == []


def test_lost_readings_go_again_when_the_claim_was_made_twice() -> None:
    """A gap message that was overtaken costs no reading back of a backlog."""
    desk = Desk(A, B)
    desk.up("mqtt-a", "mqtt-b")
    desk.readings(700)
    desk.receipt({"t": 700})
    desk.drawn()

    desk.receipt({"t": 100}, rs={"t": 101})
    assert desk.drawn("up/t") == []
    desk.go(15)
    desk.receipt({"t": 100}, rs={"t": 101})
    [sent] = desk.drawn("up/t")
    desk.receipt({"t": 600})

    assert (sent.batch.first_position, sent.batch.last_position) == (101, 600)
    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(601, 700)]


def test_server_is_told_how_far_earlier_starts_had_receipts() -> None:
    """After each start, each server's start, and every five minutes; what still waits is told of as such instead."""
    desk = Desk(A, begin=False)
    desk.tell(Kept(Lane.ALARM, OLDER, 5, 6))
    desk.tell(Receipted(Lane.ALARM, OLDER, 4))
    desk.tell(Receipted(Lane.TELEMETRY, OLDEST, 90))
    desk.up("mqtt-a")

    told_at_first = desk.beats("mqtt-a")
    desk.go(16)
    then = desk.beats("mqtt-a")
    desk.server_starts("one")
    desk.go(31)

    assert [beat.kept for beat in told_at_first] == [{OLDEST: {"t": 90}}]
    assert [beat.kept for beat in then] == [{}]
    assert [beat.kept for beat in desk.beats("mqtt-a")] == [{OLDEST: {"t": 90}}]
    desk.receipt({"a": 6}, epoch=OLDER)
    desk.go(46)
    assert [beat.kept for beat in desk.beats("mqtt-a")] == [{OLDER: {"a": 6}}]


def test_alarms_of_an_earlier_start_are_offered_again_under_its_epoch() -> None:
    """The gateway was restarted between the backup and the restore: nothing of it shows in the present epoch."""
    desk = Desk(A, B, begin=False)
    desk.store[Lane.ALARM, OLDER] = {position: press(position)[1] for position in range(1, 5)}
    desk.tell(Receipted(Lane.ALARM, OLDER, 4))
    for path in ("mqtt-a", "mqtt-b"):
        desk.tell(PathUp(path, Lane.ALARM))
    desk.drawn()

    desk.receipt({"a": 2}, epoch=OLDER, rs={"a": 3})
    sent = desk.drawn("up/a")
    desk.receipt({"a": 4}, epoch=OLDER)

    assert spans(sent) == [("mqtt-a", 3, 4), ("mqtt-b", 3, 4)]
    assert {one.batch.epoch for one in sent} == {OLDER}
    desk.go(100)
    assert desk.drawn("up/a") == []


def test_commanded_replay_offers_everything_whatever_the_server_has() -> None:
    """Each batch follows the receipt of the one before, also where the server says that it has them all."""
    desk = told(1_200)

    desk.tell(ReplayAsked(EPOCH, Lane.ALARM, 1))
    covered = []
    for _ in range(10):
        covered += [span[1:] for span in spans(desk.drawn("up/a", "mqtt-a"))]
        desk.receipt({"a": 1_200})

    assert (covered[0][0], covered[-1][1]) == (1, 1_200)
    assert len(covered) > 1


def test_commanded_replay_declares_nothing_lost() -> None:
    """What the outbox no longer keeps is passed over: the server has not said that it lacks it."""
    desk = told(4)
    desk.forgotten[Lane.ALARM, EPOCH] = 3

    desk.tell(ReplayAsked(EPOCH, Lane.ALARM, 1))

    assert spans(desk.drawn("up/a", "mqtt-a")) == [("mqtt-a", 4, 4)]


def test_replay_of_what_was_never_receipted_is_nothing() -> None:
    """An epoch nobody knows, a position beyond the end: no effect, and no fault."""
    desk = told(2)
    desk.readings(3)
    desk.drawn()

    for epoch, lane, position in (
        (OLDEST, Lane.ALARM, 1),
        (EPOCH, Lane.ALARM, 3),
        (EPOCH, Lane.ALARM, 0),
        (EPOCH, Lane.TELEMETRY, 1),
    ):
        desk.tell(ReplayAsked(epoch, lane, position))

    assert desk.drawn() == []
    assert reading(1)


def test_alarms_that_a_damaged_disk_lost_are_told_and_the_telling_ends() -> None:
    """A hole where alarms were may have been a press: operators are told until the server knows the gap."""
    desk = told(3)
    desk.forgotten[Lane.ALARM, EPOCH] = 3
    for second in (1, 16, 32):
        desk.go(second)
        desk.receipt({"a": 0}, rs={"a": 1})

    raised = [(one.code, one.on) for one in desk.other(Raised) if isinstance(one, Raised)]
    desk.receipt({"a": 3})
    ended = [(one.code, one.on) for one in desk.other(Raised) if isinstance(one, Raised)]

    assert raised == [("outbox_lost", True)]
    assert ended == [("outbox_lost", False)]
