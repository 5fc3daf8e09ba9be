"""The deterministic world: promises hold under every trouble, one seed is one world, and planted bugs are found."""

import hashlib
from typing import Any

import pytest

from contract.identity import EpochId, Lane
from contract.messages import Seen, decode_message
from gateway import shelves as shelves_module
from gateway.alarm_lane import AlarmLane
from gateway.node import Node
from gateway.outbox import Outbox
from gateway.telemetry_lane import TelemetryLane
from server.core.book import Book
from server.ingest import host as host_module
from server.ingest.host import Host
from server.journal.writing import _Rows
from simulators.world import server as world_server
from simulators.world.world import Outcome, World

pytestmark = pytest.mark.timeout(300)
FIXED = range(1, 25)
REGRESSIONS: tuple[int, ...] = ()  # Seeds that once broke a promise stay here for ever.
HUNTED = range(1, 60)


@pytest.mark.parametrize("seed", [*FIXED, *REGRESSIONS])
def test_every_promise_holds(seed: int) -> None:
    outcome = World(seed).run()
    assert not outcome.broken, f"again: anxiao-sim world --seed {seed} --worlds 1"


def test_one_seed_is_one_world() -> None:
    assert World(7).run() == World(7).run()


def test_the_troubles_are_real() -> None:
    """Over the fixed seeds there are kills, power cuts, server deaths, and work to be done twice."""
    outcomes = [World(seed).run() for seed in FIXED]
    told = " ".join(fault for outcome in outcomes for fault in outcome.faults)
    assert "loses power" in told
    assert "is killed" in told
    assert "the server is killed" in told
    assert "has a disk that fails" in told
    assert "outbox_lost" in told
    assert sum(outcome.answered for outcome in outcomes) > 300
    assert sum(outcome.readings for outcome in outcomes) > 1_000


def hunt() -> Outcome:
    """Play worlds until a promise breaks."""
    for seed in HUNTED:
        outcome = World(seed).run()
        if outcome.broken:
            return outcome
    raise AssertionError("the planted bug was not found")


def test_found_a_button_that_is_answered_before_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    append = Outbox.append

    def early(self: Outbox, lane: Lane, body: bytes, done: Any = None, positions: int = 1) -> int | None:
        position = append(self, lane, body, None, positions)
        if done is not None:
            done(None)
        return position

    monkeypatch.setattr(Outbox, "append", early)
    assert any("was durable and never reached" in one or "is 0 events" in one for one in hunt().broken)


def test_found_a_gateway_that_forgets_at_a_seen_note(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Node._answer

    def trusting(self: Node, payload: bytes, now: float) -> Any:
        if payload.startswith(b'{"seen"'):
            assert decode_message(payload, Seen)
            through = self._alarms.high_low(self.epoch)[0]
            return self._alarms.receipted(self.epoch, through, 0, now)
        return answer(self, payload, now)

    monkeypatch.setattr(Node, "_answer", trusting)
    assert hunt().broken


def test_found_an_alarm_lane_that_sends_once_and_never_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for again in ("due", "asked", "path_up", "send_all"):
        monkeypatch.setattr(AlarmLane, again, lambda *_args: [])
    monkeypatch.setattr(AlarmLane, "deadline", lambda _self: None)
    assert any("was durable and never reached" in one for one in hunt().broken)


def test_found_an_epoch_that_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves_module, "make_epoch_id", lambda _counter, _bits: EpochId("0000010000"))
    assert hunt().broken


def test_found_a_server_that_tells_a_press_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "knows", lambda _self, _signal: False)
    assert hunt().broken


def test_found_a_server_that_does_not_tell_the_journals_alarms_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_server, "retold", lambda _event: None)
    assert any("rows on the screens" in one for one in hunt().broken)


def test_found_a_receipt_without_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes a failed commit for a good one."""
    failed = Host._failed

    def hopeful(self: Host, told: Any, now: float) -> Any:
        effects = failed(self, told, now)
        for pending in told.group:
            batch = pending.batch
            self._cursors[batch.gateway, batch.epoch, batch.lane] = batch.last_position
        return effects

    monkeypatch.setattr(Host, "_failed", hopeful)
    assert hunt().broken


def test_found_a_journal_that_takes_a_batch_after_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    take = _Rows.take

    def careless(self: _Rows, batch: Any, stream: Any) -> Any:
        stream.position = max(stream.position, batch.first_position - 1)
        return take(self, batch, stream)

    monkeypatch.setattr(_Rows, "take", careless)
    assert any("goes on at" in one for one in hunt().broken)


def test_found_a_batch_that_is_another_one_when_sent_at_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that restarts repeats its records, not its time of sending; operators were told of two boxes once."""
    monkeypatch.setattr(host_module, "_digest", lambda plain: hashlib.sha256(plain).digest())
    assert any("cannot be read" in one for one in hunt().broken)


def test_found_readings_that_two_batches_share_and_both_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "_from", lambda _position, readings, positions: (readings, positions))
    assert any("was told after" in one for one in hunt().broken)


def test_found_a_telemetry_lane_that_leaves_a_batch_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(self: TelemetryLane, _now: float) -> None:
        self._flights.clear()
        self._stall_at = None

    monkeypatch.setattr(TelemetryLane, "_send_again", forgetful)
    assert any("without a receipt" in one for one in hunt().broken)


def test_found_a_gateway_that_forgets_what_it_was_only_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to send again is taken for a receipt of everything before it and itself."""
    asked = Node._asked

    def forgetful(self: Node, epoch: EpochId, lane: str, position: int, stamp: int, now: float) -> Any:
        return [*asked(self, epoch, lane, position, stamp, now), *self._alarms.receipted(epoch, position, stamp, now)]

    monkeypatch.setattr(Node, "_asked", forgetful)
    assert any("without a receipt" in one for one in hunt().broken)


def test_found_an_outbox_that_forgets_what_its_second_folder_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart the first disk works again; what was answered from the second one was not told any more, once."""
    take_up = Outbox._take_up

    def narrow(self: Outbox, shelves: Any, home: Any, marks: Any) -> None:
        take_up(self, [shelf for shelf in shelves if shelf.disk is home.disk], home, marks)
        self._shelves = dict(enumerate(shelves))

    monkeypatch.setattr(Outbox, "_take_up", narrow)
    assert any("was durable and never reached" in one for one in hunt().broken)


def test_found_a_node_whose_time_does_not_move_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline that stays in the past would keep a real gateway's processor busy for ever."""
    monkeypatch.setattr(TelemetryLane, "_send_again", lambda _self, _now: None)
    with pytest.raises(AssertionError, match="time stands still"):
        hunt()


def test_found_a_disk_error_that_is_taken_for_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a writer is trusted whatever it says."""
    refuse = Outbox._refuse_all

    def silent(self: Outbox, lane: Lane) -> None:
        unsynced = self._lanes[lane].unsynced
        for waiting in unsynced:
            if waiting.done is not None:
                waiting.done(None)
        unsynced.clear()
        refuse(self, lane)

    monkeypatch.setattr(Outbox, "_refuse_all", silent)
    world = World(3)
    school = next(iter(world.schools.values()))
    school.start()
    for disk in school.disks:
        disk.fail_syncs = True
    school.press()
    world.wheel.run(world.wheel.now + 5)
    assert world.ghost.answered, "the plant did not take"
