"""One transaction of batches: each is judged against its cursor, and what is new is inserted.

The statements go to the driver as they are, many rows at once: SQLAlchemy's own insert costs several times the row.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from contract.batch import decode_batch
from contract.errors import Reason, Refused
from contract.identity import Lane
from contract.messages import Refusal
from contract.records import Hole
from server.journal.leases import held
from server.journal.model import AlarmEvent, BatchWrite, Outcome, Written
from server.journal.streams import Stream, Streams

_RAW = (
    "insert into raw_batch (sequence, stream, position, body_position, last_position, rx_ms, sha256, body)"
    " values (?, ?, ?, ?, ?, ?, ?, ?)"
)
_CURSOR = "update cursor set position = ?, updated_ms = ? where stream = ?"
_EVENT = (
    "insert into alarm_event (id, kind, state, gateway, device, t_ms, rx_ms, body) values (?, ?, ?, ?, ?, ?, ?, ?)"
    " on conflict do nothing"
)
_QUARANTINE = (
    "insert into quarantine (gateway, epoch, lane, position, reason, detail, raw, rx_ms) values (?, ?, ?, ?, ?, ?, ?, ?)"
)
_GAP = "insert into gap (gateway, epoch, lane, position, count, reason, rx_ms) values (?, ?, ?, ?, ?, ?, ?)"
_COVERING = (
    "select body_position, last_position, sha256, body from raw_batch where stream = ? and position <= ?"
    " order by position desc limit 1"
)


def execute(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run one statement for many rows; placeholders are written as `?` for every database."""
    if rows:
        connection.exec_driver_sql(native(connection, statement), list(rows))


def native(connection: Connection, statement: str) -> str:
    """Write a statement's placeholders as the driver wants them."""
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")


def write_batches(connection: Connection, streams: Streams, batches: Sequence[BatchWrite]) -> list[Written]:
    """Judge and insert batches in the order given; for a later one of the group, an earlier one counts as committed."""
    fences = held(connection, {batch.fence for batch in batches if batch.fence is not None})
    rightful = [batch for batch in batches if batch.fence is None or batch.fence in fences]
    opened = streams.open(connection, [(batch.gateway, batch.epoch, batch.lane) for batch in rightful])
    rows = _Rows(connection)
    judged = [
        rows.take(batch, opened[batch.gateway, batch.epoch, batch.lane])
        if batch.fence is None or batch.fence in fences
        else _FENCED
        for batch in batches
    ]
    rows.insert(streams)
    sequences = iter(rows.sequences)
    return [
        Written(outcome, cursor, refusals, next(sequences) if new_from else 0, new_from)
        for outcome, cursor, refusals, new_from in judged
    ]


def _gives_up(body: bytes) -> bool:
    try:
        return any(isinstance(record, Hole) for record in decode_batch(body).records)
    except Refused:  # Of another version of ours: then it contradicts.
        return False


def insert_events(connection: Connection, events: Sequence[AlarmEvent]) -> list[bool]:
    """Store events one by one; says for each whether it was new."""
    statement = native(connection, _EVENT)
    return [connection.exec_driver_sql(statement, _event_row(event)).rowcount == 1 for event in events]


Judged = tuple[Outcome, int, Sequence[Refusal], int]
_FENCED: Judged = (Outcome.FENCED, 0, (), 0)


class _Rows:
    """What one transaction will insert, gathered so that each table is visited once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raw: list[tuple[Stream, BatchWrite, int]] = []
        self._moved: dict[Stream, int] = {}
        self._events: list[tuple[object, ...]] = []
        self._quarantine: list[tuple[object, ...]] = []
        self._gaps: list[tuple[object, ...]] = []
        self.sequences: Sequence[int] = ()

    def take(self, batch: BatchWrite, stream: Stream) -> Judged:
        """Judge one batch and remember what it adds."""
        first = stream.position + 1
        if batch.first_position > first:
            return Outcome.GAP, stream.position, (), 0
        if batch.last_position < first:
            return self._repeated(batch, stream)
        stream.position = batch.last_position
        self._raw.append((stream, batch, first))
        self._moved[stream] = batch.rx_ms
        if batch.events:
            self._events += [_event_row(event) for event in batch.events]
        if batch.holes:
            self._holes(batch, first)
        refusals: Sequence[Refusal] = ()
        if batch.quarantined:
            refusals = self._refused(batch, first)
        return Outcome.APPLIED, stream.position, refusals, first

    def insert(self, streams: Streams) -> None:
        """Send everything to the database."""
        connection = self._connection
        self.sequences = streams.sequences(connection, len(self._raw))
        if self._raw:
            raw = [
                (
                    sequence,
                    stream.number,
                    first,
                    batch.first_position,
                    batch.last_position,
                    batch.rx_ms,
                    batch.sha256,
                    batch.body,
                )
                for sequence, (stream, batch, first) in zip(self.sequences, self._raw, strict=True)
            ]
            execute(connection, _RAW, raw)
            moved = [(stream.position, rx_ms, stream.number) for stream, rx_ms in self._moved.items()]
            execute(connection, _CURSOR, moved)
        execute(connection, _EVENT, self._events)
        execute(connection, _QUARANTINE, self._quarantine)
        execute(connection, _GAP, self._gaps)

    def _repeated(self, batch: BatchWrite, stream: Stream) -> Judged:
        """Tell a harmless repeat from two contents for one position, where the ranges coincide.

        A hole contradicts nothing, whichever of the two comes first: the box has given up since, for want of room, what it
        had sent and heard no receipt for.
        """
        known, given_up = self._known(batch, stream)
        if batch.holes or given_up or known in (None, batch.sha256):
            if known != batch.sha256 and batch.lane is Lane.ALARM:  # Archived, or cut otherwise: a press in it is a press.
                self._events += [_event_row(event) for event in batch.events]
            return Outcome.DUPLICATE, stream.position, (), 0
        reason = Reason.POSITION_CONFLICT.value
        lane = batch.lane.value
        self._quarantine.append(
            (
                batch.gateway,
                batch.epoch,
                lane,
                batch.first_position,
                reason,
                "another batch holds these positions",
                batch.body,
                batch.rx_ms,
            )
        )
        if batch.lane is Lane.ALARM:  # Whoever is to blame for the positions, a press in it is a press.
            self._events += [_event_row(event) for event in batch.events]
        refusal = Refusal(lane, batch.first_position, batch.last_position - batch.first_position + 1, reason)
        return Outcome.CONFLICT, stream.position, (refusal,), 0

    def _known(self, batch: BatchWrite, stream: Stream) -> tuple[bytes | None, bool]:
        """Give the digest of what stands at the very same positions, and whether that gives some of them up."""
        span = (batch.first_position, batch.last_position)
        for other, earlier, _ in self._raw:  # Of this very transaction: two paths often bring the same batch at once.
            if other is stream and (earlier.first_position, earlier.last_position) == span:
                return earlier.sha256, bool(earlier.holes)
        row = self._connection.exec_driver_sql(
            native(self._connection, _COVERING), (stream.number, batch.first_position)
        ).one_or_none()
        if row is None or (row[0], row[1]) != span:
            return None, False
        known = bytes(row[2])
        return known, known != batch.sha256 and _gives_up(bytes(row[3]))

    def _holes(self, batch: BatchWrite, first: int) -> None:
        for position, count, reason in batch.holes:
            left = position + count - max(position, first)
            if left > 0:
                start = position + count - left
                self._gaps.append((batch.gateway, batch.epoch, batch.lane.value, start, left, reason, batch.rx_ms))

    def _refused(self, batch: BatchWrite, first: int) -> Sequence[Refusal]:
        refusals = []
        lane = batch.lane.value
        for bad in batch.quarantined:
            if bad.position >= first:
                self._quarantine.append(
                    (batch.gateway, batch.epoch, lane, bad.position, bad.reason, bad.detail, bad.raw, batch.rx_ms)
                )
                refusals.append(Refusal(lane, bad.position, 1, bad.reason))
        return refusals


def _event_row(event: AlarmEvent) -> tuple[object, ...]:
    return (
        event.id,
        event.kind,
        event.state,
        event.gateway,
        event.device,
        event.t_ms,
        event.rx_ms,
        event.body,
    )
