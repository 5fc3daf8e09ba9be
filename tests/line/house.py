"""The whole line as an operator runs it: broker, server and one school's gateway, each a process that can be killed."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from scripts.servers import free_port
from server.registry.roster_file import encode_roster
from simulators.city import make_city
from simulators.credentials import gateway_key

ROOT = Path(__file__).parent.parent.parent
TOKEN = "button-token-of-the-test"
SEED = 7
START_SECONDS = 30.0
SITE = """gateway = "{gateway}"
folder = "{folder}/outbox"
status = "off"
[outbox]
alarm_reserve_mb = 1
[[uplinks]]
kind = "mqtt"
name = "mqtt"
broker = "127.0.0.1:{broker}"
tls = false
[[agents]]
interface = "lan_json"
http = "127.0.0.1:{lan}"
[[agents.devices]]
id = "{button}"
kind = "alarm_button"
token = "{token}"
"""


@dataclass
class Program:
    """One process; it can be killed, frozen, and started again with the same command."""

    name: str
    command: tuple[str, ...]
    folder: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it."""
        assert self.process is None
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *self.command, cwd=ROOT, stdout=log, stderr=log
            )

    def freeze(self, *, frozen: bool = True) -> None:
        """Stop it in its tracks, or let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            self.process = None


@dataclass
class Line:
    """The running line, and a police officer's view of it."""

    folder: Path
    broker: int
    port: int = field(default_factory=free_port)
    lan: int = field(default_factory=free_port)
    more: str = ""  # More of the site file.
    gateway_id: str = ""
    button: str = ""

    def __post_init__(self) -> None:
        city = make_city(3, SEED, date(2026, 3, 2))
        (self.folder / "roster.json").write_bytes(encode_roster(city.roster))
        device = next(one for one in city.roster.devices if one.kind == "alarm_button")
        self.gateway_id, self.button = device.gateway, device.id
        site = self.folder / "site.toml"
        site.write_text(
            SITE.format(
                gateway=self.gateway_id,
                folder=self.folder,
                broker=self.broker,
                lan=self.lan,
                button=self.button,
                token=TOKEN,
                key=gateway_key(SEED, device.gateway),
            )
            + self.more.format(folder=self.folder)
        )
        logins = self.folder / "logins.txt"
        self.server = Program(
            "server",
            ("server.app", "run", "--folder", str(self.folder / "server"), "--port", str(self.port), "--broker",
             f"mqtt://127.0.0.1:{self.broker}", "--roster", str(self.folder / "roster.json"),
             "--demo-logins", str(logins)),
            self.folder,
        )  # fmt: skip
        self.gateway = Program("gateway", ("gateway.app", "--config", str(site)), self.folder)

    async def press(self, counter: int) -> str:
        """Press the button as the device does: again and again until the gateway says that it has it; gives its id."""
        async with httpx.AsyncClient() as device, asyncio.timeout(START_SECONDS):
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await device.post(
                        f"http://127.0.0.1:{self.lan}/v1/devices/{self.button}/press",
                        json={"n": counter},
                        headers={"Authorization": f"Bearer {TOKEN}"},
                    )
                    if answer.status_code == httpx.codes.OK:
                        return str(answer.json()["id"])
                await asyncio.sleep(0.05)

    def password(self, user: str) -> str:
        """Give the drawn password of a demonstration account."""
        return dict(row.split("\t")[:2] for row in (self.folder / "logins.txt").read_text().splitlines() if row)[user]

    async def presses(self) -> list[str]:
        """Sign in as the command centre and give the id of every press that the screens show, with repetitions."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as screen:
            answer = await screen.post("/api/v1/login", json={"username": "command", "password": self.password("command")})
            answer.raise_for_status()
            found: list[str] = []
            for alert in await _pages(screen):
                if alert["rule"] == "one_key_press":
                    detail = (await screen.get(f"/api/v1/alerts/{alert['id']}")).raise_for_status().json()
                    found += [press["id"] for press in detail["presses"] if press["stored"]]
            return found

    async def wait_until_up(self) -> None:
        """Wait until the server answers."""
        async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"http://127.0.0.1:{self.port}/healthz")).status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.05)

    async def wait_for(self, wanted: list[str]) -> list[str]:
        """Wait until the screens show as many presses as wanted, then a little longer, and give what they show."""
        await self.wait_until_up()
        async with asyncio.timeout(START_SECONDS):
            while len(await self.presses()) < len(wanted):  # noqa: ASYNC110  # Other processes set no event here.
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)  # What would come twice comes within the gateway's first rounds.
        return await self.presses()


async def _pages(screen: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = (await screen.get("/api/v1/alerts", params=params)).raise_for_status().json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


@contextlib.asynccontextmanager
async def running_line(folder: Path, broker: int, more: str = "") -> AsyncIterator[Line]:
    """Start server and gateway; whatever is left of them at the end is killed. `more` is added to the site file."""
    line = Line(folder, broker, more=more)
    try:
        await line.server.start()
        await line.gateway.start()
        await line.wait_until_up()
        yield line
    finally:
        await line.gateway.kill()
        await line.server.kill()
