"""Gives orders: judges who may, has them kept and signed, and sends them by every door until they are answered or void."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.errors import Refused, StorageError
from contract.identity import GatewayId
from contract.limits import VERSION
from contract.messages import Command, encode_message
from contract.orders import Op, check_command
from contract.signing import sign
from server.commands.model import COMMAND_SECONDS, Asked, Given, NotGiven, needs_second, target
from server.commands.store import CommandStore
from server.core.events import WindowDeclared
from server.registry.model import User
from server.registry.store import Registry
from server.security.access import may_command

LOOK_SECONDS = 1.0  # How soon another server's order goes out by our HTTPS door, and an answered one no longer does.
AGAIN_SECONDS = 5.0  # An order without an answer is sent again: a broker may have lost it, and doing it twice is ruled out.
TEST_WINDOW_SECONDS = (-60.0, 120.0)  # Around a test alarm: clocks differ, and the press has to be made and to arrive.

log = structlog.get_logger("commands")


class Sends(Protocol):
    """What orders need of a door."""

    def order(self, gateway: str, payload: bytes) -> None:
        """Send an order without waiting; it may be lost."""
        ...


class Commands:
    """One for each server. `run` serves until cancelled."""

    def __init__(
        self,
        store: CommandStore,
        registry: Registry,
        keep: Callable[[WindowDeclared, float], Awaitable[None]],
        key: Ed25519PrivateKey,
        doors: Callable[[], Sequence[Sends]],
        clone_suspected: Callable[[GatewayId], bool],
        declare: Callable[[WindowDeclared], None],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._registry = registry
        self._keep = keep
        self._key = key
        self._doors = doors
        self._clone_suspected = clone_suspected
        self._declare = declare
        self._clock = clock
        self._pending: dict[str, tuple[GatewayId, bytes]] = {}
        self._sent_at: dict[str, float] = {}

    async def ask(self, asked: Asked, user: User) -> Given:
        """Give an order, or have it wait for a second person. Raises `NotGiven`, or `StorageError`: then nothing is sent."""
        self._check(asked, user)
        kind = self._kind(asked)
        now = self._clock()
        if needs_second(asked.op, kind):
            return await self._store.ask(asked, user.name, round(now * 1_000), None)
        await self._prepare(asked, user, now)
        given = await self._store.ask(asked, user.name, round(now * 1_000), self._sign)
        await self._look()
        return given

    async def confirm(self, given: Given, user: User) -> Given:
        """Confirm another person's order, which goes out now. Raises `NotGiven` or `StorageError`."""
        self._check(given.asked, user)
        asker = self._registry.accounts.find(given.asked_by)
        if asker is None or not may_command(asker, given.asked.op):
            raise NotGiven("forbidden", "whoever asked may no longer order this")
        now = self._clock()
        await self._prepare(given.asked, user, now)
        confirmed = await self._store.confirm(given.asked.id, user.name, round(now * 1_000), self._sign)
        await self._look()
        return confirmed

    async def find(self, id_: str) -> Given | None:
        """Find one order."""
        return await self._store.find(id_)

    async def page(
        self, schools: Collection[str], gateway: str | None, before: tuple[int, str] | None, limit: int
    ) -> Sequence[Given]:
        """Read orders of some schools, newest first."""
        return await self._store.page(schools, gateway, before, limit)

    def waiting(self, gateway: str) -> Sequence[bytes]:
        """Give what goes into the answer to a gateway's heartbeat by HTTPS."""
        return [payload for whose, payload in self._pending.values() if whose == gateway]

    async def run(self) -> None:
        """Send what is pending, whichever server signed it, until cancelled."""
        while True:
            try:
                await self._look()
            except StorageError as error:
                log.debug("orders_not_read", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Read what is pending, and send what has not been sent for a while."""
        pending = await self._store.pending(round(self._clock() * 1_000))
        self._pending = {id_: (gateway, payload) for id_, gateway, payload in pending}
        self._sent_at = {id_: at for id_, at in self._sent_at.items() if id_ in self._pending}
        now = self._clock()
        for id_, (gateway, payload) in self._pending.items():
            if now - self._sent_at.get(id_, float("-inf")) >= AGAIN_SECONDS and not self._clone_suspected(gateway):
                self._sent_at[id_] = now
                for door in self._doors():
                    door.order(gateway, payload)

    def _check(self, asked: Asked, user: User) -> None:
        if not may_command(user, asked.op):
            raise NotGiven("forbidden", f"{user.role.value} may not order {asked.op.value}")
        try:
            check_command(self._command(Given(asked, user.name, 0, number=1, issued_ms=1)))
        except Refused as refusal:
            raise NotGiven("invalid", refusal.detail) from None
        if asked.device and (asked.gateway, asked.device) not in self._registry.tree.devices:
            raise NotGiven("invalid", f"device {asked.device[:40]!r} is not of this gateway")
        if self._clone_suspected(asked.gateway):
            raise NotGiven("illegal_move", "two boxes seem to bear this gateway's name: neither is given orders")

    def _kind(self, asked: Asked) -> str:
        device = self._registry.tree.devices.get((asked.gateway, asked.device))
        return device.kind if device is not None else ""

    async def _prepare(self, asked: Asked, user: User, now: float) -> None:
        """Declare the window without which a test press would ring as a real one; it is the box's own, no button's."""
        if asked.op is not Op.TEST_ALARM or await self._store.find(asked.id) is not None:
            return
        before, after = TEST_WINDOW_SECONDS
        window = WindowDeclared(
            id=str(uuid.uuid4()),
            mode="test",
            school=asked.school,
            devices=frozenset({(asked.gateway, target(asked))}),
            start=now + before,
            end=now + after,
            approved_by=user.name,
        )
        await self._keep(window, now)
        self._declare(window)

    def _sign(self, given: Given) -> bytes:
        return encode_message(sign(self._command(given), self._key))

    def _command(self, given: Given) -> Command:
        asked = given.asked
        return Command(
            v=VERSION,
            id=asked.id,
            op=asked.op.value,
            exp=given.issued_ms + COMMAND_SECONDS * 1_000,
            n=given.number,
            by=f"user:{given.asked_by}" + (f" user:{given.confirmed_by}" if given.confirmed_by else ""),
            d=asked.device,
            a=dict(asked.arguments),
            g=asked.gateway,
        )
