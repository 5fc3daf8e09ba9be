"""What a restart of the server costs a whole city: kill -9, start again, and look second by second until all is as it was.

    python -m bench.restart --sites 200        and --sites 3200; --down 60 for a longer absence; --database

Runs Mosquitto, the server and every school's real gateway, waits until the city is live, kills the server and starts it
again. A signed-in screen watches the stream through it, and a button is pressed twice a second, each at another school.
Printed: when the address answers, when schools and devices are live again, when the coverage figures are those from before,
what the gateways send meanwhile, and how long presses took. Times count from the start of the new process unless said.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import random
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.press_to_screen import made_at_ms, share
from scripts.servers import MOSQUITTO, find, free_port
from server.registry.roster_file import read_roster
from simulators.broker import mosquitto_configuration
from simulators.chaos.house import python_program
from simulators.chaos.process import Program, answers, listens
from simulators.chaos.screen import _events

LIVE_SECONDS_MAX = 1_800.0  # Of the start of the city, on a machine that does other things too.
WATCHED_SECONDS = 90.0  # After the new start: every device speaks once in 60 s by itself.
STEADY_SECONDS = 45.0  # Watched before the kill, to know how much everything moves by itself.
LOOK_SECONDS = 0.5
PRESS_SECONDS = 0.5
AGAIN_SECONDS = 0.25
# What the counters call each kind of message.
NAMES = {"received_heartbeat": "hb", "received_birth": "birth", "received_link": "link", "received_telemetry": "batch",
         "received_alarm": "alarm"}  # fmt: skip

Figures = dict[str, tuple[int, int, int, int]]  # Indicator -> met, not met, unknown, exempt of the whole city, live.


@dataclass(slots=True)
class Look:
    """What was seen at one instant; what could not be had is None."""

    at: float
    schools: int | None = None
    devices: tuple[int, int, int] | None = None  # Live, unknown, all.
    coverage: Figures | None = None
    counters: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Watch:
    """All that the screen and the looks have seen."""

    looks: list[Look] = field(default_factory=list)
    devices: tuple[int, int, int] | None = None
    told: dict[str, float] = field(default_factory=dict)  # Press -> when the screen was told.
    made: list[str] = field(default_factory=list)


class City:
    """The programs of one run in one folder."""

    def __init__(self, folder: Path, sites: int, database: str) -> None:
        self.url = ""
        self._folder = folder
        self._sites = sites
        ports = [free_port() for _ in range(3)]
        broker, own, self.page = ports
        self.url = f"http://127.0.0.1:{own}"
        binary = find(MOSQUITTO)
        if binary is None:
            raise SystemExit("no mosquitto here")
        config = folder / "broker.conf"
        config.write_text(mosquitto_configuration(broker))
        code = Path(__file__).parent.parent
        roster = str(folder / "roster.json")
        self.broker = Program("broker", (binary, "-c", str(config)), folder, listens(broker))
        where = {"ANXIAO_DATABASE": database} if database else {}
        server = python_program(
            code, "server.app", "run", "--folder", str(folder / "server"), "--port", str(own),
            "--broker", f"mqtt://127.0.0.1:{broker}", "--roster", roster, "--demo-logins", str(folder / "logins.txt"),
        )  # fmt: skip
        self.server = replace(
            server, name="server", folder=folder, probe=answers(f"{self.url}/healthz"),
            environment={**server.environment, **where},
        )  # fmt: skip
        made = python_program(code, "simulators.app", "roster", "--sites", str(sites), "--seed", "1", "--out", roster)
        self.roster = replace(made, name="roster", folder=folder)
        city = python_program(
            code, "simulators.app", "city", "--sites", str(sites), "--seed", "1", "--roster", roster,
            "--broker", f"127.0.0.1:{broker}", "--http", self.url, "--folder", str(folder / "gateways"),
            "--page-port", str(self.page), "--press-rate", "0",
        )  # fmt: skip
        self.city = replace(city, name="city", folder=folder, probe=listens(self.page))

    async def start(self) -> None:
        """Start everything and wait until it works."""
        await self.broker.start()
        await self.broker.ready()
        await self.roster.start()
        assert self.roster.process is not None
        await self.roster.process.wait()
        await self.server.start()
        await self.server.ready(120)
        await self.city.start()
        await self.city.ready(120)

    async def end(self) -> None:
        """End everything."""
        await self.city.stop()
        await self.server.stop()
        await self.broker.kill()

    def password(self, user: str) -> str:
        """Find an account's password."""
        rows = (self._folder / "logins.txt").read_text().splitlines()
        return next(row.split("\t")[1] for row in rows if row.startswith(f"{user}\t"))

    def buttons(self) -> list[tuple[str, str]]:
        """Give one button of each school, in any order."""
        found: dict[str, str] = {}
        for device in read_roster(self._folder / "roster.json").devices:
            if device.kind == "alarm_button":
                found.setdefault(str(device.gateway), str(device.id))
        return random.sample(sorted(found.items()), len(found))


async def sign_in(client: httpx.AsyncClient, city: City) -> None:
    """Sign in as the command centre."""
    wish = {"username": "command", "password": city.password("command")}
    (await client.post("/api/v1/login", json=wish)).raise_for_status()


async def watch_stream(client: httpx.AsyncClient, watch: Watch) -> None:
    """Hold a stream open as a screen does, coming back for ever."""
    while True:
        with contextlib.suppress(httpx.HTTPError):
            picture = (await client.get("/api/v1/bootstrap")).raise_for_status().json()
            for alert in picture["alerts"]:
                watch.told.setdefault(alert["id"], time.time())
            after = {"after": f"{picture['epoch']}-{picture['seq']}"}
            async with client.stream("GET", "/api/v1/stream", params=after) as stream:
                stream.raise_for_status()
                async for kind, data in _events(stream):
                    if kind == "alerts":
                        now = time.time()
                        for alert in httpx.Response(200, text=data).json()["up"]:
                            watch.told.setdefault(alert["id"], now)
                    elif kind == "summary":
                        told = httpx.Response(200, text=data).json()
                        watch.devices = (told["devices_live"], told["devices_unknown"], told["devices"])
                    elif kind == "reset":
                        break
        watch.devices = None
        await asyncio.sleep(AGAIN_SECONDS)


async def look(client: httpx.AsyncClient, watch: Watch) -> Look:
    """Look once."""
    seen = Look(time.time())
    try:
        metrics = (await client.get("/metrics")).raise_for_status().text
        seen.coverage = city_figures((await client.get("/api/v1/coverage")).raise_for_status().json())
    except httpx.HTTPError:
        return seen
    seen.at = time.time()
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name == "anxiao_schools" and sample.labels["liveness"] == "live":
                seen.schools = int(sample.value)
            elif sample.name == "anxiao_ingest_total" and sample.labels["what"] in NAMES:
                seen.counters[NAMES[sample.labels["what"]]] = int(sample.value)
    seen.devices = watch.devices
    return seen


def city_figures(told: dict[str, object]) -> Figures:
    """Read the live figures of the highest unit."""
    rows: list[dict[str, list[dict[str, dict[str, int]]]]] = told["rows"]  # type: ignore[assignment]
    names: list[str] = told["indicators"]  # type: ignore[assignment]
    live = [cell["live"] for cell in rows[0]["cells"]]
    return {name: (one["met"], one["not_met"], one["unknown"], one["exempt"]) for name, one in zip(names, live, strict=True)}


def apart(one: Figures, other: Figures) -> int:
    """Count the verdicts that stand elsewhere, of all indicators."""
    return sum(sum(abs(a - b) for a, b in zip(one[name], other[name], strict=True)) for name in one) // 2


async def keep_looking(client: httpx.AsyncClient, watch: Watch) -> None:
    """Look until cancelled."""
    while True:
        begun = time.monotonic()
        watch.looks.append(await look(client, watch))
        await asyncio.sleep(max(0.0, begun + LOOK_SECONDS - time.monotonic()))


async def keep_pressing(city: City, watch: Watch) -> None:
    """Press one button after another until cancelled."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{city.page}", trust_env=False) as client:
        for gateway, device in city.buttons():
            wish = {"site": gateway, "device": device, "clear_after": 3600.0}
            answer = await client.post("/api/press", json=wish)
            if answer.status_code == httpx.codes.OK:
                watch.made.append(answer.json()["id"])
            await asyncio.sleep(random.uniform(0.5, 1.5) * PRESS_SECONDS)


async def until_steady(client: httpx.AsyncClient, watch: Watch, sites: int) -> Look:
    """Wait until nearly all is live and the figures have stopped to move much."""
    deadline = time.monotonic() + LIVE_SECONDS_MAX
    before: Look | None = None
    while time.monotonic() < deadline:
        seen = await look(client, watch)
        if seen.devices and seen.coverage and (seen.schools or 0) >= 0.95 * sites:
            if before and before.coverage and before.devices:
                moved = abs(seen.devices[0] - before.devices[0]) / seen.devices[2]
                print(f"  live: {seen.schools} schools, devices {seen.devices}, moved {moved:.3%},"
                      f" verdicts moved {apart(seen.coverage, before.coverage)}", flush=True)  # fmt: skip
                if moved < 0.005 and apart(seen.coverage, before.coverage) <= max(4, sites // 50):
                    return seen
            before = seen
        await asyncio.sleep(15)
    raise SystemExit("the city does not become steady")


def report(watch: Watch, before: Look, killed: float, started: float, sites: int) -> None:
    """Print what happened."""
    assert before.devices is not None
    assert before.coverage is not None
    live, unknown, every = before.devices
    print(f"\nbefore the kill: {before.schools} schools live; {live} devices live, {unknown} unknown, of {every}")
    print(f"down for {started - killed:.1f} s, times below are seconds after the new start\n")
    print("     s  schools   live devices  unknown   verdicts apart   messages a second")
    after = [one for one in watch.looks if one.at >= started]
    last = next((one for one in reversed(watch.looks) if one.at < killed and one.counters), before)
    shown = -1.0
    previous: Look | None = None
    for one in after:
        if one.schools is None or one.at - started < shown + 1:
            continue
        shown = one.at - started
        seconds = (one.at - previous.at) if previous else shown
        counted = previous.counters if previous else {}
        rates = "  ".join(
            f"{name} {(value - counted.get(name, 0)) / max(seconds, 0.1):.0f}" for name, value in one.counters.items()
        )
        devices = f"{one.devices[0]:8} {one.devices[1]:14}" if one.devices else f"{'–':>8} {'–':>14}"
        moved = apart(one.coverage, before.coverage) if one.coverage else -1
        if shown < 30 or int(shown) % 10 == 0:
            print(f"{shown:6.1f} {one.schools:8} {devices} {moved:16}   {rates}")
        previous = one
    print()
    first = next((one for one in after if one.schools is not None), None)
    line("first answer of the API", first, started)
    for part in (0.5, 0.9, 0.99, 1.0):
        wanted = part * (before.schools or sites)
        line(f"schools live, {part:.0%} of before", next((o for o in after if (o.schools or 0) >= wanted), None), started)
    for part in (0.5, 0.9, 0.99):
        line(f"devices live, {part:.0%} of before",
             next((o for o in after if o.devices and o.devices[0] >= part * live), None), started)  # fmt: skip
    for most in (sites // 10, max(4, sites // 100)):
        near = next((o for o in after if o.coverage and apart(o.coverage, before.coverage) <= most), None)
        line(f"coverage within {most} verdicts", near, started)
    if last.counters and before.counters:
        steady = [one for one in watch.looks if one.at < killed and one.counters]
        seconds = steady[-1].at - steady[0].at
        rates = "  ".join(
            f"{name} {(value - steady[0].counters[name]) / seconds:.0f}" for name, value in steady[-1].counters.items()
        )
        print(f"steady state before, messages a second: {rates}")
    presses(watch, killed, started)


def line(name: str, seen: Look | None, started: float) -> None:
    """Print one instant."""
    print(f"{name:36} {'not seen' if seen is None else f'{seen.at - started:6.1f} s'}")


def presses(watch: Watch, killed: float, started: float) -> None:
    """Print how long presses took: before the kill, while the server was away, and after."""
    groups: dict[str, list[float]] = {"before": [], "while down": [], "first 10 s": [], "after": []}
    lost = 0
    for press in watch.made:
        made = made_at_ms(press) / 1_000
        told = watch.told.get(press)
        if told is None:
            lost += 1
            continue
        name = (
            "before"
            if made < killed
            else "while down"
            if made < started
            else "first 10 s"
            if made < started + 10
            else "after"
        )
        groups[name].append((told - made) * 1_000)
    for name, values in groups.items():
        if values:
            ordered = sorted(values)
            print(f"press → screen told, made {name:12} p50 {share(ordered, 0.5):8.1f}  p99 {share(ordered, 0.99):8.1f}"
                  f"  max {ordered[-1]:8.1f} ms  (n={len(ordered)})")  # fmt: skip
    print(f"presses never told: {lost} of {len(watch.made)}")


async def measure(sites: int, down: float, database: str, folder: Path) -> None:
    """Run the whole and print what was seen."""
    city = City(folder, sites, database)
    watch = Watch()
    tasks: list[asyncio.Task[None]] = []
    try:
        await city.start()
        timeout = httpx.Timeout(3.0, read=5.0)
        async with httpx.AsyncClient(base_url=city.url, trust_env=False, timeout=timeout) as client:
            await sign_in(client, city)
            tasks.append(asyncio.create_task(watch_stream(client, watch)))
            before = await until_steady(client, watch, sites)
            tasks.append(asyncio.create_task(keep_looking(client, watch)))
            tasks.append(asyncio.create_task(keep_pressing(city, watch)))
            await asyncio.sleep(STEADY_SECONDS)
            before = next(one for one in reversed(watch.looks) if one.coverage and one.devices)
            killed = time.time()
            await city.server.kill()
            await asyncio.sleep(down)
            started = time.time()
            await city.server.start()
            await city.server.ready(120)
            print(f"healthy {time.time() - started:.2f} s after the start", flush=True)
            await asyncio.sleep(WATCHED_SECONDS)
            report(watch, before, killed, started, sites)
            print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {sites} sites")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await city.end()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--down", type=float, default=1.0, help="seconds between the kill and the new start")
    parser.add_argument("--database", default="", help="a PostgreSQL address; the server's own SQLite if left out")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.sites, given.down, given.database, Path(folder)))


if __name__ == "__main__":
    main()
