"""Keeps tests and drills: each move is stored in one transaction with its line of history and of the audit log."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from contract.identity import DeviceId, GatewayId
from server.core.events import WindowDeclared
from server.core.windows import WINDOW_KEPT_SECONDS, WINDOWS_MAX
from server.drills import tables
from server.drills.window import Asked, Entry, NotMoved, Rehearsal, WindowMove, WindowState, begun, judge
from server.journal.database import Database
from server.registry.audit import append_to

ASKED_MAX = 50  # Of one school that wait or are to come; more of them nobody could hold.
STANDING = (WindowState.ASKED.value, WindowState.APPROVED.value)
COUNTING = (WindowState.APPROVED.value, WindowState.ENDED.value)
AUDITED = {
    WindowMove.ASK: "window_asked",
    WindowMove.DECLARE: "window_declared",
    WindowMove.APPROVE: "window_approved",
    WindowMove.REFUSE: "window_refused",
    WindowMove.WITHDRAW: "window_withdrawn",
}


class WindowStore:
    """The tests and drills in the database. Every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, window: Rehearsal, role: str) -> Rehearsal:
        """Keep a new one, asked for or declared; the same id again gives what is kept.

        Raises `NotMoved` where too many of its school stand already, or where another kind of rehearsal of one of its
        buttons stands at that time: a press cannot be both.
        """

        def work(connection: Connection) -> Rehearsal:
            known = _find(connection, window.id)
            if known is not None:
                if (known.school, known.asked_by) != (window.school, window.asked_by):
                    raise NotMoved("invalid", "id: it is another one's")
                return known
            _check(connection, window)
            _add(connection, window, role)
            return window

        try:
            return await self._database.run(work)
        except IntegrityError:  # The same request reached another server at that moment.
            raise NotMoved("version_conflict", "asked for twice at once; look again") from None

    async def declare(self, window: WindowDeclared, now: float) -> None:
        """Keep one that a person's own order brings with it; returns after the commit."""
        now_ms = round(now * 1_000)
        declared = Rehearsal(
            id=window.id,
            mode=window.mode,
            school=window.school,
            devices=window.devices,
            start_ms=round(window.start * 1_000),
            end_ms=round(window.end * 1_000),
            state=WindowState.APPROVED,
            until_ms=round(window.end * 1_000),
            asked_by=window.approved_by,
            asked_ms=now_ms,
            approved_by=window.approved_by,
            approved_ms=now_ms,
            moved_ms=now_ms,
        )
        await self._database.run(lambda connection: _add(connection, declared, ""))

    async def move(self, id_: str, asked: Asked, now_ms: int) -> Rehearsal:
        """Make a person's move. Raises `NotMoved`."""

        def work(connection: Connection) -> Rehearsal:
            before = _find(connection, id_, lock=True)
            if before is None:
                raise NotMoved("not_found", "no such window")
            after, entry = judge(before, asked, now_ms)
            row = tables.declared_window.c
            where = (row.id == id_, row.version == before.version)
            kept = connection.execute(update(tables.declared_window).where(*where).values(_row(after)))
            assert kept.rowcount == 1, "the row is locked from its reading on"
            _append(connection, after, entry)
            return after

        return await self._database.run(work)

    async def find(self, id_: str) -> Rehearsal | None:
        """Find one."""
        return await self._database.run(lambda connection: _find(connection, id_))

    async def history(self, id_: str) -> Sequence[Entry]:
        """Read its moves, oldest first."""
        query = select(tables.window_move).where(tables.window_move.c.window == id_).order_by(tables.window_move.c.number)
        return await self._database.run(lambda connection: [_entry(row) for row in connection.execute(query)])

    async def standing(self, now: float, schools: Collection[str] | None = None) -> Sequence[Rehearsal]:
        """Read those that are asked for or approved and not over, in the order in which they begin."""
        row = tables.declared_window.c
        where = [row.until_ms > round(now * 1_000), row.state.in_(STANDING)]
        if schools is not None:
            where.append(row.school.in_(schools))
        return await self._read(*where)

    async def past(self, schools: Collection[str], before: tuple[int, str], limit: int, now: float) -> Sequence[Rehearsal]:
        """Read those that are over, refused or withdrawn, and begin before a place in the list; the newest first."""
        row = tables.declared_window.c
        over = or_(row.until_ms <= round(now * 1_000), row.state.not_in(STANDING))
        earlier = or_(row.start_ms < before[0], (row.start_ms == before[0]) & (row.id < before[1]))
        query = (
            select(tables.declared_window)
            .where(row.school.in_(schools), over, earlier)
            .order_by(row.start_ms.desc(), row.id.desc())
            .limit(limit)
        )
        return await self._database.run(lambda connection: [_window(one) for one in connection.execute(query)])

    async def overlapping(self, school: str, from_ms: int, to_ms: int, limit: int) -> Sequence[Rehearsal]:
        """Read those of one school, however they stand, whose span touches another; in the order in which they begin."""
        row = tables.declared_window.c
        query = (
            select(tables.declared_window)
            .where(row.school == school, row.start_ms <= to_ms, row.end_ms >= from_ms)
            .order_by(row.start_ms.desc(), row.id)
            .limit(limit)
        )
        found = await self._database.run(lambda connection: [_window(one) for one in connection.execute(query)])
        return found[::-1]

    async def counting(self, now: float) -> Sequence[WindowDeclared]:
        """Read, for an engine that starts, what counts: also what is over, for presses held back until now may be of it."""
        row = tables.declared_window.c
        found = await self._read(row.until_ms > round((now - WINDOW_KEPT_SECONDS) * 1_000), row.state.in_(COUNTING))
        return [window.declared() for window in found]

    async def moved(self, since_ms: int) -> Sequence[tuple[tuple[str, int], WindowDeclared]]:
        """Read what was moved since an instant, by whichever server: its id and version, and what the engine is told."""
        found = await self._read(tables.declared_window.c.moved_ms >= since_ms)
        return [((window.id, window.version), window.declared()) for window in found]

    async def _read(self, *where: ColumnElement[bool]) -> list[Rehearsal]:
        row = tables.declared_window.c
        query = select(tables.declared_window).where(*where).order_by(row.start_ms, row.id)
        return await self._database.run(lambda connection: [_window(one) for one in connection.execute(query)])


def _check(connection: Connection, window: Rehearsal) -> None:
    row = tables.declared_window.c
    standing = (row.until_ms > window.asked_ms, row.state.in_(STANDING))
    count = select(func.count()).select_from(tables.declared_window)
    if connection.execute(count.where(*standing)).scalar_one() >= WINDOWS_MAX:
        raise NotMoved("too_many", f"{WINDOWS_MAX} tests and drills stand already")
    if connection.execute(count.where(*standing, row.school == window.school)).scalar_one() >= ASKED_MAX:
        raise NotMoved("too_many", f"{ASKED_MAX} tests and drills of this school stand already")
    query = select(tables.declared_window).where(
        *standing,
        row.school == window.school,
        row.mode != window.mode,
        row.start_ms <= window.end_ms,
        row.until_ms >= window.start_ms,
    )
    for other in map(_window, connection.execute(query)):
        if other.devices & window.devices:
            raise NotMoved("illegal_move", f"a {other.mode} of the same buttons stands at that time: {other.id}")


def _add(connection: Connection, window: Rehearsal, role: str) -> None:
    connection.execute(insert(tables.declared_window).values(_row(window)))
    _append(connection, window, begun(window, role))


def _append(connection: Connection, window: Rehearsal, entry: Entry) -> None:
    values = {
        "window": entry.window,
        "number": entry.number,
        "at_ms": entry.at_ms,
        "move": entry.move.value,
        "state": entry.state.value,
        "actor": entry.by,
        "role": entry.role,
        "note": entry.note,
    }
    connection.execute(insert(tables.window_move).values(values))
    detail = f"{window.mode} {window.id} {window.start_ms}..{window.until_ms} {len(window.devices)} devices"
    append_to(connection, entry.at_ms, entry.by, AUDITED[entry.move], f"school:{window.school}", detail)


def _find(connection: Connection, id_: str, *, lock: bool = False) -> Rehearsal | None:
    query = select(tables.declared_window).where(tables.declared_window.c.id == id_)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _window(row)


def _row(window: Rehearsal) -> dict[str, object]:
    devices = msgspec.json.encode(sorted(window.devices)).decode()
    return asdict(window) | {"devices": devices, "state": window.state.value}


def _window(row: Row[Any]) -> Rehearsal:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's own name for it.
    pairs = msgspec.json.decode(row.devices, type=list[tuple[str, str]])
    devices = frozenset((GatewayId(gateway), DeviceId(device)) for gateway, device in pairs)
    return Rehearsal(**values | {"devices": devices, "state": WindowState(row.state)})


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        window=row.window,
        number=row.number,
        at_ms=row.at_ms,
        move=WindowMove(row.move),
        state=WindowState(row.state),
        by=row.actor,
        role=row.role,
        note=row.note,
    )
