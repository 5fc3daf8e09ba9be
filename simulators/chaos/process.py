"""One process of the installation, by its own id: started, killed as by a power cut, frozen, and let go on."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

READY_SECONDS = 60.0  # A cold start on a busy machine; a server that waits for its database is ready all the same.
LOOK_SECONDS = 0.05

Probe = Callable[[], Awaitable[bool]]


class EndedError(RuntimeError):
    """A program ended that nobody had told to."""


@dataclass(slots=True)
class Program:
    """One process; it can be killed, frozen, and started again with the same command."""

    name: str
    command: tuple[str, ...]
    folder: Path  # Where its log goes.
    probe: Probe  # Says whether it does its work.
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = Path("/")
    user: str = ""  # Whom to become; empty for nobody else.
    family: bool = False  # Its children are killed and frozen with it.
    starts: int = 0
    process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Say whether it was started and has not ended."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it; does not wait until it is ready."""
        assert not self.running, self.name
        self.starts += 1
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *_tied(self.command),
                cwd=self.directory,
                env={**os.environ, **self.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the one who watches, who then ends each by its id.
                **({"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}),  # type: ignore[arg-type]
            )

    async def ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until it does its work; raises `TimeoutError` with its name, or `EndedError` when it has ended."""
        try:
            async with asyncio.timeout(seconds):
                while not await self.probe():
                    if not self.running:
                        raise EndedError(f"{self.name} ended by itself; see {self.folder / self.name}.log")
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"{self.name} is not ready after {seconds:.0f} s") from None

    def freeze(self) -> None:
        """Stop it in its tracks (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        """End it as a power cut would (SIGKILL); it need not run."""
        if self.process is None:
            return
        if self.family:
            self._signal(signal.SIGSTOP)  # So that it has no more children than those we list now.
        members = [self.process.pid, *(children(self.process.pid) if self.family else [])]
        _send(signal.SIGKILL, members)
        await self.process.wait()
        self.process = None
        async with asyncio.timeout(READY_SECONDS):
            while any(_there(pid) for pid in members):  # noqa: ASYNC110  # What they held is free only then.
                await asyncio.sleep(LOOK_SECONDS / 10)

    async def stop(self, seconds: float = 15.0) -> None:
        """End it as an operator would (SIGTERM), and kill it where that takes too long."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), seconds)
        await self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        _send(number, [self.process.pid, *(children(self.process.pid) if self.family else [])])


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def children(parent: int) -> list[int]:
    """Give the ids of a process's children."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(after_name[1]) == parent:
                    found.append(int(entry.name))
    return found


def _tied(command: tuple[str, ...]) -> tuple[str, ...]:
    """Let the kernel end it with us, so that a chaos that is itself killed leaves nobody behind."""
    tie = shutil.which("setpriv")
    return (tie, "--pdeathsig", "KILL", "--", *command) if tie else command


def listens(port: int) -> Probe:
    """Probe whether a loopback port takes connections."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(1.0):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return probe


def answers(url: str) -> Probe:
    """Probe whether a page answers 200."""

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
                return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return probe
