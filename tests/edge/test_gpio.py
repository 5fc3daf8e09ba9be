"""Lines of a GPIO chip, against a stand-in for the kernel."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

import gpiod
import pytest
from gpiod.line import Bias, Direction, Value

from contract.errors import Unreachable
from edge.gpio import GpioLines, GpioOutputs, Pull, Wiring
from edge.lines import Edge


@dataclass
class FakeEvent:
    """What the kernel tells of one edge."""

    line_offset: int
    event_type: gpiod.EdgeEvent.Type


@dataclass
class FakeRequest:
    """Requested lines, with a pipe in place of the kernel's descriptor."""

    values: dict[int, Value]
    events: list[FakeEvent] = field(default_factory=list)
    released: bool = False

    def __post_init__(self) -> None:
        """Open the pipe."""
        self.fd, self._write = os.pipe()

    def happen(self, offset: int, kind: gpiod.EdgeEvent.Type) -> None:
        """Play one edge."""
        self.events.append(FakeEvent(offset, kind))
        os.write(self._write, b"!")

    def get_values(self, offsets: list[int]) -> list[Value]:
        """Give the values asked for."""
        return [self.values[offset] for offset in offsets]

    def set_value(self, offset: int, value: Value) -> None:
        """Switch a line."""
        self.values[offset] = value

    def set_values(self, values: dict[int, Value]) -> None:
        """Switch several."""
        self.values.update(values)

    def read_edge_events(self) -> list[FakeEvent]:
        """Give the queued edges."""
        os.read(self.fd, 100)
        given, self.events = self.events, []
        return given

    def release(self) -> None:
        """Close the pipe."""
        self.released = True
        os.close(self.fd)
        os.close(self._write)


class FakeChip:
    """A chip with line 17 and a line named PANIC at offset 4."""

    requested: dict[int, gpiod.LineSettings]
    request: FakeRequest

    def __init__(self, path: str) -> None:
        if path != "/dev/gpiochip0":
            raise FileNotFoundError(2, "No such file or directory", path)
        FakeChip.request = FakeRequest({17: Value.ACTIVE, 4: Value.INACTIVE})

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""

    def line_offset_from_id(self, line: int | str) -> int:
        """Find a line as the kernel would."""
        if line == "PANIC":
            return 4
        if line == 17:
            return 17
        raise ValueError(f"line {line} not found")

    def request_lines(self, config: dict[int, gpiod.LineSettings], consumer: str) -> FakeRequest:
        """Hand the lines over."""
        assert consumer
        FakeChip.requested = config
        return FakeChip.request


WIRING: dict[int | str, Wiring] = {"PANIC": Wiring(Pull.UP, 30), 17: Wiring(Pull.DOWN, 0)}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[GpioLines]:
    """Open the two lines."""
    monkeypatch.setattr(gpiod, "Chip", FakeChip)
    opened = GpioLines("/dev/gpiochip0", WIRING)
    yield opened
    if not FakeChip.request.released:
        opened.close()


def test_values_are_given_by_the_names_of_the_site_file(lines: GpioLines) -> None:
    """A name and a number stay what they were in the configuration."""
    assert lines.read() == {17: True, "PANIC": False}


def test_wiring_reaches_the_kernel(lines: GpioLines) -> None:
    """A pull-up makes a closed contact read low, so the line is active low; debouncing is the kernel's."""
    panic, other = FakeChip.requested[4], FakeChip.requested[17]

    assert (panic.bias, panic.active_low, panic.debounce_period) == (Bias.PULL_UP, True, timedelta(milliseconds=30))
    assert (other.bias, other.active_low) == (Bias.PULL_DOWN, False)


async def test_edges_come_in_order(lines: GpioLines) -> None:
    """A short pulse is two edges, and neither is lost."""
    FakeChip.request.happen(4, gpiod.EdgeEvent.Type.RISING_EDGE)
    FakeChip.request.happen(4, gpiod.EdgeEvent.Type.FALLING_EDGE)

    assert await lines.edges(10) == [Edge("PANIC", True), Edge("PANIC", False)]


async def test_quiet_lines_end_the_wait(lines: GpioLines) -> None:
    """No edge in time is no edge."""
    assert await lines.edges(0.01) == []


@pytest.mark.parametrize(("chip", "wiring"), [("/dev/none", WIRING), ("/dev/gpiochip0", {99: Wiring(Pull.UP, 0)})])
def test_missing_chip_or_line_is_named(monkeypatch: pytest.MonkeyPatch, chip: str, wiring: dict[int | str, Wiring]) -> None:
    """The message says which chip and which lines."""
    monkeypatch.setattr(gpiod, "Chip", FakeChip)

    with pytest.raises(Unreachable, match=chip):
        GpioLines(chip, wiring)


def test_lines_are_given_back(lines: GpioLines) -> None:
    """Another process may have them afterwards."""
    lines.close()

    assert FakeChip.request.released


def test_outputs_are_off_when_taken_switched_and_off_again_when_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay board that is active low has that said to the kernel, not to everybody else."""
    monkeypatch.setattr(gpiod, "Chip", FakeChip)
    outputs = GpioOutputs("/dev/gpiochip0", {"PANIC": True, 17: False})
    asked = FakeChip.requested[4]
    assert (asked.direction, asked.active_low, asked.output_value) == (Direction.OUTPUT, True, Value.INACTIVE)

    outputs.set("PANIC", on=True)
    assert FakeChip.request.values[4] is Value.ACTIVE

    outputs.close()
    assert set(FakeChip.request.values.values()) == {Value.INACTIVE}
    assert FakeChip.request.released
    with pytest.raises(Unreachable, match="/dev/none"):
        GpioOutputs("/dev/none", {17: False})
