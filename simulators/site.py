"""One school of a fleet: its gateway, running or not, and what its operator may order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from contract.identity import DeviceId
from server.registry.model import Gateway, School
from simulators.school_agent import SchoolAgent
from simulators.troubles import TROUBLES


class Box(Protocol):
    """One running gateway, as the fleet sees it."""

    async def run(self) -> None:
        """Serve until cancelled."""
        ...


class Power(StrEnum):
    """Why a gateway runs or does not."""

    ON = "on"
    NO_MAINS = "no_mains"  # The town is dark and the backup battery is empty.
    KILLED = "killed"  # By an operator of the simulator.


@dataclass(slots=True)
class Site:
    """One school with its gateway. `due` says that its turn in the start-up has come."""

    gateway: Gateway
    school: School
    agent: SchoolAgent
    start_after: float
    due: bool = False
    killed: bool = False
    starts: int = 0
    falls: int = 0
    task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Say whether the gateway stands."""
        return self.task is not None and not self.task.done()

    def power(self, now: float) -> Power:
        """Say whether the gateway has what it needs to run."""
        if self.killed:
            return Power.KILLED
        outage = self.agent.outage(now)
        conduct = self.agent.conduct
        if outage is not None and outage * conduct.speed > conduct.ups_seconds:
            return Power.NO_MAINS
        return Power.ON

    def answers_to(self, wanted: str) -> bool:
        """Say whether a text (in lower case) is part of the site's ids or names."""
        school = self.school
        return any(wanted in name for name in (self.gateway.id, school.id, school.name, school.name_en.casefold()))


def _toggle(held: set[DeviceId], devices: Sequence[DeviceId]) -> None:
    """Put devices under an order, or take them out where all of them are under it already."""
    if held.issuperset(devices):
        held.difference_update(devices)
    else:
        held.update(devices)


def _named(site: Site, device: DeviceId | None, kind: str) -> Sequence[DeviceId]:
    return [device] if device else site.agent.of_kind(kind)


def _camera_off(site: Site, device: DeviceId | None) -> None:
    _toggle(site.agent.orders.cameras_off, _named(site, device, "camera"))


def _barrier_down(site: Site, device: DeviceId | None) -> None:
    _toggle(site.agent.orders.barriers_down, _named(site, device, "barrier"))


def _host_off(site: Site, device: DeviceId | None) -> None:
    _toggle(site.agent.orders.hosts_off, _named(site, device, "alarm_host"))


def _gate_open(site: Site, device: DeviceId | None) -> None:
    _toggle(site.agent.orders.gates_open, _named(site, device, "gate"))


def _guard_leaves(site: Site, _device: DeviceId | None) -> None:
    site.agent.orders.guards_gone = not site.agent.orders.guards_gone


def _police_silent(site: Site, _device: DeviceId | None) -> None:
    site.agent.orders.police_silent = not site.agent.orders.police_silent


def _trouble(name: str) -> Callable[[Site, DeviceId | None], None]:
    """Give what orders one trouble at the first device of its kind, and undoes it."""

    def order(site: Site, device: DeviceId | None) -> None:
        known = site.agent.of_kind(TROUBLES[name].kind)
        for one in [device] if device else known[:1]:
            held = site.agent.orders.troubles.setdefault(one, set())
            held.symmetric_difference_update({name})
            if not held:
                del site.agent.orders.troubles[one]

    return order


# What an operator may order at a school. Without a device the order holds for all of its kind; a second time undoes it.
ORDERS: dict[str, Callable[[Site, DeviceId | None], None]] = {
    "barrier_down": _barrier_down,
    "camera_off": _camera_off,
    "gate_open": _gate_open,
    "guard_leaves": _guard_leaves,
    "host_off": _host_off,
    "police_silent": _police_silent,
} | {f"trouble_{name}": _trouble(name) for name, one in TROUBLES.items() if one.kind != "gateway"}
