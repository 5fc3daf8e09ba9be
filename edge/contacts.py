"""What dry contacts mean: the pure step from electrical states to presses, alerts and positions.

A contact is *active* when it is away from its resting state: closed for a normally open one, open for a normally closed
one, whose cut wire therefore reads as active too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contract.identity import DeviceId
from contract.records import Value

LineName = int | str  # A line's number on its chip, or its name.


class Use(StrEnum):
    """What a contact tells."""

    PRESS = "press"  # A one-key alarm.
    ALERT = "alert"  # One of the alert codes: tamper, forced, ram, …
    GATE = "gate"  # Active while the gate stands open.
    BARRIER_UP = "barrier_up"  # Active while the barrier is fully up.
    BARRIER_DOWN = "barrier_down"  # Active while the barrier is fully down.


@dataclass(frozen=True, slots=True)
class Contact:
    """One line with its meaning."""

    line: LineName
    device: DeviceId
    use: Use
    code: str = ""  # For `Use.ALERT`.
    metric: str = ""  # The kind's yes-or-no metric of the same name as the code, where it has one.
    normally_closed: bool = False
    latched: bool = True  # For `Use.PRESS`: the button stays in until it is reset by key, so release is a clear.


@dataclass(frozen=True, slots=True)
class Pressed:
    """The contact of a button became active, or was found active at start."""

    device: DeviceId


@dataclass(frozen=True, slots=True)
class Cleared:
    """A latched button was reset."""

    device: DeviceId


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert contact changed, or was found so at start."""

    device: DeviceId
    code: str
    on: bool


@dataclass(frozen=True, slots=True)
class Sampled:
    """The state of a device as its contacts show it."""

    device: DeviceId
    metrics: Mapping[str, Value]


Fact = Pressed | Cleared | Alerted | Sampled


class Contacts:
    """Remembers how every contact stands. A whole scan finds what an edge did not tell, in both directions."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self._by_line = {contact.line: contact for contact in contacts}
        self._by_device: dict[DeviceId, list[Contact]] = {}
        for contact in contacts:
            self._by_device.setdefault(contact.device, []).append(contact)
        self._active: dict[LineName, bool] = {}

    def edge(self, line: LineName, *, closed: bool) -> list[Fact]:
        """Take one change of one line; a pulse too short for a scan is told by its two edges."""
        contact = self._by_line[line]
        active = closed != contact.normally_closed
        before = self._active.get(line)
        self._active[line] = active
        if before is active:
            return []
        facts = list(_urgent(contact, active=active, before=before))
        sampled = self._sample(contact.device)
        return [*facts, sampled] if sampled else facts

    def scan(self, closed: Mapping[LineName, bool]) -> list[Fact]:
        """Take the state of all lines: at start, and every few seconds to show that the wires are still looked at."""
        facts: list[Fact] = []
        for line, contact in self._by_line.items():
            active = closed[line] != contact.normally_closed
            before = self._active.get(line)
            self._active[line] = active
            if before is not active:
                facts.extend(_urgent(contact, active=active, before=before))
        sampled = (self._sample(device) for device in self._by_device)
        return [*facts, *(sample for sample in sampled if sample)]

    def _sample(self, device: DeviceId) -> Sampled | None:
        metrics: dict[str, Value] = {}
        for contact in self._by_device[device]:
            active = self._active.get(contact.line)
            if active is None:
                continue
            if contact.use is Use.PRESS:
                metrics["loop"] = "closed" if active != contact.normally_closed else "open"
            elif contact.use is Use.ALERT and contact.metric:
                metrics[contact.metric] = active
            elif contact.use is Use.GATE:
                metrics["open"] = active
        ends = {contact.use: self._active.get(contact.line) for contact in self._by_device[device]}
        if Use.BARRIER_UP in ends or Use.BARRIER_DOWN in ends:
            metrics["position"] = _position(ends.get(Use.BARRIER_UP), ends.get(Use.BARRIER_DOWN))
        return Sampled(device, metrics) if metrics else None


def _urgent(contact: Contact, *, active: bool, before: bool | None) -> Iterable[Fact]:
    """Say what must not wait. `before` is None at start: then an active button is a press, and alerts are told on or off."""
    if contact.use is Use.PRESS:
        if active:
            yield Pressed(contact.device)
        elif before and contact.latched:
            yield Cleared(contact.device)
    elif contact.use is Use.ALERT:
        yield Alerted(contact.device, contact.code, active)


def _position(up: bool | None, down: bool | None) -> str | None:
    """Read a barrier's position from its end switches; with one alone, not up is down and the other way round."""
    if up is None:
        return None if down is None else ("down" if down else "up")
    if down is None:
        return "up" if up else "down"
    if up and down:
        return None  # Both ends at once is a broken switch: unknown, never good.
    return "up" if up else "down" if down else "mid"
