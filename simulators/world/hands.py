"""What a box of the world can do when it is ordered to: its devices move, and the ghost learns of each move once."""

import asyncio
import random
from collections.abc import Mapping, Sequence

from contract.identity import DeviceId, GatewayId
from contract.messages import BirthDevice, Command
from contract.orders import Op
from edge.agent import Order, Reporting
from gateway.orders import Orders
from simulators.world.ghost import Ghost

MOVE_SECONDS = 1.5  # Mean time of a bar or a siren: long enough to be killed in.

Abilities = Mapping[DeviceId, frozenset[str]]


class Hands:
    """Implements `edge.agent.Obeys` for all devices of a box."""

    name = "hands"

    def __init__(self, gateway: GatewayId, abilities: Abilities, chance: random.Random, ghost: Ghost) -> None:
        self._gateway = gateway
        self._abilities = abilities
        self._chance = chance
        self._ghost = ghost

    def devices(self) -> Sequence[BirthDevice]:
        """Describe none: the box does."""
        return ()

    async def run(self, reporting: Reporting) -> None:
        """Nobody runs it: it hears of nothing by itself."""

    def abilities(self) -> Abilities:
        """Say what can be done."""
        return self._abilities

    async def carry_out(self, order: Order) -> str:
        """Begin, and take a while."""
        self._ghost.begins(self._gateway, order.id, order.op, order.device, order.arguments)
        await asyncio.sleep(self._chance.expovariate(1 / MOVE_SECONDS))
        return ""


class WatchedOrders(Orders):
    """The real orders, of which the ghost also sees what the box does to itself."""

    ghost: Ghost
    gateway: GatewayId

    async def _by_the_box(self, op: Op, command: Command) -> str:
        self.ghost.begins(self.gateway, command.id, op.value, "", command.a)
        return await super()._by_the_box(op, command)
