"""Rules that look at a state become alerts here: found for long enough, over for long enough, or not to be told yet."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import msgspec

from contract.mode import Mode
from server.core.alert import Alert, Flow, Severity, State
from server.core.book import Book
from server.core.book import Subject as About
from server.core.deadlines import Deadlines
from server.core.effects import Effect
from server.core.fact import Fact, What
from server.core.fleet import Fleet
from server.core.guards import guard_posts
from server.core.lifecycle import RECOVERED
from server.core.liveness import DeviceState, GatewayState, Home
from server.core.param import AS_BUILT, Settings
from server.core.rule import Finding, Rule, Subject, View
from server.core.rules import device_alert
from server.core.schedule import next_boundary

LOOKS_PER_TICK_MAX = 500  # Some 30 ms if each of them raises an alert; the rest of a city waits for the next ticks.
SCHOOL_LOOKS = 4  # A whole school is as much work as so many devices, …
GATHERED_LOOKS = 2  # … and the rules that gather as so many.
DEVICE_ALERT = device_alert.RULE.name
RETIRED = "retired"  # The cause of a fault that ended because the roster has its device no more.
FOLLOW_SECONDS = 5.0  # When another server leads: by then it has told what we found, or we look whether we lead.
MUTED_SECONDS_MAX = 24 * 3_600.0  # Closed by hand while it lasts, a fault is silent; but not for longer than a day.


class _Look(NamedTuple):
    """Where to look again: a device, a gateway (`device` empty) or a school."""

    school: str
    gateway: str
    device: str


@dataclass(slots=True)
class _Pending:
    """A finding that is not told yet, or an end that is not believed yet."""

    since: float
    due: float


class Faults:
    """Evaluates the rules of states. Three answers are possible: found, surely over, and cannot tell."""

    def __init__(self, book: Book, fleet: Fleet, rules: Iterable[Rule]) -> None:
        self.leads = True  # Whether what is found is told by us; otherwise it is only kept in view.
        self.listening_since = 0.0  # Since when the city has been listened to.
        self._book = book
        self._fleet = fleet
        every = self._every = tuple(rules)
        kinds = {kind for rule in every for kind in rule.kinds}
        self._of_device = {kind: _of(every, Subject.DEVICE, kind) for kind in kinds}
        at_once = tuple(rule for rule in every if not rule.gathers)
        self._of_school_kind = {kind: _of(at_once, Subject.SCHOOL, kind) for kind in kinds}
        self._gathering = tuple(rule for rule in every if rule.gathers)
        self._gathering_kinds = frozenset(kind for rule in self._gathering for kind in rule.kinds)
        self._gathered: dict[str, None] = {}  # Schools that the gathering rules look at next.
        self._of_devices = tuple(rule for rule in every if rule.subject is Subject.DEVICE)
        self._of_gateway = tuple(rule for rule in every if rule.subject is Subject.GATEWAY)
        self._of_school = tuple(rule for rule in every if rule.subject is Subject.SCHOOL)
        self._subjects = {rule.name: rule.subject for rule in (*self._of_devices, *self._of_gateway, *self._of_school)}
        self._clocked = tuple(rule for rule in every if rule.clocked)
        self._finding: dict[About, _Pending] = {}
        self._ending: dict[About, _Pending] = {}
        self._again: dict[About, float] = {}
        self._looks: Deadlines[_Look] = Deadlines()
        self._anew: deque[_Look] = deque()  # What an edit may have changed: looked at when nothing more pressing is due.
        self._boundary: float | None = None
        self._roster_is_new = False

    def device(self, state: DeviceState, now: float) -> list[Effect]:
        """Look at one device, and at its school where a rule of schools minds such devices."""
        effects: list[Effect] = []
        kind = state.device.kind
        if rules := self._of_device.get(kind):
            effects = self._look(rules, self._view(state), _Look("", state.device.gateway, state.device.id), now)
        if (rules := self._of_school_kind.get(kind)) and state.home is not None:
            effects = effects + self._school(rules, state.home, now)
        if kind in self._gathering_kinds and state.home is not None:
            self._gathered[state.home.school.id] = None
        return effects

    def minds(self, kind: str) -> bool:
        """Say whether a rule looks at devices of a kind by themselves."""
        return bool(self._of_device.get(kind))

    def gateway(self, state: GatewayState, now: float) -> list[Effect]:
        """Look at one gateway."""
        home = self._fleet.homes.get(state.gateway.school)
        settings = home.settings if home is not None else AS_BUILT
        view = View(self._fleet.roster.calendar, state.school, state, home=home, settings=settings)
        return self._look(self._of_gateway, view, _Look("", state.gateway.id, ""), now)

    def school(self, home: Home, now: float) -> list[Effect]:
        """Look at one school."""
        return self._school(self._of_school, home, now)

    def edited(self, home: Home, before: Settings) -> None:
        """Look next at a school whose lines have changed, and at all that rules look at which are set otherwise now."""
        self._anew.append(_Look(home.school.id, "", ""))
        changed = [rule for rule in self._every if home.settings.differs(before, rule.settings)]
        kinds = {kind for rule in changed if rule.subject is Subject.DEVICE for kind in rule.kinds}
        for kind in sorted(kinds):
            self._anew.extend(_Look("", state.device.gateway, state.device.id) for state in home.kind(kind))
        if any(rule.subject is Subject.GATEWAY for rule in changed):
            self._anew.extend(_Look("", gateway.gateway.id, "") for gateway in home.gateways)

    @property
    def next_due(self) -> float | None:
        """Say when a tick next has something to look at."""
        if self._anew or self._gathered or self._roster_is_new or self._boundary is None:
            return 0.0
        first = self._looks.first
        return self._boundary if first is None else min(first, self._boundary)

    def behind(self, now: float) -> bool:
        """Say whether there is something left to look at."""
        return bool(self._anew or self._gathered) or self._looks.waits(now)

    def _school(self, rules: tuple[Rule, ...], home: Home, now: float) -> list[Effect]:
        view = View(
            self._fleet.roster.calendar,
            home.school,
            home=home,
            posts=guard_posts(home),
            checked_in=home.checked_in(now),
            listening_since=self.listening_since,
            settings=home.settings,
        )
        return self._look(rules, view, _Look(home.school.id, "", ""), now)

    def tick(self, now: float) -> list[Effect]:
        """Look at whatever may have changed by time alone; at most so much of it in one tick."""
        effects: list[Effect] = []
        if self._roster_is_new or self._boundary is None or now >= self._boundary:
            if self._roster_is_new:
                self._look_at_all_open(now)
            self._look_at_all_clocked(now)
            self._roster_is_new = False
            self._boundary = next_boundary(self._fleet.roster.calendar, now)
        left = LOOKS_PER_TICK_MAX
        for _, look in self._looks.due(now, LOOKS_PER_TICK_MAX):
            effects += self._look_again(look, now)
            left -= SCHOOL_LOOKS if look.school else 1
            if left <= 0:
                return effects
        for school in list(islice(self._gathered, left // GATHERED_LOOKS)):
            del self._gathered[school]
            left -= GATHERED_LOOKS
            if (home := self._fleet.homes.get(school)) is not None:
                effects += self._school(self._gathering, home, now)
        while self._anew and left > 0:
            look = self._anew.popleft()
            effects += self._look_again(look, now)
            left -= SCHOOL_LOOKS if look.school else 1
        return effects

    def roster_changed(self) -> None:
        """Follow a new roster and its calendar: what it, or the time we were away, may have ended is looked at next."""
        self._roster_is_new = True

    def look_at(self, alert: Alert, now: float) -> None:
        """Look next at what an alert of ours is about."""
        subject = self._subjects.get(alert.rule)
        if subject is not None:
            of_school = subject is Subject.SCHOOL
            self._looks.add(now, _Look(alert.school if of_school else "", "" if of_school else alert.gateway, alert.device))

    def _look_again(self, look: _Look, now: float) -> list[Effect]:
        if look.school:
            home = self._fleet.homes.get(look.school)
            return self.school(home, now) if home else self._gone(self._of_school, look, now)
        if look.device:
            state = self._fleet.devices.get((look.gateway, look.device))
            return self.device(state, now) if state else self._gone(self._of_devices, look, now)
        gateway = self._fleet.gateways.get(look.gateway)
        return self.gateway(gateway, now) if gateway else self._gone(self._of_gateway, look, now)

    def _gone(self, rules: tuple[Rule, ...], look: _Look, now: float) -> list[Effect]:
        """End the faults of what the roster has no more. Where it never had it, people have to look: nothing ends."""
        effects: list[Effect] = []
        for rule in rules:
            about = _about(rule, look)
            for waiting in (self._finding, self._ending, self._again):
                waiting.pop(about, None)
            alert = self._book.open(about)
            if alert is not None and alert.school and not self._left_to_the_leader(look, now):
                effects += self._book.recover(alert, now, RETIRED)
        return effects

    def _look_at_all_open(self, now: float) -> None:
        for alert in self._book.open_of(self._subjects):
            self.look_at(alert, now)

    def _look_at_all_clocked(self, due: float) -> None:
        kinds = {kind for rule in self._clocked if rule.subject is Subject.DEVICE for kind in rule.kinds}
        schools = any(rule.subject is Subject.SCHOOL for rule in self._clocked)
        for home in self._fleet.homes.values():
            if schools:
                self._looks.add(due, _Look(home.school.id, "", ""))
            for kind in sorted(kinds):
                for state in home.kind(kind):
                    self._looks.add(due, _Look("", state.device.gateway, state.device.id))

    def _look(self, rules: tuple[Rule, ...], view: View, look: _Look, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for rule in rules:
            about = _about(rule, look)
            finding = rule.evaluate(view, now)
            self._look_later(rule, view, finding, about, look, now)
            if finding is not None:
                effects += self._found(rule, view, finding, about, look, now)
            else:
                effects += self._not_found(rule, view, about, look, now)
        return effects

    def _found(self, rule: Rule, view: View, finding: Finding, about: About, look: _Look, now: float) -> list[Effect]:
        self._ending.pop(about, None)
        alert = self._book.open(about)
        if alert is not None:
            return self._still(alert, finding, look, now)
        if self._muted(rule, finding, about, now):
            return []
        hold = view.of(rule.hold) if finding.hold_seconds is None else finding.hold_seconds
        due = finding.since + hold
        if now >= due:
            if self._left_to_the_leader(look, now):
                return []
            self._finding.pop(about, None)
            if self._told_already(rule, finding, about):
                return []
            return self._book.raise_alert(_begin(rule, view, finding, about, now), now)
        waiting = self._finding.get(about)
        if waiting is None or waiting.due != due:
            self._finding[about] = _Pending(finding.since, due)
            self._looks.add(due, look)
        return []

    def _still(self, alert: Alert, finding: Finding, look: _Look, now: float) -> list[Effect]:
        """Go on with what is told already: it may have come back, or have become worse."""
        if alert.state is not State.RECOVERED and finding.severity >= alert.severity:
            return []
        if self._left_to_the_leader(look, now):
            return []
        if alert.state is State.RECOVERED:
            return [self._book.record(alert.id, Fact(What.RELAPSED, now, detail=finding.detail))]
        return worsen(self._book, alert, finding.severity, finding.detail, now)

    def _not_found(self, rule: Rule, view: View, about: About, look: _Look, now: float) -> list[Effect]:
        self._finding.pop(about, None)
        alert = self._book.open(about)
        closed = None if alert is not None else self._book.lasting(about)
        left = rule.by_people or alert is None or alert.state is State.RECOVERED  # To people, or nothing is left to end.
        if left and closed is None:
            return []
        if not rule.cleared(view, now):
            self._ending.pop(about, None)
            return []
        ending = self._ending.setdefault(about, _Pending(now, now + view.of(rule.clear)))
        if now < ending.due:
            if ending.since == now:
                self._looks.add(ending.due, look)
            return []
        if self._left_to_the_leader(look, now):
            return []
        del self._ending[about]
        if alert is not None:
            return self._book.recover(alert, now, RECOVERED)
        assert closed is not None
        return [self._book.record(closed.id, Fact(What.ENDED, now))]

    def _left_to_the_leader(self, look: _Look, now: float) -> bool:
        """Say whether another server tells what we found; then we look again a little later."""
        if not self.leads:
            self._looks.add(now + FOLLOW_SECONDS, look)
        return not self.leads

    def _look_later(self, rule: Rule, view: View, finding: Finding | None, about: About, look: _Look, now: float) -> None:
        """Ask for a look at the instant at which time alone may change what is found."""
        at = finding.again_at if finding is not None else None
        if at is None and rule.look_at is not None:
            at = rule.look_at(view, now)
        if at is None or at <= now:
            if self._again:
                self._again.pop(about, None)
        elif self._again.get(about) != at:
            self._again[about] = at
            self._looks.add(at, look)

    def _muted(self, rule: Rule, finding: Finding, about: About, now: float) -> bool:
        """Say whether people closed this very finding while it lasts: they know, for a day."""
        closed = self._book.lasting(about)
        if closed is None:
            return False
        closed_at = closed.resolved_at or 0.0
        if rule.by_people and finding.since > closed_at:
            return False  # It has happened again.
        return now - closed_at < MUTED_SECONDS_MAX

    def _told_already(self, rule: Rule, finding: Finding, about: About) -> bool:
        """Say whether the device told it itself on the alarm lane, or people have ended the incident of this finding."""
        if rule.code and self._book.open(about._replace(rule=DEVICE_ALERT, code=rule.code)) is not None:
            return True
        return finding.flow is Flow.INCIDENT and _key(rule, finding, about, finding.since) in self._book.alerts

    def _view(self, state: DeviceState) -> View:
        home = state.home
        if home is None:
            return View(self._fleet.roster.calendar, None, state.gateway, state)
        return View(self._fleet.roster.calendar, home.school, state.gateway, state, home, settings=home.settings)


def worsen(book: Book, alert: Alert, severity: Severity, detail: tuple[tuple[str, str], ...], now: float) -> list[Effect]:
    """Make an alert worse: as long as nobody has it in hand, the chain of the new severity begins."""
    shifted = Fact(What.SHIFTED, now, severity=severity, detail=detail)
    if alert.state is State.RAISED:
        return book.ring_again(alert.id, shifted)
    sooner = _sooner(alert.ack_expires_at, book.plan(replace(alert, severity=severity), now).ack_expires(now))
    return [book.record(alert.id, msgspec.structs.replace(shifted, step=alert.escalation, expires_at=sooner))]


def _sooner(held: float | None, worse: float | None) -> float | None:
    """Say until when an acknowledgement holds of what has become worse; one that holds for ever goes on doing so."""
    return held if held is None or worse is None else min(held, worse)


def _about(rule: Rule, look: _Look) -> About:
    return About(rule.name, look.gateway or look.school, look.device, Mode.REAL.value, "")


def _of(rules: tuple[Rule, ...], subject: Subject, kind: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.subject is subject and kind in rule.kinds)


def _key(rule: Rule, finding: Finding, about: About, now: float) -> str:
    """Name an alert; of an incident that a state tells there is one for each beginning."""
    at = finding.since if finding.flow is Flow.INCIDENT else now
    return ":".join(part for part in (rule.name, about.place, about.device, str(round(at * 1_000))) if part)


def _begin(rule: Rule, view: View, finding: Finding, about: About, now: float) -> Alert:
    gateway = view.gateway.gateway.id if view.gateway else ""
    return Alert(
        id=_key(rule, finding, about, now),
        rule=rule.name,
        severity=finding.severity,
        state=State.RAISED,
        mode=Mode.REAL.value,
        school=view.school.id if view.school else "",
        gateway=gateway,
        device=about.device,
        t=finding.since,
        rx=now,
        version=1,
        updated=now,
        detail=finding.detail,
        flow=finding.flow,
        code=finding.code,
        children=finding.children,
    )
