"""From an alert to what is owed: whom it should have told by now, and what is still to be sent. All pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.core.alert import OVER, Alert, Flow, Severity, State
from server.core.chain import Chain
from server.core.effects import NotificationDue
from server.notify.model import Due, due_id

GOES_ON = frozenset({"stored", "cleared", "confirmed", "noted", "escalated", "retimed", "counted"})  # Nobody's move.


@dataclass(frozen=True, slots=True)
class Owed:
    """One audience that is to be told of one step of one ringing of an alert."""

    alert: Alert
    step: int
    audience: str
    asked: bool = False  # A person asked for it after the alert was taken in hand.
    since: int = 0  # The first ringing whose word of this step holds for the present one too; 0 where only its own does.

    @property
    def id(self) -> str:
        """Give its key on record."""
        return due_id(self.alert.id, self.alert.rings, self.step, self.audience)

    @property
    def same(self) -> tuple[str, ...]:
        """Give the keys any of which says that it was told: one more press rings again and does not begin the chain anew."""
        rings = range(self.since or self.alert.rings, self.alert.rings + 1)
        return tuple(due_id(self.alert.id, ring, self.step, self.audience) for ring in rings)


def owed_for(told: NotificationDue) -> list[Owed]:
    """Take what the engine told."""
    alert = told.alert
    asked = alert.state is not State.RAISED
    return [Owed(alert, told.step, audience, asked=asked) for audience in told.audiences]


def owed(alert: Alert, chain: Chain) -> Iterator[Owed]:
    """List what an alert that nobody has taken in hand must have told by now, whether or not it did."""
    if alert.state is State.RAISED and not alert.held:
        for step, hop in enumerate(chain[: alert.escalation + 1]):
            for audience in hop.audiences:
                yield Owed(alert, step, audience, since=alert.rings - _pressed_since(alert) if step else alert.rings)


def still_wanted(due: Due, alert: Alert | None) -> bool:
    """Say whether what was not sent yet is still to be sent, as the alert stands now.

    Taken in hand, an alert tells nobody any more, but for what a person asked for, and but for the first step of a real
    press: that goes to every level at once, and one level's acknowledgement does not take it from the others. One that is
    over tells nobody. Of an alert that we do not know we have missed something, and tell rather than not.
    """
    if alert is None:
        return True
    if alert.state in OVER or alert.state is State.RECOVERED:
        return False
    if alert.held and not due.asked:
        return False
    return alert.state is State.RAISED or due.asked or _for_all_levels(due, alert)


def _pressed_since(alert: Alert) -> int:
    """Count the presses since the chain last began: each rang, and went on with the chain as it stood."""
    count = 0
    for step in reversed(alert.history):
        if step.what == "pressed":
            count += 1
        elif step.what not in GOES_ON:
            break
    return min(count, alert.rings - 1)


def _for_all_levels(due: Due, alert: Alert) -> bool:
    incident = alert.flow is Flow.INCIDENT and alert.mode == "real"
    return incident and alert.severity is Severity.CRITICAL and due.step == 0
