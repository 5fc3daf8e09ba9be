"""Three days of readings drained by one school's gateway, and what a press costs meanwhile beside an idle line.

    python -m bench.drain --records 432000

One machine, everything real: Mosquitto, the server on SQLite with its history, a gateway's box with its outbox on disk, and
a screen (the event stream, in a process of its own). In one run: presses on an idle line; the box is stopped and its outbox
filled with a backlog; it is started again, and presses go on while it drains; then idle once more. A press is timed from
the moment the agent tells it: until its receipt is back at the gateway (the journal has it), and until the screen is told.
"""

import argparse
import asyncio
import contextlib
import os
import platform
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
import msgspec

from contract.identity import DeviceId, GatewayId, Lane
from contract.messages import BirthDevice
from contract.records import Reading, Value, encode_record
from edge.agent import Reporting
from gateway.box import Box, BoxPlan, UplinkPlan
from gateway.disk import PosixDisk
from gateway.node_events import Effect, PathKind, Stored
from gateway.outbox import Outbox
from gateway.outbox_limits import OutboxLimits
from gateway.uplinks.mqtt import Broker, MqttUplink
from gateway.writer import QueuedWriter, WriterThread
from scripts.servers import MOSQUITTO, free_port, running
from server.registry.roster_file import encode_roster
from shell.logs import set_up_logs
from simulators.city import make_city

ROOT = Path(__file__).parent.parent
SPAN_SECONDS = 3 * 86_400
PRESS_EVERY_SECONDS = 0.2
LOST_SECONDS = 20.0
START_SECONDS = 60.0
WARM_PRESSES = 20  # Made before anything is counted.
GROUP = 500  # Readings appended between two writes while the backlog is made.


@dataclass
class Times:
    """When each press was told and when its receipt came, by its id."""

    told: dict[str, float] = field(default_factory=dict)
    stored: dict[str, float] = field(default_factory=dict)


class Button:
    """An agent that presses when the bench says so."""

    name = "button"

    def __init__(self, devices: Sequence[BirthDevice]) -> None:
        self.reporting: asyncio.Future[Reporting] = asyncio.get_running_loop().create_future()
        self._devices = devices

    def devices(self) -> Sequence[BirthDevice]:
        """Describe the school."""
        return self._devices

    async def run(self, reporting: Reporting) -> None:
        """Hand the gateway's side to the bench."""
        self.reporting.set_result(reporting)
        await asyncio.get_running_loop().create_future()


class WatchedBox(Box):
    """A box that notes when the server is known to keep a press."""

    def __init__(self, plan: BoxPlan, writer: WriterThread, times: Times) -> None:
        super().__init__(plan, writer)
        self._times = times

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, Stored):
            now = time.time()
            for press in effect.ids:
                self._times.stored.setdefault(press, now)
        super()._carry_out(effect)


def fill(folder: Path, devices: Sequence[str], records: int) -> float:
    """Leave a backlog as a box without a line does; gives the seconds it took."""
    begun = time.monotonic()
    writer = QueuedWriter()
    outbox = Outbox.open([PosixDisk(folder)], OutboxLimits(), writer, random_bits=lambda: random.getrandbits(32))
    outbox.listen(_Deaf())
    start_ms = time.time_ns() // 1_000_000 - SPAN_SECONDS * 1_000
    for number in range(records):
        t = start_ms + number * SPAN_SECONDS * 1_000 // records
        metrics: dict[str, Value] = {"online": True, "fps": 25.0, "bitrate": 2_000 + number % 997}
        outbox.append(Lane.TELEMETRY, encode_record(Reading(devices[number % len(devices)], t, metrics)))
        if number % GROUP == GROUP - 1:
            writer.drain()
    outbox.close()
    writer.drain()
    return time.monotonic() - begun


class _Deaf:
    """Listens to an outbox that is only being filled."""

    def durable(self, *_args: object) -> None:
        """Pass over it."""

    def moved(self, *_args: object) -> None:
        """Pass over it."""

    def troubled(self, code: str, text: str, *, on: bool) -> None:
        """End the bench: the disk does not take the backlog."""
        raise SystemExit(f"{code}: {text} ({on})")


@dataclass
class Line:
    """The running parts."""

    folder: Path
    broker: int
    gateway: GatewayId
    devices: Sequence[BirthDevice]
    times: Times = field(default_factory=Times)
    reporting: Reporting | None = None
    ids: list[str] = field(default_factory=list)
    drained_at: float = 0.0

    @contextlib.asynccontextmanager
    async def gateway_runs(self) -> AsyncIterator[WatchedBox]:
        """Run the box until left."""
        writer = WriterThread(asyncio.get_running_loop().call_soon_threadsafe).start()
        button = Button(self.devices)
        uplink = UplinkPlan(
            "mqtt",
            PathKind.MQTT,
            lambda will, tell: MqttUplink("mqtt", Broker("127.0.0.1", self.broker), self.gateway, will, tell),
        )
        plan = BoxPlan(self.gateway, lambda: [PosixDisk(self.folder / "outbox")], [uplink], [button], OutboxLimits())
        box = WatchedBox(plan, writer, self.times)
        task = asyncio.create_task(box.run())
        try:
            self.reporting = await asyncio.wait_for(button.reporting, START_SECONDS)
            while box.node is None or len(box.node.paths.all[0].up) < len(Lane):  # noqa: ASYNC110  # Set by no event.
                await asyncio.sleep(0.001)
            yield box
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(writer.stop)

    async def press(self) -> None:
        """Press once."""
        assert self.reporting is not None
        button = next(device.d for device in self.devices if device.kind == "alarm_button")
        told = time.time()
        id_ = await self.reporting.press(DeviceId(button), counter=len(self.ids) + 1)
        self.times.told[id_] = told
        self.ids.append(id_)

    async def presses(self, count: int | None, shown: "Screen", draining: WatchedBox | None = None) -> list[int]:
        """Press so often, or until the box has drained, at uneven moments; waits until each is stored and shown."""
        first = len(self.ids)
        while len(self.ids) < first + count if count is not None else draining is not None and _waiting(draining):
            await self.press()
            await asyncio.sleep(PRESS_EVERY_SECONDS * (0.5 + random.random()))
        self.drained_at = time.monotonic()
        deadline = time.monotonic() + LOST_SECONDS
        while time.monotonic() < deadline:
            if self.ids[-1] in self.times.stored and shown.shown_at(len(self.ids)) is not None:
                break
            await asyncio.sleep(0.05)
        return list(range(first + 1, len(self.ids) + 1))


def _waiting(box: WatchedBox) -> int:
    return box.node.waiting(Lane.TELEMETRY) if box.node is not None else 1


@dataclass
class Screen:
    """The watching process, and how many presses it has been told of at each moment."""

    process: asyncio.subprocess.Process
    seen: list[tuple[int, float]] = field(default_factory=list)  # Presses of the button shown, and when.
    task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Take in what the process writes."""
        assert self.process.stdout is not None
        async for row in self.process.stdout:
            count, at = row.split()
            self.seen.append((int(count), float(at)))

    def shown_at(self, number: int) -> float | None:
        """Say when the press with a number was on the screen."""
        return next((at for count, at in self.seen if count >= number), None)


class _Tile(msgspec.Struct):
    rule: str
    count: int


class _Change(msgspec.Struct):
    up: list[_Tile]


async def watch(port: int, password: str) -> None:
    """Follow the event stream, and write how many presses the incident has with the moment it was told."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=httpx.Timeout(10.0, read=None)) as client:
        answer = await client.post("/api/v1/login", json={"username": "command", "password": password})
        answer.raise_for_status()
        print(0, time.time(), flush=True)
        kind = ""
        async with client.stream("GET", "/api/v1/stream") as stream:
            stream.raise_for_status()
            async for row in stream.aiter_lines():
                name, _, value = row.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "alerts":
                    now = time.time()
                    for tile in msgspec.json.decode(value, type=_Change).up:
                        if tile.rule == "one_key_press":
                            print(tile.count, now, flush=True)


@contextlib.asynccontextmanager
async def process(folder: Path, name: str, *command: str, piped: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one of our programs until left."""
    with (folder / f"{name}.log").open("wb") as log:
        out = asyncio.subprocess.PIPE if piped else log
        started = await asyncio.create_subprocess_exec(sys.executable, "-m", *command, cwd=ROOT, stdout=out, stderr=log)
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
            await started.wait()


async def answers(port: int) -> None:
    """Wait until the server does."""
    async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)


def share(ordered: Sequence[float], part: float) -> float:
    """Give the value that a part of the ordered ones does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@dataclass(frozen=True)
class Spread:
    """Milliseconds of one phase."""

    median: float
    p99: float
    most: float
    number: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """Sum up."""
        ordered = sorted(1_000 * one for one in seconds)
        return cls(share(ordered, 0.5), share(ordered, 0.99), ordered[-1], len(ordered))


def spreads(line: Line, shown: Screen, numbers: Sequence[int]) -> tuple[Spread, Spread]:
    """Give press to receipt and press to screen of some presses; one that is missing ends the bench."""
    receipt, screen = [], []
    for number in numbers:
        id_ = line.ids[number - 1]
        stored, seen = line.times.stored.get(id_), shown.shown_at(number)
        if stored is None or seen is None:
            raise SystemExit(f"press {number} was lost: receipt {stored}, screen {seen}")
        receipt.append(stored - line.times.told[id_])
        screen.append(seen - line.times.told[id_])
    return Spread.of(receipt), Spread.of(screen)


def cpu_seconds(pid: int) -> float:
    """Read a process's own time from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(records: int, presses: int, folder: Path, profile: str) -> None:
    """Run the whole and print it."""
    city = make_city(3, 7, date(2026, 3, 2))
    (folder / "roster.json").write_bytes(encode_roster(city.roster))
    port, logins = free_port(), folder / "logins.txt"
    with running(MOSQUITTO, folder / "broker") as broker:
        async with contextlib.AsyncExitStack() as stack:
            command = (
                "server.app", "run", "--folder", str(folder / "server"), "--port", str(port), "--broker",
                f"mqtt://127.0.0.1:{broker.port}", "--roster", str(folder / "roster.json"), "--demo-logins", str(logins),
            )  # fmt: skip
            server = await stack.enter_async_context(process(folder, "server", *command))
            await answers(port)
            password = dict(row.split("\t")[:2] for row in logins.read_text().splitlines() if row)["command"]
            watching = await stack.enter_async_context(
                process(folder, "screen", "bench.drain", "--screen", str(port), password, piped=True)
            )
            shown = Screen(watching)
            shown.task = asyncio.create_task(shown.follow())
            stack.callback(shown.task.cancel)
            gateway = next(device.gateway for device in city.roster.devices if device.kind == "alarm_button")
            devices = [
                BirthDevice(device.id, device.kind)
                for device in city.roster.devices
                if device.gateway == gateway and device.kind in ("alarm_button", "camera")
            ]
            line = Line(folder, broker.port, gateway, devices)
            async with line.gateway_runs() as box:
                await line.presses(WARM_PRESSES, shown)
                idle = await line.presses(presses, shown)
            cameras = [device.d for device in devices if device.kind == "camera"]
            filled = fill(folder / "outbox", cameras, records)
            print(f"{records:,} readings of {len(cameras)} cameras put into the outbox in {filled:.1f} s", flush=True)
            before, own, begun = cpu_seconds(server.pid), time.process_time(), time.monotonic()
            async with line.gateway_runs() as box:
                up = time.monotonic()
                if profile:
                    await stack.enter_async_context(profiled(profile, server.pid, os.getpid()))
                busy = await line.presses(None, shown, box)
                drained = line.drained_at
                spent = cpu_seconds(server.pid) - before, time.process_time() - own
                again = await line.presses(presses, shown)
                stalls, rounds = box.node.stalls if box.node else 0, box.node.rounds_again if box.node else 0
            print(
                f"opened in {up - begun:.1f} s; drained in {drained - up:.1f} s: {records / (drained - up):,.0f} records/s"
            )
            print(f"server {spent[0]:.1f} s of CPU, gateway {spent[1]:.1f} s; stalls {stalls}, rounds again {rounds}")
            table(line, shown, {"idle": idle, "during the drain": busy, "idle after it": again})
    audit(folder / "server" / "anxiao.db", records, len(line.ids))


def audit(database: Path, records: int, presses: int) -> None:
    """Compare the journal with what was told; ends the bench where anything is missing or twice."""
    with contextlib.closing(sqlite3.connect(database)) as journal:
        (backlog,) = journal.execute("select max(position) from cursor where lane = 't'").fetchone()
        (covered,) = journal.execute(
            "select sum(last_position - position + 1) from raw_batch where stream ="
            " (select stream from cursor where lane = 't' order by position desc limit 1)"
        ).fetchone()
        (gaps,) = journal.execute("select count(*) from gap").fetchone()
        (events,) = journal.execute("select count(*) from alarm_event where kind = 'press'").fetchone()
    if (backlog, covered, gaps, events) != (records, records, 0, presses):
        raise SystemExit(f"the journal has {covered} of {records} readings, {gaps} gaps, {events} of {presses} presses")
    print(f"the journal has {covered:,} readings of the backlog, each position once, and {events} presses; no gap")


def table(line: Line, shown: Screen, phases: dict[str, Sequence[int]]) -> None:
    """Print the figures of each phase, and the ratio beside the first one."""
    first: tuple[Spread, Spread] | None = None
    print("| phase | presses | to receipt p50 ms | p99 | max | to screen p50 ms | p99 | max | ratio of medians | of p99 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, numbers in phases.items():
        if not numbers:
            print(f"| {name} | 0 |")
            continue
        receipt, screen = spreads(line, shown, numbers)
        first = first or (receipt, screen)
        cells = [f"{one.median:.1f} | {one.p99:.1f} | {one.most:.1f}" for one in (receipt, screen)]
        medians = f"{receipt.median / first[0].median:.2f}, {screen.median / first[1].median:.2f}"
        tails = f"{receipt.p99 / first[0].p99:.2f}, {screen.p99 / first[1].p99:.2f}"
        print(f"| {name} | {receipt.number} | {cells[0]} | {cells[1]} | {medians} | {tails} |")


@contextlib.asynccontextmanager
async def profiled(folder: str, *pids: int) -> AsyncIterator[None]:
    """Sample processes with py-spy until left."""
    samplers = [
        await asyncio.create_subprocess_exec(
            "py-spy", "record", "--pid", str(pid), "--rate", "100", "--format", "raw", "--output", f"{folder}/{pid}.txt",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )
        for pid in pids
    ]  # fmt: skip
    try:
        yield
    finally:
        for sampler in samplers:
            sampler.send_signal(signal.SIGINT)
            await sampler.wait()


def main() -> None:
    """Read the wish and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=432_000, help="readings in the backlog")
    parser.add_argument("--presses", type=int, default=100, help="presses of each idle phase")
    parser.add_argument("--profile", default="", help="a folder for py-spy's samples of server and gateway")
    parser.add_argument("--screen", nargs=2, metavar=("PORT", "PASSWORD"), help=argparse.SUPPRESS)
    wish = parser.parse_args()
    set_up_logs("warning")
    if wish.profile:
        Path(wish.profile).mkdir(parents=True, exist_ok=True)
    if wish.screen:
        asyncio.run(watch(int(wish.screen[0]), wish.screen[1]))
        return
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {date.today().isoformat()}")  # noqa: DTZ011
    with tempfile.TemporaryDirectory(prefix="anxiao-drain-") as folder:
        asyncio.run(measure(wish.records, wish.presses, Path(folder), wish.profile))


if __name__ == "__main__":
    main()
