"""Turns the alarm metrics of one Sparkplug device into presses and clears, each press once.

A device tells `Alarm/Active`, `Alarm/EventId` and `Alarm/PressCount`, together or one by one, again in every birth, and late
where it was cut off. The event id names a press; where a device has none, a rising edge or a higher count is a press. In
doubt there are two presses and never none.
"""

from typing import Literal

import msgspec

ACTIVE = "Alarm/Active"
EVENT = "Alarm/EventId"
COUNT = "Alarm/PressCount"
MODE = "Alarm/Mode"
NAMES = frozenset({ACTIVE, EVENT, COUNT, MODE})
TOGETHER_MS = 2_000  # Metrics of one press that a device sends one by one arrive within this.
PRESSED_MAX = 64  # Keys of presses remembered for each device; the journal knows all by their ids.


class AlarmTold(msgspec.Struct, frozen=True):
    """What one message says of one device's alarm; None is what it does not speak of."""

    t_ms: int
    active: bool | None = None
    event: str | None = None
    count: int | None = None
    mode: str = "real"


class Alarm(msgspec.Struct, frozen=True):
    """A press, or the clear of one; `key` names the press within its device."""

    what: Literal["press", "clear"]
    key: str
    t_ms: int
    count: int | None = None
    repeats: int = 0
    mode: str = "real"
    late: bool = False  # Kept by the node while it was cut off.


class Watch(msgspec.Struct):
    """What is known of one device's alarm; kept with the births, so that a restart of ours repeats nothing."""

    active: bool | None = None
    event: str = ""
    count: int | None = None
    pressed: list[str] = []
    open: str = ""  # The press that has no clear yet.
    at_ms: int = 0  # Of the newest press …
    parts: list[str] = []  # … and by which metrics it has been told so far.

    def live(self, told: AlarmTold) -> list[Alarm]:
        """Take data in order: what changed is a press."""
        parts = self._changed(told)
        alarms: list[Alarm] = []
        if parts and 0 <= told.t_ms - self.at_ms <= TOGETHER_MS and not set(parts) & set(self.parts):
            self.parts += parts  # The rest of a press that is told already.
            if "event" in parts:
                self._remember(_event_key(told.event))
        elif parts:
            alarms.append(self._press(told, parts, late=False))
        return alarms + self._known(told)

    def born(self, told: AlarmTold) -> list[Alarm]:
        """Take a birth: an alarm that stands, or one that came and went while we did not hear the device."""
        key = _event_key(told.event)
        standing = told.active is True and (key not in self.pressed if key else self.active is not True)
        missed = bool(key and self.event and told.event != self.event and key not in self.pressed)
        alarms = [self._press(told, ["active", "event", "count"], late=False)] if standing or missed else []
        return alarms + self._known(told)

    def late(self, told: AlarmTold) -> list[Alarm]:
        """Take what a node had kept while it was cut off; it says nothing of the present."""
        key = _event_key(told.event) or f"active {told.t_ms}"
        if told.active is not False and (told.event or told.active) and key not in self.pressed:
            return [self._press(told, ["event"], late=True)]
        if told.active is False and self.open:
            return self._clear(told)
        return []

    def _changed(self, told: AlarmTold) -> list[str]:
        parts = []
        if told.active and self.active is not True:
            parts.append("active")
        if told.event and told.event != self.event and _event_key(told.event) not in self.pressed:
            parts.append("event")
        if told.count and self.count is not None and told.count != self.count:
            parts.append("count")  # A counter that begins anew must not hide a press; one that fell to 0 is none.
        return parts

    def _press(self, told: AlarmTold, parts: list[str], *, late: bool) -> Alarm:
        known = "event" in parts and told.event
        key = _event_key(told.event) if known else f"active {told.t_ms}" if "active" in parts else f"count {told.t_ms}"
        skipped = max(0, told.count - self.count - 1) if told.count and self.count is not None and not late else 0
        self._remember(key)
        self.open = key
        if not late:
            self.at_ms, self.parts = told.t_ms, parts
        return Alarm("press", key, told.t_ms, told.count, skipped, told.mode, late)

    def _known(self, told: AlarmTold) -> list[Alarm]:
        """Note what was told, and clear what is over."""
        if told.active is not None:
            self.active = told.active
        if told.event is not None:
            self.event = told.event
        if told.count is not None:
            self.count = told.count
        return self._clear(told) if told.active is False and self.open else []

    def _clear(self, told: AlarmTold) -> list[Alarm]:
        key, self.open = self.open, ""
        return [Alarm("clear", key, told.t_ms)]

    def _remember(self, key: str) -> None:
        self.pressed = [*(one for one in self.pressed if one != key), key][-PRESSED_MAX:]


def _event_key(event: str | None) -> str:
    return f"event {event}" if event else ""
