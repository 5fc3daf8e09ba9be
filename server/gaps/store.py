"""Keeps gaps: each change of one is stored in one transaction with its line of history, or not at all."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, and_, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from contract.errors import StorageError
from contract.identity import SchoolId
from server.core.schedule import end_of_day, local_date
from server.gaps import tables
from server.gaps.cells import HELD_MS, Cell, Changes, Watch, compare
from server.gaps.lifecycle import judge
from server.gaps.model import Asked, Entry, Evidence, Gap, GapState, Move, NotMoved
from server.gaps.rates import DUE_SOON_DAYS, Rates
from server.gaps.then import stood
from server.journal.database import Database
from server.registry.audit import append_to

SCHOOLS_AT_ONCE = 25  # Of one question about the past: some milliseconds of SQLite's one thread.
DUE_MAX = 5_000  # Schools looked at in one round because a watch may have ended.


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which gaps a list shows."""

    schools: Collection[str]
    states: Collection[GapState] = ()  # Empty: those that are open.
    owner: str = ""
    indicator: str = ""
    figure: str = ""
    due: str = ""  # overdue, soon or none; for the first two the states asked for should be open ones.
    visit: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """The gaps of one school in numbers."""

    states: Mapping[GapState, int]
    rates: Rates


class GapStore:
    """The gaps in the database. Every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def compare(self, schools: Collection[str], cells: Sequence[Cell], now_ms: int, figures: Iterable[str]) -> Changes:
        """Write what the cells of some schools change, and say what it was.

        Raises `StorageError` too where another server wrote the same at that moment: it is compared again later.
        """

        def work(connection: Connection) -> Changes:
            query = select(tables.gap_line).where(tables.gap_line.c.school.in_(schools)).with_for_update()
            gaps = {row.id: _gap(row) for row in connection.execute(query)}
            seen = select(tables.gap_watch).where(tables.gap_watch.c.school.in_(schools))
            watches = {
                row.id: Watch(row.id, SchoolId(row.school), bool(row.bad), row.since_ms) for row in connection.execute(seen)
            }
            changes = compare(cells, gaps, watches, now_ms, figures)
            _write(connection, changes)
            return changes

        try:
            return await self._database.run(work)
        except IntegrityError:
            raise StorageError("gaps: another server wrote the same") from None

    async def schools_due(self, now_ms: int) -> Sequence[str]:
        """Name schools of which a watch may count by now."""
        until = now_ms - max(HELD_MS.values())
        watch = tables.gap_watch.c
        query = select(watch.school).where(watch.since_ms <= until).distinct().limit(DUE_MAX)
        return await self._database.run(lambda connection: list(connection.execute(query).scalars()))

    async def schools_known(self) -> Sequence[str]:
        """Name every school that has a gap which counts, or a watch; the roster may not have it any more."""
        bad = select(tables.gap_line.c.school).where(tables.gap_line.c.bad).union(select(tables.gap_watch.c.school))
        return await self._database.run(lambda connection: list(connection.execute(bad).scalars()))

    async def add(self, gaps: Sequence[Gap], entries: Sequence[Entry]) -> None:
        """Add gaps that people found, all or none."""
        await self._database.run(lambda connection: add_to(connection, gaps, entries))

    async def find(self, id_: str) -> Gap | None:
        """Find one gap."""
        return await self._database.run(lambda connection: _find(connection, id_))

    async def history(self, id_: str) -> Sequence[Entry]:
        """Read every move of a gap, oldest first; there are never many more than `MOVES_MAX`."""
        query = select(tables.gap_move).where(tables.gap_move.c.gap == id_).order_by(tables.gap_move.c.number)
        return await self._database.run(lambda connection: [_entry(row) for row in connection.execute(query)])

    async def move(self, id_: str, asked: Asked, now_ms: int, *, still_bad: bool) -> Gap:
        """Make a person's move and write it into the audit log. Raises `NotMoved`."""

        def work(connection: Connection) -> Gap:
            gap = _find(connection, id_, lock=True)
            if gap is None:
                raise NotMoved("not_found", "no such gap")
            after, entry = judge(gap, asked, now_ms, still_bad=still_bad)
            _keep(connection, gap.version, after)
            connection.execute(insert(tables.gap_move), [_entry_row(entry)])
            append_to(connection, now_ms, asked.by, "gap_moved", f"gap:{id_}", f"{asked.move.value} -> {after.state.value}")
            return after

        return await self._database.run(work)

    async def page(self, wanted: Wanted, now_ms: int, offset: int, limit: int) -> tuple[Sequence[Gap], int]:
        """Read gaps, those due first before those without a due date, and how many there are in all."""
        where = _where(wanted, now_ms)
        order = (
            tables.gap_line.c.due_until_ms == 0,
            tables.gap_line.c.due_until_ms,
            tables.gap_line.c.opened_ms.desc(),
            tables.gap_line.c.id,
        )
        query = select(tables.gap_line).where(where).order_by(*order).offset(offset).limit(limit)
        count = select(func.count()).select_from(tables.gap_line).where(where)

        def work(connection: Connection) -> tuple[Sequence[Gap], int]:
            return [_gap(row) for row in connection.execute(query)], connection.execute(count).scalar_one()

        return await self._database.run(work)

    async def of_ids(self, ids: Collection[str]) -> Mapping[str, Gap]:
        """Read the gaps of some cells, those that there are."""
        query = select(tables.gap_line).where(tables.gap_line.c.id.in_(ids))
        return await self._database.run(lambda connection: {row.id: _gap(row) for row in connection.execute(query)})

    async def watches(self, ids: Collection[str]) -> Mapping[str, int]:
        """Say since when some cells are watched, in milliseconds."""
        watch = tables.gap_watch.c
        query = select(watch.id, watch.since_ms).where(watch.id.in_(ids))
        return await self._database.run(lambda connection: {row.id: row.since_ms for row in connection.execute(query)})

    async def young(self, schools: Collection[str]) -> int:
        """Count the cells of some schools that are bad and have no line yet, for they have not been so for long enough."""
        watch = tables.gap_watch.c
        query = select(func.count()).where(watch.school.in_(schools), watch.bad)
        return await self._database.run(lambda connection: connection.execute(query).scalar_one())

    async def counts(self, schools: Collection[str], now_ms: int) -> Mapping[str, Counted]:
        """Count each school's gaps: by their states, and for 整改率 and 超期率 as `server.gaps.rates` has them."""
        query = _counting(now_ms).where(tables.gap_line.c.school.in_(schools))

        def work(connection: Connection) -> Mapping[str, Counted]:
            found: dict[str, Counted] = {}
            for school, in_progress, to_verify, closed, *counted in connection.execute(query):
                figures = Rates(*counted)
                open_ = figures.open - in_progress - to_verify
                states = dict(zip(GapState, (open_, in_progress, to_verify, closed), strict=True))
                found[school] = Counted(states, figures)
            return found

        return await self._database.run(work)

    async def as_of(self, schools: Sequence[str], at_ms: int) -> list[Gap]:
        """Give the gaps of some schools as they stood at an instant, closed ones too, told from their moves."""
        line, move = tables.gap_line.c, tables.gap_move.c
        found: list[Gap] = []
        for start in range(0, len(schools), SCHOOLS_AT_ONCE):
            some = schools[start : start + SCHOOLS_AT_ONCE]
            lines = select(tables.gap_line).where(line.school.in_(some), line.first_ms <= at_ms).order_by(line.id)
            moves = (
                select(tables.gap_move)
                .join(tables.gap_line, line.id == move.gap)
                .where(line.school.in_(some), move.at_ms <= at_ms)
                .order_by(move.gap, move.number)
            )
            found += await self._database.run(partial(_stood, lines, moves))
        return found

    async def every_school(self) -> Sequence[str]:
        """Name every school that ever had a gap."""
        query = select(tables.gap_line.c.school).distinct().order_by(tables.gap_line.c.school)
        return await self._database.run(lambda connection: list(connection.execute(query).scalars()))

    async def owners(self, schools: Collection[str], limit: int) -> Sequence[str]:
        """List the owners of some schools' open gaps, by their names."""
        gap = tables.gap_line.c
        query = (
            select(gap.owner)
            .where(gap.school.in_(schools), gap.owner != "", gap.state != GapState.CLOSED.value)
            .distinct()
            .order_by(gap.owner)
            .limit(limit)
        )
        return await self._database.run(lambda connection: list(connection.execute(query).scalars()))

    async def overdue(self, now_ms: int) -> Mapping[str, tuple[int, int]]:
        """Give of each school that has overdue gaps how many, and when the oldest due day ended, in milliseconds."""
        gap = tables.gap_line.c
        query = (
            select(gap.school, func.count(), func.min(gap.due_until_ms))
            .where(gap.state != GapState.CLOSED.value, gap.due_until_ms > 0, gap.due_until_ms <= now_ms)
            .group_by(gap.school)
        )
        return await self._database.run(
            lambda connection: {school: (count, oldest) for school, count, oldest in connection.execute(query)}
        )


def add_to(connection: Connection, gaps: Sequence[Gap], entries: Sequence[Entry]) -> None:
    """Add gaps with the beginning of their history, within a transaction."""
    if gaps:
        connection.execute(insert(tables.gap_line), [_gap_row(gap) for gap in gaps])
    if entries:
        connection.execute(insert(tables.gap_move), [_entry_row(entry) for entry in entries])


def _stood(lines: Select[Any], moves: Select[Any], connection: Connection) -> list[Gap]:
    entries: dict[str, list[Entry]] = {}
    for row in connection.execute(moves):
        entries.setdefault(row.gap, []).append(_entry(row))
    then = (stood(_gap(row), entries.get(row.id, ())) for row in connection.execute(lines))
    return [gap for gap in then if gap is not None]


def _write(connection: Connection, changes: Changes) -> None:
    add_to(connection, changes.made, changes.entries)
    for gap in changes.moved:
        _keep(connection, gap.version - 1, gap)
    ids = [*changes.dropped, *(watch.id for watch in changes.watched)]
    if ids:
        connection.execute(delete(tables.gap_watch).where(tables.gap_watch.c.id.in_(ids)))
    if changes.watched:
        connection.execute(insert(tables.gap_watch), [asdict(watch) for watch in changes.watched])


def _keep(connection: Connection, before: int, gap: Gap) -> None:
    row = tables.gap_line.c
    kept = connection.execute(update(tables.gap_line).where(row.id == gap.id, row.version == before).values(_gap_row(gap)))
    assert kept.rowcount == 1, "the row is locked from its reading on"


def _find(connection: Connection, id_: str, *, lock: bool = False) -> Gap | None:
    query = select(tables.gap_line).where(tables.gap_line.c.id == id_)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _gap(row)


def _counting(now_ms: int) -> Select[Any]:
    gap = tables.gap_line.c
    last_ms = _end_ms(date.fromordinal(today_of(now_ms).toordinal() + DUE_SOON_DAYS))
    closed, dated = gap.state == GapState.CLOSED.value, gap.due_until_ms > 0
    late = and_(~closed, dated, gap.due_until_ms <= now_ms)
    soon = and_(~closed, gap.due_until_ms > now_ms, gap.due_until_ms <= last_ms)
    done = and_(closed, dated)

    def count(term: Any) -> Any:
        return func.sum(case((term, 1), else_=0))

    return select(
        gap.school,
        count(gap.state == GapState.IN_PROGRESS.value),
        count(gap.state == GapState.TO_VERIFY.value),
        count(closed),
        count(~closed),
        count(late),
        count(soon),
        count(late | done),
        count(and_(done, gap.closed_ms < gap.due_until_ms)),
        count(and_(~closed, ~dated)),
    ).group_by(gap.school)


def _where(wanted: Wanted, now_ms: int) -> Any:
    gap = tables.gap_line.c
    states = wanted.states or (GapState.OPEN, GapState.IN_PROGRESS, GapState.TO_VERIFY)
    terms: list[Any] = [gap.school.in_(wanted.schools), gap.state.in_([state.value for state in states])]
    for column, value in (
        (gap.owner, wanted.owner),
        (gap.indicator, wanted.indicator),
        (gap.figure, wanted.figure),
        (gap.visit, wanted.visit),
    ):
        if value:
            terms.append(column == value)
    match wanted.due:
        case "overdue":
            terms += [gap.due_until_ms > 0, gap.due_until_ms <= now_ms]
        case "soon":
            last = date.fromordinal(today_of(now_ms).toordinal() + DUE_SOON_DAYS)
            terms += [gap.due_until_ms > now_ms, gap.due_until_ms <= _end_ms(last)]
        case "none":
            terms.append(gap.due_until_ms == 0)
        case _:
            pass
    return and_(*terms)


def _gap_row(gap: Gap) -> dict[str, object]:
    return asdict(gap) | {
        "state": gap.state.value,
        "reasons": json.dumps(gap.reasons, ensure_ascii=False),
        "due_until_ms": _end_ms(gap.due) if gap.due is not None else 0,
    }


def _gap(row: Row[Any]) -> Gap:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's own name for it.
    del values["due_until_ms"]
    values |= {"state": GapState(row.state), "reasons": tuple(json.loads(row.reasons)), "bad": bool(row.bad)}
    return Gap(**values)


def _entry_row(entry: Entry) -> dict[str, object]:
    return {
        "gap": entry.gap,
        "number": entry.number,
        "at_ms": entry.at_ms,
        "move": entry.move.value,
        "state": entry.state.value,
        "actor": entry.by,
        "role": entry.role,
        "note": entry.note,
        "owner": entry.owner,
        "due": entry.due,
        "evidence": msgspec.json.encode(entry.evidence).decode(),
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        gap=row.gap,
        number=row.number,
        at_ms=row.at_ms,
        move=Move(row.move),
        state=GapState(row.state),
        by=row.actor,
        role=row.role,
        note=row.note,
        owner=row.owner,
        due=row.due,
        evidence=msgspec.json.decode(row.evidence, type=tuple[Evidence, ...]),
    )


def _end_ms(day: date) -> int:
    return round(end_of_day(day) * 1_000)


def today_of(now_ms: int) -> date:
    """Give the day in Asia/Shanghai."""
    return local_date(now_ms / 1_000)
