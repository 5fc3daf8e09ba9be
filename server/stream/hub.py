"""The hub: takes the engine's effects and tells every screen within reach, alarms at once and the rest in batches.

Everything here runs on the event loop and never waits; what a screen is slow to read waits in its own bounded queue.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from server.api import views
from server.core.alert import Alert, Severity
from server.core.effects import AlertChanged, AlertGone, Effect, LivenessChanged, VerdictChanged
from server.core.events import WindowDeclared
from server.core.verdict import Judgement, Verdict
from server.registry.model import Scope
from server.registry.tree import Tree
from server.security.access import Reach, discreet, is_covert, sees
from server.stream import wire
from server.stream.counters import UNPLACED, Counters
from server.stream.frames import AlertChange, CellChange, Change, Frame, Frames, SchoolChange, Topic
from server.stream.subscriber import Subscriber

ALERTS_SECONDS = 0.1  # How long alerts below severity 1 are gathered.
PICTURE_SECONDS = 1.0  # How long cells and liveness are gathered, and how often the summary is told.
HEARTBEAT_SECONDS = 10.0
CLIENTS_MAX = 2_000
CLIENTS_OF_SESSION_MAX = 16  # Tabs of one browser where no worker shares their stream.
LETTERS = {Judgement.MET: "m", Judgement.NOT_MET: "n", Judgement.UNKNOWN: "u", Judgement.EXEMPT: "e"}


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the summary needs of the rest of the server at this moment."""

    lag_ms: int = 0
    journal_ok: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """What the hub reads of its neighbours: the tree, how to show an alert, each indicator's place, pulse, open windows."""

    tree: Callable[[], Tree]
    show: Callable[[Alert], views.Alert]
    indicators: Callable[[], dict[str, int]]
    pulse: Callable[[], Pulse] = Pulse
    windows: Callable[[float], Iterable[WindowDeclared]] = lambda _: ()


class Hub:
    """Fans out what changed. `epoch` names this start of the server: sequence numbers of another one mean nothing here."""

    def __init__(self, epoch: str, source: Source, session_alive: Callable[[str, float], bool] = lambda _, __: True) -> None:
        self.epoch = epoch
        self.stuck = 0  # Streams ended because their socket took nothing.
        self.sent = 0
        self.resets = 0
        self.replays = 0
        self._source = source
        self._alive = session_alive
        self._frames = Frames()
        self._tree = source.tree()
        self._indicators = source.indicators()
        self._counters = Counters(self._tree)
        self._channels: dict[Reach, set[Subscriber]] = {}
        self._by_scope: dict[Scope, set[Reach]] = {}
        self._alerts: dict[str, AlertChange] = {}
        self._cells: dict[tuple[str, int, str], CellChange] = {}
        self._schools: dict[str, SchoolChange] = {}
        self._alerts_due = self._picture_due = self._heartbeat_due = 0.0

    @property
    def seq(self) -> int:
        """The newest sequence number given; everything up to it is in the engine's state."""
        return self._frames.seq

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return sum(len(channel) for channel in self._channels.values())

    @property
    def channels(self) -> int:
        """How many different reaches the open streams have."""
        return len(self._channels)

    def police_watch(self, school: str) -> bool:
        """Say whether a police screen that sees a school is open now; the lamp beside a button says no more than that."""
        return any(
            not subscriber.closed
            for reach, channel in self._channels.items()
            if reach.scope.kind == "station" and sees(reach, self._tree, school)
            for subscriber in channel
        )

    def load(self, alerts: Iterable[Alert], livenesses: Iterable[tuple[str, str, str]]) -> None:
        """Begin anew with a changed roster and each (gateway, device or "", liveness); every screen starts again."""
        self._tree = self._source.tree()
        self._indicators = self._source.indicators()
        self._counters = Counters(self._tree)
        for alert in alerts:
            self._counters.alert(alert)
        for gateway, device, liveness in livenesses:
            self._count(gateway, device, liveness)
        for pending in (self._alerts, self._cells, self._schools):
            pending.clear()
        self._frames.forget()
        for subscriber in self._subscribers():
            self._reset(subscriber, "roster")

    def effects(self, effects: Iterable[Effect], now: float) -> None:
        """Take what the engine says has changed; a change of severity 1 is on its way when this returns."""
        urgent = False
        for effect in effects:
            if isinstance(effect, AlertChanged):
                urgent |= self._alert(effect.alert)
            elif isinstance(effect, AlertGone):
                urgent |= self._gone(effect.alert)
            elif isinstance(effect, VerdictChanged):
                self._verdict(effect.school, effect.indicator, "ledger", effect.ledger)
                self._verdict(effect.school, effect.indicator, "live", effect.live)
            elif isinstance(effect, LivenessChanged):
                self._count(effect.gateway, effect.device, effect.liveness)
                school = self._tree.school_of(effect.gateway)
                if not effect.device and school is not None and self._tree.gateway_of.get(school) == effect.gateway:
                    self._schools[school] = SchoolChange(school, effect.liveness)
        if urgent:
            self._flush_alerts(now)

    def tick(self, now: float) -> None:
        """Send what is due; the shell calls this ten times a second."""
        if now >= self._alerts_due:
            self._flush_alerts(now)
        if now >= self._picture_due:
            self._picture_due = now + PICTURE_SECONDS
            self._flush(Topic.COVERAGE, tuple(self._cells.values()))
            self._cells.clear()
            self._flush(Topic.LIVENESS, tuple(self._schools.values()))
            self._schools.clear()
            self._tell_summaries(now)
        if now >= self._heartbeat_due:
            self._heartbeat_due = now + HEARTBEAT_SECONDS
            for subscriber in list(self._subscribers()):
                if self._alive(subscriber.session, now):
                    subscriber.push(wire.HEARTBEAT)
                else:
                    self._end(subscriber)

    async def run(self, clock: Callable[[], float]) -> None:
        """Tick until cancelled, then end every stream so that the server can stop."""
        try:
            while True:
                self.tick(clock())
                await asyncio.sleep(ALERTS_SECONDS)
        finally:
            self.close()

    def join(self, reach: Reach, session: str, last_event_id: str | None, now: float) -> Subscriber | None:
        """Open a stream: hello, then what was missed since `last_event_id`, or a reset; None when there are too many.

        Only the summary that ends this bears an id again, so that no break in between makes a screen believe it saw all.
        """
        mine = sum(subscriber.session == session for subscriber in self._subscribers())
        if self.clients >= CLIENTS_MAX or mine >= CLIENTS_OF_SESSION_MAX:
            return None
        subscriber = Subscriber(reach, session, self._event("reset", views.ResetEvent(reason="overflow")))
        self._channels.setdefault(reach, set()).add(subscriber)
        self._by_scope.setdefault(reach.scope, set()).add(reach)
        hello = views.HelloEvent(
            epoch=self.epoch, seq=self.seq, server_ms=round(now * 1000), heartbeat_s=int(HEARTBEAT_SECONDS)
        )
        subscriber.push(wire.hello(wire.encode(hello)))
        if last_event_id:
            self._catch_up(subscriber, last_event_id)
        subscriber.push(self._summary(reach, now))
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a stream; a second call does nothing."""
        subscriber.close()
        self.resets += subscriber.overflows
        subscriber.overflows = 0
        channel = self._channels.get(subscriber.reach)
        if channel is None:
            return
        channel.discard(subscriber)
        if not channel:
            del self._channels[subscriber.reach]
            reaches = self._by_scope[subscriber.reach.scope]
            reaches.discard(subscriber.reach)
            if not reaches:
                del self._by_scope[subscriber.reach.scope]

    def close_session(self, session: str) -> None:
        """End the streams of a session that was closed."""
        for subscriber in [one for one in self._subscribers() if one.session == session]:
            self._end(subscriber)

    def close(self) -> None:
        """End every stream; screens come back by themselves."""
        for subscriber in list(self._subscribers()):
            subscriber.close()

    def summary(self, reach: Reach, now: float) -> views.Summary:
        """Give the figures of one reach as of now."""
        return self._figures(reach, now, self._windows_within(now))

    def _figures(self, reach: Reach, now: float, windows: Mapping[Scope, list[WindowDeclared]]) -> views.Summary:
        pulse, mine = self._source.pulse(), windows.get(reach.scope, [])
        return self._counters.summary(
            reach, self.seq, round(now * 1000), pulse.lag_ms, journal_ok=pulse.journal_ok, windows=mine
        )

    def _windows_within(self, now: float) -> Mapping[Scope, list[WindowDeclared]]:
        """Sort the tests and drills under way by the branches that have a screen open, those that end first."""
        found: dict[Scope, list[WindowDeclared]] = {}
        for window in sorted(self._source.windows(now), key=lambda window: (window.end, window.id)):
            for scope in self._tree.above(window.school):
                found.setdefault(scope, []).append(window)
        return found

    def _alert(self, alert: Alert) -> bool:
        self._counters.alert(alert)
        body = wire.encode(self._source.show(alert))
        self._alerts.pop(alert.id, None)  # The newest change stands last.
        less = discreet(alert)
        shown = wire.encode(self._source.show(less)) if less is not alert else b""
        self._alerts[alert.id] = AlertChange(alert.school, is_covert(alert), alert.id, body, alert.unit, shown)
        return alert.severity is Severity.CRITICAL

    def _gone(self, alert: Alert) -> bool:
        self._counters.gone(alert.id)
        self._alerts.pop(alert.id, None)
        self._alerts[alert.id] = AlertChange(alert.school, is_covert(alert), alert.id, b"", alert.unit)
        return alert.severity is Severity.CRITICAL

    def _verdict(self, school: str, indicator: str, figure: str, verdict: Verdict | None) -> None:
        place = self._indicators.get(indicator)
        if place is not None:
            self._cells[school, place, figure] = CellChange(school, place, figure, letter_of(verdict))

    def _count(self, gateway: str, device: str, liveness: str) -> None:
        if device:
            self._counters.device(gateway, device, liveness)
        else:
            self._counters.gateway(gateway, liveness)

    def _flush_alerts(self, now: float) -> None:
        self._alerts_due = now + ALERTS_SECONDS
        self._flush(Topic.ALERTS, tuple(self._alerts.values()))
        self._alerts.clear()

    def _flush(self, topic: Topic, changes: tuple[Change, ...]) -> None:
        if not changes:
            return
        frame = self._frames.append(topic, changes)
        for reach, mine in self._sorted_out(frame).items():
            data = self._frame_data(reach, frame.topic, mine, frame.seq)
            self._tell(reach, wire.event(topic.value, data, self.epoch, frame.seq))

    def _sorted_out(self, frame: Frame) -> dict[Reach, list[Change]]:
        """Give each open reach its part of a frame; a change costs the depth of the tree, not the number of screens."""
        found: dict[Reach, list[Change]] = {}
        for change in frame.changes:
            for scope in self._scopes(change):
                reaches = self._by_scope.get(scope, ()) if scope is not UNPLACED else self._channels
                for reach in reaches:
                    if self._within(reach, change):
                        found.setdefault(reach, []).append(change)
        return found

    def _scopes(self, change: Change) -> Iterable[Scope]:
        if isinstance(change, AlertChange) and change.unit:
            return self._tree.around(change.unit) or (UNPLACED,)
        return self._tree.above(change.school) or (UNPLACED,)

    def _within(self, reach: Reach, change: Change) -> bool:
        if isinstance(change, AlertChange):
            if change.unit:
                return reach.scope in self._tree.around(change.unit) or (
                    reach.unplaced and change.unit not in self._tree.units
                )
            if change.covert and not reach.covert:
                return False
            if change.school not in self._tree.schools:
                return reach.unplaced
        return change.school in self._tree.branch(reach.scope)

    def _frame_data(self, reach: Reach, topic: Topic, changes: Iterable[Change], seq: int) -> bytes:
        places = self._tree.branch(reach.scope).places
        bodies: list[bytes] = []
        gone: list[str] = []
        cells: list[tuple[int, int, str, str]] = []
        schools: list[tuple[int, str]] = []
        for change in changes:
            if isinstance(change, AlertChange) and change.body:
                bodies.append(change.body if reach.covert else change.discreet or change.body)
            elif isinstance(change, AlertChange):
                gone.append(change.id)
            elif isinstance(change, CellChange):
                cells.append((places[change.school], change.indicator, change.figure, change.letter))  # type: ignore[index]
            else:
                schools.append((places[change.school], change.liveness))  # type: ignore[index]
        match topic:
            case Topic.ALERTS:
                return b'{"seq":%d,"up":[%b],"gone":%b}' % (seq, b",".join(bodies), wire.encode(gone))
            case Topic.COVERAGE:
                return b'{"seq":%d,"c":%b}' % (seq, wire.encode(cells))
            case Topic.LIVENESS:
                return b'{"seq":%d,"g":%b}' % (seq, wire.encode(schools))

    def _catch_up(self, subscriber: Subscriber, last_event_id: str) -> None:
        """Tell what was missed, each thing once as it is now; what is pending still comes with the next flush."""
        known = wire.parse_event_id(last_event_id)
        if known is None or known[0] != self.epoch or not self._frames.reaches(known[1]):
            self._reset(subscriber, "replay_lost")
            return
        newest: dict[Topic, dict[object, Change]] = {topic: {} for topic in Topic}
        for frame in self._frames.after(known[1]):
            for change in frame.changes:
                if self._within(subscriber.reach, change):
                    seen = newest[frame.topic]
                    key = _key(change)
                    seen.pop(key, None)
                    seen[key] = change
        for topic, changes in newest.items():
            if changes:
                data = self._frame_data(subscriber.reach, topic, changes.values(), self.seq)
                subscriber.push(wire.part(topic.value, data))
        self.replays += 1

    def _tell(self, reach: Reach, event: bytes) -> None:
        for subscriber in self._channels[reach]:
            subscriber.push(event)
            self.sent += 1

    def _tell_summaries(self, now: float) -> None:
        windows = self._windows_within(now)
        for reach in self._channels:
            self._tell(reach, self._event("summary", self._figures(reach, now, windows)))

    def _summary(self, reach: Reach, now: float) -> bytes:
        return self._event("summary", self.summary(reach, now))

    def _event(self, name: str, view: views.View) -> bytes:
        return wire.event(name, wire.encode(view), self.epoch, self.seq)

    def _reset(self, subscriber: Subscriber, reason: views.ResetReason) -> None:
        self.resets += 1
        subscriber.push(self._event("reset", views.ResetEvent(reason=reason)))

    def _end(self, subscriber: Subscriber) -> None:
        self.resets += 1
        subscriber.close(self._event("reset", views.ResetEvent(reason="session")))

    def _subscribers(self) -> list[Subscriber]:
        return [subscriber for channel in self._channels.values() for subscriber in channel]


def letter_of(verdict: Verdict | None) -> str:
    """Give the letter of a cell; a dash where the indicator does not ask about the school."""
    return LETTERS[verdict.judgement] if verdict else "-"


def _key(change: Change) -> object:
    if isinstance(change, AlertChange):
        return change.id
    return (change.school, change.indicator, change.figure) if isinstance(change, CellChange) else change.school
