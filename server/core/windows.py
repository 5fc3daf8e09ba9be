"""Declared tests and drills: the one thing that can make a press anything but real."""

from contract.identity import DeviceId, GatewayId
from contract.mode import Mode
from server.core.events import WindowDeclared

WINDOW_SECONDS_MAX = 2 * 3_600.0  # A longer one would be a standing excuse; it counts for nothing.
WINDOW_KEPT_SECONDS = 72 * 3_600.0  # How long an outbox may hold a test press back before it arrives.
WINDOWS_MAX = 20_000  # Every school of a large city several times a day; beyond it, new ones count for nothing.


class Windows:
    """The declared windows by device. Without one that fits exactly, a press is real."""

    def __init__(self) -> None:
        self._windows: dict[str, WindowDeclared] = {}
        self._by_device: dict[tuple[str, str], dict[str, WindowDeclared]] = {}

    def declare(self, window: WindowDeclared, now: float) -> bool:
        """Take a window in, and say whether it counts: approved by somebody, and at most two hours."""
        self._forget(now)
        lawful = window.mode in (Mode.TEST, Mode.DRILL) and bool(window.approved_by)
        if not lawful or not 0 < window.end - window.start <= WINDOW_SECONDS_MAX:
            return False
        if len(self._windows) >= WINDOWS_MAX and window.id not in self._windows:
            return False
        self._drop(window.id)
        self._windows[window.id] = window
        for key in window.devices:
            self._by_device.setdefault(key, {})[window.id] = window
        return True

    def mode(self, gateway: GatewayId, device: DeviceId, t: float, rx: float, quality: int) -> Mode:
        """Decide the mode of a press: real, unless a window of its own button covers the instant of the press.

        A press whose clock is unknown (`quality` 0) proves nothing about when it was made, so it is real.
        """
        if quality <= 0:
            return Mode.REAL
        for window in self._by_device.get((gateway, device), {}).values():
            if window.start <= t <= window.end and rx >= window.start:
                return Mode(window.mode)
        return Mode.REAL

    def active(self, now: float) -> int:
        """Count the windows that are open now."""
        return sum(window.start <= now <= window.end for window in self._windows.values())

    def _forget(self, now: float) -> None:
        old = [key for key, window in self._windows.items() if window.end + WINDOW_KEPT_SECONDS < now]
        for key in old:
            self._drop(key)

    def _drop(self, key: str) -> None:
        window = self._windows.pop(key, None)
        for device in window.devices if window else ():
            self._by_device[device].pop(key, None)
            if not self._by_device[device]:
                del self._by_device[device]
