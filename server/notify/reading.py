"""Reads the log of notifications: of one alert, or a list with filters. Raises `StorageError`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, not_, select

from server.journal.database import Database
from server.notify import tables
from server.notify.model import Due, Hop, Sending
from server.notify.rows import read_due, read_hop, read_sending


@dataclass(frozen=True, slots=True)
class Told:
    """One due step with its messages and every hop, oldest first."""

    due: Due
    sendings: Sequence[Sending]
    hops: Sequence[Hop]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which due steps a list shows; empty asks for all."""

    schools: Collection[str] | None = None  # None: every school, and what belongs to none.
    states: Collection[str] = ()
    channel: str = ""
    audience: str = ""
    mode: str = ""
    rule: str = ""
    from_ms: int = 0
    to_ms: int = 0
    covert: bool = True  # Whether duress alarms are shown.


class NotificationLog:
    """The log in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_alert(self, alert: str, limit: int = 2_000) -> Sequence[Told]:
        """Read whom an alert told, or had to tell, oldest first."""
        query = select(tables.notification_due).where(tables.notification_due.c.alert == alert)
        ordered = query.order_by(tables.notification_due.c.at_ms, tables.notification_due.c.audience).limit(limit)
        return await self._database.run(lambda connection: _with_all(connection, ordered))

    async def page(self, wanted: Wanted, offset: int, limit: int) -> tuple[Sequence[Told], int]:
        """Read due steps, the newest first, and how many there are in all."""
        where = _where(wanted)
        due = tables.notification_due
        query = select(due).where(where).order_by(due.c.at_ms.desc(), due.c.id).offset(offset).limit(limit)
        count = select(func.count()).select_from(due).where(where)

        def work(connection: Connection) -> tuple[Sequence[Told], int]:
            return _with_all(connection, query), connection.execute(count).scalar_one()

        return await self._database.run(work)

    async def dead(self, since_ms: int, limit: int) -> Sequence[Due]:
        """List due steps since an instant of which nobody has been reached, oldest first."""
        due = tables.notification_due
        query = select(due).where(due.c.state == "dead", due.c.at_ms >= since_ms).order_by(due.c.at_ms).limit(limit)
        return await self._database.run(lambda connection: [read_due(row) for row in connection.execute(query)])


def _where(wanted: Wanted) -> Any:
    due, row = tables.notification_due.c, tables.notification.c
    terms: list[Any] = [due.at_ms >= wanted.from_ms]
    if wanted.to_ms:
        terms.append(due.at_ms < wanted.to_ms)
    if wanted.schools is not None:
        terms.append(due.school.in_(wanted.schools))
    if not wanted.covert:
        terms.append(not_(due.about.contains('"code":"duress"', autoescape=True)))
    if wanted.states:
        terms.append(due.state.in_(wanted.states))
    if wanted.channel:
        terms.append(due.id.in_(select(row.due).where(row.channel == wanted.channel)))
    for column, value in ((due.audience, wanted.audience), (due.mode, wanted.mode), (due.rule, wanted.rule)):
        if value:
            terms.append(column == value)
    return and_(*terms)


def _with_all(connection: Connection, query: Select[Any]) -> Sequence[Told]:
    dues = [read_due(row) for row in connection.execute(query)]
    ids = [due.id for due in dues]
    row, hop = tables.notification, tables.notification_hop
    sendings: Mapping[str, list[Sending]] = {id_: [] for id_ in ids}
    for one in connection.execute(select(row).where(row.c.due.in_(ids)).order_by(row.c.made_ms, row.c.id)):
        sendings[one.due].append(read_sending(one))
    hops: Mapping[str, list[Hop]] = {id_: [] for id_ in ids}
    for one in connection.execute(select(hop).where(hop.c.due.in_(ids)).order_by(hop.c.number)):
        hops[one.due].append(read_hop(one))
    return [Told(due, sendings[due.id], hops[due.id]) for due in dues]
