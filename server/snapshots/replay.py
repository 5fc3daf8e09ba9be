"""A past day judged anew: a fresh engine is told the registry and the journal as a server is that starts at that instant.

Nothing is judged by two rules: the engine reads the journal back as it does after every start (decision 0049), with the end
of the day in the place of its own absence. Telemetry is fed newest first, of each gateway; what came after the instant and
was measured before it counts by the instant at which it was measured. Pure but for its memory; it runs in a process of its
own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from contract.batch import BadRecord, Batch, decode_plain_batch, inflate
from contract.errors import Refused, StorageError
from contract.identity import DeviceId, EpochId, GatewayId, Lane
from contract.records import CheckIn, Reading
from server.core.effects import DayNoted, GuardSeen
from server.core.engine import PRESENT, Engine
from server.core.events import (
    DaysRestored,
    GapsCounted,
    GatewayHeard,
    GatewayLinkChanged,
    GuardsRestored,
    LeadChanged,
    RecallBegan,
    Recalled,
    RecallEnded,
    RosterLoaded,
    Ticked,
)
from server.core.gap_figures import NO_GAPS, GapFigures
from server.core.guards import ALL_SEEN_SECONDS
from server.core.liveness import Liveness
from server.core.schedule import DAY_SECONDS, is_school_day, local_date
from server.core.verdict import Judgement, Verdict
from server.journal.raw import RawBatch
from server.registry.changes import Edit, assembled, decode_line
from server.registry.model import Calendar
from server.registry.record import Key
from server.snapshots.again import Around, Doubt
from server.snapshots.frozen import Basis, Frozen, Pair, freeze, judged_at

LOOKED_BACK_DAYS_MAX = 38  # As long as a server itself keeps who was on post.
REACH_SECONDS = 26 * 3_600.0  # What was told longer ago is believed by no indicator, but for who was on post.
KEPT_BYTES_MAX = 1_073_741_824  # Of batches of the last day: a province's.
NO_CLOCK = 0  # A reading whose instant nobody knows cannot be placed in the past.
GONE = "journal.gone"  # The reason of a live verdict that nobody can give any more.
JOURNAL_GONE, JOURNAL_SHORT, LATE_CUT = "journal_gone", "journal_short", "late_cut"  # Notes of a day.

_keys = msgspec.json.Decoder(list[str])

ChangeRow = tuple[str, str, str | None]  # Sheet, key as JSON, and the line as JSON; None once it is taken out.


class Registry:
    """The registry of a day, learnt change by change in the order of the record; lines are read once, in the end."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], str | None] = {}

    def learn(self, rows: Iterable[ChangeRow]) -> None:
        """Take in changes that were known by the instant and in effect on the day."""
        for sheet, key, body in rows:
            self._lines[sheet, key] = body

    def lines(self) -> Iterator[Edit]:
        """Read what holds."""
        for (sheet, key), body in self._lines.items():
            if body is not None:
                yield Edit(sheet, _key(key), decode_line(sheet, body))


def _key(text: str) -> Key:
    return tuple(_keys.decode(text))


class Replay:
    """One day. Tell it the registry, then batches in the order of the journal, then ask for the day once."""

    def __init__(self, day: int, until: float, *, late: bool, known: int | None = None) -> None:
        self.registry = Registry()
        self.batches = 0
        self.notes: list[tuple[str, str, float, str]] = []  # Of days: school, key, instant and value.
        self.gaps: Mapping[str, GapFigures] = {}  # Of each school that had any, in numbers.
        self._day = day
        self._until = until  # The instant whose knowledge of the devices is asked for, seconds UTC.
        self._late = late  # Whether readings count that came later and were measured before.
        self.around = None if known is None else Around(until, known)  # For a day that is held against what was frozen.
        self.otherwise: dict[
            str, Mapping[str, Pair]
        ] = {}  # Then: what verdicts were if each gateway had been as it was not.
        self.doubts: dict[str, Doubt] = {}
        self._kept: dict[str, list[RawBatch]] = {}
        self._kept_bytes = 0
        self._seen: dict[tuple[str, str, str], tuple[float, bool]] = {}
        self._refused = 0

    # ---------------------------------------------------------------- what is told

    def take(self, batches: Iterable[RawBatch]) -> None:
        """Take in raw batches; what says nothing of the instant is let go at once."""
        until_ms = self._until * 1_000
        for raw in batches:
            self.batches += 1
            if raw.lane != Lane.TELEMETRY.value:
                continue
            if self.around is not None and not self.around.take(raw):
                continue
            if raw.rx_ms > until_ms and not self._late:
                continue
            recent = raw.rx_ms >= until_ms - REACH_SECONDS * 1_000
            try:
                plain = inflate(raw.body)
                guards = b'"checkin"' in plain or b'"on_duty"' in plain
                if not guards and not recent:
                    continue
                batch = decode_plain_batch(plain)
            except Refused:  # Ingest took it once; a newer server may have become stricter.
                self._refused += 1
                continue
            if guards:
                self._guards(raw, batch)
            if recent and (raw.rx_ms <= until_ms or _measured_before(batch, until_ms)):
                self._keep(raw)

    def phoned(self, check_ins: Iterable[tuple[str, str, str, str, float]]) -> None:
        """Take in check-ins that came by telephone: gateway, device, guard, act and instant."""
        for gateway, device, guard, act, at in check_ins:
            self._note(gateway, device, guard, at, PRESENT.get(act))

    def _keep(self, raw: RawBatch) -> None:
        self._kept_bytes += len(raw.body)
        if self._kept_bytes > KEPT_BYTES_MAX:
            raise StorageError("journal: the readings of the last day are more than any city has")
        self._kept.setdefault(raw.gateway, []).append(raw)

    def _guards(self, raw: RawBatch, batch: Batch) -> None:
        for position, record in _records(raw, batch):
            at = _instant(raw, record, self._until)
            if position < raw.position or at is None:
                continue
            if isinstance(record, CheckIn):
                self._note(raw.gateway, record.d, record.guard, min(record.t / 1_000, at), PRESENT.get(record.act))
            elif isinstance(record, Reading):
                count = record.m.get("on_duty")
                if isinstance(count, int) and not isinstance(count, bool) and count > 0:
                    self._note(raw.gateway, record.d, "", at, there=True)

    def _note(self, gateway: str, device: str, guard: str, at: float, there: bool | None) -> None:
        if there is None or at > self._until:
            return
        known = self._seen.get((gateway, device, guard))
        if known is None or at >= known[0]:
            self._seen[gateway, device, guard] = (at, there)

    # ---------------------------------------------------------------- what is asked

    def end(self, offline: Sequence[tuple[GatewayId, DeviceId]], basis: Basis) -> Frozen:
        """Judge every school. A day of the note `JOURNAL_GONE` has no live verdict: nobody can give one any more."""
        engine = Engine()
        now, at = self._until, judged_at(self._day)
        roster = assembled({(edit.sheet, edit.key): edit.line for edit in self.registry.lines()})
        engine.step(LeadChanged(leads=False), now)
        engine.step(RosterLoaded(roster), now)
        engine.step(GapsCounted({school.id: self.gaps.get(school.id, NO_GAPS) for school in roster.schools}), now)
        gone = JOURNAL_GONE in basis.notes
        if not gone:
            self._tell(engine, offline, basis.listening_ms / 1_000)
        verdicts: dict[str, Mapping[str, Pair]] = {}
        for school in roster.schools:
            pairs = engine.judged(school.id, at)
            verdicts[school.id] = _without_live(pairs) if gone else pairs
        frozen = freeze(self._day, engine.roster, engine.indicators, verdicts, basis)
        if self.around is not None and not gone:
            self._doubt(engine, self.around, at)
        return frozen

    def _doubt(self, engine: Engine, around: Around, at: float) -> None:
        """Let every gateway be silent that was heard, and heard that was silent, and judge again."""
        homes: dict[str, list[str]] = {}
        for gateway, known in engine.roster.gateways.items():
            homes.setdefault(known.school, []).append(gateway)
            state = engine.gateway(GatewayId(gateway))
            if state is not None and state.liveness is Liveness.LIVE:
                engine.step(GatewayLinkChanged(GatewayId(gateway), on=False, path="", rx=self._until), self._until)
            else:
                engine.step(GatewayHeard(GatewayId(gateway), self._until), self._until)
        for school in engine.roster.schools:
            self.otherwise[school] = engine.judged(school, at)
            self.doubts[school] = around.doubt(homes.get(school, ()), REACH_SECONDS)

    def _tell(self, engine: Engine, offline: Sequence[tuple[GatewayId, DeviceId]], listening: float) -> None:
        now = self._until
        seen = sorted((at, *who, there) for who, (at, there) in self._seen.items())
        engine.step(
            GuardsRestored(
                [GuardSeen(GatewayId(box), DeviceId(post), guard, at, there) for at, box, post, guard, there in seen],
                listening,
            ),
            now,
        )
        engine.step(DaysRestored([DayNoted(*note) for note in self.notes]), now)
        engine.step(RecallBegan(offline), now)
        for gateway in sorted(self._kept):
            for raw in reversed(self._kept.pop(gateway)):
                for told in self._told(raw):
                    engine.step(told, now)
        engine.step(RecallEnded(), now)
        for gateway in list(engine.roster.gateways):
            state = engine.gateway(gateway)
            if state is not None and state.before is not None and state.unbroken:
                engine.step(GatewayHeard(GatewayId(gateway), now), now)
        engine.step(Ticked(), now)
        while engine.behind(now):
            engine.step(Ticked(), now)

    def _told(self, raw: RawBatch) -> Iterator[Recalled]:
        """Give one batch newest first, as the engine wants it; of a late one each instant by itself."""
        batch = decode_plain_batch(inflate(raw.body))
        readings = [
            (position, record)
            for position, record in _records(raw, batch)
            if isinstance(record, Reading) and position >= raw.position
        ]
        gateway, epoch = GatewayId(raw.gateway), EpochId(raw.epoch)
        if raw.rx_ms <= self._until * 1_000:
            positions, records = [position for position, _ in readings], [record for _, record in readings]
            yield Recalled(gateway, epoch, raw.rx_ms / 1_000, self._until, positions, records)
            return
        for position, record in reversed(readings):
            at = _instant(raw, record, self._until)
            if at is not None and at >= self._until - REACH_SECONDS:
                yield Recalled(gateway, epoch, at, self._until, [position], [record])


def looked_back_to(calendar: Calendar, until: float) -> float:
    """Say from when on the journal tells who was on post: a week, and back to the last two school days before."""
    at, school_days = until - ALL_SEEN_SECONDS - DAY_SECONDS, 0
    for days in range(LOOKED_BACK_DAYS_MAX):
        day = until - days * DAY_SECONDS
        school_days += is_school_day(calendar, local_date(day))
        if school_days > 1:
            return min(at, day - DAY_SECONDS)
    return until - LOOKED_BACK_DAYS_MAX * DAY_SECONDS


def _records(raw: RawBatch, batch: Batch) -> Iterator[tuple[int, object]]:
    position = raw.body_position
    for record in batch.records:
        if not isinstance(record, BadRecord):
            yield position, record
        position += record.positions()


def _instant(raw: RawBatch, record: object, until: float) -> float | None:
    """Say when a record counts: when it came or, came it later than the instant, when it was measured; None: not by then."""
    received = raw.rx_ms / 1_000
    if received <= until:
        return received
    if not isinstance(record, Reading | CheckIn) or record.q == NO_CLOCK or record.t / 1_000 > until:
        return None
    return record.t / 1_000


def _measured_before(batch: Batch, until_ms: float) -> bool:
    return any(isinstance(record, Reading) and record.q != NO_CLOCK and record.t <= until_ms for record in batch.records)


def _without_live(pairs: Mapping[str, Pair]) -> dict[str, Pair]:
    unknown = Verdict(Judgement.UNKNOWN, (GONE,))
    return {
        name: (ledger, live if live.judgement is Judgement.EXEMPT else unknown) for name, (ledger, live) in pairs.items()
    }
