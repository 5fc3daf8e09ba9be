"""The telemetry lane of the node: in order, a window at a time, by one way and then another, and nothing left behind."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.identity import EpochId, Lane
from contract.messages import Refusal
from contract.records import Hole
from gateway.node_events import Kept, Moved, Turned
from tests.gateway.node_desk import EPOCH, OLDER, START, A, B, Desk, spans


def up(*paths: str) -> Desk:
    """Give a desk whose MQTT paths stand."""
    desk = Desk(A, B)
    desk.up(*(paths or ("mqtt-a", "mqtt-b")))
    desk.drawn()
    return desk


def test_readings_go_by_one_path_when_they_are_durable() -> None:
    """A reading is worth one way; only an alarm is worth all."""
    desk = up()

    desk.readings(3)

    assert spans(desk.drawn("up/t")) == [("mqtt-a", 1, 3)]


def test_no_more_than_the_window_is_in_flight() -> None:
    """The server says how much it can take; a receipt makes room for as much as it covers."""
    desk = up()

    desk.readings(5_000)
    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(1, 500), (501, 1_000), (1_001, 1_500), (1_501, 2_000)]
    desk.receipt({"t": 500}, win=2)
    assert desk.drawn("up/t") == []
    desk.receipt({"t": 1_500}, win=2)

    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(2_001, 2_500)]
    assert desk.node.in_flight == 2
    assert desk.trimmed[Lane.TELEMETRY, EPOCH] == 1_500


@pytest.mark.parametrize(("asked", "allowed"), [(1, 1), (16, 16), (17, 16), (1_000, 16)])
def test_the_servers_window_is_honoured_up_to_its_limit(asked: int, allowed: int) -> None:
    """One batch at a time for a city that returns at once, sixteen for a line with a long way; never more."""
    desk = up()
    desk.receipt(win=asked)

    desk.readings(10_000)

    assert len(desk.drawn("up/t")) == allowed
    assert desk.node.in_flight == allowed


def test_a_window_of_nothing_is_a_pause_until_the_next_receipt() -> None:
    desk = up()
    desk.receipt(win=0)

    desk.readings(10)
    assert desk.drawn("up/t") == []
    desk.receipt(win=1)
    desk.readings(1)

    assert desk.drawn("up/t")


def test_without_progress_the_same_batches_go_by_another_path() -> None:
    """A broker that takes everything and forgets it must not silence a school."""
    desk = up()
    desk.readings(3)
    [first] = desk.drawn("up/t")

    desk.go(4.9)
    assert desk.drawn("up/t") == []
    desk.go(5.1)
    [again] = desk.drawn("up/t")

    assert (first.path, again.path) == ("mqtt-a", "mqtt-b")
    assert first.payload == again.payload


def test_patience_grows_to_a_minute_and_attempts_never_end() -> None:
    """A day without a receipt: at the end it is still sent once a minute, and no number has run over."""
    desk = up()
    desk.readings(1)

    for hour in range(1, 25):
        desk.go(hour * 3_600)
        at = [one.at - START for one in desk.drawn("up/t")]

    assert 50 <= len(at) <= 75


def test_path_that_goes_hands_its_batches_to_the_next_at_once() -> None:
    desk = up()
    desk.readings(600)
    desk.drawn()

    desk.down("mqtt-a")

    assert spans(desk.drawn("up/t")) == [("mqtt-b", 1, 500), ("mqtt-b", 501, 600)]


def test_without_any_path_nothing_is_lost() -> None:
    """The path goes while a batch is in flight, and comes back a minute later."""
    desk = up("mqtt-a")
    desk.readings(600)
    desk.down("mqtt-a")
    desk.readings(600)
    desk.go(60)
    desk.drawn()

    desk.up("mqtt-a")

    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(1, 500), (501, 600), (601, 1_100), (1_101, 1_200)]


def test_gap_is_filled_from_where_the_server_asks() -> None:
    desk = up()
    desk.readings(1_200)
    desk.drawn()

    desk.receipt({"t": 500}, rs={"t": 501})

    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(501, 1_000), (1_001, 1_200)]


def test_a_server_start_has_readings_sent_again_at_a_moment_of_our_own() -> None:
    """Three thousand schools do not answer a new server in the same second."""
    desk = up()
    desk.readings(1)
    desk.drawn()

    desk.server_starts("one")
    desk.go(4.9)
    assert desk.drawn("up/t") == []
    desk.go(5.0)

    assert len(desk.drawn("up/t")) == 1


def test_older_epochs_are_drained_first_and_in_order() -> None:
    """What was measured before a restart comes before what was measured after it."""
    desk = Desk(A, kept=[Kept(Lane.TELEMETRY, OLDER, 11, 20)])
    desk.readings(5)
    desk.up("mqtt-a")

    assert [(one.batch.epoch, one.batch.first_position) for one in desk.drawn("up/t")] == [(OLDER, 11)]
    desk.receipt({"t": 20}, epoch=OLDER)

    assert [(one.batch.epoch, one.batch.first_position) for one in desk.drawn("up/t")] == [(EPOCH, 1)]
    assert desk.trimmed[Lane.TELEMETRY, OLDER] == 20


def test_a_read_that_gives_nothing_is_tried_again() -> None:
    """The disk may be busy; the lane goes on by itself a second later."""
    desk = up()
    desk.readable = False
    desk.readings(3)
    assert desk.drawn("up/t") == []

    desk.readable = True
    desk.go(1.1)

    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(1, 3)]


def test_moved_outbox_goes_on_in_its_new_epoch() -> None:
    """A disk failed: the old epoch ends at what was durable, and the new one follows."""
    desk = up()
    desk.readings(3)
    desk.drawn()
    new = EpochId("0000030000")

    desk.tell(Moved(EPOCH, {Lane.ALARM: 0, Lane.TELEMETRY: 3}, new))
    desk.receipt({"t": 3}, epoch=EPOCH)

    assert desk.node.epoch == new
    assert desk.node.waiting(Lane.TELEMETRY) == 0


def test_no_more_than_twenty_batches_go_in_a_second() -> None:
    """A backlog does not crowd out others; the second after goes on."""
    desk = up()
    desk.readings(30_000)
    sent = []
    for _ in range(40):
        batch = desk.drawn("up/t")
        sent += batch
        if batch:
            desk.receipt({"t": batch[-1].batch.last_position})

    assert len(sent) == 20
    desk.go(1.0)
    assert len(desk.drawn("up/t")) == 4


def test_unreadable_batch_goes_again_record_by_record_and_the_bad_one_is_given_up() -> None:
    """One spoilt reading costs itself."""
    desk = up()
    desk.readings(3)
    desk.drawn()

    desk.receipt(no=[Refusal("t", 1, 0, "not_json")])
    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(1, 1), (2, 2), (3, 3)]
    for second in (2, 4, 6):
        desk.go(second)
        desk.receipt(no=[Refusal("t", 1, 0, "not_json")] * 3)

    assert desk.other(Turned) == [Turned((Refusal("t", 1, 1, "unreadable"),))]
    last = [one.batch for one in desk.drawn("up/t") if one.batch.first_position == 1][-1]
    assert last.records == [Hole(n=1, why="refused")]


def test_path_that_goes_while_the_disk_reads_loses_no_batch() -> None:
    """What was read with nowhere to go is sent when there is somewhere."""
    desk = up("mqtt-a")
    desk.slow = True
    desk.readings(3)
    desk.down("mqtt-a")
    desk.finish_reading()
    desk.slow = False

    desk.up("mqtt-a")

    assert [span[1:] for span in spans(desk.drawn("up/t"))] == [(1, 3)]


def test_path_that_goes_at_full_rate_leaves_no_deadline_in_the_past() -> None:
    """A node that waits for a path must let its box sleep."""
    desk = up("mqtt-a")
    desk.readings(30_000)
    while batch := desk.drawn("up/t"):
        desk.receipt({"t": batch[-1].batch.last_position})
    desk.down("mqtt-a")

    desk.go(30)

    assert desk.node.deadline() > desk.now


class Adversary:
    """A server that hears what arrives, and every trouble there is; `size` says which or how much."""

    def __init__(self) -> None:
        self.desk = Desk(A, B, kept=[Kept(Lane.TELEMETRY, OLDER, 1, 700)])
        self.has: dict[EpochId, int] = {OLDER: 0, EPOCH: 0}

    def hear(self) -> None:
        """Take in what arrived, as a journal does: what follows without a gap."""
        for batch in (one.batch for one in self.desk.drawn("up/t")):
            if batch.first_position <= self.has[batch.epoch] + 1:
                self.has[batch.epoch] = max(self.has[batch.epoch], batch.last_position)

    def readings(self, size: int) -> None:
        """Measure."""
        self.desk.readings(size * 150 + 1)

    def rise(self, size: int) -> None:
        """Bring a path up."""
        self.desk.up("mqtt-a" if size % 2 else "mqtt-b")

    def fall(self, size: int) -> None:
        """Cut a path."""
        self.desk.down("mqtt-a" if size % 2 else "mqtt-b")
        if size > 5:
            self.desk.drawn()  # What was on its way is lost.

    def receipt(self, size: int) -> None:
        """Answer with what arrived."""
        self.hear()
        epoch = OLDER if size % 2 else EPOCH
        self.desk.receipt({"t": self.has[epoch]}, epoch=epoch, win=size % 5)

    def ask(self, size: int) -> None:
        """Ask again for what follows."""
        epoch = OLDER if size % 2 else EPOCH
        self.desk.receipt({"t": self.has[epoch]}, epoch=epoch, rs={"t": self.has[epoch] + 1})

    def wait(self, size: int) -> None:
        """Let seconds pass."""
        self.desk.go(self.desk.now - START + size)

    def blind(self, size: int) -> None:
        """Make the disk unreadable, or readable again."""
        self.desk.readable = bool(size % 2)

    def slow(self, size: int) -> None:
        """Make the disk slow, or let it finish."""
        self.desk.slow = bool(size % 3)
        self.desk.finish_reading()

    def server(self, size: int) -> None:
        """Start a server."""
        self.desk.server_starts(str(size))

    def refuse(self, size: int) -> None:
        """Refuse a batch as a whole."""
        self.desk.receipt(epoch=OLDER if size % 2 else EPOCH, no=[Refusal("t", size * 100 + 1, 0, "x")])


TROUBLES = ["readings", "rise", "fall", "receipt", "ask", "wait", "blind", "slow", "server", "refuse"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(TROUBLES), st.integers(0, 10)), max_size=40))
@pytest.mark.timeout(60)
def test_whatever_happens_everything_durable_arrives_in_the_end(moves: list[tuple[str, int]]) -> None:
    """Paths come and go, receipts are late, reads fail, the server asks again: at last every position has been told."""
    world = Adversary()
    desk = world.desk
    for move, size in moves:
        getattr(world, move)(size)

    desk.readable, desk.slow = True, False
    desk.finish_reading()
    desk.up("mqtt-a", "mqtt-b")
    for _ in range(200):
        world.wait(2)
        world.hear()
        for epoch, has in world.has.items():
            desk.receipt({"t": has}, epoch=epoch)
        if desk.node.waiting(Lane.TELEMETRY) == 0:
            break

    assert world.has == {OLDER: 700, EPOCH: len(desk.store.get((Lane.TELEMETRY, EPOCH), {}))}
    assert desk.node.waiting(Lane.TELEMETRY) == desk.node.in_flight == 0
