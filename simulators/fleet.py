"""A whole city of gateways in one process: who runs, who is cut off, and who is pressed.

What a gateway is made of comes in from outside (`make_box`), so that this file knows nothing of wires and disks.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field

import structlog

from contract.identity import DeviceId, GatewayId, PressId, UnitId
from server.core.roster import RosterIndex
from server.registry.model import Device
from simulators.behaviour import CAMERAS_OFF, conduct_of
from simulators.chance import draw, key
from simulators.city import City
from simulators.presses import PlannedPress, planned_presses
from simulators.school_agent import TICK_SECONDS, NotRunning, SchoolAgent
from simulators.site import ORDERS, Box, Power, Site

POWER_LOOK_SECONDS = 5.0
RESTART_SECONDS = 5.0  # A gateway that fell over comes back after this; it takes a real box longer to boot.
CLEAR_SECONDS = 120.0  # A school usually resets its button within a few minutes.
RECENT_MAX = 200  # Presses and orders that the simulator's page can show.
STOP_SECONDS_MAX = 10.0
_log = structlog.get_logger("simulators.fleet")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something the simulator did, for its page."""

    at: float
    what: str
    gateway: GatewayId
    school: str
    device: str = ""
    press: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much happens: presses each minute in the whole city, the factor on trouble, spread of the start, beat, faults."""

    presses_per_minute: float = 0.0
    speed: float = 1.0
    spread_seconds: float = TICK_SECONDS
    tick_seconds: float = TICK_SECONDS
    cameras_off: float = CAMERAS_OFF


@dataclass(slots=True)
class Counts:
    """What the fleet has done so far."""

    presses: int = 0
    presses_failed: int = 0
    falls: int = 0
    recent: deque[Happening] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))


class Fleet:
    """All sites of a city. `run` keeps each gateway up exactly while it has power and nobody has killed it."""

    def __init__(
        self, city: City, make_box: Callable[[Site], Box], clock: Callable[[], float], pace: Pace | None = None
    ) -> None:
        self.city = city
        self.pace = pace or Pace()
        self.counts = Counts()
        self._make_box = make_box
        self._clock = clock
        self._works: set[asyncio.Task[None]] = set()
        self.sites: dict[GatewayId, Site] = {site.gateway.id: site for site in self._make_sites()}

    async def run(self) -> None:
        """Start the sites spread over time, watch their power and press buttons by plan, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._start_spread(), name="fleet-start")
                group.create_task(self._watch_power(), name="fleet-power")
                group.create_task(self._press_by_plan(), name="fleet-presses")
        finally:
            await self._stop()

    def find(self, text: str) -> Site | None:
        """Find a site by its gateway's id, or else the first whose ids or names hold the text."""
        return self.sites.get(GatewayId(text)) or next(iter(self.search(text, 1)), None)

    def search(self, text: str, limit: int) -> list[Site]:
        """List the sites whose ids or names hold a text."""
        wanted = text.casefold()
        found = (site for site in self.sites.values() if site.answers_to(wanted))
        return [site for _, site in zip(range(limit), found, strict=False)]

    def any_running(self) -> Site | None:
        """Choose a running site by chance."""
        running = [site for site in self.sites.values() if site.running]
        return random.choice(running) if running else None

    def running(self) -> int:
        """Count the gateways that stand."""
        return sum(site.running for site in self.sites.values())

    async def press(
        self,
        site: Site,
        device: DeviceId | None = None,
        *,
        press: str = "short",
        mode: str = "real",
        clear_after: float = CLEAR_SECONDS,
    ) -> PressId:
        """Press a button (the first one unless named); the school resets it later. Raises `NotRunning`."""
        button = device or site.agent.buttons()[0]
        try:
            made = await site.agent.press(button, press=press, mode=mode)
        except NotRunning:
            self.counts.presses_failed += 1
            raise
        self.counts.presses += 1
        self._tell("press" if mode == "real" else f"{mode}_press", site, button, made)
        self._later(self._clear(site, button, clear_after), f"clear-{site.gateway.id}")
        return made

    def kill(self, site: Site, killed: bool = True) -> None:
        """Kill a gateway as by pulling its plug, or let it start again."""
        site.killed = killed
        self._tell("kill_gateway" if killed else "start_gateway", site)
        self._settle(site)

    def cut_power(self, town: UnitId, cut: bool = True) -> int:
        """Cut the power of a whole town, or give it back; says how many schools that is."""
        hit = [site for site in self.sites.values() if site.school.unit == town]
        for site in hit:
            site.agent.orders.power_cut_at = self._clock() if cut else None
            site.agent.look_again()
            self._settle(site)
        if hit:
            self._tell("power_cut" if cut else "power_back", hit[0], town)
        return len(hit)

    def order(self, site: Site, what: str, device: DeviceId | None = None) -> None:
        """Carry out one of the `ORDERS` at a school, at once."""
        ORDERS[what](site, device)
        self._tell(what, site, device or "")
        site.agent.look_again()

    def _make_sites(self) -> Iterator[Site]:
        roster, seed = self.city.roster, self.city.seed
        index = RosterIndex(roster)
        devices: dict[GatewayId, list[Device]] = {gateway.id: [] for gateway in roster.gateways}
        for device in roster.devices:
            devices[device.gateway].append(device)
        for gateway in roster.gateways:
            school = index.schools[gateway.school]
            agent = SchoolAgent(
                school,
                devices[gateway.id],
                conduct_of(school, index.dossier(school.id), gateway.id, seed, self.pace.speed, self.pace.cameras_off),
                roster.calendar,
                self._clock,
                beat=draw(seed, key(gateway.id), 22),
                tick_seconds=self.pace.tick_seconds,
            )
            yield Site(gateway, school, agent, draw(seed, key(gateway.id), 21) * self.pace.spread_seconds)

    async def _start_spread(self) -> None:
        began = self._clock()
        for site in sorted(self.sites.values(), key=lambda site: site.start_after):
            await asyncio.sleep(max(0.0, began + site.start_after - self._clock()))
            site.due = True
            self._settle(site)

    async def _watch_power(self) -> None:
        while True:
            await asyncio.sleep(POWER_LOOK_SECONDS)
            for site in self.sites.values():
                self._settle(site)

    def _settle(self, site: Site) -> None:
        """Make a gateway run exactly when it should."""
        on = site.due and site.power(self._clock()) is Power.ON
        if on and not site.running:
            site.starts += 1
            site.task = asyncio.create_task(self._keep(site), name=f"box-{site.gateway.id}")
        elif not on and site.task is not None:
            site.task.cancel()

    async def _keep(self, site: Site) -> None:
        """Run one gateway, again and again where it falls over."""
        while True:
            try:
                await self._make_box(site).run()
            except Exception:  # noqa: BLE001  # The top of a long-running task: one box must not end the city.
                site.falls += 1
                self.counts.falls += 1
                _log.exception("gateway_fell", gateway=site.gateway.id)
            await asyncio.sleep(RESTART_SECONDS)

    async def _press_by_plan(self) -> None:
        buttons = [(site.gateway.id, button) for site in self.sites.values() for button in site.agent.buttons()]
        start = self._clock() + self.pace.spread_seconds
        rate = self.pace.presses_per_minute
        for planned in planned_presses(self.city.seed ^ int(start), buttons, rate, start):
            await asyncio.sleep(max(0.0, planned.at - self._clock()))
            self._later(self._press_planned(planned), f"press-{planned.gateway}")

    async def _press_planned(self, planned: PlannedPress) -> None:
        site = self.sites[planned.gateway]
        with contextlib.suppress(NotRunning):  # Counted; a school without power still has its own line to 110.
            await self.press(site, planned.device, press=planned.press, clear_after=planned.clear_after)

    async def _clear(self, site: Site, device: DeviceId, after: float) -> None:
        await asyncio.sleep(after)
        with contextlib.suppress(NotRunning):
            await site.agent.clear(device)

    async def _stop(self) -> None:
        tasks = [site.task for site in self.sites.values() if site.task is not None] + list(self._works)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS_MAX)

    def _later(self, work: Coroutine[object, object, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    def _tell(self, what: str, site: Site, device: str = "", press: str = "") -> None:
        self.counts.recent.appendleft(Happening(self._clock(), what, site.gateway.id, site.school.name, device, press))
        _log.info("simulated", what=what, gateway=site.gateway.id, device=device, press=press)
