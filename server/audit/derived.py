"""Reads what was derived from raw batches and is kept beside them: alarm events, gaps, quarantine, facts of alerts."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, literal, select, tuple_

from contract.errors import Reason
from server.audit.digest import Missing, Told
from server.journal import tables
from server.journal.database import Database
from server.journal.raw import as_bytes
from server.journal.search import last_before

PAGE = 2_000  # Rows at a time: about a millisecond of the database, for which an alarm may have to wait.
ASKED_MAX = 200  # Ids in one question.
REFUSED = "refused"


class Joined(msgspec.Struct, frozen=True):
    """One fact of an alert, the signals it puts into it, and whether it can be read."""

    signals: list[str]
    readable: bool
    alert: str
    at_ms: int
    number: int


class _Attached(msgspec.Struct):
    id: str


class _Raised(msgspec.Struct):
    presses: list[_Attached] = []


class _Fact(msgspec.Struct):
    what: str
    alert: _Raised | None = None
    press: _Attached | None = None


_fact_decoder = msgspec.json.Decoder(_Fact)


class Derived:
    """Reads in pages, so that nothing waits long for the database meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(self, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Told]]:
        """Read the alarm events received in [from, to)."""
        event = tables.alarm_event.c
        columns = (event.rx_ms, event.id, event.kind, event.state, event.gateway)
        last: tuple[int, str, str, str, str] = (from_ms, "", "", "", "")
        while True:
            query = _events().where(tuple_(*columns) > last, event.rx_ms < to_ms).order_by(*columns)
            page = await self._told(query.limit(PAGE))
            if page:
                yield page
                newest = page[-1]
                last = (newest.rx_ms, newest.id, newest.kind, newest.state, newest.gateway)
            if len(page) < PAGE:
                return

    async def events_of(self, ids: Sequence[str]) -> dict[str, list[Told]]:
        """Read every alarm event that bears one of these ids."""
        found: dict[str, list[Told]] = {}
        for begun in range(0, len(ids), ASKED_MAX):
            asked = ids[begun : begun + ASKED_MAX]
            for event in await self._told(_events().where(tables.alarm_event.c.id.in_(asked))):
                found.setdefault(event.id, []).append(event)
        return found

    async def missing(self, from_ms: int, to_ms: int) -> AsyncIterator[Sequence[Missing]]:
        """Read what is kept of positions without a record: gaps, and refused records (as gaps of one, `refused`)."""
        gap, kept = tables.gap.c, tables.quarantine.c
        gaps = select(gap.id, gap.rx_ms, gap.gateway, gap.epoch, gap.lane, gap.position, gap.count, gap.reason)
        refused = select(
            kept.id, kept.rx_ms, kept.gateway, kept.epoch, kept.lane, kept.position, literal(1), literal(REFUSED)
        )
        refused = refused.where(kept.reason != Reason.POSITION_CONFLICT.value)
        for query, number, at_ms in ((gaps, gap.id, gap.rx_ms), (refused, kept.id, kept.rx_ms)):
            async for rows in self._numbered(query, number, at_ms, from_ms):
                page = [
                    Missing(gateway, epoch, lane, position, count, why, rx_ms)
                    for _, rx_ms, gateway, epoch, lane, position, count, why in rows
                    if from_ms <= rx_ms < to_ms
                ]
                if page:
                    yield page

    async def conflicts(self, gateway: str) -> Sequence[bytes]:
        """Read the batches of a gateway that claimed positions which another batch holds."""
        kept = tables.quarantine.c
        query = select(kept.raw).where(kept.gateway == gateway, kept.reason == Reason.POSITION_CONFLICT.value)
        return await self._database.run(lambda connection: [as_bytes(raw) for [raw] in connection.execute(query)])

    async def joined(self, from_ms: int) -> AsyncIterator[Sequence[Joined]]:
        """Read the facts since an instant, and which signals they put into their alerts."""
        fact = tables.alert_fact.c
        query = select(fact.sequence, fact.at_ms, fact.alert, fact.number, fact.body)
        async for rows in self._numbered(query, fact.sequence, fact.at_ms, from_ms):
            yield [_joined(*row[1:]) for row in rows]

    async def _told(self, query: Select[Any]) -> Sequence[Told]:
        return [
            Told(identity, kind, state, gateway, device, t_ms, rx_ms, as_bytes(body))
            for identity, kind, state, gateway, device, t_ms, rx_ms, body in await self._rows(query)
        ]

    async def _numbered(self, query: Select[Any], number: Any, at_ms: Any, from_ms: int) -> AsyncIterator[Sequence[Any]]:
        """Read the rows of a query whose first column is `number`, from an instant on."""
        last = await self._database.run(lambda connection: last_before(connection, number, at_ms, from_ms))
        while True:
            rows = await self._rows(query.where(number > last).order_by(number).limit(PAGE))
            if rows:
                yield rows
                last = rows[-1][0]
            if len(rows) < PAGE:
                return

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        def work(connection: Connection) -> Sequence[Any]:
            return connection.execute(query).all()

        return await self._database.run(work)


def _events() -> Select[Any]:
    event = tables.alarm_event.c
    return select(event.id, event.kind, event.state, event.gateway, event.device, event.t_ms, event.rx_ms, event.body)


def _joined(at_ms: int, alert: str, number: int, body: bytes) -> Joined:
    try:
        fact = _fact_decoder.decode(as_bytes(body))
    except msgspec.DecodeError:
        return Joined([], False, alert, at_ms, number)
    told = [*(fact.alert.presses if fact.alert else ()), *([fact.press] if fact.press else ())]
    return Joined([one.id for one in told], True, alert, at_ms, number)
