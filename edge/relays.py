"""What the outputs of dry contacts do: a siren for so long, a lock or a strike by a pulse, lamps as they are told.

Outputs are off whenever nobody drives them: at start, at the end, and after a fault.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contract.errors import Unreachable
from contract.identity import DeviceId
from contract.orders import SIREN_SECONDS, Op
from edge.agent import Order
from edge.contacts import LineName
from edge.lines import Outputs


class Drives(StrEnum):
    """What an output drives."""

    SIREN = "siren"
    LOCK = "lock"
    UNLOCK = "unlock"
    LAMP_SEEN = "lamp_seen"
    LAMP_STORED = "lamp_stored"


@dataclass(frozen=True, slots=True)
class Output:
    """One line with what it drives; `pulse_ms` is how long a lock's or strike's relay is held."""

    line: LineName
    device: DeviceId
    drives: Drives
    active_low: bool = False
    pulse_ms: int = 500


class Relays:
    """The outputs of one agent. What they should show outlives a fault of the lines; what they should do does not."""

    def __init__(self, outputs: Sequence[Output], open_outputs: Callable[[], Outputs]) -> None:
        self._outputs = {(output.device, output.drives): output for output in outputs}
        self._open = open_outputs
        self._lines: Outputs | None = None
        self._shown: dict[DeviceId, tuple[bool, bool]] = {}
        self._off: dict[LineName, asyncio.TimerHandle] = {}

    def open(self) -> None:
        """Take the lines, all off, and show again what was shown; raise `Unreachable` when that cannot be."""
        if self._outputs:
            self._lines = self._open()
            for device, (seen, stored) in self._shown.items():
                self.show(device, seen=seen, stored=stored)

    def close(self) -> None:
        """Switch everything off and give the lines back."""
        for timer in self._off.values():
            timer.cancel()
        self._off.clear()
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def abilities(self) -> Mapping[DeviceId, frozenset[str]]:
        """Say which orders can be carried out now."""
        found: dict[DeviceId, set[str]] = {}
        for device, drives in self._outputs if self._lines is not None else ():
            if drives not in (Drives.LAMP_SEEN, Drives.LAMP_STORED):
                found.setdefault(device, set()).add(drives.value)
        return {device: frozenset(ops) for device, ops in found.items()}

    def lamps(self) -> Sequence[DeviceId]:
        """Name the devices with a lamp."""
        lamps = (Drives.LAMP_SEEN, Drives.LAMP_STORED)
        return list(dict.fromkeys(device for device, drives in self._outputs if drives in lamps))

    def show(self, device: DeviceId, *, seen: bool, stored: bool) -> None:
        """Light or put out a device's lamps; without lines they are lit when these come back."""
        self._shown[device] = (seen, stored)
        for drives, on in ((Drives.LAMP_SEEN, seen), (Drives.LAMP_STORED, stored)):
            output = self._outputs.get((device, drives))
            if output is not None and self._lines is not None:
                self._lines.set(output.line, on=on)

    async def carry_out(self, order: Order) -> str:
        """Sound the siren, or give the pulse and wait for its end."""
        output = self._outputs.get((order.device, Drives(order.op)))
        if output is None or self._lines is None:
            raise Unreachable(f"{order.device} has no output for {order.op}")
        if order.op == Op.SIREN:
            seconds = int(order.arguments.get("seconds", SIREN_SECONDS))
            self._hold(output.line, seconds)
            return f"on for {seconds} s" if seconds else "off"
        self._hold(output.line, output.pulse_ms / 1_000)
        await asyncio.sleep(output.pulse_ms / 1_000)
        return ""

    def _hold(self, line: LineName, seconds: float) -> None:
        """Switch a line on for so long; what held it before no longer counts."""
        assert self._lines is not None
        before = self._off.pop(line, None)
        if before is not None:
            before.cancel()
        self._lines.set(line, on=seconds > 0)
        if seconds > 0:
            self._off[line] = asyncio.get_running_loop().call_later(seconds, self._switch_off, line)

    def _switch_off(self, line: LineName) -> None:
        del self._off[line]
        if self._lines is not None:
            self._lines.set(line, on=False)
