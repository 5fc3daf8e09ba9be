"""A small fleet whose gateways are fakes: they host the agents and write down what they are told."""

# ruff: noqa: ARG002  # A fake keeps the seam's signatures and only the arguments a test asks about.

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date

import pytest

from contract.identity import DeviceId, GatewayId, PressId
from contract.records import Value
from simulators.city import make_city
from simulators.fleet import Fleet, Pace
from simulators.site import Site

WAIT_SECONDS = 10.0
NOON = 1_795_494_000.0  # Tuesday 24 November 2026, 12:20 in Qinzhou: term, between classes.


class FakeBox:
    """Hosts one school's agent and keeps what it reports."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.sampled: set[str] = set()
        self.readings: list[tuple[str, dict[str, Value]]] = []
        self.presses: list[tuple[str, str, str]] = []
        self.cleared: list[str] = []
        self.check_ins: list[tuple[str, str, str]] = []
        self.crash: Exception | None = None
        self.crashed = asyncio.Event()
        self.changed = asyncio.Event()

    async def run(self) -> None:
        """Host the agent until cancelled or crashed."""
        agent = asyncio.create_task(self.site.agent.run(self))
        crash = asyncio.create_task(self.crashed.wait())
        try:
            await asyncio.wait({agent, crash}, return_when=asyncio.FIRST_COMPLETED)
            if self.crash:
                raise self.crash
            await agent
        finally:
            agent.cancel()
            crash.cancel()
            await asyncio.gather(agent, crash, return_exceptions=True)

    def reading(self, device: DeviceId, metrics: Mapping[str, Value]) -> None:
        """Keep a sample."""
        self.sampled.add(device)
        self.readings.append((device, dict(metrics)))
        self.changed.set()

    async def press(
        self, device: DeviceId, *, press: str = "short", mode: str = "real", counter: int | None = None
    ) -> PressId:
        """Keep a press."""
        self.presses.append((device, press, mode))
        return PressId(str(uuid.UUID(int=len(self.presses))))

    async def clear(self, device: DeviceId, *, by: str) -> None:
        """Keep a reset."""
        self.cleared.append(device)
        self.changed.set()

    async def alert(self, device: DeviceId, code: str, *, on: bool = True, mode: str = "real", text: str = "") -> str:
        """Keep nothing of an alert."""
        return str(uuid.UUID(int=1))

    async def check_in(self, device: DeviceId, *, guard: str, act: str, point: str = "", method: str = "") -> str:
        """Keep a check-in."""
        self.check_ins.append((guard, act, point))
        self.changed.set()
        return str(uuid.UUID(int=2))

    async def until(self, condition: Callable[["FakeBox"], bool]) -> None:
        """Wait until something reported makes a condition true."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


class Clock:
    """Starts at noon of a school day and can be moved by hand."""

    def __init__(self) -> None:
        self.shift = 0.0
        self._began = time.monotonic()

    def __call__(self) -> float:
        """Give the present instant."""
        return NOON + self.shift + time.monotonic() - self._began


class FleetUnderTest:
    """A fleet with its fakes: the newest box of each site."""

    def __init__(self, sites: int, pace: Pace) -> None:
        self.clock = Clock()
        self.boxes: dict[GatewayId, FakeBox] = {}
        self.fleet = Fleet(make_city(sites, 1, date(2026, 11, 24)), self._make, self.clock, pace)

    def _make(self, site: Site) -> FakeBox:
        box = self.boxes[site.gateway.id] = FakeBox(site)
        return box

    async def settled(self, condition: Callable[[], bool]) -> None:
        """Let the tasks of the loop run until a condition holds."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():  # noqa: ASYNC110  # One turn of the loop; what is awaited has no event.
                await asyncio.sleep(0)


MakeFleet = Callable[..., AbstractAsyncContextManager[FleetUnderTest]]


@pytest.fixture
def running_fleet() -> MakeFleet:
    """Run a fleet of fakes for the length of a block."""

    @contextlib.asynccontextmanager
    async def run(sites: int = 12, presses_per_minute: float = 0.0) -> AsyncIterator[FleetUnderTest]:
        under_test = FleetUnderTest(sites, Pace(presses_per_minute, spread_seconds=0.0, tick_seconds=30.0))
        task = asyncio.create_task(under_test.fleet.run())
        try:
            await under_test.settled(lambda: len(under_test.boxes) == sites)
            yield under_test
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return run
