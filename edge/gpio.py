"""Input and output lines of a Linux GPIO chip, through the kernel's character device."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import gpiod
from gpiod.line import Bias, Direction, Value
from gpiod.line import Edge as KernelEdge

from contract.errors import Unreachable
from edge.contacts import LineName
from edge.lines import Edge

CONSUMER = "anxiao"  # What `gpioinfo` shows as the user of the lines.


class Pull(StrEnum):
    """What holds a line while its contact is open."""

    UP = "up"  # The contact pulls to ground: closed reads low.
    DOWN = "down"  # The contact pulls to the supply: closed reads high.
    NONE = "none"  # An outside resistor pulls up: closed reads low.


@dataclass(frozen=True, slots=True)
class Wiring:
    """How one line is wired."""

    pull: Pull
    debounce_ms: int


_BIAS = {Pull.UP: Bias.PULL_UP, Pull.DOWN: Bias.PULL_DOWN, Pull.NONE: Bias.DISABLED}


class GpioLines:
    """Lines of one chip. The kernel debounces and queues edges, so a pulse between two looks is not lost."""

    def __init__(self, chip: str, wiring: Mapping[LineName, Wiring]) -> None:
        self._lines = tuple(wiring)
        try:
            with gpiod.Chip(chip) as opened:
                self._offsets = [opened.line_offset_from_id(line) for line in self._lines]
                self._request = opened.request_lines(
                    config={
                        offset: _settings(wiring[line]) for offset, line in zip(self._offsets, self._lines, strict=True)
                    },
                    consumer=CONSUMER,
                )
        except (OSError, ValueError) as error:
            raise Unreachable(f"GPIO {chip}, lines {', '.join(map(str, wiring))}: {error}") from None
        self._by_offset = dict(zip(self._offsets, self._lines, strict=True))

    def read(self) -> dict[LineName, bool]:
        """Ask the kernel for the debounced value of every line."""
        try:
            values = self._request.get_values(self._offsets)
        except OSError as error:
            raise Unreachable(f"GPIO: {error}") from None
        return {line: value is Value.ACTIVE for line, value in zip(self._lines, values, strict=True)}

    async def edges(self, timeout_seconds: float) -> Sequence[Edge]:
        """Wait for the kernel's edges without holding the loop."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._request.fd, ready.set)
        try:
            async with asyncio.timeout(timeout_seconds):
                await ready.wait()
        except TimeoutError:
            return []
        finally:
            loop.remove_reader(self._request.fd)
        try:
            events = self._request.read_edge_events()
        except OSError as error:
            raise Unreachable(f"GPIO: {error}") from None
        rising = gpiod.EdgeEvent.Type.RISING_EDGE  # Of the logical value: the contact closed.
        return [Edge(self._by_offset[event.line_offset], event.event_type is rising) for event in events]

    def close(self) -> None:
        """Give the lines back to the kernel."""
        self._request.release()


class GpioOutputs:
    """Output lines of one chip. The kernel lets go of them when this process ends, whatever ended it."""

    def __init__(self, chip: str, active_low: Mapping[LineName, bool]) -> None:
        try:
            with gpiod.Chip(chip) as opened:
                self._offsets = {line: opened.line_offset_from_id(line) for line in active_low}
                self._request = opened.request_lines(
                    config={
                        self._offsets[line]: gpiod.LineSettings(
                            direction=Direction.OUTPUT, active_low=low, output_value=Value.INACTIVE
                        )
                        for line, low in active_low.items()
                    },
                    consumer=CONSUMER,
                )
        except (OSError, ValueError) as error:
            raise Unreachable(f"GPIO {chip}, lines {', '.join(map(str, active_low))}: {error}") from None

    def set(self, line: LineName, *, on: bool) -> None:
        """Have the kernel switch it."""
        try:
            self._request.set_value(self._offsets[line], Value.ACTIVE if on else Value.INACTIVE)
        except OSError as error:
            raise Unreachable(f"GPIO: {error}") from None

    def close(self) -> None:
        """Switch all off and give them back."""
        with contextlib.suppress(OSError):
            self._request.set_values(dict.fromkeys(self._offsets.values(), Value.INACTIVE))
        self._request.release()


def _settings(wire: Wiring) -> gpiod.LineSettings:
    return gpiod.LineSettings(
        direction=Direction.INPUT,
        edge_detection=KernelEdge.BOTH,
        bias=_BIAS[wire.pull],
        active_low=wire.pull is not Pull.DOWN,  # From here on ACTIVE means that the contact is closed.
        debounce_period=timedelta(milliseconds=wire.debounce_ms),
    )
