"""Edits of the registry in a running server: stored first, then told to the engine, the ingest and the screens.

Nothing here is urgent, and an alarm is: a city that changes is told in pieces, and indexes are built beside the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date

import structlog

from contract.errors import StorageError
from server.core.engine import Engine
from server.core.events import Event, RosterEdited
from server.core.roster import RosterIndex
from server.registry.changes import CALENDAR, TABLES, Edit
from server.registry.model import Roster
from server.registry.roster_file import check_roster
from server.registry.store import Registry

SCHOOLS_AT_ONCE = 50  # Of one step of the engine: some 5 ms.
FOLLOW_SECONDS = 2.0  # What another server's user edited is here within this.

log = structlog.get_logger("registrar")


class Registrar:
    """The one way in which a running server's roster and ledger change."""

    def __init__(
        self,
        registry: Registry,
        engine: Engine,
        tell: Callable[[Event], None],
        on_roster: Callable[[Roster], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._engine = engine
        self._tell = tell
        self._on_roster = on_roster  # Told when more than the ledger has changed.
        self._clock = clock
        self._lock = asyncio.Lock()

    async def edit(self, edits: Sequence[Edit], *, by: str, reason: str, effective: date | None = None) -> int:
        """Edit lines, all or none; gives how many differ from before. When this returns, the engine knows.

        Raises `ConfigurationError` naming what cannot be, and `StorageError`; nothing has changed then.
        """
        async with self._lock:
            before = self._registry.sequence
            different = await self._registry.edit(
                edits, by=by, reason=reason, now=self._clock(), effective=effective, checked=check_roster
            )
            await self._told(different)
            log.info("registry_edited", lines=len(different), first=before + 1)
            return len(different)

    async def run(self) -> None:
        """Follow what other servers edit, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            async with self._lock:
                try:
                    await self._told(await self._registry.follow())
                except StorageError as error:
                    log.debug("registry_not_followed", error=str(error))

    async def _told(self, edits: Sequence[Edit]) -> None:
        if not edits:
            return
        old, roster = self._engine.roster, self._registry.roster
        index = await asyncio.to_thread(old.renewed, roster)
        schools = await asyncio.to_thread(lambda: list(affected(edits, old, index)))
        ledger_only = not any(edit.sheet in TABLES for edit in edits)
        for start in range(0, max(1, len(schools)), SCHOOLS_AT_ONCE):
            self._tell(RosterEdited(index, schools[start : start + SCHOOLS_AT_ONCE], ledger_only))
            await asyncio.sleep(0)
        if not ledger_only:
            await self._on_roster(roster)


def affected(edits: Iterable[Edit], old: RosterIndex, new: RosterIndex) -> dict[str, None]:
    """Name the schools of which edits say something else, in a stable order."""
    found: dict[str, None] = {}
    for edit in edits:
        match edit.sheet:
            case "school":
                names: Iterable[str] = edit.key
            case "gateway":
                names = _schools_of(edit.key[0], old, new)
            case "device":
                known = [index.device(*edit.key) for index in (old, new)]
                names = [*_schools_of(edit.key[0], old, new), *(device.school for device in known if device)]
            case "unit":
                names = _below(edit.key[0], old, new) if _moved(edit.key[0], old, new) else ()
            case "station":
                names = ()
            case _ if edit.sheet == CALENDAR:
                names = new.schools
            case _:
                home = edit.key[0]
                names = (home,) if home in new.schools or home in old.schools else _below(home, old, new)
        found.update(dict.fromkeys(names))
    return found


def _schools_of(gateway: str, old: RosterIndex, new: RosterIndex) -> list[str]:
    return [known.school for index in (old, new) if (known := index.gateways.get(gateway)) is not None]


def _below(unit: str, old: RosterIndex, new: RosterIndex) -> list[str]:
    return [*old.schools_under(unit), *new.schools_under(unit)]


def _moved(unit: str, old: RosterIndex, new: RosterIndex) -> bool:
    was, now = old.units.get(unit), new.units.get(unit)
    return (was.parent if was else None) != (now.parent if now else None)
