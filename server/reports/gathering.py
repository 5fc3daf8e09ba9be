"""The registry of a frozen day, put together from its changes in small pieces, and read beside the event loop."""

import asyncio

import msgspec

from server.core.roster import RosterIndex
from server.gaps.model import Gap
from server.registry.changes import assembled, decode_line
from server.registry.model import Scope
from server.registry.record import Key
from server.reports.facts import Facts, branch
from server.snapshots.calendar import as_date
from server.snapshots.frozen import FrozenDay
from server.snapshots.reading import PastRecords

Bodies = dict[tuple[str, str], str | None]


async def registry_then(records: PastRecords, day: int, known: int) -> RosterIndex:
    """Give the registry as it held on a day by the changes up to sequence `known`. Raises `StorageError`."""
    bodies: Bodies = {}
    async for piece in records.changes(day, known):
        for sheet, key, body in piece:
            bodies[sheet, key] = body
    return await asyncio.to_thread(_read, bodies)


def frozen_facts(
    found: FrozenDay, hash_: str, index: RosterIndex, scope: Scope, gaps: tuple[Gap, ...] | None = None
) -> Facts:
    """Give a branch of a frozen day; `gaps` is its ledger of gaps as the moves up to the end of that day left it."""
    verdicts = {school: found.verdicts(school) for school in branch(index, scope)}
    return Facts(
        day=as_date(found.frozen.day),
        as_of_ms=found.frozen.judged_ms,
        frozen=hash_,
        scope=scope,
        index=index,
        indicators=tuple(found.frozen.indicators),
        verdicts={school: pairs for school, pairs in verdicts.items() if pairs},
        gaps=gaps,
    )


def _read(bodies: Bodies) -> RosterIndex:
    keys: dict[str, Key] = {key: tuple(msgspec.json.decode(key, type=list[str])) for _, key in bodies}
    lines = {(sheet, keys[key]): decode_line(sheet, body) for (sheet, key), body in bodies.items() if body is not None}
    return RosterIndex(assembled(lines))
