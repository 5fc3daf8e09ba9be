"""Compares, when all has healed, what the product says with what really happened; each line is a broken promise.

Some promises are held while the world runs: I1 and I2 on every picture of every screen, I4 at each receipt, I6 at each
reading told, I8 and I9 at each press, I10 now and then. The rest, and those once more, are held here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Connection, Table, select

from contract.batch import decode_batch
from contract.errors import Reason
from contract.identity import Lane
from contract.records import Hole, Press, Reading, decode_record
from server.core.coverage import Coverage
from server.core.engine import Engine
from server.core.indicators import INDICATORS
from server.history.rows import project
from server.history.store import Row
from server.journal import tables
from server.journal.model import JournaledBatch
from simulators.world.database import at_once
from simulators.world.faults import BROKER, KINDS, LATER_KINDS, LINK
from simulators.world.ghost import Ghost, Place, Stream
from simulators.world.orders_judge import orders
from simulators.world.server import Life

if TYPE_CHECKING:
    from simulators.world.world import World

SHOWN_MAX = 20  # Lines of one kind; a lost segment is a hundred of them.
IDLE_SECONDS_MAX = 0.12  # From press to screen with nothing else to do: three lines of 20 ms, and what the processes take.
SLOWER_MAX = 1.5  # How much slower it may be while a school catches up.
JUST_NOW_SECONDS = 6.0
READ_MAX = 1_000_000


def judge(world: "World") -> None:
    """Hold every promise to the end of a world."""
    ghost = world.ghost
    journal = _Journal(world)
    checks = (
        ("I1", lambda: _presses(world, journal)),
        ("I2", lambda: _inventions(ghost, journal)),
        ("I3", lambda: _history(world, journal)),
        ("I5", lambda: journal.order),
        ("I6", lambda: _current_values(world)),
        ("I7", lambda: _coverage(world)),
        ("I9", lambda: _behind(ghost)),
        ("I11", lambda: _counters(world)),
        ("I12", lambda: _declared(world, journal)),
        ("I13", lambda: _liveness(world)),
        ("I14", lambda: _repairs(world)),
        ("I15", lambda: orders(world)),
    )
    for name, check in checks:
        for line in list(check())[:SHOWN_MAX]:
            ghost.breaks(name, line)


class _Journal:
    """The journal read back, apart from all code that wrote it."""

    def __init__(self, world: "World") -> None:
        journal = world.store.journal()
        self.order: list[str] = []  # What is wrong with positions.
        self.records: dict[Place, object] = {}
        self.holes: dict[Stream, list[tuple[int, int, str]]] = {}
        self.last: dict[Stream, int] = {}
        self.batches = list(at_once(journal.read(0, READ_MAX)))
        self.events = list(at_once(journal.events(0)))
        self.cursors = at_once(journal.cursors())
        for journaled in self.batches:
            batch = decode_batch(journaled.body)
            key = (journaled.gateway, journaled.epoch, journaled.lane)
            position = batch.first_position
            for record in batch.records:
                width = record.positions()
                if position + width > journaled.new_from:
                    self._record(key, max(position, journaled.new_from), position + width - 1, record)
                position += width
        for key, cursor in self.cursors.items():
            if cursor != self.last.get(key, 0):
                self.order.append(f"the cursor of {key} is {cursor}, its records end at {self.last.get(key, 0)}")

    def _record(self, key: Stream, first: int, last: int, record: object) -> None:
        if first != self.last.get(key, 0) + 1:
            self.order.append(f"{key} goes on at {first} after {self.last.get(key, 0)}")
        self.last[key] = last
        if isinstance(record, Hole):
            self.holes.setdefault(key, []).append((first, last, record.why))
        else:
            self.records[*key, first] = record

    def hole(self, place: Place) -> str | None:
        """Say why a position is a hole; None where it is not one."""
        return next((why for first, last, why in self.holes.get(place[:3], ()) if first <= place[3] <= last), None)


# ---------------------------------------------------------------- I1, I2


def _presses(world: "World", journal: _Journal) -> Iterator[str]:
    """Each answered press is one event, in one incident of each server and one tile of each screen."""
    ghost = world.ghost
    events = Counter(event.id for event in journal.events if event.kind == "press")
    views: list[tuple[str, Counter[str]]] = [
        (life.process.name, Counter(press.id for alert in _incidents(life.engine) for press in alert.presses))
        for life in _lives(world)
    ]
    for screen in world.screens:
        for server in world.servers:
            told = Counter(press for name, tile in screen.tiles() if name == server.name for press in tile["presses"])
            views.append((f"{screen.name} by {server.name}", told))
    on_disk = {record.id for record in map(_alarm, ghost.durable.items()) if isinstance(record, Press)}
    for press in ghost.made:
        spoilt = ghost.made[press] in ghost.damaged  # What a file held that is gone cannot be told by anybody.
        # Nor can a press that was told while it was being written, when the box lost its power and the server its life.
        untold = spoilt or (press not in ghost.answered and press not in on_disk)
        wanted = 1 if press in ghost.answered and not spoilt else events[press]
        if events[press] != wanted or events[press] > 1:
            yield f"answered press {press} is {events[press]} events"
        for name, rows in views:
            # What a box lost before its batch was committed may stand in an incident, marked as not saved, for ever.
            if rows[press] != wanted and not (untold and not wanted and rows[press] == 1):
                yield f"press {press} is {rows[press]} times on {name}, and {events[press]} times in the journal"
    for push in ghost.pushes:
        if push.answered and ghost.made.get(push.answered) != push.gateway:
            yield f"a push at {push.gateway} was answered with {push.answered}, which is not one of its presses"


def _alarm(kept: tuple[Place, bytes]) -> object:
    place, body = kept
    return decode_record(body) if place[2] is Lane.ALARM else None


def _inventions(ghost: Ghost, journal: _Journal) -> Iterator[str]:
    """Nothing is in the journal that nobody did."""
    for event in journal.events:
        if event.kind in ("press", "clear") and event.id not in ghost.made:
            yield f"{event.kind} {event.id} is in the journal, and nobody made it"
        elif event.kind == "alert" and event.id not in ghost.alarms:
            yield f"alert {event.id} is in the journal, and nobody told it"


# ---------------------------------------------------------------- I3, I12


def _history(world: "World", journal: _Journal) -> Iterator[str]:
    """Hold what was durable at a school to be in the journal unchanged, or declared, and nothing else to be there."""
    ghost = world.ghost
    for place, body in ghost.durable.items():
        record = journal.records.get(place)
        if record is None:
            beyond = place[0] in ghost.damaged and place[3] > journal.last.get(place[:3], 0)  # Nobody knows of it any more.
            if journal.hole(place) is None and not beyond:
                yield f"{place} was durable, and is neither in the journal nor declared"
        elif msgspec.json.encode(record) != body:
            yield f"{place} is {msgspec.json.encode(record)!r} in the journal, and was {body!r}"
    for place in journal.records:
        if place[2] is Lane.TELEMETRY and place not in ghost.durable:
            yield f"{place} is in the journal, and was on no disk"
    yield from _projected(world, journal)


def _projected(world: "World", journal: _Journal) -> Iterator[str]:
    """Hold the history to what the journal says: every reading once, and nothing else."""
    expected: dict[Any, list[tuple[Any, Any]]] = {}
    just_now = (world.wheel.now - JUST_NOW_SECONDS) * 1_000
    coming: set[Any] = set()  # Boxes tell of themselves for ever: what came in the last moment is still being projected.
    rows = 0
    for journaled in journal.batches:
        for row in _rows_of(journaled):
            rows += 1
            key = (row.gateway, row.device, row.t_ns)
            metrics = {name: value for name, value in row.metrics.items() if value is not None}
            expected.setdefault(key, []).append((journaled.epoch, metrics))
            coming |= {key} if journaled.rx_ms >= just_now else set()
    readings = sum(isinstance(record, Reading) for record in journal.records.values())
    if rows != readings:
        yield f"{readings} readings in the journal make {rows} rows"
    kept = world.history.rows
    for key, told in expected.items():
        epochs = {epoch for epoch, _ in told}
        if all(metrics != kept.get(key) for _, metrics in told) and not (key in coming and key not in kept):
            yield f"the history has {kept.get(key)} for {key}, the journal {told[0][1]}"
        # A clone measures in the same instant, and so does a thing that is measured twice in the millisecond of a new start.
        if any(metrics != told[0][1] for _, metrics in told) and len(epochs) < len(told):
            yield f"two readings have one place in the history: {key}"
    for key in kept:
        if key not in expected:
            yield f"the history has {key}, the journal has not"


def _rows_of(journaled: JournaledBatch) -> Sequence[Row]:
    if journaled.lane is not Lane.TELEMETRY:
        return ()
    return project(decode_batch(journaled.body), journaled.rx_ms, journaled.new_from).rows


def _declared(world: "World", journal: _Journal) -> Iterator[str]:
    """Hold whatever was given up to be declared, for a reason that there was, and rubbish to be kept as such."""
    yield from _reasons(world, journal)
    yield from _tables(world, journal)


def _reasons(world: "World", journal: _Journal) -> Iterator[str]:
    """Hold each record given up to have been given up for a reason."""
    ghost = world.ghost
    for place in ghost.durable:
        why = None if place in journal.records else journal.hole(place)
        gateway, _, lane, _ = place
        if why is None:
            continue
        if why == "shed" and lane is Lane.ALARM:
            yield f"alarm {place} was given up for want of room"
        elif why == "shed" and not (gateway in ghost.crowded or world.plan.budget_bytes < TIGHT_BYTES):
            yield f"{place} was given up for want of room, and there was room"
        elif why in ("lost", "corrupt") and gateway not in ghost.damaged | ghost.cloned and not world.store.rewound:
            yield f"{place} is declared {why}, and nothing was done to the files"
        elif why == "refused" and gateway not in ghost.damaged:
            yield f"{place} is declared refused"
    torn = any(
        fault.kind in ("power", "power_at_write") for fault in world.plan.faults
    )  # What was not synced may leave gaps.
    for key, holes in journal.holes.items():
        excused = torn or key[0] in ghost.damaged | ghost.cloned | ghost.crowded or world.store.rewound
        for first, last, why in holes:
            if why in ("lost", "corrupt") and not excused:
                yield f"{first} to {last} of {key} are declared {why}, and nothing happened to them"


def _tables(world: "World", journal: _Journal) -> Iterator[str]:
    """Hold the tables of gaps, quarantine and dead letters to have what was given up and refused."""
    ghost = world.ghost
    gaps = {(row.gateway, row.epoch, row.lane, row.position): row.count for row in _rows(world, tables.gap)}
    declared = {
        (*key[:2], key[2].value, first): last - first + 1 for key, holes in journal.holes.items() for first, last, _ in holes
    }
    refused = {(row.gateway, row.epoch, row.lane, row.position) for row in _rows(world, tables.quarantine)}
    for where, count in declared.items():
        if gaps.get(where) != count and where not in refused:
            yield f"the hole of {count} at {where} is not in the table of gaps"
    for where in gaps:
        if where not in declared:
            yield f"the gap at {where} is in no batch"
    for where in refused:
        if where[0] not in ghost.damaged | ghost.cloned | {world.neighbour}:
            yield f"a record of an honest box lies in quarantine: {where}"
    buried = sum(life.buried for server in world.servers for life in server.lives)
    kept = sum(life.ingest.counts.letters_kept for server in world.servers for life in server.lives)
    letters = sum(row.count for row in _rows(world, tables.dead_letter))
    if not (kept <= letters or world.store.rewound) or letters > buried:
        yield f"{buried} messages were to be kept as dead letters, {kept} are said to be, {letters} are"


TIGHT_BYTES = 100_000


# ---------------------------------------------------------------- I6, I7, I9


def _current_values(world: "World") -> Iterator[str]:
    """Hold the value on the screens to be the last that was sampled, whatever came late."""
    for (gateway, device), (epoch, position, metrics) in world.ghost.sampled.items():
        if gateway in world.ghost.cloned | world.ghost.damaged or device == "gw":
            continue  # Two boxes with one name, or one that is older than itself, have no common last word.
        for life in _lives(world):
            state = life.engine.device(gateway, device)
            if state is None:
                continue
            told = {name: state.value(name) for name in metrics}  # type: ignore[attr-defined]
            if told != metrics:
                yield f"{life.process.name} shows {told} for {device} of {gateway}; last was {metrics} at {epoch} {position}"


def _coverage(world: "World") -> Iterator[str]:
    """Verdicts and figures, judged anew from what is known, are those that were kept."""
    for life in _lives(world):
        engine, now = life.engine, world.wheel.now
        kept = engine._coverage  # noqa: SLF001  # It is what is judged.
        while kept._dirty:  # noqa: SLF001
            kept.tick(now)
        fresh = Coverage(engine._fleet, INDICATORS)  # noqa: SLF001
        fresh._listening_since = kept._listening_since  # noqa: SLF001
        fresh.load(now)
        for unit in (unit.id for unit in world.city.roster.units):
            for indicator in INDICATORS:
                if kept.tally(unit, indicator.name) != fresh.tally(unit, indicator.name):
                    yield f"{life.process.name}: the figure of {indicator.name} in {unit} differs when counted anew"
        for school in engine.roster.schools:
            was, is_ = _judgements(kept, school), _judgements(fresh, school)
            if was != is_:
                yield f"{life.process.name}: {was} of {school}, judged anew {is_}"


def _judgements(coverage: Coverage, school: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(one.judgement.value for one in pair) for name, pair in coverage.of(school).items()}


def _behind(ghost: Ghost) -> Iterator[str]:
    """Hold a press of a school that catches up to be on the screens as soon as any other."""
    for delays, limit, what in (
        (ghost.delays, IDLE_SECONDS_MAX, "with nothing else to do"),
        (ghost.delays_behind, IDLE_SECONDS_MAX * SLOWER_MAX, "while readings of days were catching up"),
    ):
        late = [delay for delay in delays if delay > limit]
        if late:
            yield f"{len(late)} of {len(delays)} presses took up to {max(late):.3f} s to a screen, {what}"


# ---------------------------------------------------------------- I11, I13, I14


def _counters(world: "World") -> Iterator[str]:
    """Every message that any process took had one fate, and no part of any process fell over."""
    for server in world.servers:
        for life in server.lives:
            tally = life.ingest.tally
            received, ended = sum(tally.received.values()), sum(tally.fates.values())
            if received != ended + tally.pending:
                yield f"{life.process.name}: {received} messages, {ended} fates, {tally.pending} pending"
            if life is server.life and tally.pending:
                yield f"{life.process.name}: {tally.pending} messages have no fate"
            if life.ingest.counts.faults:
                yield f"{life.process.name}: {life.ingest.counts.faults} mistakes of our own"
    for process in world.processes():
        yield from process.faults


def _liveness(world: "World") -> Iterator[str]:
    """After all has healed nothing waits any more."""
    for school in world.schools:
        box = school.box
        if box is None:
            yield f"{school.name} does not run"
            continue
        for lane in Lane:
            if box.node.waiting(lane):
                yield f"{school.name} still has {box.node.waiting(lane)} records of lane {lane.value} without a receipt"
    if not any(life.sharing.leads for life in _lives(world)):
        yield "no server leads"
    for server in world.servers:
        if server.life is None or not server.life.serves:
            yield f"{server.name} does not serve"
        elif server.life.sharing.leads and server.life.projector.behind:
            yield f"the history is {server.life.projector.behind} batches behind"


def _repairs(world: "World") -> Iterator[str]:
    """No press had to be found by a heartbeat, and no position had two contents, where nothing could bring that about."""
    ghost = world.ghost
    for row in _rows(world, tables.quarantine):
        honest = row.gateway not in ghost.damaged | ghost.cloned | {world.neighbour}
        if row.reason == Reason.POSITION_CONFLICT.value and honest:
            yield f"two contents for position {row.position} of {row.gateway} {row.epoch} {row.lane}"
    if ghost.damaged or ghost.cloned or world.store.rewound:
        return
    parted = any(  # A server that stood still finds a heartbeat beside the batch before it, on another connection.
        fault.kind in ("offline", "server_stop") or {**KINDS, **LATER_KINDS}[fault.kind].to in (LINK, BROKER)
        for fault in world.plan.faults
    )
    for server in world.servers:
        for life in server.lives:
            tally = life.ingest.tally
            if tally.clones:
                yield f"{life.process.name}: {tally.clones} boxes were taken for two"
            if tally.repair_press and not parted:
                yield f"{life.process.name}: {tally.repair_press} presses were found by heartbeats alone"


def _lives(world: "World") -> list[Life]:
    return [server.life for server in world.servers if server.life is not None]


def _incidents(engine: Engine) -> Iterator[Any]:
    return (alert for alert in engine.alerts.values() if alert.rule == "one_key_press")


def _rows(world: "World", table: Table) -> list[Any]:
    def work(connection: Connection) -> list[Any]:
        return list(connection.execute(select(table)))

    return world.store.transact(work)
