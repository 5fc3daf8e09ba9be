"""Keeps planned tests: each move is stored in one transaction with its line of history."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from server.drills import tables
from server.drills.round import AHEAD, Result, Round, RoundEntry, RoundMove, RoundState
from server.drills.window import NotMoved
from server.journal.database import Database
from server.registry.audit import append_to

DUE_MAX = 500  # Moved in one look; the rest comes with the next.
Move = Callable[[Round], tuple[Round, RoundEntry]]


class RoundStore:
    """The planned tests in the database. Every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, rounds: Sequence[Round], now_ms: int) -> None:
        """Keep new ones, all or none; raises `StorageError` too where another server planned the same."""

        def work(connection: Connection) -> None:
            for one in rounds:
                connection.execute(insert(tables.test_round).values(_row(one)))
                _append(connection, RoundEntry(one.id, 1, now_ms, RoundMove.PLAN, one.state))

        try:
            await self._database.run(work)
        except IntegrityError:
            raise StorageError("test plan: another server wrote the same") from None

    async def move(self, id_: str, move: Move) -> Round:
        """Make one move of one round. Raises `NotMoved`."""

        def work(connection: Connection) -> Round:
            row = tables.test_round.c
            found = connection.execute(select(tables.test_round).where(row.id == id_).with_for_update()).one_or_none()
            if found is None:
                raise NotMoved("not_found", "no such round")
            before = _round(found)
            after, entry = move(before)
            where = (row.id == id_, row.version == before.version)
            kept = connection.execute(update(tables.test_round).where(*where).values(_row(after)))
            assert kept.rowcount == 1, "the row is locked from its reading on"
            _append(connection, entry)
            if entry.by:
                detail = f"{after.period} {after.start_ms}..{after.end_ms}"
                append_to(connection, entry.at_ms, entry.by, f"test_{entry.move.value}", f"school:{after.school}", detail)
            return after

        return await self._database.run(work)

    async def find(self, id_: str) -> Round | None:
        """Find one."""
        found = await self._read(tables.test_round.c.id == id_)
        return found[0] if found else None

    async def newest(self, periods: Collection[str]) -> Mapping[tuple[str, str], Round]:
        """Read the last round of each school in some periods, by school and period."""
        return {(one.school, one.period): one for one in await self._read(tables.test_round.c.period.in_(periods))}

    async def ahead(self) -> Sequence[Round]:
        """Read every round that is still to be held or under way, for who plans beside them."""
        states = [state.value for state in (*AHEAD, RoundState.OPEN)]
        return await self._read(tables.test_round.c.state.in_(states))

    async def due(self, state: RoundState, before_ms: int) -> Sequence[Round]:
        """Read rounds of a state that begin before an instant, the next first."""
        row = tables.test_round.c
        return await self._read(row.state == state.value, row.start_ms <= before_ms, limit=DUE_MAX)

    async def page(
        self, schools: Collection[str], since_ms: int, state: RoundState | None, offset: int, limit: int
    ) -> tuple[Sequence[Round], Mapping[str, int]]:
        """Read rounds of some schools that begin after an instant, the next first, and count all of them by state."""
        row = tables.test_round.c
        where = [row.school.in_(schools), row.start_ms >= since_ms]
        count = select(row.state, func.count()).where(*where).group_by(row.state)
        found = await self._read(*where, *([row.state == state.value] if state else []), offset=offset, limit=limit)
        counts = await self._database.run(lambda connection: {name: n for name, n in connection.execute(count)})  # noqa: C416
        return found, counts

    async def history(self, id_: str) -> Sequence[RoundEntry]:
        """Read its moves, oldest first."""
        row = tables.round_move.c
        query = select(tables.round_move).where(row.round == id_).order_by(row.number)
        return await self._database.run(lambda connection: [_entry(one) for one in connection.execute(query)])

    async def _read(self, *where: ColumnElement[bool], offset: int = 0, limit: int | None = None) -> list[Round]:
        row = tables.test_round.c
        query = (
            select(tables.test_round).where(*where).order_by(row.start_ms, row.number, row.id).offset(offset).limit(limit)
        )
        return await self._database.run(lambda connection: [_round(one) for one in connection.execute(query)])


def _append(connection: Connection, entry: RoundEntry) -> None:
    values = {
        "round": entry.round,
        "number": entry.number,
        "at_ms": entry.at_ms,
        "move": entry.move.value,
        "state": entry.state.value,
        "actor": entry.by,
        "note": entry.note,
    }
    connection.execute(insert(tables.round_move).values(values))


def _row(one: Round) -> dict[str, object]:
    return asdict(one) | {
        "devices": msgspec.json.encode(sorted(one.devices)).decode(),
        "state": one.state.value,
        "results": msgspec.json.encode(one.results).decode(),
    }


def _round(row: Row[Any]) -> Round:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's own name for it.
    pairs = msgspec.json.decode(row.devices, type=list[tuple[str, str]])
    return Round(
        **values
        | {
            "devices": frozenset((GatewayId(gateway), DeviceId(device)) for gateway, device in pairs),
            "state": RoundState(row.state),
            "announced": bool(row.announced),
            "results": msgspec.json.decode(row.results, type=dict[str, Result]),
        }
    )


def _entry(row: Row[Any]) -> RoundEntry:
    return RoundEntry(row.round, row.number, row.at_ms, RoundMove(row.move), RoundState(row.state), row.actor, row.note)
