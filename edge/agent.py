"""The seam between a device interface and the gateway that hosts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from contract.identity import DeviceId, PressId
from contract.messages import Argument, BirthDevice
from contract.records import Value


class Reporting(Protocol):
    """What an agent may tell. Times are taken by the gateway, so that all devices of a school share one clock."""

    def reading(self, device: DeviceId, metrics: Mapping[str, Value]) -> None:
        """Tell what was sampled just now; the gateway sends it on change, beyond the deadband, or as a heartbeat."""
        ...

    async def press(
        self, device: DeviceId, *, press: str = "short", mode: str = "real", counter: int | None = None
    ) -> PressId:
        """Tell a press; returns once it is durable in the outbox, so that the first hop may be acknowledged.

        Repeats of one press (the same `counter` within 60 s, or none within 3 s) give the first one's id again.
        Raises `contract.errors.StorageError` when it could not be made durable: do not acknowledge.
        """
        ...

    async def clear(self, device: DeviceId, *, by: str) -> None:
        """Tell that the school reset the device's button; durable on return."""
        ...

    async def alert(self, device: DeviceId, code: str, *, on: bool = True, mode: str = "real", text: str = "") -> str:
        """Tell trouble that must not wait for telemetry (contract.records.ALERT_CODES); durable on return, gives its id."""
        ...

    async def check_in(self, device: DeviceId, *, guard: str, act: str, point: str = "", method: str = "") -> str:
        """Tell a guard's check-in by reference, never by name; gives its id."""
        ...


class Agent(Protocol):
    """One interface to devices. A crash of `run` restarts this agent only; other agents never notice."""

    name: str

    def devices(self) -> Sequence[BirthDevice]:
        """Describe the devices this agent serves; used in the gateway's birth."""
        ...

    async def run(self, reporting: Reporting) -> None:
        """Serve until cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """Something to be done to a device. Whether it may be done has been decided before anybody sees this."""

    id: str  # A device that is told twice knows by it that it is the same.
    device: DeviceId
    op: str  # One of contract.orders.Op.
    arguments: Mapping[str, Argument]


@runtime_checkable
class Obeys(Protocol):
    """An agent that can do something to its devices. Agents that only listen have none of this."""

    def abilities(self) -> Mapping[DeviceId, frozenset[str]]:
        """Say which orders can be carried out now, by device."""
        ...

    async def carry_out(self, order: Order) -> str:
        """Do it, once; returns when it is done, with a word about it or none.

        Raises `contract.errors.Refused` for arguments that the device cannot take, and `contract.errors.Unreachable`
        when it was not done or nobody knows.
        """
        ...


@runtime_checkable
class Shows(Protocol):
    """An agent whose devices can show a person at the button how far the press has got."""

    def lamps(self) -> Sequence[DeviceId]:
        """Name the devices that can show it."""
        ...

    def show(self, device: DeviceId, *, seen: bool, stored: bool) -> None:
        """Show it: `seen` says that a police screen shows the press, `stored` that it is committed. Never waits."""
        ...
