"""From the button to the police screen: a press in a running simulated city until Chromium has drawn its row.

    python -m bench.press_to_screen --sites 200 --presses 200

Runs the whole demo (broker, server, each school's real gateway) and a dashboard in Chromium, presses one button after
another, each at another school, and prints the spread. The beginning is the millisecond in the press's own id, made at the
school when the button is told; the end is the browser's clock, once when the row enters the page and once in the
frame that paints it. Both clocks are this machine's. A press that is not drawn within the time limit counts as lost.
"""

import argparse
import asyncio
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.async_api import Page, async_playwright

from server.registry.roster_file import read_roster

LOST_SECONDS = 10.0
START_SECONDS_MAX = 420.0
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
# Notes when a row enters the page and when the frame that paints it begins to be drawn.
OBSERVER = """
() => {
  window.benchSeen = {};
  const wall = () => performance.timeOrigin + performance.now();
  const look = () => {
    for (const row of document.querySelectorAll('[id^="row-"]')) {
      const id = row.id.slice(4);
      if (id in window.benchSeen) continue;
      const seen = { dom: wall(), frame: 0 };
      window.benchSeen[id] = seen;
      requestAnimationFrame(() => { seen.frame = wall(); });
    }
  };
  const what = { childList: true, subtree: true, attributes: true, attributeFilter: ["id"] };
  new MutationObserver(look).observe(document.body, what);
  look();
}
"""
SEEN = "id => { const seen = window.benchSeen[id]; return seen && seen.frame ? [seen.dom, seen.frame] : null; }"


def made_at_ms(press: str) -> int:
    """Read the millisecond in which an id of version 7 was made."""
    return int(press.replace("-", "")[:12], 16)


def share(ordered: list[float], part: float) -> float:
    """Give the value that a part of the ordered ones does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def line(name: str, values: list[float]) -> str:
    """Write the spread of milliseconds."""
    ordered = sorted(values)
    parts = "  ".join(f"p{round(part * 100):<3}{share(ordered, part):7.1f}" for part in (0.5, 0.9, 0.99))
    return f"{name:28} {parts}  max {ordered[-1]:7.1f}  (n={len(ordered)})"


async def start_demo(sites: int, port: int, folder: Path) -> asyncio.subprocess.Process:
    """Start the demo and wait until it says that it is live."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.demo", "--sites", str(sites), "--port", str(port), "--folder", str(folder),
        "--press-rate", "0", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS_MAX):
        async for raw in process.stdout:
            text = raw.decode().rstrip()
            print("  demo:", text)
            if text.startswith("Ctrl-C"):
                return process
    raise SystemExit("the demo ended while starting")


def addresses(folder: Path) -> tuple[dict[str, str], Path]:
    """Find the demo's own folder and its passwords."""
    logins = next(folder.glob("*/logins.txt"))
    return {row.split("\t")[0]: row.split("\t")[1] for row in logins.read_text().splitlines() if "\t" in row}, logins.parent


async def sign_in(page: Page, address: str, user: str, password: str) -> None:
    """Open the dashboard as a user."""
    await page.goto(address)
    await page.fill('input[name="username"]', user)
    await page.fill('input[name="password"]', password)
    await page.keyboard.press("Enter")
    await page.click(".shift .primary")  # The start of a shift: the sound is tested …
    await page.click(".shift .primary")  # … and was heard.
    await page.wait_for_selector(".list .rows", timeout=30_000)
    await page.mouse.move(5, 5)  # A list holds still under a moving cursor.


def buttons(folder: Path) -> list[tuple[str, str]]:
    """Give every button of the city once, in any order: a second press of a button would join the first one's row."""
    roster = read_roster(folder / "roster.json")
    found = [(str(device.gateway), str(device.id)) for device in roster.devices if device.kind == "alarm_button"]
    random.shuffle(found)
    return found


async def press_once(client: httpx.AsyncClient, page: Page, button: tuple[str, str]) -> tuple[float, float] | None:
    """Press a button and give the milliseconds until its row stood in the page, and until it was painted."""
    wish = {"site": button[0], "device": button[1], "clear_after": 3600.0}
    answer = await client.post("/api/press", json=wish)
    answer.raise_for_status()
    press = answer.json()["id"]
    deadline = time.monotonic() + LOST_SECONDS
    while time.monotonic() < deadline:
        seen = await page.evaluate(SEEN, press)
        if seen is not None:
            began = made_at_ms(press)
            return seen[0] - began, seen[1] - began
        await asyncio.sleep(0.1)
    return None


async def measure(sites: int, presses: int, port: int, folder: Path) -> None:
    """Run the whole and print what was seen."""
    demo = await start_demo(sites, port, folder)
    try:
        passwords, place = addresses(folder)
        first, *others = buttons(place)
        async with async_playwright() as play, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port + 10}") as client:
            browser = await play.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
            page = await browser.new_page(viewport={"width": 1920, "height": 1080})
            await sign_in(page, f"http://127.0.0.1:{port}/", "command", passwords["command"])
            await page.evaluate(OBSERVER)
            await press_once(client, page, first)  # The first one compiles what is never compiled again.
            dom: list[float] = []
            frame: list[float] = []
            lost = 0
            for button in others[:presses]:
                await asyncio.sleep(random.uniform(0.05, 0.25))  # Never in step with anything that ticks.
                seen = await press_once(client, page, button)
                if seen is None:
                    lost += 1
                else:
                    dom.append(seen[0])
                    frame.append(seen[1])
            await browser.close()
        print(f"\npress -> screen, {sites} sites, milliseconds; {platform.machine()}, {os.cpu_count()} cores")
        print(line("row in the page", dom))
        print(line("frame that paints it", frame))
        print(f"lost: {lost}")
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.wait()


def find_chromium() -> str | None:
    """Give Debian's Chromium, or None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--presses", type=int, default=200)
    parser.add_argument("--port", type=int, default=8480)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(given.sites, given.presses, given.port, Path(folder)))


if __name__ == "__main__":
    main()
