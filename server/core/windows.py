"""Declared tests and drills: the one thing that can make a press anything but real."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from contract.identity import DeviceId, GatewayId
from contract.mode import Mode
from server.core.events import WindowDeclared

WINDOW_SECONDS_MAX = 2 * 3_600.0  # A longer one would be a standing excuse; it counts for nothing.
WINDOW_KEPT_SECONDS = 72 * 3_600.0  # How long an outbox may hold a test press back before it arrives.
WINDOWS_MAX = 20_000  # Every school of a large city several times a day; beyond it, new ones count for nothing.

T = TypeVar("T", bound=Hashable)


class WhyReal(StrEnum):
    """Why a press is real although something speaks of a rehearsal; people are told so beside it."""

    PLAIN = ""  # Nothing speaks of one.
    UNLISTED = "unlisted"  # A test or drill of its school is under way, which does not list this button.
    UNDECLARED = "undeclared"  # The device says test or drill, and nobody has declared one.
    NO_CLOCK = "no_clock"  # Its button is listed, but nothing proves when it was pressed.


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a press was taken for, by which window, or beside which one it is real."""

    mode: Mode = Mode.REAL
    window: str = ""
    why_real: WhyReal = WhyReal.PLAIN

    @property
    def detail(self) -> tuple[tuple[str, str], ...]:
        """Give what an alert tells of it; nothing for a plain real press."""
        told = (("window", self.window), ("why_real", self.why_real.value))
        return tuple(pair for pair in told if pair[1])


REAL = Ruling()


class Windows:
    """The declared windows by device. Without one that fits exactly, a press is real."""

    def __init__(self) -> None:
        self._windows: dict[str, WindowDeclared] = {}
        self._by_device: dict[tuple[str, str], dict[str, WindowDeclared]] = {}
        self._by_school: dict[str, dict[str, WindowDeclared]] = {}

    def declare(self, window: WindowDeclared, now: float) -> bool:
        """Take a window in, and say whether it counts: approved by somebody, and at most two hours.

        The same one told again takes the place of what was known: with an earlier end it ends there, and what is not
        lawful any more (withdrawn) counts for nothing from now on.
        """
        self._forget(now)
        self._drop(window.id)
        lawful = window.mode in (Mode.TEST, Mode.DRILL) and bool(window.approved_by)
        if not lawful or not 0 < window.end - window.start <= WINDOW_SECONDS_MAX:
            return False
        if len(self._windows) >= WINDOWS_MAX:
            return False
        self._windows[window.id] = window
        self._by_school.setdefault(window.school, {})[window.id] = window
        for key in window.devices:
            self._by_device.setdefault(key, {})[window.id] = window
        return True

    def rule(  # Everything that a press says of itself.
        self, school: str, gateway: GatewayId, device: DeviceId, t: float, rx: float, quality: int, claimed: str = ""
    ) -> Ruling:
        """Rule what a press is: real, unless a window of its own button covers the instant of the press.

        A press whose clock is unknown (`quality` 0) proves nothing about when it was made, so it is real. Where a test
        and a drill of one button overlap it is the drill: a test that is proven closes itself, a drill never does.
        """
        mine = self._by_device.get((gateway, device), {}).values()
        if quality > 0:
            covering = [window for window in mine if window.start <= t <= window.end and rx >= window.start]
            if covering:
                chosen = min(covering, key=lambda window: (window.mode != Mode.DRILL, window.start, window.id))
                return Ruling(Mode(chosen.mode), chosen.id)
        elif listed := _at(mine, rx):
            return Ruling(window=listed, why_real=WhyReal.NO_CLOCK)
        around = [window for window in self._by_school.get(school, {}).values() if (gateway, device) not in window.devices]
        if beside := _at(around, t if quality > 0 else rx):
            return Ruling(window=beside, why_real=WhyReal.UNLISTED)
        claims = claimed in (Mode.TEST.value, Mode.DRILL.value)
        return Ruling(why_real=WhyReal.UNDECLARED if claims else WhyReal.PLAIN)

    def open(self, now: float) -> Iterator[WindowDeclared]:
        """Give the windows that are open now, in no order."""
        return (window for window in self._windows.values() if window.start <= now <= window.end)

    def active(self, now: float) -> int:
        """Count the windows that are open now."""
        return sum(1 for _ in self.open(now))

    def _forget(self, now: float) -> None:
        old = [key for key, window in self._windows.items() if window.end + WINDOW_KEPT_SECONDS < now]
        for key in old:
            self._drop(key)

    def _drop(self, key: str) -> None:
        window = self._windows.pop(key, None)
        if window is None:
            return
        _take_out(self._by_school, window.school, key)
        for device in window.devices:
            _take_out(self._by_device, device, key)


def _at(windows: Iterable[WindowDeclared], at: float) -> str:
    """Name the window that is open at an instant, of several the one that began first."""
    found = [window for window in windows if window.start <= at <= window.end]
    return min(found, key=lambda window: (window.start, window.id)).id if found else ""


def _take_out(index: dict[T, dict[str, WindowDeclared]], at: T, key: str) -> None:
    index[at].pop(key, None)
    if not index[at]:
        del index[at]
