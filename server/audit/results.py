"""Keeps what audits found: each run with its report, and of each day the last word."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select

from server.audit import tables
from server.audit.days import day_of, start_of
from server.audit.report import Report
from server.journal.database import Database

RUNS_MAX = 1_000  # Three years of nights; then the oldest go.


class Run(msgspec.Struct, frozen=True):
    """One audit that came to its end."""

    id: str
    asked_by: str
    started_ms: int
    ended_ms: int
    from_ms: int
    to_ms: int
    passed: bool
    differences: int


class Day(msgspec.Struct, frozen=True):
    """What the last audit of a day found."""

    day: int
    passed: bool
    at_ms: int


class Results:
    """Reads and writes the audits' tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, run: str, asked_by: str, report: Report) -> None:
        """Keep a report, and what it says of each day that it covered whole."""
        values = {
            "id": run,
            "asked_by": asked_by,
            "started_ms": report.started_ms,
            "ended_ms": report.ended_ms,
            "from_ms": report.from_ms,
            "to_ms": report.to_ms,
            "passed": report.passed,
            "differences": report.differences,
            "report": msgspec.json.encode(report).decode(),
        }
        days = range(day_of(report.from_ms + 86_399_999), day_of(report.to_ms))
        whole = [day for day in days if start_of(day + 1) <= report.started_ms]

        def work(connection: Connection) -> None:
            connection.execute(insert(tables.audit_run).values(**values))
            for day in whole:
                connection.execute(delete(tables.audit_day).where(tables.audit_day.c.day == day))
                row = {"day": day, "run": run, "passed": report.passed, "at_ms": report.ended_ms}
                connection.execute(insert(tables.audit_day).values(**row))
            run_column = tables.audit_run.c
            kept = select(run_column.id).order_by(run_column.started_ms.desc()).limit(RUNS_MAX)
            connection.execute(delete(tables.audit_run).where(run_column.id.not_in(kept)))

        await self._database.run(work)

    async def days(self, from_day: int) -> dict[int, Day]:
        """Read the last word on each day since one."""
        table = tables.audit_day.c
        query = select(table.day, table.passed, table.at_ms).where(table.day >= from_day)
        return {row[0]: Day(*row) for row in await self._rows(query)}

    async def runs(self, limit: int) -> list[Run]:
        """Read the newest runs."""
        query = _runs().order_by(tables.audit_run.c.started_ms.desc()).limit(limit)
        return [Run(*row) for row in await self._rows(query)]

    async def report(self, run: str) -> Report | None:
        """Read the report of a run."""
        query = select(tables.audit_run.c.report).where(tables.audit_run.c.id == run)
        rows = await self._rows(query)
        return msgspec.json.decode(rows[0][0], type=Report) if rows else None

    async def run(self, run: str) -> Run | None:
        """Read one run."""
        rows = await self._rows(_runs().where(tables.audit_run.c.id == run))
        return Run(*rows[0]) if rows else None

    async def _rows(self, query: Any) -> Sequence[Any]:
        return await self._database.run(lambda connection: connection.execute(query).all())


def _runs() -> Any:
    run = tables.audit_run.c
    return select(run.id, run.asked_by, run.started_ms, run.ended_ms, run.from_ms, run.to_ms, run.passed, run.differences)
