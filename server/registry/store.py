"""The registry in SQL: the roster with its ledger as one value, edited line by line, each edit recorded for ever."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, text, update

from contract.errors import ConfigurationError
from server.core.schedule import local_date
from server.journal.database import Database
from server.registry import rows, tables
from server.registry.accounts import Accounts
from server.registry.audit import Audit, append_to
from server.registry.changes import (
    CALENDAR,
    EVER,
    TABLES,
    Change,
    Edit,
    apply,
    as_of,
    decode_line,
    difference,
    encode_line,
    keyed,
)
from server.registry.model import Calendar, Roster
from server.registry.record import Key
from server.registry.sheets import in_order
from server.registry.staging import SLICE, Staging
from server.registry.tree import Tree
from server.registry.windows import Windows

T = TypeVar("T")
Checked = Callable[[Roster], None]  # Raises `ConfigurationError` for a roster that cannot be.
ROWS_AT_ONCE = 10_000  # Of one statement's values: a whole city would be a copy of itself in memory.
STAGED_FROM = 1_000  # Lines; fewer are written at once.
_LOCK = 0x7265676973747279  # "registry": of several servers, one edits at a time.
_MAPPINGS: dict[str, rows.Mapping[Any]] = {
    "unit": rows.UNITS,
    "station": rows.STATIONS,
    "school": rows.SCHOOLS,
    "gateway": rows.GATEWAYS,
    "device": rows.DEVICES,
}


class Registry:
    """The registry of one city. What was loaded is kept in memory: reading the roster or an account needs no query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tree = Tree(Roster())
        self.accounts = Accounts(database)
        self.audit = Audit(database)
        self.windows = Windows(database)
        self.sequence = 0  # Of the last change we know of.

    @property
    def roster(self) -> Roster:
        """The roster as it was last loaded, replaced or edited."""
        return self.tree.roster

    async def load(self) -> Roster:
        """Read roster and accounts into memory."""

        def work(connection: Connection) -> tuple[Roster, int]:
            return _read(connection), _head(connection)

        roster, self.sequence = await self._database.run(work)
        await self.accounts.load()
        await self._take(roster)
        return roster

    async def replace(
        self,
        roster: Roster,
        *,
        by: str = "import",
        reason: str = "",
        now: float | None = None,
        effective: date | None = None,
    ) -> None:
        """Make the roster be exactly this one, in one transaction; only what differs is written and recorded.

        Raises `sqlalchemy.exc.IntegrityError` for a roster that names something twice; nothing has changed then.
        """
        at = time.time() if now is None else now

        def work(connection: Connection) -> int:
            _lock(connection)
            before = _read(connection)
            edits = difference(before, roster)
            first = not before.schools and not before.units
            _renew_all(connection, before, roster)
            since = effective or (EVER if first else local_date(at))  # A first ledger tells of a city that was there before.
            return _record(connection, edits, at, since, by, reason)

        self.sequence = await self._database.run(work)
        await self._take(roster)

    async def edit(
        self,
        edits: Sequence[Edit],
        *,
        by: str,
        reason: str,
        now: float,
        effective: date | None = None,
        checked: Checked = lambda _: None,
    ) -> Sequence[Edit]:
        """Edit some lines, all or none, in one transaction with their changes and a line of the audit log.

        Gives what is different from what we knew, which includes what other servers edited meanwhile. Raises whatever
        `checked` raises for the roster that would be, and `ConfigurationError` for a day that has not come; `StorageError`.
        """
        since = effective or local_date(now)
        if since > local_date(now):
            raise ConfigurationError(f"effective: {since.isoformat()} has not come yet")

        base = self.roster
        # Beside the database: a whole roster is gone through, and alarms wait for the database's one thread.
        prepared = await asyncio.to_thread(_prepared, base, edits, checked)

        staged = await self._staged(prepared, now, since, by, reason)

        def work(connection: Connection) -> tuple[Roster, list[Edit], int]:
            _lock(connection)
            missed = _after(connection, self.sequence)
            ready = prepared
            if missed or self.roster is not base:  # Somebody edited meanwhile.
                ready = _prepared(apply(self.roster, [change.edit for change in missed]), edits, checked)
            if staged is not None and ready is prepared:
                sequence = _taken_over(connection, staged, ready)
            else:
                _write(connection, ready.real, ready.known)
                sequence = _record(connection, ready.real, now, since, by, reason)
            if ready.real:
                append_to(connection, round(now * 1_000), by, "registry_edited", _targets(ready.real), reason)
            return ready.after, [*(change.edit for change in missed), *ready.real], sequence

        roster, different, self.sequence = await self._database.run(work)
        await self._take(roster)
        return different

    async def _staged(self, prepared: "_Prepared", now: float, since: date, by: str, reason: str) -> Staging | None:
        """Make a large edit ready in slices, between which alarms are committed; PostgreSQL commits them beside it."""
        real = prepared.real
        if self._database.dialect != "sqlite" or len(real) <= STAGED_FROM:
            return None
        staging = Staging([tables.registry_change, *{mapping.table for mapping in (*_MAPPINGS.values(), rows.RECORDS)}])
        await self._database.run(staging.open)
        came: dict[str, int] = {}
        for start in range(0, len(real), SLICE):
            piece = real[start : start + SLICE]
            ready = await asyncio.to_thread(_rows_of, piece, prepared.known, came, self.sequence + start)
            for change in ready[tables.registry_change.name]:
                change |= {"at_ms": round(now * 1_000), "effective": since, "actor": by[:64], "reason": reason}
            await self._database.run(lambda connection, rows=ready: staging.add(connection, rows))  # type: ignore[misc]
        for name in {_MAPPINGS.get(edit.sheet, rows.RECORDS).table.name for edit in real if edit.sheet != CALENDAR}:
            await self._database.run(lambda connection, name=name: staging.place(connection, name))  # type: ignore[misc]
        return staging

    async def follow(self) -> Sequence[Edit]:
        """Take in what other servers edited since; gives it."""
        known = self.sequence
        head = await self._database.run(_head)
        if head <= known:
            return []
        missed = await self._database.run(lambda connection: _after(connection, known))
        if self.sequence != known:
            return []  # An edit of ours has taken it in meanwhile.
        edits = [change.edit for change in missed]
        await self._take(await asyncio.to_thread(apply, self.roster, edits))
        self.sequence = missed[-1].sequence
        return edits

    async def changes(self, sheet: str, key: Key) -> Sequence[Change]:
        """List every change of one line, oldest first."""
        table = tables.registry_change
        query = select(table).where(table.c.sheet == sheet, table.c.key == _write_key(key)).order_by(table.c.sequence)
        return await self._database.run(lambda connection: [_read_change(row) for row in connection.execute(query)])

    async def as_of(self, known_ms: int, on: date) -> Roster:
        """Give the registry as it held on a day by what was known at an instant."""

        def work(connection: Connection) -> Roster:
            table = tables.registry_change
            query = select(table).where(table.c.at_ms <= known_ms, table.c.effective <= on).order_by(table.c.sequence)
            return as_of((_read_change(row) for row in connection.execute(query)), known_ms, on)

        return await self._database.run(work)

    async def _take(self, roster: Roster) -> None:
        """Know a roster from now on; its indexes, which for a city take a while, are made beside the event loop."""
        before = self.tree.roster
        kept = ("units", "stations", "schools", "gateways", "devices")
        if any(getattr(before, name) is not getattr(roster, name) for name in kept):
            self.tree = await asyncio.to_thread(Tree, roster)
        else:
            self.tree.roster = roster  # The same places: every index holds.


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Edits compared with the roster they are made in."""

    known: Mapping[tuple[str, Key], Any]  # The lines they speak of, as they were.
    real: list[Edit]  # Those that change anything.
    after: Roster


def _prepared(base: Roster, edits: Sequence[Edit], checked: Checked) -> _Prepared:
    known = _known(base, edits)
    real = [edit for edit in edits if known.get((edit.sheet, edit.key)) != edit.line]
    after = apply(base, real)
    checked(after)
    return _Prepared(known, real, after)


def _rows_of(
    edits: Sequence[Edit], known: Mapping[tuple[str, Key], Any], came: dict[str, int], before: int
) -> dict[str, list[rows.Row]]:
    """Give the rows of some edits by table; `came` counts the new lines of each."""
    found: dict[str, list[rows.Row]] = {tables.registry_change.name: []}
    for place, edit in enumerate(edits, 1):
        body = None if edit.line is None else encode_line(edit.line)
        change = {"sequence": before + place, "sheet": edit.sheet, "key": _write_key(edit.key), "body": body}
        found[tables.registry_change.name].append(change)
        if edit.line is None or edit.sheet == CALENDAR:
            continue
        mapping = _MAPPINGS.get(edit.sheet, rows.RECORDS)
        name = mapping.table.name
        row = {**mapping.write(edit.line), "place": -1}
        if (edit.sheet, edit.key) not in known:
            row["place"] = came.get(name, 0)
            came[name] = row["place"] + 1
        found.setdefault(name, []).append(row)
    return found


def _taken_over(connection: Connection, staging: Staging, ready: _Prepared) -> int:
    """Do a large edit that was made ready; gives the last sequence."""
    _write(connection, [edit for edit in ready.real if edit.line is None or edit.sheet == CALENDAR], ready.known)
    for name in {_MAPPINGS.get(edit.sheet, rows.RECORDS).table.name for edit in ready.real if edit.sheet != CALENDAR}:
        staging.take_over(connection, name)
    staging.take_over(connection, tables.registry_change.name)
    staging.close(connection)
    return _head(connection)


def _targets(edits: Sequence[Edit]) -> str:
    """Say what was edited: the lines of a few, the numbers of many."""
    few = 10
    if len(edits) <= few:
        return " ".join(f"{edit.sheet}:{'/'.join(edit.key)}" for edit in edits)
    counts: dict[str, int] = {}
    for edit in edits:
        counts[edit.sheet] = counts.get(edit.sheet, 0) + 1
    return " ".join(f"{sheet}×{count}" for sheet, count in counts.items())


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _head(connection: Connection) -> int:
    return connection.execute(select(func.max(tables.registry_change.c.sequence))).scalar() or 0


def _after(connection: Connection, sequence: int) -> list[Change]:
    table = tables.registry_change
    query = select(table).where(table.c.sequence > sequence).order_by(table.c.sequence)
    return [_read_change(row) for row in connection.execute(query)]


def _read_change(row: Any) -> Change:
    key = tuple(msgspec.json.decode(row.key, type=list[str]))
    line = None if row.body is None else decode_line(row.sheet, row.body)
    return Change(row.sequence, row.at_ms, row.effective, row.actor, row.reason, Edit(row.sheet, key, line))


def _write_key(key: Key) -> str:
    return msgspec.json.encode(key).decode()


def _record(connection: Connection, edits: Sequence[Edit], now: float, effective: date, by: str, reason: str) -> int:
    """Append the edits to the changes; gives the last sequence."""
    head = _head(connection)
    same = {"at_ms": round(now * 1_000), "effective": effective, "actor": by[:64], "reason": reason}
    for start in range(0, len(edits), ROWS_AT_ONCE):
        values = [
            {
                **same,
                "sequence": head + place,
                "sheet": edit.sheet,
                "key": _write_key(edit.key),
                "body": None if edit.line is None else encode_line(edit.line),
            }
            for place, edit in enumerate(edits[start : start + ROWS_AT_ONCE], start + 1)
        ]
        connection.execute(insert(tables.registry_change), values)
    return head + len(edits)


def _known(roster: Roster, edits: Iterable[Edit]) -> dict[tuple[str, Key], Any]:
    """Find the lines that edits speak of, as they are."""
    wanted = {(edit.sheet, edit.key) for edit in edits}
    return {key: line for key, line in keyed(roster).items() if key in wanted}


def _write(connection: Connection, edits: Iterable[Edit], known: Mapping[tuple[str, Key], Any]) -> None:
    """Write the lines themselves."""
    by_sheet: dict[str, list[Edit]] = {}
    for edit in edits:
        by_sheet.setdefault(edit.sheet, []).append(edit)
    for sheet, mine in by_sheet.items():
        if sheet == CALENDAR:
            _write_calendar(connection, mine[-1].line or Calendar(terms=()))
            continue
        mapping = _MAPPINGS.get(sheet, rows.RECORDS)
        gone = [known[sheet, edit.key] for edit in mine if edit.line is None]
        changed = [edit.line for edit in mine if edit.line is not None and (sheet, edit.key) in known]
        came = [edit.line for edit in mine if edit.line is not None and (sheet, edit.key) not in known]
        _delete(connection, mapping, [mapping.key(line) for line in gone])
        _update(connection, mapping, [mapping.write(line) for line in changed], [mapping.key(line) for line in changed])
        place = connection.execute(select(func.max(mapping.table.c.place))).scalar()
        _insert(connection, mapping, list(enumerate(came, 0 if place is None else place + 1)))


def _read(connection: Connection) -> Roster:
    body = connection.execute(select(tables.calendar.c.body)).scalar()
    return Roster(
        units=_read_all(connection, rows.UNITS),
        stations=_read_all(connection, rows.STATIONS),
        schools=_read_all(connection, rows.SCHOOLS),
        gateways=_read_all(connection, rows.GATEWAYS),
        devices=_read_all(connection, rows.DEVICES),
        calendar=rows.read_calendar(body) if body else Calendar(terms=()),
        records=in_order(_read_all(connection, rows.RECORDS)),
    )


def _read_all(connection: Connection, mapping: rows.Mapping[T]) -> tuple[T, ...]:
    found = connection.execute(select(mapping.table).order_by(mapping.table.c.place)).mappings()
    return tuple(mapping.read(dict(row)) for row in found)


def _renew_all(connection: Connection, before: Roster, after: Roster) -> None:
    for sheet, attribute in TABLES.items():
        _renew(connection, _MAPPINGS[sheet], getattr(before, attribute), getattr(after, attribute))
    _renew(connection, rows.RECORDS, before.records, after.records)
    _write_calendar(connection, after.calendar)


def _write_calendar(connection: Connection, calendar: Calendar) -> None:
    connection.execute(delete(tables.calendar))
    connection.execute(insert(tables.calendar).values(id=1, body=rows.write_calendar(calendar)))


def _renew(connection: Connection, mapping: rows.Mapping[T], old: tuple[T, ...], new: tuple[T, ...]) -> None:
    """Delete what is gone, insert what came, and write again what changed or moved."""
    key = mapping.key
    before = {key(value): (place, value) for place, value in enumerate(old)}
    wanted = {key(value) for value in new}
    _delete(connection, mapping, [known for known in before if known not in wanted])
    came: list[tuple[int, T]] = []
    changed: list[tuple[int, T]] = []
    for place, value in enumerate(new):
        was = before.get(key(value))
        if was is None:
            came.append((place, value))
        elif was != (place, value):
            changed.append((place, value))
    _insert(connection, mapping, came)
    _update(connection, mapping, mapping.rows(changed), [key(value) for _, value in changed])


def _insert(connection: Connection, mapping: rows.Mapping[T], placed: Sequence[tuple[int, T]]) -> None:
    for start in range(0, len(placed), ROWS_AT_ONCE):
        connection.execute(insert(mapping.table), mapping.rows(placed[start : start + ROWS_AT_ONCE]))


def _update(connection: Connection, mapping: rows.Mapping[T], written: Sequence[rows.Row], keys: Sequence[Key]) -> None:
    if not written:
        return
    own = _own(mapping)
    kept = [
        {name: value for name, value in row.items() if name not in own} | _named(mapping, key)
        for row, key in zip(written, keys, strict=True)
    ]
    connection.execute(update(mapping.table).where(_where(mapping)), kept)


def _delete(connection: Connection, mapping: rows.Mapping[T], keys: Sequence[Key]) -> None:
    if keys:
        connection.execute(delete(mapping.table).where(_where(mapping)), [_named(mapping, key) for key in keys])


def _own(mapping: rows.Mapping[T]) -> list[str]:
    return [column.name for column in mapping.table.primary_key.columns]


def _where(mapping: rows.Mapping[T]) -> Any:
    return and_(*(mapping.table.c[name] == bindparam(f"key_{name}") for name in _own(mapping)))


def _named(mapping: rows.Mapping[T], key: Key) -> dict[str, Any]:
    return {f"key_{name}": value for name, value in zip(_own(mapping), key, strict=True)}
