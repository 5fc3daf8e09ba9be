"""What a past day is judged anew from, in small pieces: SQLite has one thread, and an alarm's commit may wait for one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, select

from contract.identity import DeviceId, GatewayId
from contract.records import CheckIn, DeviceAlert
from server.core.gap_figures import GapFigures
from server.gaps.model import Gap
from server.gaps.rates import rates
from server.gaps.store import SCHOOLS_AT_ONCE, GapStore
from server.journal import tables as journal
from server.journal.database import Database
from server.registry import tables as registry
from server.registry.changes import decode_line
from server.registry.recorded import HEAD
from server.snapshots.calendar import as_date
from server.snapshots.replay import ChangeRow

CHANGES_AT_ONCE = 1_000  # Some 3 ms.
CHECK_INS_AT_ONCE = 1_000
CHECK_INS_MAX = 500_000  # By telephone, in five weeks; beyond it the day cannot be judged.
OFFLINE = "offline"
OFFLINE_DAYS_MS = 30 * 86_400_000  # How old the report of a lost device may be, as after a start.


@dataclass(frozen=True, slots=True)
class Known:
    """What may be used: registry changes and batches up to these sequences."""

    registry: int
    journal: int


class PastRecords:
    """Reads one database; every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self) -> Known:
        """Give the newest sequences there are."""
        query = select(HEAD, select(func.max(journal.raw_batch.c.sequence)).scalar_subquery())

        def work(connection: Connection) -> Known:
            change, batch = connection.execute(query).one()
            return Known(change, batch or 0)

        return await self._database.run(work)

    async def changes(self, day: int, known: int) -> AsyncIterator[list[ChangeRow]]:
        """Give the registry's changes in effect on a day and recorded up to sequence `known`, piece by piece."""
        row = registry.registry_change.c
        after = 0
        while True:
            query = (
                select(row.sequence, row.sheet, row.key, row.body)
                .where(row.sequence > after, row.sequence <= known, row.effective <= as_date(day))
                .order_by(row.sequence)
                .limit(CHANGES_AT_ONCE)
            )
            rows = await self._rows(query)
            if not rows:
                return
            after = rows[-1][0]
            yield [(sheet, key, body) for _, sheet, key, body in rows]

    async def lines(self, sheet: str, day: int, known: int) -> list[Any]:
        """Read the lines of one sheet as they held on a day by the changes up to sequence `known`: of a sheet of few."""
        row = registry.registry_change.c
        query = (
            select(row.key, row.body)
            .where(row.sheet == sheet, row.sequence <= known, row.effective <= as_date(day))
            .order_by(row.sequence)
        )
        bodies = {key: body for key, body in await self._rows(query)}  # noqa: C416  # Rows are no pairs to mypy.
        return [decode_line(sheet, body) for body in bodies.values() if body is not None]

    async def phoned(self, from_ms: int, to_ms: int) -> list[tuple[str, str, str, str, float]]:
        """List the check-ins that came by telephone in a span of time: gateway, device, guard, act and instant."""
        event = journal.alarm_event.c
        found: list[tuple[str, str, str, str, float]] = []
        after = (from_ms, "")
        while len(found) < CHECK_INS_MAX:
            query = (
                select(event.rx_ms, event.id, event.gateway, event.device, event.t_ms, event.body)
                .where(event.rx_ms >= after[0], event.rx_ms <= to_ms, event.kind == "checkin")
                .where((event.rx_ms > after[0]) | (event.id > after[1]))
                .order_by(event.rx_ms, event.id)
                .limit(CHECK_INS_AT_ONCE)
            )
            rows = await self._rows(query)
            for rx_ms, _, gateway, device, t_ms, body in rows:
                told = msgspec.json.decode(bytes(body), type=CheckIn)
                found.append((gateway, device, told.guard, told.act, min(t_ms, rx_ms) / 1_000))
            if len(rows) < CHECK_INS_AT_ONCE:
                break
            after = (rows[-1][0], rows[-1][1])
        return found

    async def noted(self, until_ms: int) -> list[tuple[str, str, float, str]]:
        """List what was noted of schools' days by an instant, the longest ago first: school, key, instant and value."""
        row = journal.day_note.c
        found: list[tuple[str, str, float, str]] = []
        after = ("", "")
        while True:
            query = (
                select(row.school, row.key, row.at_ms, row.value)
                .where((row.school > after[0]) | ((row.school == after[0]) & (row.key > after[1])), row.at_ms <= until_ms)
                .order_by(row.school, row.key)
                .limit(CHECK_INS_AT_ONCE)
            )
            rows = await self._rows(query)
            found += [(school, key, at_ms / 1_000, value) for school, key, at_ms, value in rows]
            if len(rows) < CHECK_INS_AT_ONCE:
                return sorted(found, key=lambda note: (note[2], note[0], note[1]))
            after = (rows[-1][0], rows[-1][1])

    async def gaps(self, on: date, until_ms: int) -> dict[str, GapFigures]:
        """Count the gaps of each school that had any, as their moves up to an instant left them, on a day."""
        store = GapStore(self._database)
        schools = await store.every_school()
        found: dict[str, GapFigures] = {}
        for start in range(0, len(schools), SCHOOLS_AT_ONCE):
            of_school: dict[str, list[Gap]] = {}
            for gap in await store.as_of(schools[start : start + SCHOOLS_AT_ONCE], until_ms):
                of_school.setdefault(gap.school, []).append(gap)
            found.update((school, rates(gaps, on).figures) for school, gaps in of_school.items())
        return found

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        return await self._database.run(lambda connection: connection.execute(query).all())

    async def offline(self, until_ms: int) -> Sequence[tuple[GatewayId, DeviceId]]:
        """Name the devices that their gateways had reported as lost by an instant, and not as found again by then."""
        event = journal.alarm_event.c
        query = (
            select(event.id, event.state, event.gateway, event.device, event.body)
            .where(event.kind == "alert", event.rx_ms > until_ms - OFFLINE_DAYS_MS, event.rx_ms <= until_ms)
            .order_by(event.rx_ms)
        )

        def work(connection: Connection) -> Sequence[tuple[GatewayId, DeviceId]]:
            lost: dict[str, tuple[GatewayId, DeviceId]] = {}
            for id_, state, gateway, device, body in connection.execute(query):
                if state == "off":
                    lost.pop(id_, None)
                elif _code(bytes(body)) == OFFLINE:
                    lost[id_] = (GatewayId(gateway), DeviceId(device))
            return list(dict.fromkeys(lost.values()))

        return await self._database.run(work)


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=DeviceAlert).code
    except msgspec.DecodeError:
        return ""
