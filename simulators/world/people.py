"""People of the world who give orders: they ask until they are answered, and some orders need a second one of them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId, UserName
from contract.messages import Argument
from contract.orders import Op
from server.commands.model import Asked, CommandState, Given, NotGiven
from server.registry.model import Role, Scope, User
from simulators.city import City
from simulators.world.ghost import Ordered
from simulators.world.server import Life

if TYPE_CHECKING:
    from simulators.world.world import World

AGAIN_SECONDS = 2.0  # Whoever has no answer asks again, under the same id, whichever server takes it …
ASKS_MAX = 15  # … and gives up after half a minute.
CONFIRM_SHARE = 0.8
THINK_SECONDS = (0.5, 15.0)  # Before a second person confirms.
DEVICE_SHARE = 0.75  # Of orders; the others are for the box itself.
KINDS: Mapping[str, Sequence[Op]] = {
    "gate": (Op.LOCK, Op.UNLOCK),
    "barrier": (Op.LOCK, Op.UNLOCK),
    "alarm_host": (Op.SIREN,),
    "camera": (Op.SET, Op.REBOOT),
    "guard_post": (Op.SIREN,),  # Has none: nobody can do this to it.
}
ABLE = KINDS.keys() - {"guard_post"}
OF_THE_BOX = (Op.REBOOT, Op.RESEND_BIRTH, Op.REPLAY_FROM)
FIRST, SECOND = UserName("duty-1"), UserName("duty-2")


def duty(scope: Scope) -> dict[UserName, User]:
    """Give the two who may order everything."""
    return {name: User(name, name, Role.ADMINISTRATOR, scope) for name in (FIRST, SECOND)}


@dataclass(frozen=True, slots=True)
class _Target:
    gateway: GatewayId
    device: str
    op: Op
    arguments: Mapping[str, Argument]


class People:
    """Those on duty. Each order is written down by the ghost before anybody is asked."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = world.wheel.chance("duty")

    def order(self) -> None:
        """Give an order."""
        chance, roster = self._chance, self._world.city.roster
        school = chance.choice([one for one in self._world.schools if one.name == one.gateway])
        target = self._device(school.gateway) if chance.random() < DEVICE_SHARE else self._box(school.gateway)
        of = next(gateway.school for gateway in roster.gateways if gateway.id == school.gateway)
        id_ = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        asked = Asked(id_, target.gateway, target.device, of, target.op, target.arguments)
        ordered = self._world.ghost.orders[id_] = Ordered(asked)
        self._ask(ordered, ASKS_MAX)

    def _device(self, gateway: GatewayId) -> _Target:
        devices = [one for one in self._world.city.roster.devices if one.gateway == gateway and one.kind in KINDS]
        device = self._chance.choice(devices)
        op = self._chance.choice(KINDS[device.kind])
        arguments: dict[Op, dict[str, Argument]] = {Op.SIREN: {"seconds": 5}, Op.SET: {"bitrate": 4_000}}
        return _Target(gateway, device.id, op, arguments.get(op, {}))

    def _box(self, gateway: GatewayId) -> _Target:
        op = self._chance.choice(OF_THE_BOX)
        arguments: dict[str, Argument] = {}
        if op is Op.REPLAY_FROM:
            known = sorted({place[1] for place in self._world.ghost.durable if place[0] == gateway})
            if not known:
                op = Op.RESEND_BIRTH
            else:
                arguments = {"ep": self._chance.choice(known), "x": "a", "pos": 1}
        return _Target(gateway, "", op, arguments)

    def _ask(self, ordered: Ordered, left: int) -> None:
        if ordered.answered or ordered.refused or not left:
            return
        server = self._world.find_server()
        life = server.life if server is not None else None
        if life is not None:
            life.process.hear(lambda: life.process.spawn(self._asking(life, ordered), "asking"))
        self._world.wheel.later(AGAIN_SECONDS, lambda: self._ask(ordered, left - 1))

    async def _asking(self, life: Life, ordered: Ordered) -> None:
        try:
            given = await life.commands.ask(ordered.asked, life.users[FIRST])
        except NotGiven as refusal:
            ordered.refused = refusal.code
            return
        except StorageError:
            return
        if life.process.acts and not ordered.answered:
            ordered.answered = True
            if given.state(round(life.clock() * 1_000)) is CommandState.WAITING and self._chance.random() < CONFIRM_SHARE:
                think = self._chance.uniform(*THINK_SECONDS)
                self._world.wheel.later(think, lambda: self._confirm(ordered, given, ASKS_MAX))

    def _confirm(self, ordered: Ordered, given: Given, left: int) -> None:
        if ordered.confirmed or not left:
            return
        server = self._world.find_server()
        life = server.life if server is not None else None
        if life is not None:
            life.process.hear(lambda: life.process.spawn(self._confirming(life, ordered, given), "confirming"))
        self._world.wheel.later(AGAIN_SECONDS, lambda: self._confirm(ordered, given, left - 1))

    async def _confirming(self, life: Life, ordered: Ordered, given: Given) -> None:
        try:
            await life.commands.confirm(given, life.users[SECOND])
        except (NotGiven, StorageError):
            return
        if life.process.acts:
            ordered.confirmed = True


def abilities(city: City, gateway: GatewayId) -> dict[DeviceId, frozenset[str]]:
    """Say what can be done to the devices of a box."""
    devices = [device for device in city.roster.devices if device.gateway == gateway and device.kind in ABLE]
    return {device.id: frozenset(op.value for op in KINDS[device.kind]) for device in devices}
