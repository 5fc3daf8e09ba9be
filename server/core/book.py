"""The book of alerts: every alert that is open, the newest closed ones, and the indexes that find them."""

from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import msgspec

from server.core.alert import Alert, Flow, State
from server.core.chain import Plan
from server.core.effects import ActRefused, AlertBehind, AlertChanged, AlertGone, Effect, FactDropped, NotificationDue
from server.core.escalation import built_in, plan_of
from server.core.events import ActRequested, AlertOvertaken, FactFollowed
from server.core.fact import OF_PRESS, Fact, What, apply, brought, decode_fact, encode_fact, renamed, still_to_say
from server.core.lifecycle import Refusal, happens, judge
from server.core.running import Running

CLOSED_KEPT_MAX = 5_000  # A week of a city. The oldest leave memory; their facts stay in the journal. Open ones never leave.
IDS_KEPT_MAX = 200_000  # Ids of signals whose alert has left memory: a replay of them still shows nothing twice.


class Subject(NamedTuple):
    """What an alert is about: there is at most one open alert of a subject."""

    rule: str
    place: str  # The gateway, or the school where no gateway is meant, or the unit where no school is.
    device: str
    mode: str
    code: str


def subject_of(alert: Alert) -> Subject:
    """Name what an alert is about."""
    return Subject(alert.rule, alert.gateway or alert.school or alert.unit, alert.device, alert.mode, alert.code)


def own_name(signal: str, gateway: str) -> str:
    """Name a gateway's signal whose id another gateway's bears."""
    return f"{signal}@{gateway}"


def told_id(name: str) -> str:
    """Give the id that the gateway of a signal told."""
    return name.partition("@")[0]


@dataclass(slots=True)
class _Trace:
    """What leads to one alert, so that it can be forgotten with it."""

    signals: list[str] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)


class Book:
    """Holds the alerts; `record` is the only way by which one changes."""

    def __init__(self, plan: Callable[[Alert, float], Plan] = lambda alert, _: built_in(alert)) -> None:
        self.alerts: dict[str, Alert] = {}
        self.running = Running(self)
        self.counts: dict[str, list[int]] = {}  # School -> open by severity (0 to 3), unacknowledged by severity (4 to 7).
        self.watch: Callable[[Alert | None, Alert | None], None] = lambda _before, _after: None  # Told of each change.
        self._open: dict[Subject, str] = {}
        self._open_at: dict[str, dict[str, None]] = {}  # School (or gateway, of no known school) -> its open alerts.
        self._closed_at: dict[str, dict[str, None]] = {}  # The same of those that are over.
        self._closed: OrderedDict[str, None] = OrderedDict()
        self._closed_by_hand: dict[Subject, str] = {}
        self._traces: dict[str, _Trace] = {}
        self._signals: dict[str, str] = {}  # The id of a press or device alert -> its alert.
        self._holders: dict[str, str] = {}  # The id of a press or device alert -> the gateway that told it.
        self._gone: OrderedDict[str, str] = OrderedDict()  # The same, of those whose alert has left memory.
        self._keys: dict[tuple[str, str], tuple[str, str]] = {}  # (who, idempotency key) -> (alert, what it made).
        self.plan = plan  # Chooses who is told, as an alert rings.

    def open(self, subject: Subject) -> Alert | None:
        """Find the open alert of a subject."""
        found = self._open.get(subject)
        return self.alerts[found] if found is not None else None

    def open_at(self, place: str) -> list[Alert]:
        """List the open alerts of a school, or of a gateway that belongs to none; oldest first."""
        return [self.alerts[key] for key in self._open_at.get(place, ())]

    def known_at(self, place: str) -> list[Alert]:
        """List what is in memory of a school, or of a gateway that belongs to none: the open ones first."""
        return [*self.open_at(place), *(self.alerts[key] for key in self._closed_at.get(place, ()))]

    def open_of(self, rules: Container[str]) -> list[Alert]:
        """List the open alerts of some rules."""
        return [self.alerts[key] for about, key in self._open.items() if about.rule in rules]

    def lasting(self, subject: Subject) -> Alert | None:
        """Find the fault that people closed last although its condition had not ended."""
        found = self._closed_by_hand.get(subject)
        return self.alerts.get(found) if found is not None else None

    def of_signal(self, signal: str) -> Alert | None:
        """Find the alert of a press or device alert by its id."""
        found = self._signals.get(signal)
        return self.alerts.get(found) if found is not None else None

    def knows(self, signal: str) -> bool:
        """Say whether a press or device alert was told before."""
        return signal in self._signals or signal in self._gone

    def holder(self, signal: str) -> str | None:
        """Name the gateway whose press or device alert bears an id, as far as we know."""
        found = self._holders.get(signal)
        return found or self._gone.get(signal) or None

    def name(self, signal: str, gateway: str) -> str:
        """Name a gateway's press or device alert here: by its id, or by a name of its own where another's bears that."""
        own = own_name(signal, gateway)
        return own if self.knows(own) or self.holder(signal) not in (None, gateway) else signal

    def note_signal(self, signal: str, alert: str) -> None:
        """Remember that a signal is told by an alert without being a row of it."""
        self._signals[signal] = alert
        self._holders[signal] = self.alerts[alert].gateway
        self._traces.setdefault(alert, _Trace()).signals.append(signal)

    def raise_alert(self, alert: Alert, now: float, *, by: str = "", note: str = "") -> list[Effect]:
        """Open an alert: it rings, and the first hop of its chain is told."""
        plan = self.plan(alert, now)
        begun = replace(alert, plan=plan, next_escalation_at=plan.due_after(0, now))
        changed = self.record(alert.id, Fact(What.RAISED, now, by=by, note=note, alert=begun))
        return [changed, *self.told(alert.id, 0)]

    def ring_again(self, alert: str, fact: Fact) -> list[Effect]:
        """Record a fact that makes an alert ring anew, and tell the first hop again.

        Its chain begins anew too, except for one more press while nobody has answered those before: whoever presses every
        twenty seconds would put off the next step for ever.
        """
        before = self.alerts[alert]
        if fact.what is What.PRESSED and before.state is State.RAISED and before.next_escalation_at is not None:
            rung = msgspec.structs.replace(fact, step=before.escalation, next_at=before.next_escalation_at)
        else:
            plan = self.plan(replace(before, severity=fact.severity or before.severity), fact.at)
            rung = msgspec.structs.replace(fact, plan=plan, step=0, next_at=plan.due_after(0, fact.at))
        return [self.record(alert, rung), *self.told(alert, 0)]

    def release(self, alert: str, fact: Fact, now: float) -> list[Effect]:
        """Record that something holds an alert back no more; if nothing else does, it rings, and its chain begins."""
        plan = self.plan(self.alerts[alert], now)
        changed = self.record(alert, msgspec.structs.replace(fact, plan=plan, next_at=plan.due_after(0, now)))
        return [changed, *self.told(alert, 0)] if changed.alert.state is State.RAISED else [changed]

    def told(self, alert: str, step: int) -> list[NotificationDue]:
        """Give the word that one step of an alert's chain is to be told; none while something holds the alert back."""
        current = self.alerts[alert]
        return [] if current.held else [NotificationDue(current, step, plan_of(current).chain[step].audiences)]

    def recover(self, alert: Alert, now: float, cause: str) -> list[Effect]:
        """End a fault whose condition is over; where somebody has ordered work on it, closing is left to people."""
        if not happens(alert, What.RECOVERED):
            return []
        ordered = alert.state is State.WORK_ORDER
        effects: list[Effect] = [self.record(alert.id, Fact(What.RECOVERED, now))]
        return effects if ordered else [*effects, self.record(alert.id, Fact(What.CLOSED, now, cause=cause))]

    def record(self, alert: str, fact: Fact) -> AlertChanged:
        """Append a fact: the alert as it stands now, and the bytes to store."""
        return AlertChanged(self._enter(alert, fact), encode_fact(fact), brought(fact))

    def restore(self, alert: str, body: bytes) -> None:
        """Apply a stored fact: nobody is told and nothing is stored again."""
        fact = decode_fact(body)
        if fact.what is What.RAISED or alert in self.alerts:  # A history whose beginning was archived is not of interest.
            self._enter(alert, fact)

    def follow(self, event: FactFollowed, now: float, *, leads: bool) -> list[Effect]:
        """Apply a fact that was stored, if it is news; where facts before it are missing, ask for the whole alert."""
        known = self.alerts.get(event.alert)
        version = known.version if known is not None else 0
        if event.number <= version:
            return []
        if event.number > version + 1:
            return [AlertBehind(event.alert)]
        fact = decode_fact(event.body)
        if known is not None and fact.press is not None and any(row.id == fact.press.id for row in known.presses):
            # We attached this press ourselves, under a number that is another fact's: applied, it would be shown twice.
            return [AlertBehind(event.alert)]
        holder = self._holder(brought(fact), event.alert)
        if holder is not None:  # We attached it to another incident: that one is read again first, and lets it go.
            return [AlertBehind(holder), AlertBehind(event.alert)]
        twin = self.open(subject_of(fact.alert)) if fact.alert is not None else None
        after = self._enter(event.alert, fact)
        effects: list[Effect] = [AlertChanged(after, None)]
        if leads and twin is not None and after.flow is Flow.FAULT:  # Two led for a moment: one of the two is enough.
            later = max(twin, after, key=lambda alert: (alert.t, alert.id))
            effects.append(self.record(later.id, Fact(What.CLOSED, now, cause="duplicate")))
        return effects

    def overtaken(self, event: AlertOvertaken) -> list[Effect]:
        """Take an alert as it is stored, and say again what of our lost facts still has to be said, in their order."""
        before = self.alerts.get(event.alert)
        self._take_out(event.alert)
        for body in event.stored:
            self._enter(event.alert, decode_fact(body))
        effects: list[Effect] = [AlertChanged(self.alerts[event.alert], None)] if event.stored else []
        names = self._names(before.gateway, event.taken) if before is not None else str
        for body in event.lost:
            fact = decode_fact(body)
            if body in event.stored or brought(fact) in event.elsewhere:
                effects.append(FactDropped(self.alerts.get(event.alert)))
                self._unname(brought(fact), event.alert)
            else:
                effects.append(self._say_again(names(event.alert), renamed(fact, names), before))
        if before is not None and event.alert not in self.alerts:  # All it told is told by another incident.
            effects.insert(0, AlertGone(before))
        return effects

    def _names(self, gateway: str, taken: Container[str]) -> Callable[[str], str]:
        """Give how an alert's gateway names its presses now: what another server stored may have taken one's id."""
        return lambda signal: own_name(signal, gateway) if signal in taken else self.name(signal, gateway)

    def _unname(self, press: str, alert: str) -> None:
        """Forget the name of its own that we gave a press which is stored in another incident, under its id."""
        if press == told_id(press) or self._signals.get(press) != alert:
            return
        there = self.alerts.get(alert)
        if there is None or all(row.id != press for row in there.presses):
            del self._signals[press]
            self._holders.pop(press, None)

    def _holder(self, press: str, besides: str) -> str | None:
        """Name another alert that has a press as its row."""
        holder = self._signals.get(press) if press else None
        alert = self.alerts.get(holder) if holder is not None and holder != besides else None
        return holder if alert is not None and any(row.id == press for row in alert.presses) else None

    def _say_again(self, key: str, fact: Fact, before: Alert | None) -> Effect:
        """Say a lost fact again; a press whose incident is gone or over joins the open one, or begins one of its own."""
        if fact.what in OF_PRESS:
            key = self._signals.get(fact.ref, key)  # Of the incident that the press is in by now.
        current = self.alerts.get(key)
        press = fact.press
        if press is None or (current is not None and current.open):
            granted = fact.what is What.ACKNOWLEDGED and _rings_as_seen(current, before)
            again = fact if granted else still_to_say(current, fact)
            return FactDropped(current) if again is None else self.record(key, again)
        if current is not None and any(row.id == press.id for row in current.presses):
            return FactDropped(current)
        picture = current or before
        assert picture is not None, "a press joins what is known"
        other = self.open(subject_of(picture))
        if other is not None:
            return self.record(other.id, fact)
        begun = replace(
            picture,
            id=press.id,
            state=State.RAISED,
            t=press.t,
            rx=press.rx,
            stored=press.stored,
            late=press.late,
            owner="",
            acknowledged_at=None,
            resolved_at=None,
            cause="",
            escalation=0,
            next_escalation_at=fact.next_at,
            plan=fact.plan or picture.plan,
            ack_expires_at=None,
            ack_expired=False,
            rings=1,
            ended_at=None,
            presses=(press,),
            confirmed=False,
            press_count=1,
            proposed_by="",
            proposed_cause="",
        )
        return self.record(begun.id, Fact(What.RAISED, fact.at, alert=begun))

    def act(self, request: ActRequested, now: float) -> list[Effect]:
        """Grant or refuse what a person asks for; the same key asked again changes nothing."""
        alert = self.alerts.get(request.alert)
        if alert is None:
            return [ActRefused("not_found", f"alert {request.alert[:60]!r}", None)]
        used = self._keys.get((request.by, request.key)) if request.key else None
        if used is not None:
            return [self._repeated(alert, used)]
        judged = judge(alert, request, now)
        if isinstance(judged, Refusal):
            left = [self.record(alert.id, judged.fact)] if judged.fact else []
            return [*left, ActRefused(judged.code, judged.detail, self.alerts[alert.id])]
        if judged.what is What.REOPENED:
            if self.open(subject_of(alert)) is not None:
                return [ActRefused("illegal_move", "a newer alert of the same subject is open", alert)]
            return self.ring_again(alert.id, judged)
        changed = self.record(alert.id, judged)
        return [changed, *self.told(alert.id, judged.step)] if judged.what is What.ESCALATED else [changed]

    def _enter(self, key: str, fact: Fact) -> Alert:
        before = self.alerts.get(key)
        after = apply(before, fact)
        self.alerts[key] = after
        self._count(before, -1)
        self._count(after, 1)
        if fact.key and fact.by:
            self._keys[fact.by, fact.key] = (key, fact.what.value)
            self._traces.setdefault(key, _Trace()).keys.append((fact.by, fact.key))
        for press in after.presses if fact.what is What.RAISED else (fact.press,) if fact.press else ():
            self.note_signal(press.id, key)
        self._index(before, after)
        self.running.entered(before, after)
        self.watch(before, after)
        return after

    def _index(self, before: Alert | None, after: Alert) -> None:
        subject = subject_of(after)
        lasts = after.state is State.CLOSED and after.ended_at is None
        if lasts:
            self._closed_by_hand[subject] = after.id
        elif self._closed_by_hand.get(subject) == after.id:
            del self._closed_by_hand[subject]
        if after.open:
            self._open[subject] = after.id
            self._open_at.setdefault(after.school or after.gateway, {})[after.id] = None
            self._closed_at.get(after.school or after.gateway, {}).pop(after.id, None)
            self._closed.pop(after.id, None)
        elif before is not None and before.open:
            if self._open.get(subject) == after.id:
                del self._open[subject]
            self._open_at.get(after.school or after.gateway, {}).pop(after.id, None)
            self._closed_at.setdefault(after.school or after.gateway, {})[after.id] = None
            self._closed[after.id] = None
            while len(self._closed) > CLOSED_KEPT_MAX:
                self._forget(self._closed.popitem(last=False)[0])

    def _take_out(self, key: str) -> None:
        """Remove an alert as if it had never been, but for the signals it tells: those are not to be told again."""
        alert = self.alerts.pop(key, None)
        if alert is None:
            return
        self._count(alert, -1)
        self.watch(alert, None)
        subject = subject_of(alert)
        for index in (self._open, self._closed_by_hand):
            if index.get(subject) == key:
                del index[subject]
        for placed in (self._open_at, self._closed_at):
            placed.get(alert.school or alert.gateway, {}).pop(key, None)
        self._closed.pop(key, None)
        trace = self._traces.get(key)
        if trace is not None:
            for used in trace.keys:
                self._keys.pop(used, None)
            trace.keys.clear()

    def _forget(self, alert: str) -> None:
        self._take_out(alert)
        for signal in self._traces.pop(alert, _Trace()).signals:
            self._signals.pop(signal, None)
            self._gone[signal] = self._holders.pop(signal, "")
        while len(self._gone) > IDS_KEPT_MAX:
            self._gone.popitem(last=False)

    def _count(self, alert: Alert | None, by: int) -> None:
        if alert is None or not alert.open:
            return
        counts = self.counts.setdefault(alert.school, [0] * 8)
        counts[alert.severity - 1] += by
        if alert.state is State.RAISED:
            counts[alert.severity + 3] += by

    def _repeated(self, alert: Alert, used: tuple[str, str]) -> Effect:
        key, what = used
        if key != alert.id:
            return ActRefused("illegal_move", "this idempotency key was used for another alert", alert)
        if what == What.PROPOSED.value and alert.flow is Flow.INCIDENT and alert.open:
            return ActRefused("second_person_required", "proposed already; another person must agree", alert)
        return AlertChanged(alert, None)


def _rings_as_seen(current: Alert | None, before: Alert | None) -> bool:
    """Say whether an alert rings for just what whoever took it had seen: only the service itself has moved it since."""
    if current is None or before is None or current.state is not State.RAISED or current.rings != before.rings:
        return False
    return {press.id for press in current.presses} == {press.id for press in before.presses}
