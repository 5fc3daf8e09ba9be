"""The journal on SQLite or PostgreSQL: the seam of `server.journal.model`, over one `Database`."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, func, or_, select, tuple_

from contract.identity import DeviceId, EpochId, GatewayId, Lane, PressId
from server.journal import tables
from server.journal.database import Database
from server.journal.facts import append_facts
from server.journal.model import AlarmEvent, AlertFact, BatchWrite, DeadLetter, Home, JournaledBatch, StoredFact, Written
from server.journal.reading import BATCHES, POSITIONS, Positions, read_batches, read_positions
from server.journal.streams import CachedStreams, LockedStreams, Streams
from server.journal.watermark import Watermark
from server.journal.writing import execute, insert_events, write_batches

DEAD_LETTERS_MAX = 100_000  # Of 4 kB at most: 400 MB of evidence, then the oldest go.
DETAIL_MAX = 500  # Characters of an explanation; the bytes themselves stand beside it.

_DEAD_LETTER = (
    "insert into dead_letter (sha256, topic, gateway, reason, detail, head, first_rx_ms, last_rx_ms, count)"
    " values (?, ?, ?, ?, ?, ?, ?, ?, 1) on conflict (sha256, topic)"
    " do update set count = dead_letter.count + 1, last_rx_ms = excluded.last_rx_ms"
)
_PRUNE = (
    "delete from dead_letter where last_rx_ms <"
    " (select last_rx_ms from dead_letter order by last_rx_ms desc limit 1 offset ?)"
)
_PRUNE_EVERY = 1_000  # Letters; looking after each would cost more than keeping them.
_CHECKPOINT = (
    "insert into checkpoint (projection, sequence) values (?, ?)"
    " on conflict (projection) do update set sequence = excluded.sequence"
)


class SqlJournal:
    """Implements `Journal`. One of it for each database and process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        one_writer = database.dialect == "sqlite"
        self._streams: Streams = CachedStreams() if one_writer else LockedStreams()
        self._watermark = None if one_writer else Watermark("raw_batch_sequence")
        self._facts_watermark = None if one_writer else Watermark("alert_fact_sequence_seq")
        self._letters = 0

    async def write(self, batches: Sequence[BatchWrite]) -> Sequence[Written]:
        """Commit batches in one transaction; a group that holds an alarm goes before all that waits."""
        urgent = any(batch.lane is Lane.ALARM for batch in batches)
        return await self._database.run(lambda connection: write_batches(connection, self._streams, batches), urgent=urgent)

    async def cursors(self, since_ms: int = 0) -> Positions:
        """Read the committed positions of the streams that moved since an instant, and of each lane's newest epoch."""
        cursor = tables.cursor.c
        newest = select(cursor.gateway, cursor.lane, func.max(cursor.epoch)).group_by(cursor.gateway, cursor.lane)
        moved = or_(cursor.updated_ms >= since_ms, tuple_(cursor.gateway, cursor.lane, cursor.epoch).in_(newest))
        return await self._database.run(partial(read_positions, query=POSITIONS.where(moved)))

    async def positions(self, streams: Sequence[tuple[GatewayId, EpochId]]) -> Positions:
        """Read the committed cumulative positions of some epochs."""
        wanted = tuple_(tables.cursor.c.gateway, tables.cursor.c.epoch).in_(streams)
        return await self._database.run(partial(read_positions, query=POSITIONS.where(wanted)))

    async def read(self, after: int, limit: int) -> Sequence[JournaledBatch]:
        """Read raw batches in commit order; on PostgreSQL only up to where no running transaction can still insert."""

        def work(connection: Connection) -> Sequence[JournaledBatch]:
            sequence = tables.raw_batch.c.sequence
            query = BATCHES.where(sequence > after).order_by(sequence).limit(limit)
            if self._watermark is not None:
                query = query.where(sequence <= self._watermark.safe(connection))
            return read_batches(connection, query)

        return await self._database.run(work)

    async def store_events(self, events: Sequence[AlarmEvent]) -> Sequence[bool]:
        """Store events that came by no batch; says for each whether it was new."""
        return await self._database.run(partial(insert_events, events=events), urgent=True)

    async def events(self, after_rx_ms: int) -> Sequence[AlarmEvent]:
        """Read the alarm events received since an instant, in the order received."""

        def work(connection: Connection) -> Sequence[AlarmEvent]:
            event = tables.alarm_event.c
            query = (
                select(event.id, event.kind, event.gateway, event.device, event.t_ms, event.rx_ms, event.body, event.state)
                .where(event.rx_ms >= after_rx_ms)
                .order_by(event.rx_ms, event.t_ms)
            )
            return [
                AlarmEvent(PressId(identity), kind, GatewayId(gateway), DeviceId(device), t_ms, rx_ms, bytes(body), state)
                for identity, kind, gateway, device, t_ms, rx_ms, body, state in connection.execute(query)
            ]

        return await self._database.run(work)

    async def append_facts(self, facts: Sequence[AlertFact]) -> frozenset[str]:
        """Append facts in one transaction, in the order given; names the alerts that another server had moved on."""
        return await self._database.run(lambda connection: append_facts(connection, facts))

    async def facts(self, settled_since_ms: int = 0) -> Sequence[tuple[str, bytes]]:
        """Read the facts of every alert that is not over, or was over only after an instant, oldest first."""

        def work(connection: Connection) -> Sequence[tuple[str, bytes]]:
            fact = tables.alert_fact.c
            over = (
                select(fact.alert)
                .group_by(fact.alert)
                .having(func.max(fact.sequence).filter(fact.settled).is_not(None), func.max(fact.at_ms) < settled_since_ms)
            )
            query = select(fact.alert, fact.body).where(fact.alert.not_in(over)).order_by(fact.sequence)
            return [(alert, bytes(body)) for alert, body in connection.execute(query)]

        return await self._database.run(work)

    async def facts_of(self, alert: str) -> Sequence[bytes]:
        """Read every fact of one alert, oldest first."""
        fact = tables.alert_fact.c
        query = select(fact.body).where(fact.alert == alert).order_by(fact.number)
        return await self._database.run(lambda connection: [bytes(body) for [body] in connection.execute(query)])

    async def homes_of(self, presses: Mapping[str, str]) -> dict[str, Home]:
        """Say where presses are stored that are, each given by its name with whose it is."""
        fact = tables.alert_fact.c
        query = select(fact.press, fact.signal, fact.alert).where(
            or_(fact.press.in_(presses.keys()), fact.signal.in_(presses.values()))
        )
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        taken = {press: Home(alert, press, signal not in (None, presses.get(press))) for press, signal, alert in rows}
        own = {signal: Home(alert, press) for press, signal, alert in rows}
        found = {press: own.get(signal) or taken.get(press) for press, signal in presses.items()}
        return {press: home for press, home in found.items() if home is not None}

    async def facts_after(self, sequence: int, limit: int) -> Sequence[StoredFact]:
        """Read facts in the order of storing; on PostgreSQL only up to where no running transaction can still insert."""

        def work(connection: Connection) -> Sequence[StoredFact]:
            fact = tables.alert_fact.c
            query = select(fact.sequence, fact.alert, fact.number, fact.body).where(fact.sequence > sequence)
            if self._facts_watermark is not None:
                query = query.where(fact.sequence <= self._facts_watermark.safe(connection))
            rows = connection.execute(query.order_by(fact.sequence).limit(limit))
            return [StoredFact(place, alert, number, bytes(body)) for place, alert, number, body in rows]

        return await self._database.run(work)

    async def facts_head(self) -> int:
        """Read the sequence of the newest fact; 0 when there is none."""
        query = select(func.coalesce(func.max(tables.alert_fact.c.sequence), 0))
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Keep a message that could not be read; beyond the limit the oldest go."""
        await self.dead_letters_add([letter])

    async def dead_letters_add(self, letters: Sequence[DeadLetter]) -> None:
        """Keep several in one transaction."""
        before = self._letters // _PRUNE_EVERY
        self._letters += len(letters)
        prune = self._letters // _PRUNE_EVERY > before
        rows = [_letter_row(letter) for letter in letters]

        def work(connection: Connection) -> None:
            execute(connection, _DEAD_LETTER, rows)
            if prune:
                execute(connection, _PRUNE, [(DEAD_LETTERS_MAX,)])

        await self._database.run(work)

    async def dead_letters(self, limit: int) -> Sequence[tuple[DeadLetter, int]]:
        """Read the newest messages that could not be read, each with how often it came."""
        letter = tables.dead_letter.c
        query = (
            select(
                letter.gateway,
                letter.topic,
                letter.reason,
                letter.detail,
                letter.sha256,
                letter.head,
                letter.last_rx_ms,
                letter.count,
            )
            .order_by(letter.last_rx_ms.desc())
            .limit(limit)
        )
        return await self._database.run(
            lambda connection: [
                (DeadLetter(gateway, topic, reason, detail, bytes(sha256), bytes(head), rx_ms), count)
                for gateway, topic, reason, detail, sha256, head, rx_ms, count in connection.execute(query)
            ]
        )

    async def checkpoint(self, projection: str) -> int:
        """Read how far a projection has got; 0 before its first."""
        query = select(tables.checkpoint.c.sequence).where(tables.checkpoint.c.projection == projection)
        return await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none() or 0)

    async def set_checkpoint(self, projection: str, sequence: int) -> None:
        """Say how far a projection has got."""
        await self._database.run(lambda connection: execute(connection, _CHECKPOINT, [(projection, sequence)]))

    async def head(self) -> int:
        """Read the newest committed sequence; 0 when there is none."""
        query = select(func.coalesce(func.max(tables.raw_batch.c.sequence), 0))
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())


def _letter_row(letter: DeadLetter) -> tuple[object, ...]:
    """Shape a letter as its row; what came with it may be anything, and PostgreSQL's text holds no NUL."""
    return (
        letter.sha256,
        letter.topic[:80].replace("\x00", "�"),
        letter.gateway[:40].replace("\x00", "�"),
        letter.reason,
        letter.detail[:DETAIL_MAX].replace("\x00", "�"),
        letter.head,
        letter.rx_ms,
        letter.rx_ms,
    )
