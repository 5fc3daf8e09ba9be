"""Why a school is judged otherwise: what was edited of it and what alerts were raised there in between."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Select, select

from server.core.fact import decode_fact
from server.journal import tables as journal
from server.journal.database import Database
from server.journal.search import last_before
from server.registry import tables as registry
from server.registry.tree import Tree

LOOKED_AT_MAX = 20_000  # Edits, and alerts, of one question; of more the oldest are told, and that it was cut.
AT_ONCE = 1_000  # Some 3 ms of SQLite's one thread.
TOLD_MAX = 8  # Of each kind and school.


@dataclass(frozen=True, slots=True)
class Why:
    """One edit, or one alert that was raised; `what` is a sheet or a rule, `target` the line's key or the device."""

    kind: str  # registry or alert
    at_ms: int
    what: str
    target: str
    by: str = ""
    reason: str = ""
    effective: str = ""


@dataclass(frozen=True, slots=True)
class Between:
    """The edits numbered above `registry[0]` up to `registry[1]`, and the alerts raised in a span of time."""

    registry: tuple[int, int]
    span_ms: tuple[int, int]


class Reasons:
    """Reads one database; every method raises `StorageError` where it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, schools: Collection[str], between: Between, tree: Tree) -> tuple[dict[str, list[Why]], bool]:
        """Give for each school what happened, and whether more happened than was looked at."""
        found: dict[str, list[Why]] = {school: [] for school in schools}
        cut = await self._edits(found, between, tree)
        return found, await self._alerts(found, between) or cut

    async def _edits(self, found: dict[str, list[Why]], between: Between, tree: Tree) -> bool:
        row = registry.registry_change.c
        after, last = between.registry
        looked = 0
        while looked < LOOKED_AT_MAX:
            query = (
                select(row.sequence, row.at_ms, row.effective, row.actor, row.reason, row.sheet, row.key)
                .where(row.sequence > after, row.sequence <= last)
                .order_by(row.sequence)
                .limit(AT_ONCE)
            )
            rows = await self._rows(query)
            for sequence, at_ms, effective, actor, reason, sheet, text in rows:
                after = sequence
                key = msgspec.json.decode(text, type=list[str])
                why = Why("registry", at_ms, sheet, "/".join(key[1:]), actor, reason, effective.isoformat())
                for school in _homes(key, sheet, tree, found):
                    _told(found, school, why)
            looked += len(rows)
            if len(rows) < AT_ONCE:
                return False
        return True

    async def _alerts(self, found: dict[str, list[Why]], between: Between) -> bool:
        row = journal.alert_fact.c
        from_ms, to_ms = between.span_ms
        after = await self._database.run(lambda connection: last_before(connection, row.sequence, row.at_ms, from_ms))
        looked = 0
        while looked < LOOKED_AT_MAX:
            query = (
                select(row.sequence, row.at_ms, row.body)
                .where(row.sequence > after, row.number == 1)
                .order_by(row.sequence)
                .limit(AT_ONCE)
            )
            rows = await self._rows(query)
            for sequence, at_ms, body in rows:
                after = sequence
                alert = decode_fact(bytes(body)).alert if from_ms <= at_ms <= to_ms else None
                if alert is not None and alert.school in found:
                    _told(found, alert.school, Why("alert", at_ms, alert.rule, alert.device))
            looked += len(rows)
            if len(rows) < AT_ONCE or rows[-1][1] > to_ms:
                return False
        return True

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        return await self._database.run(lambda connection: connection.execute(query).all())


def _told(found: dict[str, list[Why]], school: str, why: Why) -> None:
    if school in found and sum(one.kind == why.kind for one in found[school]) < TOLD_MAX:
        found[school].append(why)


def _homes(key: Sequence[str], sheet: str, tree: Tree, wanted: Collection[str]) -> Sequence[str]:
    """Name the schools that an edit of a line may concern."""
    if not key:
        return list(wanted)  # The calendar.
    if sheet in ("gateway", "device"):
        school = tree.school_of(key[0])
        return [school] if school else []
    if key[0] in tree.units:
        return [school for school in tree.branch_of_unit(key[0]).schools if school in wanted]
    return [key[0]]
