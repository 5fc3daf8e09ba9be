"""Bugs to plant in the real cores and shells, each with the promise that it must be seen to break.

Every one of them is a mistake that somebody has made in such a service, or that nearly stood here.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from contract.batch import inflate
from contract.errors import StorageError
from contract.identity import EpochId, Lane
from contract.messages import Command, Receipt, Seen, decode_message
from gateway import alarm_lane, commands, shelves
from gateway.alarm_lane import AlarmLane
from gateway.node import Node
from gateway.node_events import Send
from gateway.outbox import Outbox
from gateway.paths import Paths
from gateway.room import Room
from gateway.telemetry_lane import TelemetryLane
from server.core.book import Book
from server.core.fleet import Fleet
from server.core.rollup import Rollup
from server.history.projector import Projector
from server.ingest import host, pipeline
from server.ingest.host import Host
from server.ingest.model import Arrived, SendReceipt, Tell, Write
from server.ingest.sorting import retold, signal_key
from server.journal.writing import _Rows
from server.sharing.follower import Follower
from simulators.world.history import HistoryDoor
from simulators.world.plan import Plan, plan_of

Patch = pytest.MonkeyPatch
WORLDS_MAX = 30


@dataclass(frozen=True)
class Plant:
    """One bug: `kinds` are the faults of the worlds it is looked for in, `breaks` a promise it must be seen to break."""

    name: str
    breaks: str
    kinds: tuple[str, ...]
    plant: Callable[[Patch], None]
    fixed: dict[str, Any] = field(default_factory=dict)
    first: int = 1  # The first world looked in: a test has no time for thirty.

    def plan(self, seed: int) -> Plan:
        """Give a world to look in."""
        return plan_of(seed, *self.kinds, **self.fixed)


def _early_answer(patch: Patch) -> None:
    append = Outbox.append

    def early(self: Outbox, lane: Lane, body: bytes, done: Any = None, positions: int = 1) -> int | None:
        position = append(self, lane, body, None, positions)
        if done is not None:
            done(None)
        return position

    patch.setattr(Outbox, "append", early)


def _trusting_seen(patch: Patch) -> None:
    answer = Node._answer

    def trusting(self: Node, payload: bytes, now: float) -> Any:
        if payload.startswith(b'{"seen"'):
            assert decode_message(payload, Seen)
            through = self._alarms.high_low(self.epoch)[0]
            return self._alarms.receipted(self.epoch, through, 0, now)
        return answer(self, payload, now)

    patch.setattr(Node, "_answer", trusting)


def _sends_once(patch: Patch) -> None:
    for again in ("due", "asked", "path_up", "send_all"):
        patch.setattr(AlarmLane, again, lambda *_args: [])
    patch.setattr(AlarmLane, "deadline", lambda _self: None)


def _one_epoch(patch: Patch) -> None:
    patch.setattr(shelves, "make_epoch_id", lambda _counter, _bits: EpochId("0000010000"))


def _one_position(patch: Patch) -> None:
    give = Outbox._give_place

    def shared(self: Outbox, lane: Lane, body: bytes, done: Any, positions: int) -> int:
        self._lanes[lane].last = max(front.last for front in self._lanes.values())
        return give(self, lane, body, done, positions)

    patch.setattr(Outbox, "_give_place", shared)


def _hopeful_commit(patch: Patch) -> None:
    failed = Host._failed

    def hopeful(self: Host, told: Any, now: float) -> Any:
        effects = failed(self, told, now)
        for pending in told.group:
            batch = pending.batch
            self._cursors[batch.gateway, batch.epoch, batch.lane] = batch.last_position
        return effects

    patch.setattr(Host, "_failed", hopeful)


def _early_receipt(patch: Patch) -> None:
    alarms = Host._alarms

    def early(self: Host, message: Any, gateway: Any, state: Any, now: float) -> Any:
        effects = alarms(self, message, gateway, state, now)
        for write in [one for one in effects if isinstance(one, Write)]:
            batch = write.pending.batch
            receipt = Receipt(1, batch.epoch, int(now * 1_000), {"a": batch.last_position})
            effects.append(SendReceipt(message.origin, gateway, receipt))
        return effects

    patch.setattr(Host, "_alarms", early)


def _shown_after_commit(patch: Patch) -> None:
    """Shown only once it is committed: nothing is on a screen while the database is away."""
    stored = Host._stored

    def late(self: Host, events: Any, now: float) -> Any:
        told = [retold(event) for event in events if not self._signals.known(event.id) and event.kind == "press"]
        return [Tell(event) for event in told if event is not None] + stored(self, events, now)

    patch.setattr(Host, "_show", lambda _self, _signals: [])
    patch.setattr(Host, "_stored", late)


def _takes_after_a_gap(patch: Patch) -> None:
    take = _Rows.take

    def careless(self: _Rows, batch: Any, stream: Any) -> Any:
        stream.position = max(stream.position, batch.first_position - 1)
        return take(self, batch, stream)

    patch.setattr(_Rows, "take", careless)


def _forgets_gaps(patch: Patch) -> None:
    patch.setattr(_Rows, "_holes", lambda _self, _batch, _first: None)


def _whole_digest(patch: Patch) -> None:
    patch.setattr(host, "_digest", lambda plain: hashlib.sha256(plain).digest())


def _tells_all(patch: Patch) -> None:
    patch.setattr(host, "_from", lambda _position, readings, positions: (readings, positions))


def _knows_nothing(patch: Patch) -> None:
    patch.setattr(Host, "_show", lambda _self, signals: [Tell(signal) for signal in signals if signal_key(signal)])
    patch.setattr(Book, "knows", lambda _self, _signal: False)


def _does_not_retell(patch: Patch) -> None:
    patch.setattr(pipeline, "retold", lambda _event: None)


def _leaves_behind(patch: Patch) -> None:
    def forgetful(self: TelemetryLane, _now: float) -> None:
        self._flights.clear()
        self._stall_at = None

    patch.setattr(TelemetryLane, "_send_again", forgetful)


def _asked_is_receipted(patch: Patch) -> None:
    asked = Node._asked

    def forgetful(self: Node, epoch: EpochId, lane: str, position: int, stamp: int, now: float) -> Any:
        return [*asked(self, epoch, lane, position, stamp, now), *self._alarms.receipted(epoch, position, stamp, now)]

    patch.setattr(Node, "_asked", forgetful)


def _one_folder(patch: Patch) -> None:
    take_up = Outbox._take_up

    def narrow(self: Outbox, looked: Any, home: Any, marks: Any) -> None:
        take_up(self, [shelf for shelf in looked if shelf.disk is home.disk], home, marks)
        self._shelves = dict(enumerate(looked))

    patch.setattr(Outbox, "_take_up", narrow)


def _silent_disk(patch: Patch) -> None:
    refuse = Outbox._refuse_all

    def silent(self: Outbox, lane: Lane) -> None:
        unsynced = self._lanes[lane].unsynced
        for waiting in unsynced:
            if waiting.done is not None:
                waiting.done(None)
        unsynced.clear()
        refuse(self, lane)

    patch.setattr(Outbox, "_refuse_all", silent)


def _no_budget(patch: Patch) -> None:
    patch.setattr(Room, "keep_budget", lambda _self, _home: None)


def _trims_more(patch: Patch) -> None:
    trim = Outbox.trim
    patch.setattr(Outbox, "trim", lambda self, lane, epoch, through: trim(self, lane, epoch, through + 3))


def _no_horizon(patch: Patch) -> None:
    patch.setattr(HistoryDoor, "loss_horizon_seconds", 0.0)


def _short_horizon(patch: Patch) -> None:
    patch.setattr(HistoryDoor, "loss_horizon_seconds", 0.5)


def _writes_once(patch: Patch) -> None:
    """Write the journal first, then the store, and do not ask again for what the store did not take."""
    write = Projector._write

    async def once(self: Projector, prepared: Any) -> None:
        try:
            await write(self, prepared)
        except StorageError:
            self._position = self._safe = prepared.last_sequence

    async def same(_self: HistoryDoor) -> str:
        return "1"

    patch.setattr(Projector, "_write", once)
    patch.setattr(HistoryDoor, "incarnation", same)


def _newest_by_time(patch: Patch) -> None:
    read = Fleet.read

    def by_time(self: Fleet, state: Any, order: Any, t: float, rx: float, metrics: Any) -> bool:
        if any(t < at for name, (_, at) in state.metrics.items() if name in metrics):
            return False
        state.position, state.epoch = 0, ""
        return read(self, state, order, t, rx, metrics)

    patch.setattr(Fleet, "read", by_time)


def _counts_up_only(patch: Patch) -> None:
    moved = Rollup.moved
    patch.setattr(Rollup, "moved", lambda self, unit, _before, after: moved(self, unit, {}, after))


def _alarms_behind_readings(patch: Patch) -> None:

    def behind(path: str, leaf: str, payload: bytes, lane: Lane) -> Any:
        del lane
        return Send(path, leaf, payload, Lane.TELEMETRY)

    patch.setattr(alarm_lane, "Send", behind)


def _no_https(patch: Patch) -> None:
    patch.setattr(Paths, "https", lambda _self: [])


def _uncounted(patch: Patch) -> None:
    patch.setattr(Host, "_done", lambda _self, _message, _what: [])


def _raises(patch: Patch) -> None:
    """One decoder lets something other than `Refused` out."""

    def rough(data: bytes) -> bytes:
        if data[:1] not in (b"{", b"\x78"):
            raise ValueError("unexpected byte")
        return inflate(data)

    patch.setattr(host, "inflate", rough)


def _believes_names(patch: Patch) -> None:
    """Whoever writes a name into a batch is believed to bear it."""
    arrived = Host._arrived

    def believing(self: Host, message: Any, now: float) -> Any:
        if message.leaf.startswith("up/") and b'"g":"gw-' in message.payload[:40]:
            start = message.payload.index(b'"g":"') + 5
            name = message.payload[start : message.payload.index(b'"', start)].decode()
            message = Arrived(message.origin, name, message.leaf, message.payload)
        return arrived(self, message, now)

    patch.setattr(Host, "_arrived", believing)


def _unasked_kept(patch: Patch) -> None:
    """Forget for good what has its receipt: a restored server cannot have it again."""
    take_up = Outbox._take_up

    def forgetful(self: Outbox, *what: Any) -> None:
        take_up(self, *what)
        self.ended = {lane: {} for lane in Lane}

    patch.setattr(Outbox, "_take_up", forgetful)
    patch.setattr(Node, "_asked", lambda *_args: [])


def _follows_nobody(patch: Patch) -> None:
    async def nothing(_self: Follower) -> bool:
        return False

    async def nowhere(_self: Follower) -> None:
        return None

    patch.setattr(Follower, "step", nothing)
    patch.setattr(Follower, "look", nowhere)


def _time_stands_still(patch: Patch) -> None:
    patch.setattr(TelemetryLane, "_send_again", lambda _self, _now: None)


def _forgets_orders(patch: Patch) -> None:
    """Come back without knowing what has been begun."""
    patch.setattr(commands.Commands, "load", lambda _self, _notes, _now_ms: [])


def _never_says_interrupted(patch: Patch) -> None:
    load = commands.Commands.load

    def silent(self: commands.Commands, notes: list[bytes], now_ms: int) -> Any:
        load(self, notes, now_ms)
        return []

    patch.setattr(commands.Commands, "load", silent)


def _trusts_any_signature(patch: Patch) -> None:
    patch.setattr(commands, "signed_by", lambda _payload, _keys: True)


def _heeds_no_end(patch: Patch) -> None:
    turned = commands.Commands._turned

    def patient(self: commands.Commands, command: Command, now: commands.Circumstances) -> Any:
        return turned(self, msgspec.structs.replace(command, exp=now.server_ms + 1_000), now)

    patch.setattr(commands.Commands, "_turned", patient)
    patch.setattr(commands.Commands, "still_wanted", lambda _self, _id, _now_ms: True)


def _obeys_for_others(patch: Patch) -> None:
    judge = commands.Commands.judge

    def kind(self: commands.Commands, command: Command, payload: bytes, now: commands.Circumstances) -> Any:
        self._gateway = command.g  # type: ignore[assignment]
        return judge(self, command, payload, now)

    patch.setattr(commands.Commands, "judge", kind)


def _counts_no_numbers(patch: Patch) -> None:
    """Neither the number of a command nor its id is looked at."""
    judge = commands.Commands.judge

    def careless(self: commands.Commands, command: Command, payload: bytes, now: commands.Circumstances) -> Any:
        self._last = 0
        self._results.pop(command.id, None)
        return judge(self, command, payload, now)

    patch.setattr(commands.Commands, "judge", careless)


ORDERS = {"order_every": 2.0, "seconds": 60.0}
PLANTS = (
    Plant("an epoch that is used twice (no epoch)", "I14", ("power",), _one_epoch),
    Plant("one position for both lanes", "I12", (), _one_position),
    Plant("a receipt before the commit (receipt early)", "I4", (), _early_receipt),
    Plant("the journal first, then the store, once", "I3", ("history_down",), _writes_once),
    Plant("a lossy store taken for a sure one (no horizon)", "I3", ("history_kill",), _no_horizon),
    Plant("a horizon shorter than the loss", "I3", ("history_kill",), _short_horizon),
    Plant(
        "a button answered before the disk (publish before fsync)",
        "I1",
        ("power_at_write", "offline"),
        _early_answer,
        first=5,
    ),
    Plant("a gateway that forgets at a seen note", "I4", ("commit_fails",), _trusting_seen),
    Plant("an alarm that is sent once and never again", "I13", ("loss", "broker_forgets"), _sends_once),
    Plant("a failed commit taken for a good one", "I4", ("commit_fails",), _hopeful_commit),
    Plant("shown only after the commit", "I8", ("database_down",), _shown_after_commit),
    Plant("a batch taken after a gap", "I5", ("disorder", "break"), _takes_after_a_gap),
    Plant("gaps that are not written down", "I12", ("offline",), _forgets_gaps, {"budget_bytes": 20_000}),
    Plant("a batch that is another one when sent at another time", "I14", ("kill", "commit_unknown"), _whole_digest),
    Plant(
        "readings that two batches share, told twice", "I6", ("kill", "commit_unknown"), _tells_all, {"measure_every": 0.2}
    ),
    Plant("a press told anew each time it comes", "I1", (), _knows_nothing),
    Plant("alarms of the journal not told again", "I1", ("server_kill",), _does_not_retell, first=29),
    Plant("a telemetry batch left behind", "I13", ("broker_forgets",), _leaves_behind),
    Plant("a request to send again taken for a receipt", "I4", ("disorder", "loss"), _asked_is_receipted),
    Plant("what the second folder kept, forgotten", "I3", ("sync_fails", "kill", "offline"), _one_folder, first=18),
    Plant("a disk error taken for success", "I3", ("no_disk", "kill"), _silent_disk, first=22),
    Plant("an outbox without its budget", "I10", ("offline",), _no_budget, {"budget_bytes": 20_000}),
    Plant("more trimmed than was receipted", "I12", ("kill", "commit_unknown"), _trims_more),
    Plant("the newest value by its time", "I6", ("clock", "kill", "power"), _newest_by_time, first=11),
    Plant("figures that are counted up and never down", "I7", (), _counts_up_only),
    Plant(
        "alarms on the connection of readings",
        "I9",
        ("offline",),
        _alarms_behind_readings,
        {"rate": 12_000.0, "press_every": 0.5},
    ),
    Plant("no second kind of path", "I8", ("broker_kill", "broker_stop"), _no_https),
    Plant("messages without a fate", "I11", (), _uncounted),
    Plant("a decoder that raises", "I11", ("rubbish",), _raises),
    Plant("a name in a batch that is believed", "I3", ("rubbish",), _believes_names, {"seconds": 120.0}),
    Plant("receipted alarms that nobody can have again", "I1", ("restore",), _unasked_kept),
    Plant("a server that follows nobody", "I6", ("server_kill", "server_stop"), _follows_nobody, {"servers": 2}),
    Plant("a command begun again after a start", "I15", ("kill", "forged"), _forgets_orders, ORDERS),
    Plant("a command that is begun at each of its repeats", "I15", ("forged",), _counts_no_numbers, ORDERS),
    Plant("a signature that is not checked", "I15", ("forged",), _trusts_any_signature, ORDERS),
    Plant("an end that is not heeded", "I15", ("forged", "offline"), _heeds_no_end, ORDERS | {"seconds": 120.0}, 6),
    Plant("a box that obeys other boxes' orders", "I15", ("forged",), _obeys_for_others, ORDERS | {"schools": 2}),
    Plant("an interrupted command that nobody hears of", "I15", ("kill",), _never_says_interrupted, ORDERS),
    Plant("a node whose time does not move on", "time stands still", ("broker_forgets",), _time_stands_still),
)
