"""One school with one device, for the tests of single rules: it tells how it is, time passes, an alert is there or not."""

from collections.abc import Mapping
from dataclasses import replace

from contract.identity import DeviceId
from contract.records import Value
from server.core.alert import Alert
from server.core.events import ReadingArrived
from server.registry.model import Calendar
from server.registry.record import Record
from tests.core.talking import CALENDAR, Talk, city, gateway_of, school, talking

HEARTBEAT_SECONDS = 15.0


class Desk:
    """The device is `one`. Every quarter of a minute the gateway is heard; every minute the device tells the same again."""

    def __init__(
        self,
        rule: str,
        kind: str,
        now: float,
        *,
        at_gate: bool = False,
        calendar: Calendar = CALENDAR,
        records: tuple[Record, ...] = (),
        kinds: Mapping[str, str] | None = None,
        key_target: bool = False,
    ) -> None:
        plain = school(1, key_target=key_target)
        roster = city(plain, calendar=calendar, kinds={"one": kind, **(kinds or {})})
        devices = tuple(replace(one, at_gate=at_gate) for one in roster.devices)
        roster = replace(roster, devices=devices, records=(*roster.records, *records))
        self.rule = rule
        self.now = now
        self.talk: Talk = talking(roster=roster, now=now - 1)
        self.said: dict[str, dict[str, Value]] = {}
        self.talk.heard(now)
        self.talk.tick(now)

    def say(self, device: str = "one", /, **metrics: Value) -> None:
        """Let the device tell how it is, as it will go on telling."""
        known = self.said.setdefault(device, {})
        known.update(metrics)
        self._read(device)
        self.talk.tick(self.now)

    def silence(self, device: str = "one") -> None:
        """Let a device tell nothing any more."""
        self.said.pop(device, None)

    def _read(self, device: str) -> None:
        self.talk.position += 1
        said = dict(self.said[device])
        told = ReadingArrived(gateway_of(1), DeviceId(device), self.now, self.now, self.talk.position, 3, said)
        self.talk.say(told, self.now)

    def wait(self, seconds: float, *, heard: bool = True) -> None:
        """Let time pass; with `heard` false the gateway is silent, and its devices with it."""
        end, told = self.now + seconds, 0.0
        while self.now < end:
            step = min(HEARTBEAT_SECONDS, end - self.now)
            self.now += step
            told += step
            if heard:
                self.talk.heard(self.now)
                if told >= 60:
                    told = 0.0
                    for device in self.said:
                        self._read(device)
            self.talk.tick(self.now)

    @property
    def alert(self) -> Alert | None:
        """Give the open alert of the rule; more than one is a mistake."""
        found = [one for one in self.talk.engine.alerts.values() if one.rule == self.rule and one.open]
        assert len(found) <= 1
        return found[0] if found else None

    def liveness(self, device: str = "one") -> str:
        """Say how the device is."""
        state = self.talk.engine.device(gateway_of(1), DeviceId(device))
        assert state is not None
        return state.liveness.value
