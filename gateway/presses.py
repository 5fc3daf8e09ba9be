"""Which presses are open at this school, and which one a repeat belongs to. Pure: instants are arguments."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from contract.identity import DeviceId, PressId
from contract.limits import OPEN_PRESSES_MAX
from contract.messages import OpenPress

COUNTER_SECONDS = 60.0  # A radio button repeats one press, with one counter, until it is answered; never for longer.
REPEAT_SECONDS = 3.0  # Without a counter: contacts bounce and people press twice.
ALERT_SECONDS = 60.0  # A device that repeats its alert, to be sure, within this tells it once.


@dataclass(slots=True)
class _Last:
    id: PressId
    counter: int | None
    at: float
    t: int


class _Kept(msgspec.Struct):
    """What survives a restart. It only spares doubles: the presses themselves are in the outbox."""

    open: list[OpenPress] = []
    last: list[tuple[str, str, str, int | None, int]] = []  # device, mode, id, counter, t
    alerts: dict[str, str] = {}


@dataclass(slots=True)
class Presses:
    """The memory of one gateway."""

    _open: dict[PressId, OpenPress] = field(default_factory=dict)
    _last: dict[tuple[DeviceId, str], _Last] = field(default_factory=dict)
    _alerts: dict[tuple[DeviceId, str], str] = field(default_factory=dict)
    _alerted_at: dict[tuple[DeviceId, str], float] = field(default_factory=dict)

    def repeated(self, device: DeviceId, mode: str, counter: int | None, now: float) -> PressId | None:
        """Give the press that this one repeats. A real press never repeats a test."""
        last = self._last.get((device, mode))
        if last is None:
            return None
        if counter is not None and last.counter is not None:
            return last.id if counter == last.counter and now - last.at <= COUNTER_SECONDS else None
        return last.id if now - last.at <= REPEAT_SECONDS else None

    def pressed(self, press: OpenPress, counter: int | None, now: float) -> None:
        """Note a new press; it is open until the school clears the button."""
        device = DeviceId(press.d)
        self._last[device, press.mode] = _Last(PressId(press.id), counter, now, press.t)
        self._open[PressId(press.id)] = press
        while len(self._open) > OPEN_PRESSES_MAX:  # The oldest is in the outbox and at the server; only its repair ends.
            del self._open[next(iter(self._open))]

    def cleared(self, device: DeviceId) -> list[PressId]:
        """Close the presses of a device and name them, oldest first."""
        mine = [id_ for id_, press in self._open.items() if press.d == device]
        for id_ in mine:
            del self._open[id_]
        return mine

    def closed(self, press: str) -> None:
        """Forget one press, as a recovered record says."""
        self._open.pop(PressId(press), None)

    @property
    def open(self) -> tuple[OpenPress, ...]:
        """Every open press, oldest first."""
        return tuple(self._open.values())

    def alert_id(self, device: DeviceId, code: str, *, on: bool, now: float) -> str | None:
        """Give the id under which an alert is known: of a repeat, or of the one that ends now."""
        key = (device, code)
        if on and now - self._alerted_at.get(key, float("-inf")) > ALERT_SECONDS:
            return None
        return self._alerts.get(key)

    def alerted(self, device: DeviceId, code: str, id_: str, *, on: bool, now: float) -> None:
        """Note an alert that began or ended."""
        key = (device, code)
        if on:
            self._alerts[key], self._alerted_at[key] = id_, now
        else:
            self._alerts.pop(key, None)
            self._alerted_at.pop(key, None)

    def alert_codes(self, device: DeviceId) -> list[str]:
        """Name the alerts of a device that have begun and not ended."""
        return [code for known, code in self._alerts if known == device]

    def dump(self) -> bytes:
        """Write what should survive a restart."""
        kept = _Kept(
            list(self.open),
            [(device, mode, last.id, last.counter, last.t) for (device, mode), last in self._last.items()],
            {f"{device}/{code}": id_ for (device, code), id_ in self._alerts.items()},
        )
        return msgspec.json.encode(kept)

    def load(self, content: bytes, now: float, now_ms: int) -> None:
        """Take what an earlier start left; what cannot be read is worth nothing and ignored."""
        try:
            kept = msgspec.json.decode(content, type=_Kept)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        self._open.update((PressId(press.id), press) for press in kept.open[-OPEN_PRESSES_MAX:])
        for device, mode, id_, counter, t in kept.last:
            age = (now_ms - t) / 1000
            if 0 <= age <= COUNTER_SECONDS:
                self._last[DeviceId(device), mode] = _Last(PressId(id_), counter, now - age, t)
        for key, id_ in kept.alerts.items():
            device, _, code = key.partition("/")
            self._alerts[DeviceId(device), code] = id_

    def recover(self, presses: Iterable[tuple[OpenPress, int | None]], now: float, now_ms: int) -> None:
        """Take presses found in the outbox that the note may not have; those known already stay as they are."""
        for press, counter in presses:
            if PressId(press.id) not in self._open:
                self.pressed(press, counter, now - max(0.0, (now_ms - press.t) / 1000))
