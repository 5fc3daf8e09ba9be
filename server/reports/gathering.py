"""The registry of a frozen day, put together from its changes in small pieces, and read beside the event loop."""

import asyncio

import msgspec

from server.core.roster import RosterIndex
from server.registry.changes import assembled, decode_line
from server.registry.record import Key
from server.snapshots.reading import PastRecords

Bodies = dict[tuple[str, str], str | None]


async def registry_then(records: PastRecords, day: int, known: int) -> RosterIndex:
    """Give the registry as it held on a day by the changes up to sequence `known`. Raises `StorageError`."""
    bodies: Bodies = {}
    async for piece in records.changes(day, known):
        for sheet, key, body in piece:
            bodies[sheet, key] = body
    return await asyncio.to_thread(_read, bodies)


def _read(bodies: Bodies) -> RosterIndex:
    keys: dict[str, Key] = {key: tuple(msgspec.json.decode(key, type=list[str])) for _, key in bodies}
    lines = {(sheet, keys[key]): decode_line(sheet, body) for (sheet, key), body in bodies.items() if body is not None}
    return RosterIndex(assembled(lines))
