"""What runs by the clock: the steps of chains that nobody has answered, and acknowledgements on which nobody has acted.

Each due instant stands in a fact, so it outlasts a restart and is known to every server. The clock itself may be set: where
it goes ahead, what is due comes early by as much; where it goes back, what is due is moved back with it, so that nobody
waits an hour longer for an hour that was put back.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from server.core.alert import Alert
from server.core.deadlines import Deadlines
from server.core.effects import Effect
from server.core.escalation import plan_of
from server.core.fact import Fact, What
from server.core.lifecycle import happens

if TYPE_CHECKING:
    from server.core.book import Book

BACK_SECONDS = 2.0  # A clock that goes back by less is being corrected; the steps of a chain bear it.
RETIMED_PER_TICK_MAX = 500  # Some 20 ms; calls for help first, the rest in the next ticks.


class Running:
    """Takes what is due, once and in order. One server at a time leads: only that one records what follows."""

    def __init__(self, book: "Book") -> None:
        self._book = book
        self._steps: Deadlines[str] = Deadlines()
        self._expiries: Deadlines[str] = Deadlines()
        self._fresh: dict[str, None] = {}  # Alerts with a new due instant, by whichever clock.
        self._back: dict[str, float] = {}  # Alerts whose due instants are to move back, by so many seconds.
        self._ticked: float | None = None
        self._led = False

    def entered(self, before: Alert | None, after: Alert) -> None:
        """Note when an alert that has changed must be looked at again."""
        step, expiry = after.next_escalation_at, after.ack_expires_at
        if step is not None and (before is None or before.next_escalation_at != step):
            self._steps.add(step, after.id)
            self._fresh[after.id] = None
        if expiry is not None and (before is None or before.ack_expires_at != expiry):
            self._expiries.add(expiry, after.id)
            self._fresh[after.id] = None

    def tick(self, now: float, *, leads: bool) -> list[Effect]:
        """Take everything that is due, if we lead; after a long silence each step is taken in turn."""
        self._note_clock(now, leads=leads)
        if not leads:
            self._fresh.clear()
            self._back.clear()
            return []
        return [*self._retime(now), *self._expire(now), *self._escalate(now)]

    def _note_clock(self, now: float, *, leads: bool) -> None:
        back = 0.0 if self._ticked is None else self._ticked - now
        if leads and not self._led:
            self._fresh.update(dict.fromkeys(alert.id for alert in self._waiting()))
        elif back > BACK_SECONDS:
            for alert in self._waiting():
                if alert.id not in self._fresh:  # Of those we cannot tell whether they rang before the step or after it.
                    self._back[alert.id] = self._back.get(alert.id, 0.0) + back
        self._ticked, self._led = now, leads

    def _waiting(self) -> Iterator[Alert]:
        for alert in self._book.alerts.values():
            if alert.next_escalation_at is not None or alert.ack_expires_at is not None:
                yield alert

    def _retime(self, now: float) -> list[Effect]:
        """Bring what is due too late for its chain to where it belongs."""
        alerts: Mapping[str, Alert] = self._book.alerts
        keys = [key for key in {**self._fresh, **self._back} if key in alerts]
        keys.sort(key=lambda key: alerts[key].severity)
        effects: list[Effect] = []
        for key in keys:
            if len(effects) >= RETIMED_PER_TICK_MAX:
                return effects
            self._fresh.pop(key, None)
            fact = _brought_back(alerts[key], self._back.pop(key, 0.0), now)
            if fact is not None:
                effects.append(self._book.record(key, fact))
                self._fresh.pop(key, None)  # It is right by this very clock.
        self._fresh.clear()
        self._back.clear()
        return effects

    def _expire(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for due, key in self._expiries.due(now, limit=len(self._expiries)):
            alert = self._book.alerts.get(key)
            if alert is not None and happens(alert, What.ACK_EXPIRED) and alert.ack_expires_at == due:
                effects += self._book.ring_again(key, Fact(What.ACK_EXPIRED, now, note=alert.owner, expires_at=due))
        return effects

    def _escalate(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        for due, key in self._steps.due(now, limit=len(self._steps)):
            while (alert := self._book.alerts.get(key)) and alert.next_escalation_at == due and due <= now:
                plan = plan_of(alert)
                step = min(alert.escalation + 1, len(plan.chain) - 1)
                following = plan.next_due(step, due)
                effects.append(self._book.record(key, Fact(What.ESCALATED, now, step=step, next_at=following)))
                effects += self._book.told(key, step)
                if following is None:
                    break
                due = following  # noqa: PLW2901  # The next step of the same alert may be due already.
        return effects


def _brought_back(alert: Alert, back: float, now: float) -> Fact | None:
    """Give the fact that moves what an alert waits for; None where it is due in good time already."""
    plan = plan_of(alert)
    step = _nearer(alert.next_escalation_at, plan.wait(alert.escalation), back, now)
    expiry = _nearer(alert.ack_expires_at, plan.ack_seconds or None, back, now)
    if (step, expiry) == (alert.next_escalation_at, alert.ack_expires_at):
        return None
    return Fact(What.RETIMED, now, next_at=step, expires_at=expiry)


def _nearer(due: float | None, wait: float | None, back: float, now: float) -> float | None:
    """Move a due instant back with the clock; whatever the clock did, it is never further away than the whole wait."""
    if due is None:
        return None
    moved = due - back if wait is None else min(due - back, now + wait)
    return moved if due - moved > BACK_SECONDS else due
