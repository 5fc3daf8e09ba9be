"""The gateway as a process: what was pressed survives kill -9, and a stop ends cleanly."""

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import aiomqtt
import pytest
from typer.testing import CliRunner

from contract.batch import decode_batch
from contract.records import Press
from gateway.app import main
from scripts.servers import Server, free_port

SITE = """gateway = "gw-0001"
folder = "outbox"
status = "127.0.0.1:{status}"
[outbox]
alarm_reserve_mb = 1
[[uplinks]]
kind = "mqtt"
name = "a"
broker = "127.0.0.1:{broker}"
tls = false
[[agents]]
interface = "dry_contact"
folder = "{folder}"
[[agents.devices]]
id = "button"
kind = "alarm_button"
[[agents.lines]]
line = 17
device = "button"
use = "press"
"""
ROOT = Path(__file__).parent.parent.parent


def write_site(folder: Path, broker: int) -> Path:
    """Write a site with one button on a file."""
    path = folder / "site.toml"
    path.write_text(SITE.format(status=free_port(), broker=broker, folder=folder))
    return path


@contextlib.asynccontextmanager
async def process(site: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the gateway as an operator would; whatever is left of it at the end is killed."""
    with (site.parent / "gateway.log").open("ab") as log_file:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.app", "--config", str(site), cwd=ROOT, stderr=log_file
        )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def next_press(client: aiomqtt.Client) -> tuple[str, Press]:
    """Wait for a batch with a press, which the button's reset may overtake; give its epoch and the press."""
    async with asyncio.timeout(30):
        async for message in client.messages:
            if str(message.topic) == "cs1/gw-0001/up/a":
                assert isinstance(message.payload, bytes)
                batch = decode_batch(message.payload)
                presses = [record for record in batch.records if isinstance(record, Press)]
                if presses:
                    [press] = presses
                    return batch.epoch, press
    raise AssertionError


@pytest.mark.broker
async def test_a_press_survives_kill_9_and_is_told_again_as_the_same_press(broker: Server, tmp_path: Path) -> None:
    """Pressed, killed before any receipt, started again: one press, one id, its first epoch and position."""
    site = write_site(tmp_path, broker.port)
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe("cs1/#", qos=1)
        async with process(site) as gateway:
            (tmp_path / "17").write_text("1")
            first_epoch, first = await next_press(client)
            # It is sent while it is being written, and the button is answered only after that: the promise begins there.
            assert await until(lambda: press_on_disk(tmp_path / "outbox")) == first.id
            gateway.send_signal(signal.SIGKILL)
            await gateway.wait()
        (tmp_path / "17").write_text("0")
        async with process(site) as gateway:
            epoch, again = await next_press(client)
            assert (epoch, again) == (first_epoch, first)
            assert await until(lambda: open_presses(site)) == [first.id]
            gateway.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(gateway.wait(), 20) == 0


async def test_a_press_with_no_broker_at_all_is_on_disk_for_the_next_start(tmp_path: Path) -> None:
    """The disk alone is enough: the same press is open after a kill, with nobody ever having heard of it."""
    site = write_site(tmp_path, free_port())
    (tmp_path / "17").write_text("1")
    async with process(site) as gateway:
        id_ = await until(lambda: press_on_disk(tmp_path / "outbox"))
        gateway.kill()
        await gateway.wait()
    (tmp_path / "17").write_text("0")
    async with process(site):
        assert await until(lambda: open_presses(site)) == [id_]


T = TypeVar("T")


async def until(look: Callable[[], T]) -> T:
    """Look at another process until there is something to see; nothing else of it can be awaited."""
    async with asyncio.timeout(30):
        while True:
            if found := await asyncio.to_thread(look):
                return found
            await asyncio.sleep(0.05)


def press_on_disk(outbox: Path) -> str:
    """Find the id of a press that was written to the alarm lane."""
    for segment in (outbox / "a").glob("*.seg"):
        found = re.search(rb'"k":"press","id":"([0-9a-f-]{36})".*?}', segment.read_bytes())
        if found:
            return found[1].decode()
    return ""


def open_presses(site: Path) -> list[str]:
    """Ask the running gateway which presses are open."""
    answer = CliRunner().invoke(main, ["status", "--config", str(site)])
    return [line.split()[-1] for line in answer.output.splitlines() if line.startswith("未复位")]


def test_a_bad_site_file_ends_with_one_sentence(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(status=1, broker=2, folder="x").replace('"press"', '"push"'))
    for command in (["check", "--config", str(site)], ["--config", str(site)]):
        answer = CliRunner().invoke(main, command)
        assert answer.exit_code == 2
        assert f"{site}, line 20: agents[1].lines[1].use: 'push' given" in answer.output


def test_a_good_site_file_is_said_to_be_one(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["check", "--config", str(write_site(tmp_path, 1))])
    assert (answer.exit_code, answer.output) == (0, "gw-0001: 1 uplinks, 1 interfaces, 1 devices\n")


def test_the_status_of_a_gateway_that_does_not_run_is_no_answer(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["status", "--config", str(write_site(tmp_path, 1))])
    assert answer.exit_code == 1
    assert "no gateway answers" in answer.output
