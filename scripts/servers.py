"""Starts real servers for tests and benchmarks: on a free loopback port, in a folder of their own, stopped by their own id.

    with running(VICTORIA, folder) as server: ...      in a test
    python -m scripts.servers victoria                 by hand, until Ctrl-C

What is not installed is told by `find`; `scripts/install_servers.sh` brings the packages of Debian 12.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

READY_SECONDS = 30.0  # A cold start on a busy machine; a healthy one takes less than one.
STOP_SECONDS = 10.0


class NotReadyError(Exception):
    """A server that was started and did not answer in time; the message ends with what it wrote."""


@dataclass(frozen=True, slots=True)
class Program:
    """A server we know how to start: its name, the names of its binary, and its command line."""

    name: str
    binaries: tuple[str, ...]
    command: Callable[[str, Path, int], list[str]]
    scheme: str = "http"


def _mosquitto(binary: str, folder: Path, port: int) -> list[str]:
    config = folder / "mosquitto.conf"
    if not config.exists():
        config.write_text(MOSQUITTO_CONFIG)
    listening = folder / f"listen-{port}.conf"
    listening.write_text(f"listener {port} 127.0.0.1\n" + config.read_text())
    return [binary, "-c", str(listening)]


def _influxd(binary: str, folder: Path, port: int) -> list[str]:
    config = folder / "influxdb.conf"
    config.write_text(INFLUXD_CONFIG.format(folder=folder, port=port, other=free_port()))
    return [binary, "-config", str(config)]


def _victoria(binary: str, folder: Path, port: int) -> list[str]:
    return [binary, f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder / 'vm'}", "-loggerLevel=WARN"]


# Limits as deployed: the batch limit of the wire, and no store of the broker's own.
MOSQUITTO_CONFIG = """
allow_anonymous true
persistence false
message_size_limit 262144
max_inflight_messages 1000
max_queued_messages 100000
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
"""
INFLUXD_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{other}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "error"
"""

MOSQUITTO = Program("mosquitto", ("mosquitto",), _mosquitto, "mqtt")
INFLUXD = Program("influxd", ("influxd",), _influxd)
VICTORIA = Program("victoria", ("victoria-metrics", "victoria-metrics-prod"), _victoria)
PROGRAMS = {program.name: program for program in (MOSQUITTO, INFLUXD, VICTORIA)}


def find(program: Program) -> str | None:
    """Give the path of the program's binary, or None where it is not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"  # Where Debian keeps Mosquitto, also for plain users.
    return next((found for name in program.binaries if (found := shutil.which(name, path=path))), None)


def free_port() -> int:
    """Give a loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Server:
    """One server in one folder; it can be stopped, killed and started again on the same port with the same data."""

    program: Program
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Give the address to connect to."""
        return f"{self.program.scheme}://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Give the process id of the running server."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start and wait until connections are accepted; raise `NotReadyError` otherwise."""
        assert self.process is None
        binary = find(self.program)
        if binary is None:
            raise NotReadyError(f"{self.program.name} is not installed; see scripts/install_servers.sh")
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log("ab") as log:
            self.process = subprocess.Popen(self.program.command(binary, self.folder, self.port), stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while not _accepts(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                with self._log("rb") as log:
                    raise NotReadyError(f"{self.program.name} on port {self.port}: {log.read()[-2_000:].decode()}")
            time.sleep(0.02)  # The server is another process: there is nothing to await but its port.

    def stop(self) -> None:
        """End it as an operator would, and kill it if that takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End it as a power cut would (kill -9)."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _log(self, mode: str) -> IO[bytes]:
        return (self.folder / f"{self.program.name}.log").open(mode)


@contextlib.contextmanager
def running(program: Program, folder: Path) -> Iterator[Server]:
    """Run a server in a folder as long as the block lasts."""
    server = Server(program, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Say what is installed, or run one server until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", choices=["find", *PROGRAMS])
    parser.add_argument("--folder", type=Path, help="where its data go; a temporary folder by default")
    given = parser.parse_args()
    if given.program == "find":
        for program in PROGRAMS.values():
            print(f"{program.name:12} {find(program) or 'not installed'}")
        return
    with tempfile.TemporaryDirectory() as temporary, contextlib.suppress(KeyboardInterrupt):
        try:
            with running(PROGRAMS[given.program], given.folder or Path(temporary)) as server:
                print(server.url, flush=True)
                signal.pause()
        except NotReadyError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
