"""The engine: everything the server knows now, and what follows from each thing it is told. Time is an argument."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from contract.identity import GatewayId
from contract.mode import Mode
from contract.records import Value
from server.core.alert import Alert, Flow, State
from server.core.book import Book
from server.core.chain import Plan
from server.core.coverage import Coverage
from server.core.effects import AlertChanged, AlertGone, DayNoted, Effect, GuardSeen, LivenessChanged
from server.core.escalation import built_in, choose, is_silent
from server.core.events import (
    ActRequested,
    AlertOvertaken,
    AuditJudged,
    BirthArrived,
    CheckInArrived,
    DaysRestored,
    DeviceAlerted,
    EarlyTold,
    Event,
    FactFollowed,
    FactRestored,
    GapsCounted,
    GapsOverdue,
    GatewayHeard,
    GatewayLinkChanged,
    GuardsRestored,
    LeadChanged,
    NotificationsJudged,
    PressArrived,
    PressCleared,
    PressReceipted,
    PressShown,
    PressStored,
    ReadingArrived,
    ReadingsArrived,
    RecallBegan,
    Recalled,
    RecallEnded,
    RosterEdited,
    RosterLoaded,
    ServiceJudged,
    ShelveRequested,
    Ticked,
    Unreadable,
    WindowDeclared,
)
from server.core.faults import Faults
from server.core.fleet import Fleet
from server.core.guards import escorts
from server.core.incidents import Incidents
from server.core.indicator import Indicator
from server.core.indicators import INDICATORS
from server.core.judgements import Judgements
from server.core.liveness import GUARDS_KEPT_MAX, DeviceState, GatewayState, Home, Liveness
from server.core.noise.noise import Noise
from server.core.proof import ButtonTests
from server.core.proving import Proving
from server.core.roster import RosterIndex
from server.core.rule import Rule
from server.core.rules import RULES, gap_overdue, gateway_offline, one_key_press, test_press
from server.core.tuning import Tuning
from server.core.unreached import Unreached
from server.core.verdict import Tally, Verdict
from server.core.windows import Windows
from server.registry.sheets.escalation import Escalation

PATROL = "patrol"
PRESENT = {"in": True, "answer": True, "patrol": True, "here": True, "out": False}  # What a check-in says of its guard.
GUARD_POST, ON_DUTY = "guard_post", "on_duty"
TESTED_BY = frozenset({test_press.RULE.name, one_key_press.RULE.name})  # The second before tests had a rule of their own.
NO_ALARM = frozenset({"test", "drill", "duplicate"})  # Causes by which a real press turns out to have been none.
SEEN_AGAIN_SECONDS = 600.0  # A reader that goes on counting somebody is worth keeping once in so long.


class Engine:
    """Told of events one at a time, by one caller. Read it between steps; never change what it gives."""

    def __init__(self, rules: Iterable[Rule] | None = None, indicators: Sequence[Indicator] = INDICATORS) -> None:
        every = tuple(RULES.values() if rules is None else rules)
        self._windows = Windows()
        self._fleet = Fleet(_watched(every, indicators), Tuning(every).of)
        self._book = Book(self._plan)
        self._incidents = Incidents(self._book, self._windows, self._fleet)
        self._noise = Noise(self._book, self._fleet)
        self._unreached = Unreached(self._book, self._fleet)
        self._faults = Faults(self._book, self._fleet, every)
        self._coverage = Coverage(self._fleet, indicators)
        self._proving = Proving(self._book, self._fleet, self._coverage.mark)
        self._steps: dict[type, Callable[[Any, float], list[Effect]]] = {
            PressArrived: self._incidents.press,
            PressStored: self._incidents.stored,
            PressCleared: self._incidents.clear,
            PressShown: self._proving.shown,
            PressReceipted: self._proving.receipted,
            DeviceAlerted: self._device_alerted,
            Unreadable: self._incidents.unreadable,
            AuditJudged: self._incidents.audited,
            ServiceJudged: Judgements(self._book, self._fleet).judged,
            NotificationsJudged: self._unreached.judged,
            GapsOverdue: self._gaps_overdue,
            GapsCounted: self._gaps_counted,
            EarlyTold: self._early_told,
            ActRequested: self._act,
            ShelveRequested: self._noise.shelve,
            FactRestored: self._restored,
            FactFollowed: lambda event, now: self._book.follow(event, now, leads=self._faults.leads),
            AlertOvertaken: self._overtaken,
            LeadChanged: self._lead_changed,
            GuardsRestored: self._guards_restored,
            DaysRestored: self._days_restored,
            RecallBegan: self._recall_began,
            Recalled: self._recalled,
            RecallEnded: self._recall_ended,
            WindowDeclared: self._declared,
            RosterLoaded: self._loaded,
            RosterEdited: self._edited,
            ReadingArrived: self._reading,
            ReadingsArrived: self._readings,
            CheckInArrived: self._check_in,
            GatewayHeard: self._heard,
            GatewayLinkChanged: self._link,
            BirthArrived: self._birth,
            Ticked: self._tick,
        }

    # ---------------------------------------------------------------- what is known

    @property
    def roster(self) -> RosterIndex:
        """Give the roster with its indexes."""
        return self._fleet.roster

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Give every open alert and the newest closed ones (`book.CLOSED_KEPT_MAX`), by id."""
        return self._book.alerts

    @property
    def indicators(self) -> Sequence[Indicator]:
        """Give every indicator in the order of the columns."""
        return self._coverage.indicators

    def alert_of(self, signal: str) -> Alert | None:
        """Find the alert that tells a press or device alert, by the signal's own id."""
        return self._book.of_signal(signal)

    def verdicts(self, school: str) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Give the ledger's and the live verdict of each indicator that asks about a school."""
        return self._coverage.of(school)

    def judged(self, school: str, at: float) -> Mapping[str, tuple[Verdict, Verdict]]:
        """Judge a school by what is known now as of an instant, for a frozen day; what is kept does not change."""
        return self._coverage.anew(school, at)

    @property
    def listening_since(self) -> float | None:
        """Say since when the city has been listened to; None before the first roster."""
        return self._coverage.listening_since

    @property
    def recalling(self) -> bool:
        """Say whether more of the time before we started is still to be told."""
        return self._fleet.recalling

    def tally(self, unit: str, indicator: str) -> tuple[Tally, Tally]:
        """Give the ledger's and the live counts of an indicator over all schools below a unit; this is a look-up."""
        return self._coverage.tally(unit, indicator)

    def device(self, gateway: str, device: str) -> DeviceState | None:
        """Give what is known of a device."""
        return self._fleet.devices.get((gateway, device))

    def home(self, school: str) -> Home | None:
        """Give a school with its devices and its ledger, as the fleet sees it."""
        return self._fleet.homes.get(school)

    def gateway(self, gateway: str) -> GatewayState | None:
        """Give what is known of a gateway of the roster."""
        return self._fleet.gateways.get(gateway)

    def first_hop(self, gateway: str, device: str) -> str:
        """Say how a press of a device reaches its gateway, as the birth told; empty when it did not."""
        known = self._fleet.devices.get((gateway, device))
        box = self._fleet.gateways.get(gateway)
        return (known.first_hop if known else "") or (box.first_hop if box else "")

    def tests(self, school: str) -> Mapping[tuple[str, str], ButtonTests]:
        """Give what is known of tests at a school, by gateway and button."""
        home = self._fleet.homes.get(school)
        return home.tests if home is not None else {}

    def windows_open(self, now: float) -> Iterable[WindowDeclared]:
        """Give the tests and drills that are under way, in no order."""
        return self._windows.open(now)

    def livenesses(self) -> Iterable[tuple[str, str, str]]:
        """Give what is known of each gateway (device empty) and of each device that is not unknown."""
        for gateway in self._fleet.gateways.values():
            yield gateway.gateway.id, "", gateway.liveness.value
            for device in gateway.devices.values():
                if device.liveness != "unknown":
                    yield gateway.gateway.id, device.device.id, device.liveness.value

    # ---------------------------------------------------------------- what is told

    def step(self, event: Event, now: float) -> list[Effect]:
        """Take in one event and say what follows."""
        effects = self._steps[type(event)](event, now)
        noted: list[Effect] = []
        if type(event) is not AlertOvertaken:  # Whose last effects answer what was lost, one for one.
            effects = self._noise.after(effects, now)
        for effect in effects:
            if type(effect) is AlertChanged:
                noted += self._noted(effect.alert)
            elif type(effect) is AlertGone and (home := self._fleet.homes.get(effect.alert.school)) is not None:
                noted += home.daybook.withdrawn(home.school.id, effect.alert.id)
                self._coverage.mark(home)
        return [*noted, *effects] if noted else effects  # The last ones answer what was lost, one for one.

    def _noted(self, alert: Alert) -> list[DayNoted]:
        """Note what an alert says for the figures: a real press and its answer, or a test from end to end."""
        home = self._fleet.homes.get(alert.school)
        if alert.mode == Mode.TEST and alert.rule in TESTED_BY:
            return self._proving.noted(alert)
        if home is None or alert.rule != one_key_press.RULE.name:
            return []
        if alert.mode != Mode.REAL or is_silent(alert):  # The school reads these figures, and must not learn of it here.
            return []
        if alert.cause in NO_ALARM:
            noted = home.daybook.withdrawn(alert.school, alert.id)
        else:
            noted = home.daybook.alarmed(alert.school, alert.id, alert.rx, alert.acknowledged_at)
        if noted:
            self._coverage.mark(home)
        return noted

    def _act(self, event: ActRequested, now: float) -> list[Effect]:
        refused = self._noise.refuses(event)
        return [refused] if refused is not None else self._book.act(event, now)

    def _restored(self, event: FactRestored, _now: float) -> list[Effect]:
        self._book.restore(event.alert, event.body)
        if (alert := self._book.alerts.get(event.alert)) is not None:
            self._noted(alert)
        return []

    def _overtaken(self, event: AlertOvertaken, now: float) -> list[Effect]:
        effects = self._book.overtaken(event)
        alert = self._book.alerts.get(event.alert)
        if alert is not None and alert.flow is Flow.FAULT:
            self._faults.look_at(alert, now)  # What was found and not taken is looked for again.
        return effects

    def _lead_changed(self, event: LeadChanged, _now: float) -> list[Effect]:
        self._faults.leads = self._noise.leads = event.leads
        self._faults.roster_changed()
        return []

    def _guards_restored(self, event: GuardsRestored, _now: float) -> list[Effect]:
        self._coverage.listens_since(event.listening_since)
        self._faults.listening_since = event.listening_since
        for one in event.seen:
            state = self._fleet.find(one.gateway, one.device)
            if state is None or state.home is None:
                continue
            note_guard(state, one.guard, one.at, present=one.present)
        return []

    def _gaps_overdue(self, event: GapsOverdue, now: float) -> list[Effect]:
        alerted = {alert.school for alert in self._book.open_of({gap_overdue.RULE.name})}
        effects: list[Effect] = []
        for school, home in self._fleet.homes.items():
            before, home.gaps_overdue = home.gaps_overdue, event.schools.get(school, (0, now))
            if home.gaps_overdue[0] != (before[0] if before else 0) or (before is None and school in alerted):
                effects += self._faults.school(home, now)
        return effects

    def _gaps_counted(self, event: GapsCounted, _now: float) -> list[Effect]:
        for school, figures in event.schools.items():
            home = self._fleet.homes.get(school)
            if home is not None and home.gaps != figures:
                home.gaps = figures
                self._coverage.mark(home)
        return []

    def _early_told(self, event: EarlyTold, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for school, early in event.schools.items():
            home = self._fleet.homes.get(school)
            if home is not None:
                home.early = early
                effects += self._faults.school(home, now)
        return effects

    def _days_restored(self, event: DaysRestored, _now: float) -> list[Effect]:
        """Take up what was noted; what alerts say beyond it, of the seconds before a kill, is noted now."""
        by_school: dict[str, list[DayNoted]] = {}
        for note in event.notes:
            by_school.setdefault(note.school, []).append(note)
        effects: list[Effect] = []
        for school, home in self._fleet.homes.items():
            notes = by_school.get(school, [])
            if notes or home.daybook.alarms or home.tests:
                effects += home.daybook.restored(school, notes)
                effects += self._proving.restored(home, notes)
                self._coverage.mark(home)
        return effects

    def _recall_began(self, event: RecallBegan, now: float) -> list[Effect]:
        """Take up what was known to be bad: nothing of it is unknown for a moment only because we have started."""
        self._fleet.recall_begins()
        for gateway, device in event.offline:
            state = self._fleet.find(gateway, device)
            if state is not None and self._faults.minds(state.device.kind):
                state.reported_offline = True
        changes: list[LivenessChanged] = []
        for alert in self._book.open_of({gateway_offline.RULE.name}):
            lost = self._fleet.gateways.get(alert.gateway)
            if lost is not None and alert.state is not State.RECOVERED:
                changes += self._fleet.lost_before(lost, now)
        return self._followed(changes, now)

    def _recalled(self, event: Recalled, now: float) -> list[Effect]:
        gateway = self._fleet.gateways.get(event.gateway)
        if gateway is None:
            return []
        self._fleet.recall_heard(gateway, event.rx, event.ended)
        effects: list[Effect] = []
        recall, rx, epoch = self._fleet.recall, event.rx, event.epoch
        for position, reading in zip(event.positions, event.readings, strict=True):
            state = gateway.devices.get(reading.d)
            if state is None:
                continue
            if state.device.kind == GUARD_POST and _positive(reading.m.get(ON_DUTY)):
                note_guard(state, "", rx, present=True)
            if recall(state, (epoch, position), reading.t / 1_000, rx, reading.m):
                effects += self._became_known(state, now)
        for told in event.check_ins:
            state = gateway.devices.get(told.device)
            if state is not None and state.home is not None:
                at = min(told.t, told.rx)
                note_guard(state, told.guard, at, present=PRESENT.get(told.act))
                if told.act == PATROL:
                    effects += state.home.daybook.patrolled(state.home.school.id, at, now)
                self._coverage.mark(state.home)
        return effects

    def _became_known(self, state: DeviceState, now: float) -> list[Effect]:
        if state.device.kind in self._coverage.kinds:
            self._coverage.mark(state.home)
        if state.gateway.liveness is not Liveness.LIVE:
            return []  # Rules cannot tell; once it is heard, they look.
        return [*self._fleet.review(state, now), *self._faults.device(state, now)]

    def _recall_ended(self, _event: RecallEnded, _now: float) -> list[Effect]:
        self._fleet.recall_ended()
        return []

    @property
    def next_due(self) -> float | None:
        """Say when devices and rules next have to be looked at by the clock alone: a replay needs no tick before."""
        dues = [due for due in (self._fleet.next_due, self._faults.next_due) if due is not None]
        return min(dues, default=None)

    def behind(self, now: float) -> bool:
        """Say whether the last tick has left something over, so that the next should come soon.

        While the journal is read back the figures take their time: what is judged now is judged again in a moment.
        """
        return (
            self._fleet.behind(now) or self._faults.behind(now) or (not self._fleet.recalling and self._coverage.behind(now))
        )

    def _declared(self, event: WindowDeclared, now: float) -> list[Effect]:
        self._windows.declare(event, now)
        return []

    def _loaded(self, event: RosterLoaded, now: float) -> list[Effect]:
        self._fleet.load(event.roster, now)
        self._coverage.load(now)
        self._faults.listening_since = self._coverage.listening_since or now
        self._faults.roster_changed()
        return []

    def _edited(self, event: RosterEdited, now: float) -> list[Effect]:
        homes, calendar = self._fleet.homes, self._fleet.roster.calendar
        before = {school: homes[school].settings for school in event.schools if school in homes}
        if event.ledger_only:
            self._fleet.describe_schools(event.index, event.schools)
        else:
            self._fleet.change(event.index, event.schools, now)
        if not event.ledger_only or calendar is not event.index.calendar:
            self._faults.roster_changed()
        for school in event.schools:
            if school in before and (home := homes.get(school)) is not None:
                self._faults.edited(home, before[school])
        self._coverage.edited(event.schools, now)
        return []

    def _heard(self, event: GatewayHeard, now: float) -> list[Effect]:
        return self._heard_from(event.gateway, event.rx, event.path, now)

    def _heard_from(self, gateway: GatewayId, rx: float, path: str, now: float) -> list[Effect]:
        state = self._fleet.gateways.get(gateway)
        if state is None:
            return self._stranger(gateway, "", now)
        changed = self._fleet.heard(state, rx, path)
        return self._followed(changed, now) if changed else []

    def _link(self, event: GatewayLinkChanged, now: float) -> list[Effect]:
        if event.on:
            return self._heard_from(event.gateway, event.rx, event.path, now)
        state = self._fleet.gateways.get(event.gateway)
        return self._followed(self._fleet.link_lost(state, event.path, event.rx), now) if state else []

    def _birth(self, event: BirthArrived, now: float) -> list[Effect]:
        """Learn what is there. It may be as old as the broker's memory: no sign of life, which a link or heartbeat gives."""
        gateway = GatewayId(event.birth.g)
        state = self._fleet.gateways.get(gateway)
        effects: list[Effect] = []
        if state is not None:
            self._fleet.describe(state, event.birth)
        else:
            effects += self._stranger(gateway, "", now)
        for told in event.birth.devs:
            if state is None or told.d not in state.devices:
                effects += self._stranger(gateway, told.d, now)
        return effects

    def _readings(self, event: ReadingsArrived, now: float) -> list[Effect]:
        effects = self._heard_from(event.gateway, event.rx, "", now)
        gateway = self._fleet.gateways.get(event.gateway)
        devices = gateway.devices if gateway is not None else {}
        read, rx, epoch = self._fleet.read, event.rx, event.epoch
        for position, reading in zip(event.positions, event.readings, strict=True):
            state = devices.get(reading.d)
            if state is None:
                effects += self._stranger(event.gateway, reading.d, now)
                continue
            if read(state, (epoch, position), reading.t / 1_000, rx, reading.m):
                effects += self._device_changed(state, now)
            if state.device.kind == GUARD_POST and (state.epoch, state.position) == (epoch, position):
                effects += self._on_post(state, reading.m, rx)
        return effects

    def _reading(self, event: ReadingArrived, now: float) -> list[Effect]:
        effects = self._heard_from(event.gateway, event.rx, "", now)
        state = self._fleet.find(event.gateway, event.device)
        if state is None:
            return effects + self._stranger(event.gateway, event.device, now)
        if self._fleet.read(state, (state.epoch, event.position), event.t, event.rx, event.metrics):
            effects += self._device_changed(state, now)
        if state.device.kind == GUARD_POST and state.position == event.position:
            effects += self._on_post(state, event.metrics, event.rx)
        return effects

    def _on_post(self, state: DeviceState, metrics: Mapping[str, Value], rx: float) -> list[Effect]:
        """Take a reader's word that somebody is there, however often it says the same; the proof only becomes younger."""
        if state.home is None or not _positive(metrics.get(ON_DUTY)):
            return []
        again = state.guard_seen is None or rx - state.guard_seen >= SEEN_AGAIN_SECONDS
        note_guard(state, "", rx, present=True)
        return [GuardSeen(state.device.gateway, state.device.id, "", rx, present=True)] if again else []

    def _device_changed(self, state: DeviceState, now: float) -> list[Effect]:
        """Look at a device of which a watched metric, or what is known of its reach, has changed."""
        effects: list[Effect] = [*self._fleet.review(state, now)]
        if state.device.kind in self._coverage.kinds:
            self._coverage.mark(state.home)
        return effects + self._faults.device(state, now)

    def _check_in(self, event: CheckInArrived, now: float) -> list[Effect]:
        state = self._fleet.find(event.gateway, event.device)
        if state is None or state.home is None:
            return self._stranger(event.gateway, event.device, now)
        at, present = min(event.t, event.rx), PRESENT.get(event.act)
        note_guard(state, event.guard, at, present=present)
        self._coverage.mark(state.home)
        if present is None:
            return self._faults.school(state.home, now)
        seen = GuardSeen(event.gateway, event.device, event.guard, at, present)
        walked = state.home.daybook.patrolled(state.home.school.id, at, now) if event.act == PATROL else []
        # It may come by telephone: it says nothing of the gateway.
        return [seen, *walked, *self._faults.school(state.home, now)]

    def _device_alerted(self, event: DeviceAlerted, now: float) -> list[Effect]:
        state = self._fleet.find(event.gateway, event.device)
        if event.code != "offline" or state is None or not self._faults.minds(state.device.kind):
            return self._incidents.device_alert(event, now)
        state.reported_offline = event.on  # The rule of the device's own kind tells it, once.
        return self._device_changed(state, now)

    def _stranger(self, gateway: GatewayId, device: str, now: float) -> list[Effect]:
        state = self._fleet.stranger(gateway, device, now)
        return self._faults.gateway(state, now) if state is not None else []

    def _tick(self, _event: Ticked, now: float) -> list[Effect]:
        effects = self._followed(list(self._fleet.tick(now)), now)
        for device in self._fleet.dated_back():
            effects += self._device_changed(device, now)
        effects += self._faults.tick(now)
        effects += self._coverage.tick(now)
        effects += self._noise.tick(now)
        effects += self._proving.tick(now, leads=self._faults.leads)
        for home in self._proving.changed():
            effects += self._faults.school(home, now)
        return effects + self._book.running.tick(now, leads=self._faults.leads)

    def _plan(self, alert: Alert, now: float) -> Plan:
        """Choose who is told of an alert that rings now, by what the ledger says for its school or its area."""
        roster = self._fleet.roster
        school = roster.school(alert.school)
        path = roster.unit_path(school.unit if school is not None else alert.unit)
        if school is not None:
            lines = roster.dossier(school.id).of(Escalation)
        else:
            lines = [one for one in roster.unit_lines if isinstance(one, Escalation) and one.unit in path]
        return choose(alert, lines, path, roster.calendar, now) if lines else built_in(alert)

    def _followed(self, changes: Sequence[LivenessChanged], now: float) -> list[Effect]:
        """Let rules and indicators look at whatever became live, silent or unknown."""
        effects: list[Effect] = [*changes]
        for change in changes:
            gateway = self._fleet.gateways.get(change.gateway)
            if gateway is None:
                continue
            if not change.device:
                effects += self._faults.gateway(gateway, now)
                self._coverage.mark(self._fleet.homes.get(gateway.gateway.school))
                continue
            device = gateway.devices.get(change.device)
            if device is not None:
                if device.device.kind in self._coverage.kinds:
                    self._coverage.mark(device.home)
                effects += self._faults.device(device, now)
        return effects


def note_guard(state: DeviceState, guard: str, at: float, *, present: bool | None) -> None:
    """Note that a guard came, was there or left a post, or that its reader counts somebody, where `guard` is empty.

    An older word that comes late changes nothing. Who stands on a 护学岗 is police or a parent, and no guard of the school.
    """
    home = state.home
    if present is None or home is None:
        return
    state.guard_seen = max(at, state.guard_seen or at)
    if state.device.id in escorts(home.dossier):
        return
    known = home.on_post.get(guard)
    if guard and (known is None or at >= known[0]):
        home.on_post.pop(guard, None)
        home.on_post[guard] = (at, present)
        while len(home.on_post) > GUARDS_KEPT_MAX:
            del home.on_post[next(iter(home.on_post))]
    home.guard_seen = max(at, home.guard_seen or at)


def _positive(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _watched(rules: Iterable[Rule], indicators: Iterable[Indicator]) -> dict[str, frozenset[str]]:
    """Collect, for each kind of device, the metrics whose change makes a rule or an indicator look again."""
    watched: dict[str, set[str]] = {}
    for rule in rules:
        for kind in rule.kinds:
            watched.setdefault(kind, set()).update(rule.watches)
    for indicator in indicators:
        for kind, metrics in indicator.watches.items():
            watched.setdefault(kind, set()).update(metrics)
    return {kind: frozenset(metrics) for kind, metrics in watched.items()}
