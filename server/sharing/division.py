"""Keeps this server's part of the shared work: renews its leases and tells host and engine what is theirs.

While the database is silent for longer than a lease lasts, every server leads: a press that nobody takes must escalate, and
two that tell it are better than none. What they store twice is sorted out when the database returns.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from contract.errors import StorageError
from server.journal.leases import LEAD, LEASE_SECONDS

RENEW_SECONDS = 3.0  # Three attempts in the life of a lease.

log = structlog.get_logger("sharing")


class Renewing(Protocol):
    """The leases; `server.journal.leases.Leases` is them."""

    @property
    def namesakes(self) -> int:
        """Count the living servers that bear our name."""
        ...

    async def renew(self) -> Mapping[int, int]:
        """Renew, leave and take leases; give the fence of each share we hold."""
        ...

    async def leave(self) -> None:
        """Let go of everything."""
        ...


class Division:
    """`renew` once before serving, then `run`. `shares` is told the fences that are ours, `lead` whether we lead."""

    def __init__(
        self,
        leases: Renewing,
        shares: Callable[[Mapping[int, int]], None],
        lead: Callable[[bool], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.leads = False
        self.shares = 0  # How many shares of the gateways are ours.
        self._leases = leases
        self._tell_shares = shares
        self._tell_lead = lead
        self._monotonic = monotonic
        self._answered_at = monotonic()
        self._fences: dict[int, int] | None = None

    async def renew(self) -> None:
        """Renew the leases once, and tell what changed; never raises for a database that does not answer."""
        try:
            fences = dict(await self._leases.renew())
        except StorageError as error:
            log.warning("leases_not_renewed", error=str(error))
            if self._monotonic() - self._answered_at > LEASE_SECONDS:
                self._set_lead(leads=True)
            return
        self._answered_at = self._monotonic()
        if self._leases.namesakes:
            log.error("server_name_twice", others=self._leases.namesakes)
        leads = fences.pop(LEAD, None) is not None
        if fences != self._fences:
            self._fences = fences
            self.shares = len(fences)
            self._tell_shares(fences)
            log.info("shares_changed", shares=len(fences))
        self._set_lead(leads=leads)

    async def run(self) -> None:
        """Renew until cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self.renew()

    async def leave(self) -> None:
        """Let another server go on at once; without an answer the leases run out by themselves."""
        try:
            await self._leases.leave()
        except StorageError as error:
            log.warning("leases_not_left", error=str(error))

    def _set_lead(self, *, leads: bool) -> None:
        if leads != self.leads:
            self.leads = leads
            log.info("lead_changed", leads=leads)
            self._tell_lead(leads)
