"""All devices of one simulated school behind the gateway's own agent seam."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from contract.identity import DeviceId, PressId
from contract.messages import BirthDevice
from edge.agent import Reporting
from server.registry.model import Calendar, Device, School
from simulators.behaviour import Conduct, Orders, guards_by_name, guards_on_post, outage_seconds, patrols_due
from simulators.day import Moment, moment
from simulators.samples import Scene, sample, thing
from simulators.staff import ESCORT_READER

TICK_SECONDS = 30.0  # One batch for each school in this time, as real boxes poll.
SLOW_KINDS = ("camera", "recorder")  # Polled at every other tick, half of them each time.
POLICE_SECONDS = 3.0  # So soon the police's own system acknowledges a press that came to it.
PRESS_WAIT_SECONDS = 20.0  # A press waits this long for a gateway that is just starting.
_PATROL_POINTS = ("教学楼", "围墙", "宿舍", "食堂", "配电房")


class NotRunning(Exception):
    """The school's gateway is off, so nobody takes the press. At a real school the button's own line to 110 remains."""


class SchoolAgent:
    """Samples a school's devices, lets its guards check in, and presses buttons when told to.

    Everything is told at once when the gateway starts, and then on a fixed beat whose phase `beat` (0 to 1) is its own.

    It outlives the gateway that hosts it: `orders` stay in force over a restart, as a cut cable would.
    """

    name = "simulated"

    def __init__(
        self,
        school: School,
        devices: Sequence[Device],
        conduct: Conduct,
        calendar: Calendar,
        clock: Callable[[], float],
        *,
        beat: float = 0.0,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self.school = school
        self.conduct = conduct
        self.orders = Orders()
        self._devices = tuple(devices)
        self._things = [thing(device) for device in devices]
        self._calendar = calendar
        self._clock = clock
        self._beat = beat
        self._tick_seconds = tick_seconds
        self._ticks = 0
        self._wake = asyncio.Event()
        self._hosted = asyncio.Event()
        self._reporting: Reporting | None = None
        self._on_post: frozenset[str] = frozenset()
        self._before: Moment | None = None

    def devices(self) -> Sequence[BirthDevice]:
        """Describe the devices; presses are acknowledged to the button only once they are durable."""
        return [
            BirthDevice(
                d=device.id,
                kind=device.kind,
                name=device.name,
                loc=device.place,
                first_hop="confirmed" if device.kind == "alarm_button" else "",
            )
            for device in self._devices
        ]

    async def run(self, reporting: Reporting) -> None:
        """Serve until cancelled."""
        self._reporting = reporting
        self._ticks = 0  # A gateway that starts again knows nothing yet.
        self._hosted.set()
        try:
            await self._tick(reporting)
            # Whenever they start, schools fall into beats of their own: a city's batches spread over the period.
            await self._pause((0.5 + self._beat) * self._tick_seconds)
            while True:
                await self._tick(reporting)
                await self._pause(self._tick_seconds)
        finally:
            self._hosted.clear()
            self._reporting = None

    def look_again(self) -> None:
        """Sample everything at once: an order was changed."""
        self._wake.set()

    async def press(self, device: DeviceId, *, press: str = "short", mode: str = "real") -> PressId:
        """Press a button; returns once the gateway has it on disk, or raises `NotRunning`."""
        reporting = await self._host()
        made = await reporting.press(device, press=press, mode=mode)
        asyncio.get_running_loop().call_later(POLICE_SECONDS, self._acknowledged)
        return made

    def _acknowledged(self) -> None:
        """Tell that the police's own system has acknowledged a press, as a host does that is networked with it."""
        hosts = [host for host in self.of_kind("alarm_host") if host not in self.orders.hosts_off]
        if self._reporting is None or self.orders.police_silent or not self.conduct.alarm_networked or not hosts:
            return
        self._reporting.reading(hosts[0], {"police_ack": round(self._clock() * 1_000)})

    async def clear(self, device: DeviceId) -> None:
        """Reset a button at the school."""
        reporting = await self._host()
        await reporting.clear(device, by="门卫")

    async def alert(self, device: DeviceId, code: str) -> str:
        """Report trouble that must not wait."""
        reporting = await self._host()
        return await reporting.alert(device, code)

    def buttons(self) -> list[DeviceId]:
        """List the buttons of the school."""
        return [device.id for device in self._devices if device.kind == "alarm_button"]

    def of_kind(self, kind: str) -> list[DeviceId]:
        """List the devices of one kind."""
        return [device.id for device in self._devices if device.kind == kind]

    def outage(self, now: float) -> float | None:
        """Say for how long the school is without mains, whether by chance or by order."""
        if self.orders.power_cut_at is not None:
            return max(0.0, now - self.orders.power_cut_at)
        return outage_seconds(self.conduct, now)

    async def _host(self) -> Reporting:
        try:
            await asyncio.wait_for(self._hosted.wait(), PRESS_WAIT_SECONDS)
        except TimeoutError:
            raise NotRunning(f"{self.school.name}: the gateway is off") from None
        assert self._reporting is not None
        return self._reporting

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _tick(self, reporting: Reporting) -> None:
        everything = self._wake.is_set() or self._ticks == 0
        self._wake.clear()
        now = self._clock()
        here = moment(self._calendar, now)
        scene = Scene(self.conduct, here, self.orders, self.outage(now))
        half = self._ticks % 2
        for number, item in enumerate(self._things):
            if everything or item.device.kind not in SLOW_KINDS or number % 2 == half:
                metrics = sample(item, scene)
                if metrics is not None:
                    reporting.reading(item.id, metrics)
        self._ticks += 1
        await self._people(reporting, here)

    async def _people(self, reporting: Reporting, here: Moment) -> None:
        """Let guards check in and out as they come and go, and walk the rounds that fell due."""
        posts = [post for post in self.of_kind("guard_post") if post != ESCORT_READER]
        if not posts:
            return
        present = guards_by_name(self.school.id, self.conduct, here, guards_on_post(self.conduct, here, self.orders))
        for act, guards in (("out", self._on_post - present), ("in", present - self._on_post)):
            for guard in sorted(guards):
                await reporting.check_in(posts[0], guard=guard, act=act, method="card")
        self._on_post = present
        if self._before is not None and present:
            for number in range(patrols_due(self.conduct, here, self._before)):
                point = _PATROL_POINTS[(here.day + number) % len(_PATROL_POINTS)]
                await reporting.check_in(posts[0], guard=min(present), act="patrol", point=point, method="nfc")
        self._before = here
