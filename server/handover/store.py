"""Keeps handovers: appended, never changed. Every method raises `StorageError` where the database does not answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from server.handover import tables
from server.journal.database import Database
from server.registry.audit import append_to
from server.registry.model import Scope


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover of a post: the incoming officer has seen the open matters named, and heard the alarm or not."""

    id: str
    scope: Scope
    at_ms: int
    outgoing: str
    incoming: str
    open: int  # Alerts within reach that were open then.
    seen: tuple[str, ...]  # The urgent ones among them, each acknowledged by the incoming officer as seen.
    sound: str  # heard, not_heard or not_tried
    note: str = ""


class Handovers:
    """The handovers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, handover: Handover) -> Handover:
        """Write a handover and its line of the audit log; the same id again gives the one that is there."""

        def work(connection: Connection) -> Handover:
            table = tables.handover
            known = connection.execute(select(table).where(table.c.id == handover.id)).one_or_none()
            if known is not None:
                return _read(known)
            connection.execute(insert(table), _row(handover))
            target = f"{handover.scope.kind}:{handover.scope.id}"
            detail = f"{handover.outgoing} -> {handover.incoming}, {handover.open} open, sound {handover.sound}"
            append_to(connection, handover.at_ms, handover.incoming, "shift_handover", target, detail)
            return handover

        return await self._database.run(work)

    async def of(self, scope: Scope, limit: int) -> Sequence[Handover]:
        """Read the handovers of a post, the newest first."""
        table = tables.handover
        mine = select(table).where(table.c.scope_kind == scope.kind, table.c.scope_id == scope.id)
        query = mine.order_by(table.c.at_ms.desc(), table.c.id).limit(limit)
        return await self._database.run(lambda connection: [_read(row) for row in connection.execute(query)])


def _row(handover: Handover) -> dict[str, object]:
    return {
        "id": handover.id,
        "scope_kind": handover.scope.kind,
        "scope_id": handover.scope.id,
        "at_ms": handover.at_ms,
        "outgoing": handover.outgoing,
        "incoming": handover.incoming,
        "open": handover.open,
        "seen": json.dumps(handover.seen),
        "sound": handover.sound,
        "note": handover.note,
    }


def _read(row: Any) -> Handover:
    return Handover(
        row.id,
        Scope(row.scope_kind, row.scope_id),
        row.at_ms,
        row.outgoing,
        row.incoming,
        row.open,
        tuple(json.loads(row.seen)),
        row.sound,
        row.note,
    )
