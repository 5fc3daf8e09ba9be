"""Declared tests and drills, kept so that a restarted server still knows them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select

from contract.identity import DeviceId, GatewayId
from server.core.events import WindowDeclared
from server.journal.database import Database
from server.registry import tables


class Windows:
    """The declared windows, oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def declare(self, window: WindowDeclared) -> None:
        """Keep a window; returns after the commit."""
        values = {
            "id": window.id,
            "mode": window.mode,
            "school": window.school,
            "devices": msgspec.json.encode(sorted(window.devices)).decode(),
            "start_ms": round(window.start * 1000),
            "end_ms": round(window.end * 1000),
            "approved_by": window.approved_by,
        }
        await self._database.run(lambda connection: connection.execute(insert(tables.declared_window).values(values)))

    async def current(self, now: float) -> Sequence[WindowDeclared]:
        """Read the windows that have not ended, in the order in which they begin; for the engine at start, and for lists."""

        def work(connection: Connection) -> list[WindowDeclared]:
            table = tables.declared_window
            query = select(table).where(table.c.end_ms > round(now * 1000)).order_by(table.c.start_ms, table.c.id)
            return [_read(row) for row in connection.execute(query)]

        return await self._database.run(work)


def _read(row: Row[Any]) -> WindowDeclared:
    pairs = msgspec.json.decode(row.devices, type=list[tuple[str, str]])
    return WindowDeclared(
        id=row.id,
        mode=row.mode,
        school=row.school,
        devices=frozenset((GatewayId(gateway), DeviceId(device)) for gateway, device in pairs),
        start=row.start_ms / 1000,
        end=row.end_ms / 1000,
        approved_by=row.approved_by,
    )
