"""The work that evidence needs by itself: traces are frozen, and what nobody holds goes when its time is over."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
from sqlalchemy import Connection, delete, select, update

from contract.errors import AnxiaoError
from server.core.alert import Alert, Flow
from server.evidence import tables
from server.evidence.files import Files
from server.evidence.model import AROUND_MS, LATE_MS, SETTLE_MS, Act, Shelf, shelf_of
from server.evidence.reading import EvidenceReader
from server.evidence.store import EvidenceStore, add_act
from server.evidence.tables import held_alerts
from server.journal.archive import ArchiveEntry
from server.journal.archiving import set_aside

LOOK_SECONDS = 30.0
TRACES_AT_ONCE = 20  # In one look; a storm of 500 presses is frozen within a quarter of an hour.
GONE_AT_ONCE = 100
RETENTION_MS = 3_600_000  # How often it is looked whose time is over.
DAY_MS = 86_400_000
KNOWN_MAX = 50_000

log = structlog.get_logger("evidence")


class Alerts(Protocol):
    """Where the alerts of now are."""

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Give them."""
        ...


@dataclass(slots=True)
class Counters:
    """What the job has done since the start."""

    traces: int = 0
    expired: int = 0
    held_back: int = 0  # In the last look: whose time is over and which a hold keeps.
    faults: int = 0


class EvidenceKeeper:
    """One per server; `run` serves until cancelled, and only the server that leads does the work."""

    def __init__(
        self,
        reader: EvidenceReader,
        files: Files,
        engine: Alerts,
        days: Mapping[Shelf, int],
        *,
        leads: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.counters = Counters()
        self._reader = reader
        self._store: EvidenceStore = reader.store
        self._files = files
        self._engine = engine
        self._days = days
        self._leads = leads
        self._clock = clock
        self._frozen: dict[str, tuple[int, int, bool]] = {}
        self._retained_ms = 0

    async def run(self) -> None:
        """Look every half minute, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if self._leads():
                    await self.look()
            except AnxiaoError as error:
                log.warning("evidence_not_kept", error=str(error))
            except Exception:  # The top of a long-running task: our mistake with one incident must not end it for all.
                self.counters.faults += 1
                log.exception("evidence_failed")

    async def look(self) -> None:
        """Freeze what is due, and let go of what is over."""
        now_ms = round(self._clock() * 1_000)
        await self._freeze(now_ms)
        if now_ms - self._retained_ms >= RETENTION_MS:
            await self.retain(now_ms)
            self._retained_ms = now_ms

    async def _freeze(self, now_ms: int) -> None:
        ripe = [alert for alert in self._engine.alerts.values() if _ripe(alert, now_ms)]
        unknown = [alert.id for alert in ripe if alert.id not in self._frozen]
        if len(self._frozen) > KNOWN_MAX:
            self._frozen.clear()
        for start in range(0, len(unknown), 500):
            self._frozen |= await self._store.taken(unknown[start : start + 500])
        due = [alert for alert in ripe if self._due(alert, now_ms)]
        for alert in sorted(due, key=lambda one: one.rx)[:TRACES_AT_ONCE]:
            trace = await self._reader.read_trace(alert, now_ms)
            await self._store.keep_trace(alert.id, shelf_of(alert), trace)
            self._frozen[alert.id] = (trace.presses, now_ms, trace.whole)
            self.counters.traces += 1

    def _due(self, alert: Alert, now_ms: int) -> bool:
        taken = self._frozen.get(alert.id)
        if taken is None or taken[0] != alert.press_count:
            return True
        # One with gaps is taken once more, when a school that was cut off has had time to send what it kept.
        again = _last_ms(alert) + LATE_MS
        return not taken[2] and taken[1] < again <= now_ms

    async def retain(self, now_ms: int) -> int:
        """Let go of the attachments and traces whose time is over and which nobody holds; gives how many went."""
        gone = held_back = 0
        for shelf, days in self._days.items():
            before_ms = now_ms - days * DAY_MS
            going, held = await self._store.database.run(
                lambda connection, shelf=shelf, before_ms=before_ms: _expire(connection, shelf, before_ms, now_ms)  # type: ignore[misc]
            )
            for sha256 in going:
                await asyncio.to_thread(self._files.remove, sha256)
            gone, held_back = gone + len(going), held_back + held
        gone += await self._release_archive()
        self.counters.expired += gone
        self.counters.held_back = held_back
        return gone

    async def set_aside(self, entry: ArchiveEntry, path: Path) -> None:
        """Keep a file of the archive whose time is over, where a hold needs it. Raises `StorageError`: then it stays."""
        if _needed(entry, await self.held_spans()):
            await asyncio.to_thread(set_aside, path, self._files.folder / "raw", entry)
            log.info("archive_held", name=entry.name)

    async def _release_archive(self) -> int:
        """Let go of the archive's files that were set aside for holds, once no hold needs them."""
        spans = await self.held_spans()
        gone = 0
        for note in await asyncio.to_thread(lambda: sorted((self._files.folder / "raw").glob("*.gz.json"))):
            entry = msgspec.json.decode(await asyncio.to_thread(note.read_bytes), type=ArchiveEntry)
            if not _needed(entry, spans):
                await asyncio.to_thread(note.with_suffix("").unlink, missing_ok=True)
                await asyncio.to_thread(note.unlink)
                log.info("archive_released", name=entry.name)
                gone += 1
        return gone

    async def held_spans(self) -> list[tuple[int, int]]:
        """List the spans of receipt that holds keep: as they were placed, and as traces since then show."""
        hold, trace = tables.evidence_hold.c, tables.evidence_trace.c
        placed = select(hold.from_ms, hold.to_ms).where(hold.lifted_ms == 0)
        traced = select(trace.from_ms, trace.to_ms + LATE_MS).where(trace.alert.in_(held_alerts()))
        rows = await self._store.database.run(
            lambda connection: [*connection.execute(placed).all(), *connection.execute(traced).all()]
        )
        return [(int(start), int(end)) for start, end in rows]


def _ripe(alert: Alert, now_ms: int) -> bool:
    """Say whether the minutes after the newest press are over, by either clock."""
    return alert.flow is Flow.INCIDENT and _last_ms(alert) + AROUND_MS + SETTLE_MS <= now_ms


def _needed(entry: ArchiveEntry, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= entry.last_rx_ms and entry.first_rx_ms <= end for start, end in spans)


def _last_ms(alert: Alert) -> int:
    return round(max([alert.rx, *(press.rx for press in alert.presses)]) * 1_000)


def _expire(connection: Connection, shelf: Shelf, before_ms: int, now_ms: int) -> tuple[list[str], int]:
    """Mark what goes, and name the files whose bytes nobody else needs; say how much a hold keeps."""
    file, trace = tables.evidence_file.c, tables.evidence_trace.c
    over = (file.shelf == shelf.value, file.at_ms < before_ms, file.expired_ms == 0)
    old = (trace.shelf == shelf.value, trace.taken_ms < before_ms)
    held = held_alerts()
    rows = connection.execute(
        select(file.id, file.alert, file.sha256).where(*over, file.alert.not_in(held)).limit(GONE_AT_ONCE)
    ).all()
    kept = len(connection.execute(select(file.id).where(*over, file.alert.in_(held))).all())
    kept += len(connection.execute(select(trace.alert).where(*old, trace.alert.in_(held))).all())
    ids = [row.id for row in rows]
    connection.execute(update(tables.evidence_file).where(file.id.in_(ids)).values(expired_ms=now_ms))
    for row in rows:
        add_act(connection, Act(row.alert, now_ms, "", "", "expired", row.id))
    traces = connection.execute(
        select(trace.alert, trace.number).where(*old, trace.alert.not_in(held)).limit(GONE_AT_ONCE)
    ).all()
    for alert, number in traces:
        connection.execute(delete(tables.evidence_trace).where(trace.alert == alert, trace.number == number))
        add_act(connection, Act(alert, now_ms, "", "", "expired", f"trace {number}"))
    return list(_unneeded(connection, {row.sha256 for row in rows})), kept


def _unneeded(connection: Connection, hashes: Iterable[str]) -> Iterable[str]:
    file = tables.evidence_file.c
    for sha256 in sorted(hashes):
        needed = select(file.id).where(file.sha256 == sha256, file.expired_ms == 0).limit(1)
        if connection.execute(needed).first() is None:
            yield sha256
