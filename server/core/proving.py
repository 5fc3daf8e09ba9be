"""Follows each test press to its end: shown, acknowledged, proven and over, or failed and told. Pure.

Which steps were taken is said by facts of the test's alert: so it stands after a restart, and is the same on every server.
"""

from collections.abc import Callable

from contract.identity import DeviceId, GatewayId
from contract.mode import Mode
from server.core.alert import Alert, Attached, State
from server.core.book import Book, Subject
from server.core.effects import DayNoted, Effect
from server.core.events import PressReceipted, PressShown
from server.core.fact import Fact, What
from server.core.fleet import Fleet
from server.core.lifecycle import RECOVERED, happens
from server.core.liveness import Home
from server.core.proof import ButtonTests, Proof, note, proof_of, read
from server.core.rule import Finding, View
from server.core.rules import test_failed

FOLLOWED_SECONDS = 86_400.0  # A test older than this is over, whatever becomes of it.
HOST, POLICE_ACK = "alarm_host", "police_ack"


class Proving:
    """Holds what is known of tests by button; `tick` tells what has come of them, if this server leads."""

    def __init__(self, book: Book, fleet: Fleet, mark: Callable[[Home | None], None]) -> None:
        self._book = book
        self._fleet = fleet
        self._mark = mark
        self._changed: dict[str, Home] = {}  # Schools whose newest proven test is another one since the last tick.
        self._followed: dict[tuple[str, str], float] = {}  # By gateway and button: when it was pressed.

    def shown(self, event: PressShown, _now: float) -> list[Effect]:
        """Note that a police screen has drawn presses; each is noted once, by whichever screen was first."""
        alert = self._book.alerts.get(event.alert)
        if alert is None:
            return []
        seen = alert.presses[: max(0, event.count - (alert.press_count - len(alert.presses)))]
        unseen = [press for press in seen if press.shown_at is None]
        return [
            self._book.record(alert.id, Fact(What.SHOWN, event.at, by=event.by, ref=press.id, t=max(event.at, press.rx)))
            for press in unseen
        ]

    def receipted(self, event: PressReceipted, now: float) -> list[Effect]:
        """Note that the police's side has acknowledged what was pressed until then."""
        alert = self._book.alerts.get(event.alert)
        if alert is None:
            return []
        return [
            self._receipt(alert.id, press.id, event.by, event.at, now) for press in alert.presses if _waits(press, event.at)
        ]

    def noted(self, alert: Alert) -> list[DayNoted]:
        """Take in what an alert of a test says of its presses, and give what is news of their buttons."""
        home = self._fleet.homes.get(alert.school)
        if home is None or alert.mode != Mode.TEST:
            return []
        found: list[DayNoted] = []
        for press in alert.presses:
            key = (alert.gateway, press.device)
            known = home.tests.get(key)
            proof = proof_of(alert, press)
            if known is not None and known.last.press == proof.press:
                proof = known.last.after(proof)
            elif known is not None and known.last.pressed > proof.pressed:
                continue
            tests = ButtonTests(proof, known.proven if known is not None else None)
            if _proves(proof):
                tests = ButtonTests(proof, proof)
            if tests != known:
                self._keep(home, key, tests)
                self._followed[key] = proof.pressed
                found += note(alert.school, *key, tests)
        return found

    def restored(self, home: Home, notes: list[DayNoted]) -> list[DayNoted]:
        """Take up what was noted before the start; what alerts say is younger and stays, and is given where it is news."""
        kept: dict[tuple[str, str], ButtonTests] = {}
        for one in sorted(notes, key=lambda one: one.key.startswith("test.")):  # Those that proved first.
            what, _, name = one.key.partition(".")
            proof = read(one.value) if what in ("test", "proven") else None
            if proof is None:
                continue
            gateway, _, device = name.partition("/")
            before = kept.get((gateway, device))
            proven = before.proven if before is not None else proof if what == "proven" else None
            kept[gateway, device] = ButtonTests(proof, proven)
        news: list[DayNoted] = []
        for key, tests in kept.items():
            ours = home.tests.get(key)
            if ours is None:
                self._keep(home, key, tests)
            elif ours.proven is None and tests.proven is not None:
                self._keep(home, key, ButtonTests(ours.last, tests.proven))
        for key, tests in home.tests.items():
            if kept.get(key) != tests:
                news += note(home.school.id, *key, tests)
        return news

    def tick(self, now: float, *, leads: bool) -> list[Effect]:
        """Look at every test that is under way: what is proven is over, what has failed is told."""
        effects: list[Effect] = []
        for key, pressed in list(self._followed.items()):
            state = self._fleet.find(GatewayId(key[0]), DeviceId(key[1]))
            home = state.home if state is not None else None
            if home is None or now > pressed + FOLLOWED_SECONDS or key not in home.tests:
                del self._followed[key]
            elif leads:
                effects += self._look(home, key, now)
        return effects

    def changed(self) -> list[Home]:
        """Give the schools whose newest proven test is another one since this was last asked: rules look at them."""
        changed = list(self._changed.values())
        self._changed.clear()
        return changed

    def _look(self, home: Home, key: tuple[str, str], now: float) -> list[Effect]:
        tests = home.tests[key]
        alert = self._book.of_signal(tests.last.press)
        if tests.last.receipted is None and alert is not None:
            at = _police_ack(home, tests.last.pressed)
            if at is not None:
                return [self._receipt(alert.id, tests.last.press, HOST, at, now)]
        view = View(self._fleet.roster.calendar, home.school, home=home, tests=tests, settings=home.settings)
        failed = self._book.open(Subject(test_failed.RULE.name, key[0], key[1], Mode.REAL.value, ""))
        finding = test_failed.RULE.evaluate(view, now)
        if finding is not None:
            del self._followed[key]
            self._mark(home)
            name = f"{test_failed.RULE.name}:{tests.last.press}"
            told = failed is not None or name in self._book.alerts
            return [] if told else self._book.raise_alert(_begin(name, finding, home, key, now), now)
        if not test_failed.RULE.cleared(view, now):
            return []
        del self._followed[key]
        effects: list[Effect] = []
        if alert is not None and alert.mode == Mode.TEST and happens(alert, What.PROVEN):
            effects.append(self._book.record(alert.id, Fact(What.PROVEN, now, cause=Mode.TEST.value)))
        return [*effects, *self._book.recover(failed, now, RECOVERED)] if failed is not None else effects

    def _receipt(self, alert: str, press: str, by: str, at: float, now: float) -> Effect:
        return self._book.record(alert, Fact(What.RECEIPTED, now, by=by, ref=press, t=min(at, now)))

    def _keep(self, home: Home, key: tuple[str, str], tests: ButtonTests) -> None:
        home.tests[key] = tests
        proven = tests.proven
        if proven is not None and (home.tested is None or proven.pressed > home.tested):
            home.tested = proven.pressed
            self._changed[home.school.id] = home
        self._mark(home)


def _waits(press: Attached, at: float) -> bool:
    return press.receipted_at is None and min(press.t, press.rx) <= at


def _proves(proof: Proof) -> bool:
    limits = (test_failed.SERVER_SECONDS, test_failed.POLICE_SECONDS)
    return proof.complete() and proof.lacking(*limits, proof.received) is None


def _police_ack(home: Home, since: float) -> float | None:
    """Find the first word of the police's side that a host of the school tells of after a press."""
    told = [state.value(POLICE_ACK) for state in home.kind(HOST)]
    times = [value / 1_000 for value in told if isinstance(value, int) and not isinstance(value, bool)]
    return min((at for at in times if at >= since), default=None)


def _begin(name: str, finding: Finding, home: Home, key: tuple[str, str], now: float) -> Alert:
    return Alert(
        id=name,
        rule=test_failed.RULE.name,
        severity=finding.severity,
        state=State.RAISED,
        mode=Mode.REAL.value,
        school=home.school.id,
        gateway=key[0],
        device=key[1],
        t=finding.since,
        rx=now,
        version=1,
        updated=now,
        detail=finding.detail,
        flow=finding.flow,
    )
