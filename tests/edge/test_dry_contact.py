"""Dry contacts from a folder of files to the gateway, and the lines of a chip."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.identity import DeviceId
from edge.agent import Agent
from edge.agents import AGENTS
from edge.agents import dry_contact as module
from tests.edge.recording import RecordingGateway

DEVICES: list[dict[str, object]] = [
    {"id": "button", "kind": "alarm_button", "name": "Gate room"},
    {"id": "barrier", "kind": "barrier"},
]
LINES: list[dict[str, object]] = [
    {"line": 17, "device": "button", "use": "press"},
    {"line": "TAMPER", "device": "button", "use": "alert", "code": "tamper", "normally": "closed"},
    {"line": 5, "device": "barrier", "use": "barrier_up"},
]


def table(folder: Path, **changes: object) -> dict[str, object]:
    """Make a site file's table."""
    return {"folder": str(folder), "devices": DEVICES, "lines": LINES} | changes


@asynccontextmanager
async def running(agent: Agent, gateway: RecordingGateway) -> AsyncIterator[None]:
    """Run an agent for a while."""
    task = asyncio.create_task(agent.run(gateway))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_press_travels_from_the_contact_to_the_outbox(tmp_path: Path) -> None:
    """In, then out: a press, then a clear; the tamper contact at rest is told as such at start."""
    gateway = RecordingGateway()
    (tmp_path / "TAMPER").write_text("1")
    async with running(AGENTS["dry_contact"](table(tmp_path)), gateway):
        await gateway.until(1)
        (tmp_path / "17").write_text("1\n")
        await gateway.until(2)
        (tmp_path / "17").write_text("0")
        told = await gateway.until(3)

    assert told == [
        ("alert", "button", "tamper", "False", "real", ""),
        ("press", "button", "short", "real", "None"),
        ("clear", "button", "contact"),
    ]
    assert (DeviceId("barrier"), {"position": "down"}) in gateway.readings


async def test_contact_closed_at_start_is_a_press(tmp_path: Path) -> None:
    """A latched button pressed while the gateway was off is told at boot."""
    gateway = RecordingGateway()
    (tmp_path / "17").write_text("1")
    async with running(AGENTS["dry_contact"](table(tmp_path, lines=[LINES[0], LINES[2]])), gateway):
        assert await gateway.until(1) == [("press", "button", "short", "real", "None")]


async def test_press_is_told_until_the_disk_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that says no does not lose a press."""
    monkeypatch.setattr(module, "RETRY_SECONDS_MAX", 0.01)
    gateway = RecordingGateway(broken=True)
    (tmp_path / "17").write_text("1")
    async with running(AGENTS["dry_contact"](table(tmp_path, lines=[LINES[0], LINES[2]])), gateway):
        await gateway.attempted(3)
        gateway.broken = False

        assert await gateway.until(1) == [("press", "button", "short", "real", "None")]


async def test_device_waiting_for_the_disk_holds_up_no_other(tmp_path: Path) -> None:
    """While a press hangs on the disk, the barrier is still watched."""
    gateway = RecordingGateway()
    gateway.disk.clear()
    (tmp_path / "17").write_text("1")
    async with running(AGENTS["dry_contact"](table(tmp_path)), gateway):
        await gateway.attempted(1)
        (tmp_path / "5").write_text("1")
        await gateway.read("barrier", {"position": "up"})


async def test_unreadable_line_ends_the_agent_and_not_in_silence(tmp_path: Path) -> None:
    """A line that holds neither 0 nor 1 is not taken for an open contact."""
    (tmp_path / "17").write_text("maybe")

    with pytest.raises(Exception, match="allowed: 0"):
        await AGENTS["dry_contact"](table(tmp_path)).run(RecordingGateway())


def test_first_hop_says_what_a_latched_contact_is_worth(tmp_path: Path) -> None:
    """A latched button survives the gateway's absence; a momentary one does not, and is shown so."""
    momentary = [{**LINES[0], "latched": False}, LINES[2]]

    assert [device.first_hop for device in AGENTS["dry_contact"](table(tmp_path)).devices()] == ["latched", "best_effort"]
    assert [device.first_hop for device in AGENTS["dry_contact"](table(tmp_path, lines=momentary)).devices()] == [
        "best_effort",
        "best_effort",
    ]


def changed(**changes: object) -> Callable[[dict[str, object]], None]:
    """Change the first line of a table."""

    def change(values: dict[str, object]) -> None:
        values["lines"] = [{**LINES[0], **changes}, *LINES[1:]]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda values: values.update(chip="/dev/gpiochip0"), ["chip", "either"]),
        (lambda values: values.pop("folder"), ["chip", "either"]),
        (lambda values: values.update(lines=[]), ["devices", "barrier, button", "[[lines]] or [[outputs]]"]),
        (lambda values: values.update(lines="17"), ["lines", "'17'"]),
        (lambda values: values.update(linse=[]), ["linse", "unknown key"]),
        (lambda values: values.update(devices=[DEVICES[0], DEVICES[0], DEVICES[1]]), ["button", "twice"]),
        (lambda values: values.update(devices=[*DEVICES, {"id": "idle", "kind": "gate"}]), ["idle", "at least one"]),
        (
            lambda values: values.update(devices=[{"id": "Knopf", "kind": "alarm_button"}]),
            ["devices[1].id", "'Knopf'", "a-z"],
        ),
        (lambda values: values.update(devices=[{"id": "b", "kind": "knob"}]), ["devices[1].kind", "'knob'", "alarm_button"]),
        (changed(use="pres"), ["lines[1].use", "'pres'", "press, alert"]),
        (changed(use="alert", code="oops"), ["lines[1].code", "'oops'", "tamper"]),
        (changed(use="gate"), ["lines[1].use", "'open'", "alarm_button"]),
        (changed(line=-1), ["lines[1].line", "-1"]),
        (changed(line=True), ["lines[1].line", "True"]),
        (changed(line=5), ["line", "each line once"]),
        (changed(device="nobody"), ["lines[1].device", "'nobody'", "button"]),
        (changed(debounce_ms=5000), ["lines[1].debounce_ms", "5000", "0 to 1000"]),
        (changed(latched="yes"), ["lines[1].latched", "true or false"]),
        (changed(normally="shut"), ["lines[1].normally", "open, closed"]),
        (changed(pull="left"), ["lines[1].pull", "up, down, none"]),
        (changed(debounce=1), ["lines[1].debounce", "unknown key"]),
    ],
)
def test_bad_table_names_key_given_and_allowed(
    tmp_path: Path, change: Callable[[dict[str, object]], object], words: Sequence[str]
) -> None:
    """Whoever set up the box finds the mistake from the message alone."""
    values = table(tmp_path)
    change(values)

    with pytest.raises(ConfigurationError) as raised:
        AGENTS["dry_contact"](values)

    for word in words:
        assert word in str(raised.value)


def accepted(values: Mapping[str, object]) -> bool:
    """Say whether a table makes an agent."""
    return bool(AGENTS["dry_contact"](values).devices())


def test_chip_is_not_touched_before_the_agent_runs(tmp_path: Path) -> None:
    """A site file can be checked on a machine without the chip."""
    values = table(tmp_path, chip="/dev/none")
    del values["folder"]

    assert accepted(values)
