"""Gathers what is to be kept and keeps it a moment later, in one go: for projections that nobody waits for.

What waits is bounded, and a database that is away costs no more than that: whatever is beyond it is found in the journal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import structlog

from contract.errors import StorageError

KEEP_SECONDS = 2.0  # How long what came is gathered.
WAITING_MAX = (
    100_000  # Of different keys, while the database is away: a province's guards, or thirty notes of each school of a city.
)

log = structlog.get_logger("keeping")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Keeping(Generic[K, V]):
    """Keeps the last word of each key. `newer(value, before)` says whether a word takes the place of the one that waits."""

    def __init__(
        self,
        name: str,
        keep: Callable[[Sequence[V]], Awaitable[None]],
        newer: Callable[[V, V], bool] = lambda _value, _before: True,
    ) -> None:
        self.faults = 0  # Our own mistakes, each with a trace in the log.
        self._name = name
        self._keep = keep
        self._newer = newer
        self._waiting: dict[K, V] = {}
        self._more = asyncio.Event()

    def put(self, key: K, value: V) -> None:
        """Take a word, without waiting; one beyond the limit is left out."""
        before = self._waiting.get(key)
        if before is None and len(self._waiting) >= WAITING_MAX:
            return
        if before is None or self._newer(value, before):
            self._waiting[key] = value
            self._more.set()

    async def run(self) -> None:
        """Keep what came, until cancelled."""
        while True:
            await self._more.wait()
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await self.flush()
            except StorageError as error:
                log.warning("not_kept", what=self._name, waiting=len(self._waiting), error=str(error))
            except Exception:  # The top of a long-running task: one word that no database takes must not end the server.
                self.faults += 1
                log.exception("lost", what=self._name)

    async def flush(self) -> None:
        """Keep what waits now; raises `StorageError`, and keeps it waiting then, beside what came meanwhile."""
        waiting, self._waiting = self._waiting, {}
        self._more.clear()
        try:
            await self._keep(list(waiting.values()))
        except StorageError:
            for key, value in waiting.items():
                since = self._waiting.get(key)
                if since is None or not self._newer(since, value):
                    self.put(key, value)
            raise
