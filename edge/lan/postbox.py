"""What goes back to devices of the LAN: orders, each handed over once, and how far a press has got.

A device that is connected by MQTT is told; one that speaks HTTP asks. An order that gets lost on the way is never repeated.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from contract.errors import Unreachable
from contract.identity import DeviceId
from contract.messages import Argument
from edge.agent import Order

WAITING_MAX = 4  # Orders of one device that nobody has fetched yet.
ASKED_SECONDS = 30.0  # A device that asked for orders within this is there to fetch the next.


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as a device reads it."""

    id: str
    op: str
    a: dict[str, Argument] = {}


class State(msgspec.Struct, frozen=True):
    """How far the newest press of a device has got; both are false while nothing is known, and once it is long over."""

    seen: bool = False  # A police screen shows it.
    stored: bool = False  # It is committed at the server.


Push = Callable[[bytes], None]


@dataclass(slots=True)
class _Box:
    state: State = field(default_factory=State)
    waiting: dict[str, Told] = field(default_factory=dict)
    ends: dict[str, "asyncio.Future[str]"] = field(default_factory=dict)  # Of orders that have no answer yet.
    order_lines: list[Push] = field(default_factory=list)
    state_lines: list[Push] = field(default_factory=list)
    asked_at: float = float("-inf")


class Postbox:
    """One for each agent; bounded by its devices."""

    def __init__(self, devices: Iterable[DeviceId], clock: Callable[[], float]) -> None:
        self._boxes = {device: _Box() for device in devices}
        self._clock = clock

    def reachable(self) -> list[DeviceId]:
        """Name the devices that can be handed an order now."""
        now = self._clock()
        return [device for device, box in self._boxes.items() if box.order_lines or now - box.asked_at <= ASKED_SECONDS]

    def state(self, device: DeviceId) -> State:
        """Give how far a device's newest press has got."""
        return self._boxes[device].state

    def show(self, device: DeviceId, state: State) -> None:
        """Keep how far it has got, and tell whoever listens."""
        box = self._boxes[device]
        box.state = state
        for push in list(box.state_lines):
            push(msgspec.json.encode(state))

    async def hand_over(self, order: Order) -> str:
        """Hand an order to its device and wait for its answer; the caller limits how long."""
        box = self._boxes[order.device]
        if len(box.waiting) >= WAITING_MAX:
            raise Unreachable(f"{order.device} has not fetched {WAITING_MAX} orders before this one")
        told = Told(order.id, order.op, dict(order.arguments))
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        box.ends[order.id] = answer
        try:
            if box.order_lines:
                box.order_lines[-1](msgspec.json.encode(told))  # The newest connection: an older one may be half open.
            else:
                box.waiting[order.id] = told
            return await answer
        finally:
            box.waiting.pop(order.id, None)  # Whoever comes too late finds nothing.
            del box.ends[order.id]

    def fetch(self, device: DeviceId) -> Told | None:
        """Take the oldest order that waits; nobody is given it again."""
        box = self._boxes[device]
        box.asked_at = self._clock()
        return box.waiting.pop(next(iter(box.waiting))) if box.waiting else None

    def answered(self, device: DeviceId, order: str, text: str, *, ok: bool) -> bool:
        """Take a device's answer; says whether anybody still waits for it."""
        answer = self._boxes[device].ends.get(order)
        if answer is None or answer.done():
            return False
        if ok:
            answer.set_result(text)
        else:
            answer.set_exception(Unreachable(text or "the device says that it could not"))
        return True

    def hear_orders(self, device: DeviceId, push: Push) -> Callable[[], None]:
        """Have orders told to a connection from now on, first those that wait; gives how to stop it."""
        box = self._boxes[device]
        while box.waiting:
            push(msgspec.json.encode(box.waiting.pop(next(iter(box.waiting)))))
        return _joined(box.order_lines, push)

    def hear_state(self, device: DeviceId, push: Push) -> Callable[[], None]:
        """Have the state told to a connection, now and whenever it changes; gives how to stop it."""
        box = self._boxes[device]
        push(msgspec.json.encode(box.state))
        return _joined(box.state_lines, push)


def _joined(lines: list[Push], push: Push) -> Callable[[], None]:
    lines.append(push)

    def leave() -> None:
        if push in lines:
            lines.remove(push)

    return leave
