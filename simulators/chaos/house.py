"""The whole installation as operators run it, each program a process, each connection a link of its own."""

import asyncio
import getpass
import random
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts.servers import INFLUXD, VICTORIA, find
from server.registry.roster_file import encode_roster
from simulators.broker import find_mosquitto, mosquitto_configuration
from simulators.chaos import postgres
from simulators.chaos.link import Link
from simulators.chaos.plan import Plan, School, bureau_of, key_of, make_roster, server_file, site_file
from simulators.chaos.process import Program, answers, listens

BROKERS = ("broker-a", "broker-b")
# Below the system's own range, so that nobody's outgoing connection takes the port of a program that is just dead.
PORTS = range(20_000, 32_000)
SCREEN = "screen"


@dataclass(slots=True)
class Template:
    """What every installation of one plan begins with: a database that holds the roster and an account."""

    folder: Path
    password: str = ""


@dataclass(slots=True)
class House:
    """One installation in one folder, from its first start to its end."""

    folder: Path
    plan: Plan
    chance: random.Random
    password: str = ""
    programs: dict[str, Program] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    schools: list[School] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    free: Iterator[int] = field(default_factory=lambda: free_ports())  # noqa: PLW0108  # It stands below.

    @property
    def logs(self) -> Path:
        """Name the folder of the programs' logs."""
        return self.folder / "logs"

    @property
    def gateways(self) -> list[str]:
        """Name the boxes."""
        return [name for name in self.programs if name.startswith("gateway")]

    @property
    def servers(self) -> list[str]:
        """Name the servers."""
        return [name for name in self.programs if name.startswith("server")]

    def url(self, server: str) -> str:
        """Give a server's address, without any link between."""
        return f"http://127.0.0.1:{self.ports[server]}"

    def assemble(self, template: Template) -> None:
        """Write every file and make every program and link; nothing runs yet."""
        self.logs.mkdir(parents=True)
        self.password = template.password
        _, self.schools = make_roster(self.plan)
        ports = self.free
        postgres.copy_cluster(template.folder / "postgres", self.folder / "postgres")
        self._add_stores(ports)
        for number in range(1, self.plan.servers + 1):
            self._add_server(f"server-{number}", ports)
        for number, school in enumerate(self.schools):
            self._add_gateway(number, school, ports)

    async def start(self) -> None:
        """Start everything in the order of a sensible operator, and wait until all of it works."""
        for link in self.links.values():
            await link.open()
        for group in (["postgres", "history", *BROKERS], self.servers, self.gateways):
            await asyncio.gather(*(self.programs[name].start() for name in group))
            await asyncio.gather(*(self.programs[name].ready() for name in group))

    async def heal(self) -> None:
        """Mend every link, let everything go on, start what is dead, and wait until all of it works."""
        for link in self.links.values():
            link.heal()
        for program in self.programs.values():
            program.thaw()
            if not program.running:
                await program.kill()
                await program.start()
        await asyncio.gather(*(program.ready() for program in self.programs.values()))

    async def end(self) -> None:
        """Kill every process and drop every link."""
        for program in self.programs.values():
            await program.kill()
        await asyncio.gather(*(link.close() for link in self.links.values()))

    def _add_stores(self, ports: Iterator[int]) -> None:
        self.ports["postgres"] = next(ports)
        self.programs["postgres"] = postgres.program(self.folder / "postgres", self.ports["postgres"], self.logs)
        mosquitto = find_mosquitto()
        assert mosquitto is not None
        for name in BROKERS:
            port = self.ports[name] = next(ports)
            config = self.folder / f"{name}.conf"
            config.write_text(
                f"{mosquitto_configuration(port)}user {getpass.getuser()}\n"
            )  # Else it forgets whom to end with.
            self.programs[name] = Program(name, (mosquitto, "-c", str(config)), self.logs, listens(port))
        store = INFLUXD if self.plan.history == "influx1" else VICTORIA
        binary = find(store)
        assert binary is not None
        port = self.ports["history"] = next(ports)
        home = self.folder / "history"
        home.mkdir()
        page = "ping" if store is INFLUXD else "metrics"
        probe = answers(f"http://127.0.0.1:{port}/{page}") if store is VICTORIA else listens(port)
        self.programs["history"] = Program("history", tuple(store.command(binary, home, port)), self.logs, probe)

    def _add_server(self, name: str, ports: Iterator[int]) -> None:
        own = self.ports[name] = next(ports)
        home = self.folder / name
        home.mkdir()
        brokers = [self._link(f"{name}>{broker}", self.ports[broker], ports, meddles=True) for broker in BROKERS]
        database = postgres.address(self._link(f"{name}>postgres", self.ports["postgres"], ports))
        history = self._link(f"{name}>history", self.ports["history"], ports)
        config = home / "server.toml"
        config.write_text(server_file(name, home, own, brokers, database, (self.plan.history, history)))
        self.programs[name] = replace(
            python_program(self.plan.server_code, self.plan.server_program, "run", "--config", str(config)),
            name=name, folder=self.logs, probe=answers(f"{self.url(name)}/healthz"),
        )  # fmt: skip

    def _add_gateway(self, number: int, school: School, ports: Iterator[int]) -> None:
        name = f"gateway-{number}"
        home = self.folder / name
        home.mkdir()
        (home / "key").write_text(key_of(school))
        uplinks = {one: self._link(f"{name}>{one}", self.ports[one], ports, meddles=True) for one in BROKERS}
        door = f"server-{number % self.plan.servers + 1}"
        uplinks["door"] = self._link(f"{name}>door", self.ports[door], ports)
        lan = self.ports[f"{name}/lan"] = next(ports)
        status = self.ports[f"{name}/status"] = next(ports)
        site = home / "site.toml"
        site.write_text(site_file(school, home, uplinks, lan, status, self.plan))
        self.programs[name] = replace(
            python_program(self.plan.gateway_code, self.plan.gateway_program, "run", "--config", str(site)),
            name=name, folder=self.logs, probe=answers(f"http://127.0.0.1:{lan}/v1/health"),
        )  # fmt: skip

    def _link(self, name: str, target: int, ports: Iterator[int], *, meddles: bool = False) -> int:
        port = next(ports)
        self.links[name] = Link(name, port, target, self.chance, meddles=meddles)
        return port


def python_program(code: Path, module: str, *words: str) -> Program:
    """Give one of our own programs, run from a checkout: a module, or a file of its own."""
    how = (module,) if module.endswith(".py") else ("-m", module)
    return Program(
        module,
        (sys.executable, *how, *words),
        code,
        _never,
        {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"},
        code,
    )


async def make_template(folder: Path, plan: Plan) -> Template:
    """Make a database as an operator does: an empty cluster, the roster, one account for the screens."""
    roster, _ = make_roster(plan)
    roster_file = write(folder / "roster.json", encode_roster(roster))
    await postgres.make_cluster(folder / "postgres")
    port = next(free_ports())
    database = postgres.program(folder / "postgres", port, folder)
    try:
        await database.start()
        await _connected(port)
        await asyncio.to_thread(postgres.make_database, port)
        config = folder / "server.toml"
        config.write_text(server_file("template", folder, 1, [1], postgres.address(port), ("none", 1)))
        logins = folder / "logins.txt"
        await _run(plan.server_code, "import-roster", str(roster_file), "--config", str(config))
        await _run(
            plan.server_code, "user", "add", SCREEN, "--role", "command_centre", "--scope", f"station:{bureau_of(roster)}",
            "--logins", str(logins), "--config", str(config),
        )  # fmt: skip
    finally:
        await database.stop()
    return Template(folder, logins.read_text().split("\t")[1])


def free_ports() -> Iterator[int]:
    """Give loopback ports that nobody listens on at the moment, each once."""
    chance = random.SystemRandom()
    given: set[int] = set()
    while True:
        port = chance.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in given:
            given.add(port)
            yield port


def lacking() -> list[str]:
    """Name the programs that an installation needs and this machine lacks."""
    there: dict[str, Callable[[], object]] = {
        "mosquitto": find_mosquitto,
        "PostgreSQL 15": postgres.installed,
        "InfluxDB 1.x": lambda: find(INFLUXD),
        "VictoriaMetrics": lambda: find(VICTORIA),
    }
    return [name for name, look in there.items() if not look()]


def write(path: Path, content: bytes) -> Path:
    """Write a file into a folder that need not be there; gives its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


async def _never() -> bool:
    return False


async def _connected(port: int) -> None:
    probe = listens(port)
    async with asyncio.timeout(postgres.START_SECONDS):
        while not await probe():  # noqa: ASYNC110  # Another process sets no event here.
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)


async def _run(code: Path, *words: str) -> None:
    program = python_program(code, "server.app", *words)
    process = await asyncio.create_subprocess_exec(
        *program.command, cwd=code, env={"PATH": "/usr/bin:/bin", **program.environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words[:2])}: {said.decode(errors='replace')[-800:]}")
