"""The registry in SQL: the roster with its ledger as one value, edited line by line, each edit recorded for ever."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from sqlalchemy import Connection, select, text

from contract.errors import ConfigurationError, StorageError
from server.core.schedule import local_date
from server.journal.database import Database
from server.registry import staging, tables
from server.registry.accounts import Accounts
from server.registry.audit import Audit, append_to
from server.registry.changes import CALENDAR, EVER, Change, Edit, apply, as_of, difference, lines_of
from server.registry.lines import Named, read_roster, renew_roster, write_lines
from server.registry.model import Roster
from server.registry.record import Key
from server.registry.recorded import HEAD, Stamp, changes_after, head, read_change, record, write_key
from server.registry.sheets import SHEETS
from server.registry.tree import Tree

Checked = Callable[[Roster], None]  # Raises `ConfigurationError` for a roster that cannot be.
_LOCK = 0x7265676973747279  # "registry": of several servers, one edits at a time.

log = structlog.get_logger("registry")


class Registry:
    """The registry of one city. What was loaded is kept in memory: reading the roster or an account needs no query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tree = Tree(Roster())
        self.accounts = Accounts(database)
        self.audit = Audit(database)
        self.sequence = 0  # Of the last change we know of.
        self._lock = asyncio.Lock()  # A large edit takes many transactions, and no other comes between.
        self._unfinished = database.dialect == "sqlite"  # Whether a large edit may have been broken off.

    @property
    def roster(self) -> Roster:
        """The roster as it was last loaded, replaced or edited."""
        return self.tree.roster

    async def load(self) -> Roster:
        """Read roster and accounts into memory."""

        def work(connection: Connection) -> tuple[Roster, int]:
            return read_roster(connection), head(connection)

        async with self._lock:
            await self._settled()
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
            before = read_roster(connection)
            edits = difference(before, roster)
            first = not before.schools and not before.units
            renew_roster(connection, before, roster)
            since = effective or (EVER if first else local_date(at))  # A first ledger tells of a city that was there before.
            return record(connection, edits, Stamp(round(at * 1_000), since, by, reason))

        async with self._lock:
            await self._settled()
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

        stamp = Stamp(round(now * 1_000), since, by, reason)
        # A line named twice is as it was named last; slices could not tell.
        edits = list({(edit.sheet, edit.key): edit for edit in edits}.values())
        async with self._lock:
            await self._settled()
            base = self.roster
            # Beside the database: a whole roster is gone through, and alarms wait for the database's one thread.
            prepared = await asyncio.to_thread(_prepared, base, edits, checked)
            if self._database.dialect == "sqlite" and len(prepared.real) > staging.STAGED_FROM:
                missed = await self._database.run(lambda connection: changes_after(connection, self.sequence))
                lost = [change.edit for change in missed]  # An edit of ours that was stored when we heard that it failed.
                if lost:
                    prepared = await asyncio.to_thread(lambda: _prepared(apply(base, lost), edits, checked))
                await self._edit_in_slices(prepared, stamp)
                return [*lost, *prepared.real]

            def work(connection: Connection) -> tuple[Roster, list[Edit], int]:
                _lock(connection)
                missed = changes_after(connection, self.sequence)
                ready = prepared
                if missed:  # Another server edited meanwhile.
                    ready = _prepared(apply(base, [change.edit for change in missed]), edits, checked)
                write_lines(connection, ready.real, ready.known)
                sequence = record(connection, ready.real, stamp)
                _audited(connection, ready.real, stamp)
                return ready.after, [*(change.edit for change in missed), *ready.real], sequence

            roster, different, self.sequence = await self._database.run(work)
            await self._take(roster)
            return different

    async def _edit_in_slices(self, prepared: "_Prepared", stamp: Stamp) -> None:
        """Make a large edit on SQLite, where alarms wait for whatever runs; PostgreSQL commits them beside it."""
        self._unfinished = True
        last = await staging.record_in_slices(self._database, prepared.real, stamp)

        def count(connection: Connection) -> None:
            staging.let_count(connection, last)
            _audited(connection, prepared.real, stamp)

        await self._database.run(count)
        self.sequence = last
        await self._take(prepared.after)
        try:
            await staging.write_in_slices(self._database, prepared.real, prepared.known)
            self._unfinished = False
        except StorageError as error:  # The edit stands: its lines are written before the next one, or at the next start.
            log.warning("registry_lines_not_written", error=str(error))

    async def _settled(self) -> None:
        """Take back or finish a large edit that was broken off."""
        if self._unfinished:
            await staging.settle(self._database)
            self._unfinished = False

    async def follow(self) -> Sequence[Edit]:
        """Take in what other servers edited since; gives it."""
        async with self._lock:
            known = self.sequence
            if await self._database.run(head) <= known:
                return []
            missed = await self._database.run(lambda connection: changes_after(connection, known))
            edits = [change.edit for change in missed]
            await self._take(await asyncio.to_thread(apply, self.roster, edits))
            self.sequence = missed[-1].sequence
            return edits

    async def changes(self, sheet: str, key: Key) -> Sequence[Change]:
        """List every change of one line, oldest first."""
        table = tables.registry_change
        mine = (table.c.sheet == sheet, table.c.key == write_key(key), table.c.sequence <= HEAD)
        query = select(table).where(*mine).order_by(table.c.sequence)
        return await self._database.run(lambda connection: [read_change(row) for row in connection.execute(query)])

    async def as_of(self, known_ms: int, on: date) -> Roster:
        """Give the registry as it held on a day by what was known at an instant."""

        def work(connection: Connection) -> Roster:
            table = tables.registry_change
            known = (table.c.at_ms <= known_ms, table.c.effective <= on, table.c.sequence <= HEAD)
            query = select(table).where(*known).order_by(table.c.sequence)
            return as_of((read_change(row) for row in connection.execute(query)), known_ms, on)

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

    known: Mapping[Named, Any]  # The lines they speak of, as they were.
    real: list[Edit]  # Those that change anything.
    after: Roster


def _prepared(base: Roster, edits: Sequence[Edit], checked: Checked) -> _Prepared:
    known = _known(base, edits)
    real = [edit for edit in edits if known.get((edit.sheet, edit.key)) != edit.line]
    after = apply(base, real)
    checked(after)
    return _Prepared(known, real, after)


def _audited(connection: Connection, edits: Sequence[Edit], stamp: Stamp) -> None:
    if edits:
        append_to(connection, stamp.at_ms, stamp.by, "registry_edited", _targets(edits), stamp.reason)


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


def _known(roster: Roster, edits: Iterable[Edit]) -> dict[Named, Any]:
    """Find the lines that edits speak of, as they are; no other sheet is gone through."""
    wanted: dict[str, set[Key]] = {}
    for edit in edits:
        wanted.setdefault(edit.sheet, set()).add(edit.key)
    found: dict[Named, Any] = {}
    for sheet, keys in wanted.items():
        if sheet == CALENDAR:
            found[CALENDAR, ()] = roster.calendar
            continue
        key_of = SHEETS[sheet].key_of
        found.update(((sheet, key), line) for line in lines_of(roster, sheet) if (key := key_of(line)) in keys)
    return found
