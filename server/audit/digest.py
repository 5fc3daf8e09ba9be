"""What a piece of the journal says should be everywhere else. Pure; it runs in the audit's own process.

It sorts records by the same code as the ingest, so that nothing is judged by two rules.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from contract.batch import Batch, decode_plain_batch, inflate
from contract.errors import Refused
from contract.identity import Lane
from contract.records import Hole
from server.audit.days import day_of
from server.history.content import HASH_RANGE, Shape, Tally
from server.history.rows import project
from server.history.store import NS_PER_MS, Row
from server.ingest.sorting import sort_alarms
from server.journal.model import AlarmEvent
from server.journal.raw import RawBatch, unpack

REASON_MAX = 40  # Of a hole, as the ingest keeps it.
REFUSED = "refused"


class Told(msgspec.Struct, frozen=True):
    """One alarm event as a record tells it."""

    id: str
    kind: str
    state: str
    gateway: str
    device: str
    t_ms: int
    rx_ms: int
    body: bytes


class Missing(msgspec.Struct, frozen=True):
    """Positions that a batch declares it has no record for."""

    gateway: str
    epoch: str
    lane: str
    position: int
    count: int
    why: str
    rx_ms: int


class Run(msgspec.Struct):
    """Positions of one stream, one batch after the other without a break."""

    gateway: str
    epoch: str
    lane: str
    first: int
    last: int


class Wrong(msgspec.Struct, frozen=True):
    """A raw batch that is not what the journal says of it."""

    sequence: int
    gateway: str
    words: str


class Digest(msgspec.Struct):
    """All that a piece of the journal says, in little room."""

    batches: int = 0
    readings: int = 0
    values: int = 0
    sealed: int = 0  # Batches whose digest could be compared, …
    open: int = 0  # … and those kept without their refused records, whose digest was of them whole.
    tallies: dict[tuple[str, int], Tally] = {}  # (gateway, day) -> the values in the span.
    outside: set[tuple[str, int]] = set()  # (gateway, day) of values outside the span that were received within it.
    told: list[Told] = []
    missing: list[Missing] = []
    runs: list[Run] = []
    wrong: list[Wrong] = []


def digest(batches: Sequence[RawBatch], shape: Shape | None, from_ms: int, to_ms: int) -> Digest:
    """Read a piece. The span [from, to) is of measuring for values, and of receipt for `outside`."""
    found = Digest()
    for raw in batches:
        found.batches += 1
        _run(found.runs, raw)
        read = _read(found, raw)
        if read is None:
            continue
        if raw.lane == Lane.ALARM.value:
            found.told += [_told(event) for event in sort_alarms(read, raw.rx_ms / 1_000).events]
        else:
            rows = project(read, raw.rx_ms, raw.position).rows
            found.readings += len(rows)
            if shape is not None:
                _tally(found, raw, rows, shape, from_ms, to_ms)
        _holes(found, raw, read)
    return found


def digest_packed(packed: bytes, shape: Shape | None, from_ms: int, to_ms: int) -> Digest:
    """Do the same for a piece on its way to another process."""
    return digest(unpack(packed), shape, from_ms, to_ms)


def rows_between(batches: Sequence[RawBatch], from_ms: int, to_ms: int) -> list[Row]:
    """Give the rows of history in [from, to) that a piece of the journal makes."""
    found: list[Row] = []
    for raw in batches:
        if raw.lane != Lane.TELEMETRY.value:
            continue
        try:
            read = decode_plain_batch(inflate(raw.body))
        except Refused:
            continue  # Told by the check of the batches themselves.
        rows = project(read, raw.rx_ms, raw.position).rows
        found += [row for row in rows if from_ms <= row.t_ns // NS_PER_MS < to_ms]
    return found


def events_in(batches: Sequence[RawBatch]) -> list[Told]:
    """Give the alarm events that a piece of the journal tells."""
    found: list[Told] = []
    for raw in batches:
        if raw.lane != Lane.ALARM.value:
            continue
        try:
            read = decode_plain_batch(inflate(raw.body))
        except Refused:
            continue
        found += [_told(event) for event in sort_alarms(read, raw.rx_ms / 1_000).events]
    return found


def _run(runs: list[Run], raw: RawBatch) -> None:
    newest = runs[-1] if runs else None
    if (
        newest is not None
        and newest.last + 1 == raw.position
        and (newest.gateway, newest.epoch, newest.lane) == (raw.gateway, raw.epoch, raw.lane)
    ):
        newest.last = raw.last_position
    else:
        runs.append(Run(raw.gateway, raw.epoch, raw.lane, raw.position, raw.last_position))


def _read(found: Digest, raw: RawBatch) -> Batch | None:
    """Decode a batch and hold it against its row."""
    try:
        plain = inflate(raw.body)
        read = decode_plain_batch(plain)
    except Refused as refusal:
        found.wrong.append(Wrong(raw.sequence, raw.gateway, f"cannot be read: {refusal}"))
        return None
    covers = (raw.gateway, raw.epoch, raw.lane, raw.body_position, raw.last_position)
    says = (read.gateway, read.epoch, read.lane.value, read.first_position, read.last_position)
    if says != covers:
        found.wrong.append(Wrong(raw.sequence, raw.gateway, f"the row says {covers}, the batch {says}"))
        return None
    if not raw.body_position <= raw.position <= raw.last_position:
        found.wrong.append(Wrong(raw.sequence, raw.gateway, f"new from {raw.position}, which it does not cover"))
    records = plain.find(b'"r":')
    if hashlib.sha256(memoryview(plain)[max(0, records) :]).digest() == raw.sha256:
        found.sealed += 1
    elif any(isinstance(record, Hole) and record.n == 1 and record.why == REFUSED for record in read.records):
        found.open += 1
    else:
        found.wrong.append(Wrong(raw.sequence, raw.gateway, "the digest is not that of the records"))
    return read


def _tally(found: Digest, raw: RawBatch, rows: Sequence[Row], shape: Shape, from_ms: int, to_ms: int) -> None:
    received = from_ms <= raw.rx_ms < to_ms
    by_day: dict[int, list[Row]] = {}
    for row in rows:
        t_ms = row.t_ns // NS_PER_MS
        if from_ms <= t_ms < to_ms:
            by_day.setdefault(day_of(t_ms), []).append(row)
        elif received:
            found.outside.add((raw.gateway, day_of(t_ms)))
    for day, of_day in by_day.items():
        count, total = shape.tally(value for row in of_day for value in shape.kept(row))
        known = found.tallies.get((raw.gateway, day), (0, 0))
        found.tallies[raw.gateway, day] = (known[0] + count, (known[1] + total) % HASH_RANGE)
        found.values += count


def _holes(found: Digest, raw: RawBatch, read: Batch) -> None:
    position = read.first_position
    for record in read.records:
        covers = record.positions()
        if isinstance(record, Hole):
            first = max(position, raw.position)
            left = position + covers - first
            if left > 0:
                why = record.why[:REASON_MAX].replace("\x00", "�")
                found.missing.append(Missing(raw.gateway, raw.epoch, raw.lane, first, left, why, raw.rx_ms))
        position += covers


def _told(event: AlarmEvent) -> Told:
    return Told(event.id, event.kind, event.state, event.gateway, event.device, event.t_ms, event.rx_ms, event.body)
