"""What the lamps beside a button may say: that a police screen shows the newest press, and that it is committed. Pure.

A lamp never says more than is known of the newest press: a new one puts both out until it is seen and stored itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contract.identity import DeviceId

LAMP_SECONDS = 300  # By then whoever pressed has looked, or has been reached.


@dataclass(frozen=True, slots=True)
class Shown:
    """How the lamps of one device stand now."""

    device: DeviceId
    seen: bool = False
    stored: bool = False


@dataclass(slots=True)
class _Newest:
    press: str
    until: float | None = None  # When the lamps go out; None while none is lit.
    seen: bool = False
    stored: bool = False


class Lamps:
    """The lamps of one gateway's devices. Each call gives those that changed."""

    def __init__(self, seconds: float = LAMP_SECONDS) -> None:
        self._seconds = seconds
        self._newest: dict[DeviceId, _Newest] = {}  # One for each device that was pressed, so bounded by the devices.
        self._device_of: dict[str, DeviceId] = {}

    def pressed(self, device: DeviceId, press: str) -> list[Shown]:
        """Begin anew with a press; a repeat of the newest changes nothing."""
        newest = self._newest.get(device)
        if newest is not None and newest.press == press:
            return []
        lit = self._forget(device)
        self._newest[device] = _Newest(press)
        self._device_of[press] = device
        return [Shown(device)] if lit else []

    def seen(self, presses: Iterable[str], now: float) -> list[Shown]:
        """Light what a screen shows."""
        return self._lit(presses, now, stored=False)

    def stored(self, presses: Iterable[str], now: float) -> list[Shown]:
        """Light what is committed."""
        return self._lit(presses, now, stored=True)

    def cleared(self, device: DeviceId) -> list[Shown]:
        """Put the lamps out: the button was reset."""
        return [Shown(device)] if self._forget(device) else []

    def due(self, now: float) -> list[Shown]:
        """Put out what has been lit long enough."""
        over = [device for device, newest in self._newest.items() if newest.until is not None and newest.until <= now]
        for device in over:
            self._forget(device)
        return [Shown(device) for device in over]

    def state(self) -> list[Shown]:
        """Every device with a lamp lit."""
        return [Shown(device, one.seen, one.stored) for device, one in self._newest.items() if one.seen or one.stored]

    def _lit(self, presses: Iterable[str], now: float, *, stored: bool) -> list[Shown]:
        changed: list[Shown] = []
        for press in presses:
            device = self._device_of.get(press)
            if device is None:
                continue
            newest = self._newest[device]
            before = (newest.seen, newest.stored)
            newest.seen, newest.stored = newest.seen or not stored, newest.stored or stored
            if newest.until is None:
                newest.until = now + self._seconds
            if (newest.seen, newest.stored) != before:
                changed.append(Shown(device, newest.seen, newest.stored))
        return changed

    def _forget(self, device: DeviceId) -> bool:
        """Forget a device's newest press; says whether a lamp was lit."""
        newest = self._newest.pop(device, None)
        if newest is None:
            return False
        del self._device_of[newest.press]
        return newest.seen or newest.stored
