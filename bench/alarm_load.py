"""Presses beside a storm of alerts: 50 presses within 10 s while 10 alerts a second come for 10 minutes, on real programs.

    python -m bench.alarm_load --sites 200 --minutes 10

Runs the whole demo (broker, server, each school's real gateway) and reads the police screen's stream as a browser does;
with `--screen` a dashboard in Chromium as well. First 50 presses in quiet, then the storm: each alert is a device's own
word on the alarm lane, of another device each time, with a burst of 50 presses every two minutes, each of another button.
A press begins with the millisecond in its id; it ends when its alert stands in the stream, and when its row is painted.
Both clocks are this machine's. What does not come within 30 s counts as lost.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.async_api import Page, async_playwright

from bench.press_to_screen import (
    CHROMIUM_ARGUMENTS,
    OBSERVER,
    SEEN,
    addresses,
    buttons,
    find_chromium,
    line,
    made_at_ms,
    sign_in,
    start_demo,
)
from server.registry.roster_file import read_roster

PRESSES = 50
BURST_SECONDS = 10.0
BURST_EVERY_SECONDS = 120.0
ALERTS_PER_SECOND = 10
LOST_SECONDS = 30.0
CODE = "battery_low"  # A fault that the device itself ends.
KINDS = frozenset({"camera", "gate", "barrier", "recorder", "guard_post", "alarm_button", "alarm_host"})


@dataclass
class Heard:
    """What the stream told: when each alert first stood in it, and the newest summary."""

    first_ms: dict[str, float] = field(default_factory=dict)
    faults: int = 0
    summary: dict[str, object] = field(default_factory=dict)

    def take(self, name: str, data: dict[str, object]) -> None:
        """Take one event of the stream."""
        at = time.time() * 1_000
        if name == "summary":
            self.summary = data
        elif name == "alerts":
            for alert in data["up"]:  # type: ignore[attr-defined]  # The stream's own form.
                if alert["id"] not in self.first_ms:
                    self.first_ms[alert["id"]] = at
                    self.faults += alert["flow"] == "fault" and alert["code"] == CODE


@asynccontextmanager
async def listening(address: str, password: str) -> AsyncIterator[tuple[Heard, httpx.AsyncClient]]:
    """Sign in at the command centre and follow its stream."""
    heard = Heard()
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        (await client.post("/api/v1/login", json={"username": "command", "password": password})).raise_for_status()

        async def follow() -> None:
            async with client.stream("GET", "/api/v1/stream", timeout=None) as stream:  # It never ends.
                name = ""
                async for text in stream.aiter_lines():
                    if text.startswith("event:"):
                        name = text[6:].strip()
                    elif text.startswith("data:"):
                        heard.take(name, json.loads(text[5:]))

        task = asyncio.create_task(follow())
        yield heard, client
        task.cancel()


async def press(page: httpx.AsyncClient, button: tuple[str, str]) -> str:
    """Press a button, and give the id of the press."""
    answer = await page.post("/api/press", json={"site": button[0], "device": button[1], "clear_after": 3600.0})
    answer.raise_for_status()
    return str(answer.json()["id"])


async def burst(page: httpx.AsyncClient, chosen: Sequence[tuple[str, str]], seconds: float) -> list[str]:
    """Press buttons at random instants within a span, none waiting for another."""

    async def later(button: tuple[str, str]) -> str:
        await asyncio.sleep(random.uniform(0, seconds))
        return await press(page, button)

    return list(await asyncio.gather(*map(later, chosen)))


async def storm(page: httpx.AsyncClient, devices: Sequence[tuple[str, str]], seconds: float) -> int:
    """Let another device report trouble ten times a second; gives how many were told."""
    asked: set[asyncio.Task[httpx.Response]] = set()
    began = time.monotonic()
    for told, (gateway, device) in enumerate(devices):
        wait = began + told / ALERTS_PER_SECOND - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        if time.monotonic() - began >= seconds:
            break
        wish = {"gateway": gateway, "what": CODE, "device": device}
        asked.add(asyncio.create_task(page.post("/api/act", json=wish)))
    answers = await asyncio.gather(*asked)
    return sum(answer.is_success for answer in answers)


async def spread(heard: Heard, presses: Sequence[str], screen: Page | None) -> tuple[list[float], list[float], int]:
    """Give the milliseconds of presses until the stream and until the paint, and how many were lost."""
    deadline = time.monotonic() + LOST_SECONDS
    while time.monotonic() < deadline and any(one not in heard.first_ms for one in presses):  # noqa: ASYNC110  # A bench.
        await asyncio.sleep(0.2)
    streamed = [heard.first_ms[one] - made_at_ms(one) for one in presses if one in heard.first_ms]
    painted = []
    for one in presses if screen is not None else ():
        assert screen is not None
        seen = await screen.evaluate(SEEN, one)
        if seen is not None:
            painted.append(seen[1] - made_at_ms(one))
    return streamed, painted, len(presses) - len(streamed)


async def measure(given: argparse.Namespace, folder: Path) -> None:
    """Run the whole and print what was seen."""
    demo = await start_demo(given.sites, given.port, folder)
    try:
        passwords, place = addresses(folder)
        async with (
            listening(f"http://127.0.0.1:{given.port}", passwords["command"]) as (heard, _),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{given.port + 10}", timeout=60) as page,
            async_playwright() as play,
        ):
            screen = None
            if given.screen:
                browser = await play.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
                screen = await browser.new_page(viewport={"width": 1920, "height": 1080})
                await sign_in(screen, f"http://127.0.0.1:{given.port}/", "command", passwords["command"])
                await screen.evaluate(OBSERVER)
            await run(given, place, heard, page, screen)
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.wait()


async def run(given: argparse.Namespace, place: Path, heard: Heard, page: httpx.AsyncClient, screen: Page | None) -> None:
    """Press in quiet, then in the storm, and print both side by side."""
    chosen = buttons(place)
    roster = read_roster(place / "roster.json")
    devices = [(str(one.gateway), str(one.id)) for one in roster.devices if one.kind in KINDS and not one.decommissioned]
    random.shuffle(devices)
    await press(page, chosen.pop())  # The first one compiles what is never compiled again.
    quiet = await burst(page, [chosen.pop() for _ in range(PRESSES)], 60.0 * min(1.0, given.minutes))
    idle = await spread(heard, quiet, screen)
    print(f"load average before the storm: {os.getloadavg()[0]:.1f}")
    seconds = given.minutes * 60
    began, before = time.monotonic(), heard.faults
    raging = asyncio.create_task(storm(page, devices, seconds))
    pressed: list[str] = []
    most = 0
    while time.monotonic() - began < seconds - BURST_SECONDS and len(chosen) >= PRESSES:
        pressed += await burst(page, [chosen.pop() for _ in range(PRESSES)], BURST_SECONDS)
        most = max(most, int(str(heard.summary.get("rang", 0))))
        await asyncio.sleep(max(0.0, min(BURST_EVERY_SECONDS, seconds - (time.monotonic() - began)) - BURST_SECONDS))
    told = await raging
    took = time.monotonic() - began
    loaded = await spread(heard, pressed, screen)
    await asyncio.sleep(2)
    print(f"\n{given.sites} sites, {platform.machine()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    print(f"storm: {told} alerts told in {took:.0f} s ({told / took:.1f}/s), {heard.faults - before} of them in the stream")
    for name, (streamed, painted, lost) in (("quiet", idle), ("storm", loaded)):
        print(line(f"{name}: in the stream", streamed or [0.0]))
        if painted:
            print(line(f"{name}: painted", painted))
        print(
            f"{name}: lost {lost} of {lost + len(streamed)}; not painted {len(streamed) - len(painted) if screen else '-'}"
        )
    held = heard.summary.get("held")
    print(f"at the command centre: {most} rang within ten minutes at the most; held back at the end {held}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--port", type=int, default=8580)
    parser.add_argument("--screen", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given, Path(folder)))


if __name__ == "__main__":
    main()
