"""A broker for the demo and the tests: Mosquitto where it is installed, else amqtt in this very process.

Loopback only, anonymous, nothing kept on disk: the broker is a pipe. `python -m simulators.broker --port 18830` becomes it.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated

import typer

from contract.limits import BATCH_BYTES_MAX
from shell.process import stop_on_signals

# A server that subscribes gets the retained birth of every gateway at once. Mosquitto's usual limit of 1,000 waiting
# messages would drop most of a city's births without a word; this holds those of a province.
QUEUED_MESSAGES_MAX = 50_000
INFLIGHT_MAX = 50
START_SECONDS_MAX = 20.0  # A cold import of amqtt on a slow disk takes several seconds.
STOP_SECONDS_MAX = 5.0


class Make(StrEnum):
    """Which broker to run."""

    AUTO = "auto"
    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


def find_mosquitto() -> str | None:
    """Find Mosquitto also where an ordinary user's path does not look."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """Give a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def mosquitto_configuration(port: int) -> str:
    """Write Mosquitto's configuration."""
    return "\n".join(
        (
            f"listener {port} 127.0.0.1",
            "allow_anonymous true",
            "persistence false",
            f"max_queued_messages {QUEUED_MESSAGES_MAX}",
            f"max_inflight_messages {INFLIGHT_MAX}",
            f"message_size_limit {BATCH_BYTES_MAX}",
            "set_tcp_nodelay true",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "",
        )
    )


def become_mosquitto(program: str, port: int) -> None:
    """Replace this process by Mosquitto. Its configuration lies in memory, so nothing is left behind however it ends."""
    memory = os.memfd_create("mosquitto.conf", 0)
    os.write(memory, mosquitto_configuration(port).encode())
    os.lseek(memory, 0, os.SEEK_SET)
    os.execv(program, [program, "-c", f"/proc/self/fd/{memory}"])  # noqa: S606  # The path was looked up by us.


async def serve_amqtt(port: int) -> None:
    """Run amqtt in this process until a signal asks to stop."""
    # A heavy import with nothing for the many processes that only use the functions above.
    from simulators.amqtt_broker import FairBroker  # noqa: PLC0415

    for name in ("transitions", "amqtt"):
        logging.getLogger(name).setLevel(logging.WARNING)
    broker = FairBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    stop = stop_on_signals()
    await broker.start()
    await stop.wait()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(broker.shutdown(), STOP_SECONDS_MAX)


@contextlib.asynccontextmanager
async def running(make: Make = Make.AUTO, port: int = 0) -> AsyncIterator[int]:
    """Run a broker as a process of its own for a while; gives its port once it takes connections."""
    port = port or free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators.broker", "--port", str(port), "--make", make.value,
        stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        await _wait_until_open(port, process)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _wait_until_open(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_SECONDS_MAX):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"the broker ended with {process.returncode} while starting")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


def main(
    port: Annotated[int, typer.Option(help="The loopback port to listen on.")] = 1883,
    make: Annotated[Make, typer.Option(help="Which broker; auto takes Mosquitto where it is installed.")] = Make.AUTO,
) -> None:
    """Run a broker for a demo until it is told to stop."""
    program = find_mosquitto()
    if make is Make.MOSQUITTO and program is None:
        raise SystemExit("Mosquitto is not installed; allowed here: --make amqtt")
    if program is not None and make is not Make.AMQTT:
        become_mosquitto(program, port)
    asyncio.run(serve_amqtt(port))


if __name__ == "__main__":
    typer.run(main)
