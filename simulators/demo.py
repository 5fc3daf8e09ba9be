"""The whole service on one machine: broker, server and a simulated city, started in order and stopped in reverse.

Data lives in `var/demo/<sites>` and survives a restart. Nothing here is used in production; each part is started
by the same command an operator would use.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TextIO

import typer
from prometheus_client.parser import text_string_to_metric_families

from shell.process import stop_on_signals
from simulators.broker import find_mosquitto
from simulators.receivers.channels import channel_file

START_SECONDS_MAX = 300  # A cold start of 3,200 sites on two slow cores; 200 sites take a few seconds.
STOP_SECONDS_MAX = 15
POLL_SECONDS = 0.25
LIVE_SHARE = 0.98  # The demo counts as live when this share of schools is heard; simulated faults keep it under one.


@dataclass
class Part:
    """One process of the demo with its log file."""

    name: str
    process: asyncio.subprocess.Process
    log: Path


@dataclass
class Demo:
    """The running demo: its folder, ports and processes, newest last."""

    folder: Path
    sites: int
    seed: int
    parts: list[Part] = field(default_factory=list)

    async def start(self, name: str, *command: str) -> Part:
        """Start one part in a session of its own, so that Ctrl-C reaches us and not it; its output goes to a log."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        part = Part(name, process, log)
        self.parts.append(part)
        return part

    async def stop(self) -> None:
        """Stop every part in reverse order, politely first."""
        for part in reversed(self.parts):
            if part.process.returncode is None:
                part.process.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(part.process.wait(), STOP_SECONDS_MAX)
                except TimeoutError:
                    part.process.kill()
                    await part.process.wait()
        self.parts.clear()

    def fallen(self) -> Part | None:
        """Find a part that has ended by itself."""
        return next((part for part in self.parts if part.process.returncode is not None), None)


def free_port(preferred: int) -> int:
    """Give the preferred port, or the next free one."""
    for port in range(preferred, preferred + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"no free port from {preferred} on")


def say(text: str, out: TextIO = sys.stdout) -> None:
    """Tell progress at once, also through a pipe."""
    print(text, file=out, flush=True)  # This command's output is its purpose.


def fetch(url: str) -> bytes | None:
    """Get a loopback page, or None while it is not there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # Loopback only.
            body: bytes = answer.read()
            return body
    except (urllib.error.URLError, OSError):
        return None


async def wait_for(demo: Demo, what: str, url: str) -> bytes:
    """Wait until a page answers; end with the tail of the log when a part falls over first."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        body = await asyncio.to_thread(fetch, url)
        if body is not None:
            return body
        fallen = demo.fallen()
        if fallen is not None:
            tail = fallen.log.read_text(errors="replace").splitlines()[-15:]
            raise SystemExit(f"{fallen.name} ended while starting; its last words ({fallen.log}):\n" + "\n".join(tail))
        await asyncio.sleep(POLL_SECONDS)
    raise SystemExit(f"{what} did not answer within {START_SECONDS_MAX} s")


@dataclass(frozen=True)
class LiveCount:
    """How many schools the server hears."""

    live: int = 0
    schools: int = 0


def count_live(metrics: str) -> LiveCount:
    """Read the schools from the server's metrics."""
    states = {
        sample.labels["liveness"]: int(sample.value)
        for family in text_string_to_metric_families(metrics)
        if family.name == "anxiao_schools"
        for sample in family.samples
    }
    return LiveCount(states.get("live", 0), sum(states.values()))


async def wait_until_live(demo: Demo, server: str) -> LiveCount:
    """Show how many schools are heard until nearly all are."""
    deadline = time.monotonic() + START_SECONDS_MAX
    shown = -1
    while True:
        count = count_live((await wait_for(demo, "the server", f"{server}/metrics")).decode())
        if count.live != shown:
            shown = count.live
            if sys.stdout.isatty():
                print(f"\r  schools live: {shown}/{count.schools} ", end="", flush=True)  # noqa: T201
        if (count.schools and count.live >= LIVE_SHARE * count.schools) or time.monotonic() > deadline:
            say(f"\r  schools live: {shown}/{count.schools} ")
            return count
        await asyncio.sleep(POLL_SECONDS)


async def run(demo: Demo, port: int, options: list[str]) -> None:
    """Start everything, print where it is, and wait for Ctrl-C."""
    began = time.monotonic()
    stop = stop_on_signals()
    try:
        starting = asyncio.create_task(start_all(demo, port, options, began))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            while not stop.is_set():
                fallen = demo.fallen()
                if fallen is not None:
                    raise SystemExit(f"{fallen.name} ended by itself; see {fallen.log}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1)
        else:
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
    finally:
        say("\nStopping …")
        await demo.stop()
        say("Stopped. The data stays in " + str(demo.folder))


async def start_all(demo: Demo, port: int, options: list[str], began: float) -> None:
    """Bring up broker, roster, server and city in this order and print the addresses."""
    broker_port, page_port = free_port(18_830), free_port(port + 10)
    server = f"http://127.0.0.1:{port}"
    folder, sites = demo.folder, str(demo.sites)

    broker = "Mosquitto" if find_mosquitto() else "embedded (amqtt)"
    say(f"[1/4] Broker: {broker} on port {broker_port}")
    await demo.start("broker", "simulators.broker", "--port", str(broker_port))
    roster = folder / "roster.json"
    say(f"[2/4] A city of {sites} schools (seed {demo.seed})")
    if not roster.exists():
        made = await demo.start(
            "roster", "simulators.app", "roster", "--sites", sites, "--seed", str(demo.seed), "--out", str(roster)
        )
        if await made.process.wait() != 0:
            raise SystemExit(f"the city could not be made; see {made.log}")
        demo.parts.remove(made)
    say(f"[3/4] Server on {server}")
    logins = folder / "logins.txt"
    receivers_port, mail_port = free_port(port + 30), free_port(18_250)
    channels = channel_file(folder, f"http://127.0.0.1:{receivers_port}", mail_port, f"mqtt://127.0.0.1:{broker_port}")
    await demo.start(
        "receivers", "simulators.receivers.app", "--port", str(receivers_port), "--mail-port", str(mail_port),
        "--reports", f"{server}/api/v1/receipts/sms",
    )  # fmt: skip
    await demo.start(
        "server", "server.app", "run", "--folder", str(folder / "server"), "--port", str(port),
        "--broker", f"mqtt://127.0.0.1:{broker_port}", "--roster", str(roster), "--demo-logins", str(logins),
        "--channels", str(channels),
    )  # fmt: skip
    await wait_for(demo, "the server", f"{server}/healthz")
    say(f"[4/4] {sites} school gateways, real gateway code, over MQTT")
    await demo.start(
        "city", "simulators.app", "city", "--sites", sites, "--seed", str(demo.seed), "--roster", str(roster),
        "--broker", f"127.0.0.1:{broker_port}", "--http", server, "--folder", str(folder / "gateways"),
        "--page-port", str(page_port), *options,
    )  # fmt: skip
    await wait_until_live(demo, server)
    say(f"\nLive after {time.monotonic() - began:.0f} s.\n")
    say(f"  Dashboard        {server}/")
    say(f"  Simulator page   http://127.0.0.1:{page_port}/   (press a button, cut the power, drop a barrier)")
    say(f"  Notifications    http://127.0.0.1:{receivers_port}/   (what goes out by text message, chat, mail and siren)")
    say(f"  From a terminal  .venv/bin/anxiao-sim press --page-port {page_port}")
    say(f"\n  Logins (also in {logins}):")
    say("".join(f"    {line}\n" for line in logins.read_text().splitlines()))
    say("Ctrl-C stops everything; a restart keeps all data.")


def main(
    sites: Annotated[int, typer.Option(min=1, max=5_000, help="How many schools.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed is another city.")] = 1,
    port: Annotated[int, typer.Option(help="The dashboard's port; the next free one is taken when it is in use.")] = 8080,
    folder: Annotated[Path, typer.Option(help="Where data, logs and logins are kept.")] = Path("var/demo"),
    press_rate: Annotated[float | None, typer.Option(help="Real presses per minute in the whole city.")] = None,
) -> None:
    """Run broker, server and a simulated city until Ctrl-C."""
    place = (folder / f"{sites}-{seed}").resolve()
    place.mkdir(parents=True, exist_ok=True)
    options = [] if press_rate is None else ["--press-rate", str(press_rate)]
    asyncio.run(run(Demo(place, sites, seed), free_port(port), options))


if __name__ == "__main__":
    typer.run(main)
