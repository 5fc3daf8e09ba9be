"""A running city put together: the roster, a gateway for each school, the page, and an end that leaves nothing behind."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog
import uvicorn

from contract.errors import ConfigurationError
from server.registry.roster_file import encode_roster, read_roster
from shell.process import spare_the_collector
from shell.web import WebServer
from simulators.city import CAMERAS_TODAY, City, make_city
from simulators.credentials import gateway_key, key_hash
from simulators.fleet import Fleet, Pace
from simulators.page import make_page
from simulators.site import Box, Site

SITES_PER_SECOND = 64.0  # So many gateways start in a second: two cores carry it next to broker and server.
REPORT_SECONDS = 10.0

MakeBox = Callable[[Site], Box]
OpenBoxes = Callable[[], AbstractAsyncContextManager[MakeBox]]

_log = structlog.get_logger("simulators.city")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which city is to run."""

    sites: int
    seed: int
    roster: Path | None = None  # Used where it exists, else made.
    cameras: float = CAMERAS_TODAY


def usual_spread(sites: int) -> float:
    """Say over how many seconds the gateways of a city start."""
    return sites / SITES_PER_SECOND


def open_city(plan: Plan, today: date) -> City:
    """Give the city of the roster file where there is one, else make it and write the file.

    Raises `ConfigurationError` for a roster made from another seed: its gateways' keys would be refused.
    """
    path = plan.roster
    if path is None or not path.exists():
        city = make_city(plan.sites, plan.seed, today, plan.cameras)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_roster(city.roster))
        return city
    roster = read_roster(path)
    for gateway in roster.gateways[:1]:
        if gateway.key_hash and gateway.key_hash != key_hash(gateway_key(plan.seed, gateway.id)):
            raise ConfigurationError(
                f"{path}: this roster was not made from seed {plan.seed}; give its seed or another file"
            )
    if len(roster.gateways) != plan.sites:
        _log.info("roster_decides", sites=len(roster.gateways), asked=plan.sites)
    return City(plan.seed, today, roster)


async def run_city(city: City, open_boxes: OpenBoxes, pace: Pace, page_port: int, stop: asyncio.Event) -> None:
    """Run every gateway of a city and the simulator's page until `stop` is set."""
    with _listening(page_port) as listener:
        async with open_boxes() as make_box:
            fleet = Fleet(city, make_box, time.time, pace)
            spare_the_collector()
            web = WebServer(uvicorn.Config(make_page(fleet), log_config=None, access_log=False, lifespan="off"))
            serving = asyncio.create_task(web.serve(sockets=[listener]), name="page")
            running = asyncio.create_task(fleet.run(), name="fleet")
            reporting = asyncio.create_task(_report(fleet), name="report")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            tasks = (serving, running, reporting, stopping)
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                _log.info("city_stops", running=fleet.running())
                web.should_exit = True
                for task in (running, reporting, stopping):
                    task.cancel()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome


def run_on_fastest_loop(work: Coroutine[object, object, None]) -> None:
    """Run a coroutine to its end, on uvloop where it is installed: a city is mostly sockets."""
    try:
        import uvloop  # noqa: PLC0415  # Not there on every platform, and only this function wants it.
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Take the page's port before anything is started, so that a taken one is told at once."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(f"page port {port}: {error.strerror}; give another with --page-port") from None
        yield listener


async def _report(fleet: Fleet) -> None:
    """Log how the fleet is, while it changes."""
    told: tuple[int, ...] = ()
    while True:
        counts = fleet.counts
        now = (fleet.running(), counts.presses, counts.presses_failed, counts.falls)
        if now != told:
            _log.info("city", schools=len(fleet.sites), running=now[0], presses=now[1], failed=now[2], falls=now[3])
            told = now
        await asyncio.sleep(REPORT_SECONDS)
