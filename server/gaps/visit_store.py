"""Keeps visits, draws and findings; each is written with its line of the audit log, or not at all."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from contract.identity import SchoolId
from server.gaps import tables
from server.gaps.model import Entry, Gap, NotMoved
from server.gaps.store import add_to
from server.gaps.visits import Draw, Finding, Visit, VisitState, acted, with_finding
from server.journal.database import Database
from server.registry.audit import append_to

DRAWS_LISTED = 100


class VisitStore:
    """The visits in the database. Every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, visits: Sequence[Visit], drawn: Draw | None = None) -> None:
        """Plan visits, and keep the draw they come from; raises `NotMoved` for an id that is in use."""

        def work(connection: Connection) -> None:
            if drawn is not None:
                connection.execute(insert(tables.visit_draw).values(_draw_row(drawn)))
                words = f"{len(drawn.schools)} of {drawn.list_size} seed={drawn.seed} list={drawn.list_hash}"
                append_to(connection, drawn.at_ms, drawn.by, "visits_drawn", f"draw:{drawn.id}", words)
            if visits:
                connection.execute(insert(tables.visit), [_visit_row(visit) for visit in visits])
            for visit in visits if drawn is None else ():
                append_to(connection, visit.planned_ms, visit.planned_by, "visit_planned", f"visit:{visit.id}", "")

        try:
            await self._database.run(work)
        except IntegrityError:
            raise NotMoved("version_conflict", "id: it is in use") from None

    async def find(self, id_: str) -> Visit | None:
        """Find one visit."""
        return await self._database.run(lambda connection: _find(connection, id_))

    async def act(self, id_: str, act: str, by: str, note: str, now_ms: int) -> Visit:
        """Begin, end or cancel a visit. Raises `NotMoved`."""

        def change(connection: Connection, visit: Visit) -> Visit:
            after = acted(visit, act, by, note, now_ms)
            append_to(connection, now_ms, by, f"visit_{after.state.value}", f"visit:{id_}", visit.school)
            return after

        return await self._change(id_, change)

    async def add_finding(
        self, id_: str, finding: Finding, number: int, by: str, role: str, now_ms: int
    ) -> tuple[Visit, Gap]:
        """Add a finding to a visit that has begun, and its gap to the ledger. Raises `NotMoved`."""
        made: list[tuple[Gap, Entry]] = []

        def change(connection: Connection, visit: Visit) -> Visit:
            after, gap, entry = with_finding(visit, finding, number, by, role, now_ms)
            add_to(connection, [gap], [entry])
            append_to(connection, now_ms, by, "visit_finding", f"gap:{gap.id}", finding.severity.value)
            made.append((gap, entry))
            return after

        return await self._change(id_, change), made[-1][0]

    async def page(
        self, schools: Collection[str], states: Collection[VisitState], *, hidden: bool, offset: int, limit: int
    ) -> Sequence[Visit]:
        """Read visits, the newest day first; those that have not begun only where `hidden` ones may be seen."""
        row = tables.visit.c
        query = select(tables.visit).where(row.school.in_(schools))
        if states:
            query = query.where(row.state.in_([state.value for state in states]))
        if not hidden:
            query = query.where(row.begun_ms > 0)
        query = query.order_by(row.day.desc(), row.id).offset(offset).limit(limit)
        return await self._database.run(lambda connection: [_visit(one) for one in connection.execute(query)])

    async def draws(self, units: Collection[str]) -> Sequence[Draw]:
        """List the newest draws of some units."""
        row = tables.visit_draw.c
        query = select(tables.visit_draw).where(row.unit.in_(units)).order_by(row.at_ms.desc()).limit(DRAWS_LISTED)
        return await self._database.run(lambda connection: [_draw(one) for one in connection.execute(query)])

    async def _change(self, id_: str, change: Callable[[Connection, Visit], Visit]) -> Visit:
        def work(connection: Connection) -> Visit:
            visit = _find(connection, id_, lock=True)
            if visit is None:
                raise NotMoved("not_found", "no such visit")
            after = change(connection, visit)
            connection.execute(update(tables.visit).where(tables.visit.c.id == id_).values(_visit_row(after)))
            return after

        return await self._database.run(work)


def _find(connection: Connection, id_: str, *, lock: bool = False) -> Visit | None:
    query = select(tables.visit).where(tables.visit.c.id == id_)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _visit(row)


def _visit_row(visit: Visit) -> dict[str, object]:
    return asdict(visit) | {"state": visit.state.value}


def _visit(row: Row[Any]) -> Visit:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's own name for it.
    return Visit(**(values | {"state": VisitState(row.state)}))


def _draw_row(drawn: Draw) -> dict[str, object]:
    return asdict(drawn) | {"schools": json.dumps(drawn.schools)}


def _draw(row: Row[Any]) -> Draw:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's own name for it.
    return Draw(**(values | {"schools": tuple(SchoolId(one) for one in json.loads(row.schools))}))
