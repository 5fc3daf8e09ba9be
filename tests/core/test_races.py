"""Two servers and the people at them, in every order: what is stored is lawful, nothing is undone, no press is lost.

The journal of the test keeps what the real one keeps: the n-th fact of an alert once, each press once; whoever comes second
reads the alert again. Clocks tick at both, one of them leads.
"""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identity import DeviceId
from server.core.alert import Alert, State
from server.core.effects import AlertBehind, AlertChanged, Effect, NotificationDue
from server.core.events import (
    ActRequested,
    AlertOvertaken,
    Event,
    FactFollowed,
    FactRestored,
    LeadChanged,
    PressArrived,
    Ticked,
)
from server.core.fact import Fact, What, apply, brought, decode_fact
from server.core.lifecycle import MOVES, happens
from tests.core.talking import NOON, Talk, city, gateway_of, press_id, school, talking

ACTS = ["acknowledge", "dispatch", "arrive", "resolve", "false", "review", "reopen", "note", "escalate"]
BY_PEOPLE = {what for moves in MOVES.values() for what in moves.values()}
SINGLE = city(school(1), kinds={"btn-1": "alarm_button", "btn-2": "alarm_button"})


@dataclass
class Journal:
    """What is stored: the facts of each alert in order, and where each press is."""

    facts: dict[str, list[bytes]] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)
    presses: dict[str, str] = field(default_factory=dict)

    def take(self, alert: str, number: int, body: bytes) -> bool:
        """Store a fact, if it is the next of its alert and brings no press that stands already."""
        press = brought(decode_fact(body))
        if number != len(self.facts.get(alert, ())) + 1 or press in self.presses:
            return False
        self.facts.setdefault(alert, []).append(body)
        self.order.append((alert, number))
        if press:
            self.presses[press] = alert
        return True


@dataclass
class Server:
    """One engine with what it has not stored yet, and how far it has followed the others."""

    journal: Journal
    leads: bool
    talk: Talk = field(default_factory=lambda: talking(roster=SINGLE, now=NOON))
    waiting: list[tuple[str, int, bytes]] = field(default_factory=list)
    behind: set[str] = field(default_factory=set)
    read: int = 0
    told: list[NotificationDue] = field(default_factory=list)
    heard: list[PressArrived] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.say(LeadChanged(self.leads), NOON)

    def say(self, event: Event, now: float) -> list[Effect]:
        """Step the engine, and keep what it wants stored."""
        effects = self.talk.engine.step(event, now)
        for effect in effects:
            if isinstance(effect, AlertChanged) and effect.fact is not None:
                self.waiting.append((effect.alert.id, effect.alert.version, effect.fact))
            elif isinstance(effect, AlertBehind):
                self.behind.add(effect.alert)
            elif isinstance(effect, NotificationDue):
                self.told.append(effect)
        return effects

    def hear(self, press: PressArrived, now: float) -> None:
        """Take a press in; the journal of presses tells it again after a restart."""
        self.heard.append(press)
        self.say(press, now)

    def meet(self, now: float, *, journals: bool) -> None:
        """Let time pass, or store and follow."""
        if not journals:
            self.say(Ticked(), now)
            return
        self.store(now)
        self.follow(now)

    def lead(self, now: float, *, leads: bool) -> None:
        """Become the one that takes steps, or leave it to the other."""
        self.leads = leads
        self.say(LeadChanged(leads), now)

    @property
    def settled(self) -> bool:
        """Say whether it has stored and read everything."""
        return not self.waiting and not self.behind and self.read == len(self.journal.order)

    def follow(self, now: float) -> None:
        """Read what others stored."""
        for alert, number in self.journal.order[self.read :]:
            self.say(FactFollowed(alert, number, self.journal.facts[alert][number - 1]), now)
        self.read = len(self.journal.order)
        self.read_again(now)

    def store(self, now: float) -> None:
        """Store what waits; where another was first, read the alert again."""
        kept: list[tuple[str, int, bytes]] = []
        for alert, number, body in self.waiting:
            if alert in self.behind or not self.journal.take(alert, number, body):
                self.behind.add(alert)
                kept.append((alert, number, body))
        self.waiting = kept
        self.read_again(now)

    def read_again(self, now: float) -> None:
        """Take alerts as they stand in the journal, those first whose facts of ours were not taken."""
        for _ in range(50):
            if not self.behind:
                return
            ours = {alert for alert, _, _ in self.waiting}
            alert = min(self.behind, key=lambda one: (one not in ours, one))
            lost = [body for key, _, body in self.waiting if key == alert]
            elsewhere = frozenset(
                press for press in map(brought, map(decode_fact, lost)) if self.journal.presses.get(press, alert) != alert
            )
            self.waiting = [each for each in self.waiting if each[0] != alert]
            self.behind |= {self.journal.presses[press] for press in elsewhere}
            self.behind.discard(alert)
            self.say(AlertOvertaken(alert, tuple(self.journal.facts.get(alert, ())), lost, elsewhere), now)
        raise AssertionError("never settles")

    def restart(self, now: float) -> None:
        """Come back with nothing but what is stored; what was not stored is told again by the gateways."""
        self.talk = talking(roster=SINGLE, now=now)
        self.waiting, self.behind = [], set()
        for alert, number in self.journal.order:
            self.talk.engine.step(FactRestored(alert, self.journal.facts[alert][number - 1]), now)
        self.read = len(self.journal.order)
        self.say(LeadChanged(self.leads), now)
        for press in self.heard:
            self.say(press, now)

    def act(self, act: str, who: str, now: float) -> None:
        """Let somebody ask for a move of the newest incident, as they see it."""
        alerts = [alert for alert in self.talk.engine.alerts.values() if alert.presses]
        if alerts:
            newest = max(alerts, key=lambda alert: (alert.rx, alert.id))
            cause = {"resolve": "real", "false": "false_human"}.get(act, "")
            name = "resolve" if act == "false" else act
            self.say(ActRequested(newest.id, name, who, "command_centre", newest.version, cause=cause), now)


def pressed(number: int, device: str, now: float) -> PressArrived:
    """Tell a press, as its gateway does until it has a receipt."""
    return PressArrived(
        press_id(number), gateway_of(1), DeviceId(device), NOON + number, now, 3, "short", "real", stored=True
    )


DO = st.one_of(
    st.tuples(st.just("press"), st.integers(1, 6), st.sampled_from(["btn-1", "btn-2"]), st.booleans()),
    st.tuples(st.sampled_from(ACTS), st.sampled_from([0, 1]), st.sampled_from(["wang", "li"]), st.booleans()),
    st.tuples(st.sampled_from(["store", "follow"]), st.sampled_from([0, 1]), st.just(""), st.booleans()),
    st.tuples(st.sampled_from(["restart", "lead"]), st.sampled_from([0, 1]), st.just(""), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 31, 61, 130, 301]), st.just(""), st.booleans()),
    st.tuples(st.just("meet"), st.just(0), st.just(""), st.booleans()),
)


@settings(max_examples=400)
@given(st.lists(DO, min_size=3, max_size=40))
def test_in_whatever_order_two_servers_agree_on_a_lawful_life(story: list[tuple[str, int, str, bool]]) -> None:
    journal = Journal()
    servers = [Server(journal, leads=True), Server(journal, leads=False)]
    devices: dict[int, str] = {}
    now = play(servers, [("press", 1, "btn-1", True), ("meet", 0, "", True), *story], devices)
    settle(servers, now)

    one, other = (pictures(server) for server in servers)
    assert one == other, "both show the same"
    rows = Counter(row.id for alert in one.values() for row in alert.presses)
    assert set(rows.values()) <= {1}, "no press is shown twice"
    assert len(rows) == len(devices), "none is lost"
    for facts in journal.facts.values():
        lawful(facts)


def play(servers: list[Server], story: list[tuple[str, int, str, bool]], devices: dict[int, str]) -> float:
    """Let a story happen; `devices` takes in the button of each press. Gives when it ends."""
    now = NOON
    for what, number, name, both in story:
        now += 1
        if what == "press":
            device = devices.setdefault(number, name)  # A press told twice is the same press.
            for server in servers if both else servers[number % 2 :][:1]:
                server.hear(pressed(number, device, now), now)
        elif what in {"wait", "meet"}:
            for server in servers * 3:
                now += number / 6
                server.meet(now, journals=what == "meet")
        elif what == "lead":
            for place, server in enumerate(servers):
                server.lead(now, leads=place == number)
        elif what in {"store", "follow", "restart"}:
            getattr(servers[number], what)(now)
        else:
            servers[number].act(what, name, now)
    return now


def settle(servers: list[Server], now: float) -> None:
    """Let everything be stored and followed until nothing is left."""
    for _ in range(30):
        for server in servers:
            server.store(now)
            server.follow(now)
        if all(server.settled for server in servers):
            return
    raise AssertionError("never settles")


def pictures(server: Server) -> dict[str, Alert]:
    """Give the incidents as a server shows them."""
    return {key: alert for key, alert in server.talk.engine.alerts.items() if alert.presses}


def lawful(stored: list[bytes]) -> None:
    """Hold that every stored fact was legal where it came: by the table for people, by the other for the service."""
    alert: Alert | None = None
    for body in stored:
        fact = decode_fact(body)
        if alert is not None:
            assert legal(alert, fact), f"{fact.what} by {fact.by!r} in {alert.state}"
        alert = apply(alert, fact)


def legal(alert: Alert, fact: Fact) -> bool:
    """Say whether a fact may come where an alert stands."""
    if fact.what is What.ESCALATED and fact.by:
        return alert.open
    if fact.what in BY_PEOPLE and fact.by:
        return fact.what in {what for (state, _), what in MOVES[alert.flow].items() if state is alert.state}
    if fact.what is What.PRESSED:
        return alert.open
    return happens(alert, fact.what)


def test_of_an_acknowledgement_and_an_end_in_either_order_the_end_stays() -> None:
    """Two people at two servers: whoever is first, nothing comes back to life."""
    for first in (0, 1):
        journal = Journal()
        servers = [Server(journal, leads=True), Server(journal, leads=False)]
        servers[0].say(pressed(1, "btn-1", NOON), NOON)
        servers[0].act("acknowledge", "wang", NOON + 1)
        servers[0].store(NOON + 1)
        servers[1].follow(NOON + 2)
        servers[0].act("resolve", "wang", NOON + 3)
        servers[1].act("dispatch", "li", NOON + 3)
        for place in (first, 1 - first):
            servers[place].store(NOON + 4)
        for server in servers:
            server.follow(NOON + 5)

        states = {alert.state for server in servers for alert in pictures(server).values()}
        assert states == ({State.RESOLVED} if first == 0 else {State.DISPATCHED})


def test_a_step_that_meets_an_acknowledgement_is_not_recorded_after_it() -> None:
    """The leader takes the step while somebody takes the alert at the other server, whose word is stored first."""
    journal = Journal()
    leader, other = Server(journal, leads=True), Server(journal, leads=False)
    leader.hear(pressed(1, "btn-1", NOON), NOON)
    for server in (leader, other, leader):
        server.meet(NOON + 1, journals=True)
    other.act("acknowledge", "li", NOON + 30)
    leader.say(Ticked(), NOON + 31)
    other.store(NOON + 32)

    leader.store(NOON + 33)
    for second in range(34, 300):
        leader.say(Ticked(), NOON + second)

    assert [decode_fact(body).what for body in journal.facts[press_id(1)]] == [What.RAISED, What.ACKNOWLEDGED]
    assert press_id(1) not in {alert for alert, _, _ in leader.waiting}
    assert [told.step for told in leader.told if told.alert.presses] == [0, 1], (
        "told once before it was known, and no further"
    )


def test_an_acknowledgement_that_meets_a_step_is_made_all_the_same() -> None:
    """The step is nobody's decision: whoever took the alert at the other server at that very moment has taken it."""
    journal = Journal()
    leader, other = Server(journal, leads=True), Server(journal, leads=False)
    leader.hear(pressed(1, "btn-1", NOON), NOON)
    for server in (leader, other, leader):
        server.meet(NOON + 1, journals=True)
    leader.say(Ticked(), NOON + 31)
    leader.store(NOON + 31)
    other.act("acknowledge", "li", NOON + 31)

    for server in (other, other, leader):
        server.meet(NOON + 32, journals=True)

    told = [decode_fact(body).what for body in journal.facts[press_id(1)]]
    assert told == [What.RAISED, What.ESCALATED, What.ACKNOWLEDGED]
    assert [alert.state for alert in pictures(leader).values()] == [State.ACKNOWLEDGED]


def test_an_acknowledgement_that_meets_another_press_is_not() -> None:
    """Whoever took it had not seen that one."""
    journal = Journal()
    leader, other = Server(journal, leads=True), Server(journal, leads=False)
    leader.hear(pressed(1, "btn-1", NOON), NOON)
    for server in (leader, other, leader):
        server.meet(NOON + 1, journals=True)
    leader.hear(pressed(2, "btn-1", NOON + 2), NOON + 2)
    leader.store(NOON + 2)
    other.act("acknowledge", "li", NOON + 2)

    for server in (other, other, leader):
        server.meet(NOON + 3, journals=True)

    assert [alert.state for alert in pictures(leader).values()] == [State.RAISED]
    assert [alert.press_count for alert in pictures(other).values()] == [2]


def test_an_alert_acknowledged_two_months_ago_wakes_nobody() -> None:
    """Somebody went there: neither the clock, nor a restart, nor a change of the lead begins its chain again."""
    journal = Journal()
    server = Server(journal, leads=True)
    server.hear(pressed(1, "btn-1", NOON), NOON)
    server.act("acknowledge", "li", NOON + 5)
    server.act("arrive", "li", NOON + 60)
    server.store(NOON + 61)
    server.told.clear()

    for day in range(1, 61):
        server.restart(NOON + day * 86_400)
        server.lead(NOON + day * 86_400 + 1, leads=day % 2 == 0)
        server.say(Ticked(), NOON + day * 86_400 + 2)

    assert [told for told in server.told if told.alert.presses] == []
    assert [alert.state for alert in pictures(server).values()] == [State.ON_SCENE]
