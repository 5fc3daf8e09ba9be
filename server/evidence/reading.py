"""Reads everything that belongs to the evidence of one incident; piece by piece, off the event loop, never for an alarm."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import func, select

from server.commands.store import CommandStore
from server.core.alert import Alert
from server.core.fact import decode_fact
from server.drills.window import Entry as WindowEntry
from server.drills.window import Rehearsal
from server.drills.window_store import WindowStore
from server.evidence.batches import batches_of
from server.evidence.model import AROUND_MS, LATE_MS, Trace, TraceDevice
from server.evidence.store import EvidenceStore
from server.evidence.timeline import Dossier, Known, alert_of, timeline
from server.evidence.trace import Gathering, spans_of
from server.journal import tables
from server.journal.database import Database
from server.journal.model import JournaledBatch
from server.notify.reading import NotificationLog
from server.police.store import PoliceReceipts
from server.registry.tree import Tree

BATCHES_MAX = 3_000  # Of one gateway: six hours at one in seven seconds.
GATEWAYS_MAX = 8  # Of one school.
EARLY_MS = 60_000  # What a school's clock may be ahead of ours beyond what its press shows.
ORDERS_MAX = 200
WINDOWS_MAX = 20


class Facts(Protocol):
    """Where facts of alerts are read."""

    async def facts_of(self, alert: str) -> Sequence[bytes]:
        """Read every fact of one alert, however old, oldest first."""
        ...


class EvidenceReader:
    """Reads evidence. Every method raises `StorageError` where the database does not answer."""

    def __init__(
        self,
        database: Database,
        facts: Facts,
        store: EvidenceStore,
        tree: Callable[[], Tree],
    ) -> None:
        self.store = store
        self._database = database
        self._facts = facts
        self._told = NotificationLog(database)
        self._police = PoliceReceipts(database)
        self._orders = CommandStore(database)
        self._windows = WindowStore(database)
        self._tree = tree

    async def alert(self, alert: str) -> Alert | None:
        """Give an alert of which no screen knows any more, from its facts; None where there never was one."""
        return alert_of([decode_fact(body) for body in await self._facts.facts_of(alert)])

    async def dossier(self, alert: Alert, until_ms: int) -> Dossier:
        """Read all that was known before an instant."""
        facts = [decode_fact(body) for body in await self._facts.facts_of(alert.id)]
        facts = [fact for fact in facts if round(fact.at * 1_000) < until_ms]
        then = alert_of(facts) or alert
        acts = await self.store.acts(alert.id)
        start = round(min([then.t, *(press.t for press in then.presses)]) * 1_000) - AROUND_MS
        end = min(until_ms, round((then.resolved_at or until_ms / 1_000) * 1_000) + AROUND_MS)
        known = Known(
            facts,
            told=await self._told.of_alert(alert.id),
            police=await self._police.of_alert(alert.id),
            orders=await self._orders.between(then.school, start, end, ORDERS_MAX) if then.school else (),
            windows=await self._windows_over(then),
            acts=acts,
        )
        entries, left_out = timeline(known, until_ms)
        trace = await self.store.trace(alert.id, until_ms)
        files = [one for one in await self.store.files(alert.id) if one.at_ms < until_ms]
        return Dossier(
            alert=then,
            until_ms=until_ms,
            facts=facts,
            known=known,
            entries=entries,
            entries_left_out=left_out,
            trace=trace or await self.read_trace(then, until_ms),
            frozen=trace is not None,
            files=files,
            hold=await self.store.hold(alert.id),
        )

    async def read_trace(self, alert: Alert, now_ms: int) -> Trace:
        """Gather the trace from the journal as it is now."""
        spans, left_out = spans_of(alert)
        tree = self._tree()
        devices = [
            TraceDevice(device.gateway, device.id, device.kind, device.name, device.place)
            for device in (tree.devices_of(alert.school) if alert.school else ())
        ]
        gateways = sorted({device.gateway for device in devices} | ({alert.gateway} if alert.gateway else set()))
        gathering = Gathering(spans, devices)
        received = _received(alert, spans, now_ms)
        cut = len(gateways) > GATEWAYS_MAX
        for gateway in gateways[:GATEWAYS_MAX]:
            batches, more = await batches_of(self._database, gateway, received, BATCHES_MAX)
            cut = cut or more
            await asyncio.to_thread(_add_all, gathering, batches)
        source = "journal" if await self._reaches(received[0]) else ""
        return await asyncio.to_thread(gathering.trace, alert, taken=now_ms, source=source, spans_left_out=left_out, cut=cut)

    async def _reaches(self, rx_ms: int) -> bool:
        """Say whether what was received since an instant is in the database still, and has not left for the archive."""
        left = select(func.max(tables.archive_file.c.last_rx_ms))
        newest = await self._database.run(lambda connection: connection.execute(left).scalar_one_or_none())
        return newest is None or int(newest) < rx_ms

    async def _windows_over(self, alert: Alert) -> list[tuple[Rehearsal, Sequence[WindowEntry]]]:
        """Read the tests and drills whose span had a press of the incident in it, whoever's button it was."""
        moments = [round(press.t * 1_000) for press in alert.presses] or [round(alert.t * 1_000)]
        if not alert.school:
            return []
        windows = await self._windows.overlapping(alert.school, min(moments), max(moments), WINDOWS_MAX)
        covering = [one for one in windows if any(one.start_ms <= at <= one.end_ms for at in moments)]
        return [(one, await self._windows.history(one.id)) for one in covering]


def _received(alert: Alert, spans: Sequence[tuple[int, int]], now_ms: int) -> tuple[int, int]:
    """Say when what was measured in the spans was received: with the clocks' difference, and late for a school cut off."""
    ahead = max([0.0, *(press.t - press.rx for press in alert.presses)])
    known = max([alert.rx, *(press.rx for press in alert.presses)])
    start = min(first for first, _ in spans) - EARLY_MS - round(ahead * 1_000)
    end = max(*(last for _, last in spans), round(known * 1_000)) + LATE_MS
    return start, min(end, now_ms)


def _add_all(gathering: Gathering, batches: Sequence[JournaledBatch]) -> None:
    for batch in batches:
        gathering.add(batch)
