"""Flapping: one rule raised again and again for one thing is one alert, and all of it stands under that until it is calm."""

from collections import deque

from server.core.alert import Alert, State
from server.core.book import Book, Subject, subject_of
from server.core.effects import Effect
from server.core.fact import Fact, What
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED
from server.core.noise.area import Load
from server.core.noise.holding import is_security, may_be_held, put_under, take_out
from server.core.noise.members import Members
from server.core.rule import View
from server.core.rules import flapping

SUBJECTS_MAX = 20_000  # Things whose last alerts are remembered; the one that was quiet longest goes first.
LOOK_SECONDS = 5.0


class Flaps:
    """Counts how often each thing was raised; only the server that leads tells what follows."""

    def __init__(self, book: Book, fleet: Fleet, members: Members) -> None:
        self._book = book
        self._fleet = fleet
        self._members = members
        self._times: dict[Subject, deque[float]] = {}
        self._open: dict[Subject, str] = {}  # What flaps -> its alert.
        self._looked_at = 0.0

    def seen(self, before: Alert | None, after: Alert | None) -> None:
        """Follow one change of an alert."""
        alert = after or before
        if alert is None or alert.unit or not may_be_held(alert):
            return
        if alert.rule == flapping.RULE.name:
            about = _flaps(alert)
            if after is not None and after.open:
                self._open[about] = alert.id
            elif self._open.get(about) == alert.id:
                del self._open[about]
        elif after is not None and _rises(before, after):
            self._note(subject_of(alert), after.updated)

    def _note(self, about: Subject, at: float) -> None:
        times = self._times.pop(about, None) or deque(maxlen=flapping.TIMES * 4)
        times.append(at)
        self._times[about] = times
        while len(self._times) > SUBJECTS_MAX:
            del self._times[next(iter(self._times))]

    def at_birth(self, alert: Alert, now: float) -> list[Effect]:
        """Let a new alert stand under the flapping of its own subject, which begins with it where it is the third."""
        if alert.unit or is_security(alert) or alert.rule == flapping.RULE.name:
            return []
        about = subject_of(alert)
        known = self._open.get(about)
        if known is not None:
            group = self._book.alerts[known]
            counted = Fact(What.COUNTED, now, count=group.children + 1)
            return [self._book.record(known, counted), put_under(self._book, alert, known, now)]
        found = flapping.RULE.evaluate(View(self._fleet.roster.calendar, load=self._load(about, now)), now)
        if found is None:
            return []
        begun = Alert(
            id=f"{flapping.RULE.name}:{alert.gateway or alert.school}:{alert.device}:{round(now * 1_000)}"[:80],
            rule=flapping.RULE.name,
            severity=alert.severity,
            state=State.RAISED,
            mode=alert.mode,
            school=alert.school,
            gateway=alert.gateway,
            device=alert.device,
            t=found.since,
            rx=now,
            version=1,
            updated=now,
            detail=found.detail,
            code=_code(about),
            children=int(dict(found.detail)["times"]),
        )
        return [*self._book.raise_alert(begun, now), put_under(self._book, alert, begun.id, now)]

    def tick(self, now: float) -> list[Effect]:
        """End what has been calm; what is still wrong then rings for itself."""
        if now < self._looked_at + LOOK_SECONDS:
            return []
        self._looked_at = now
        effects: list[Effect] = []
        for about, key in list(self._open.items()):
            group = self._book.alerts[key]
            times = self._times.get(about)
            last = max(times[-1] if times else 0.0, group.t, group.rx)
            if group.state is State.RECOVERED or now < last + flapping.SPAN_SECONDS:
                continue
            for member in self._members.of(key):
                effects += take_out(self._book, self._book.alerts[member], now)
            effects += self._book.recover(self._book.alerts[key], now, RECOVERED)
        return effects

    def _load(self, about: Subject, now: float) -> Load:
        recent = [at for at in self._times.get(about, ()) if at > now - flapping.SPAN_SECONDS]
        return Load(len(recent), recent[0] if recent else now)


def _rises(before: Alert | None, after: Alert) -> bool:
    """Say whether an alert has just been raised, or has come back."""
    if before is None:
        return after.state is State.RAISED and after.version == 1
    return before.state is State.RECOVERED and after.open and after.state is not State.RECOVERED


def _code(about: Subject) -> str:
    return f"{about.rule}:{about.code}" if about.code else about.rule


def _flaps(group: Alert) -> Subject:
    rule, _, code = group.code.partition(":")
    return Subject(rule, group.gateway or group.school, group.device, group.mode, code)
