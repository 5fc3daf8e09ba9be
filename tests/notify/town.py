"""What the tests of notifications share: alerts, plans, channels that do as they are told, and a clock that they move."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from server.channels.channel import Channel, Message, Outcome, Receipt, Subject
from server.core.alert import Alert, Flow, Severity, State, Step
from server.core.chain import Chain
from server.core.effects import NotificationDue
from server.core.escalation import CRITICAL
from server.journal.database import Database
from server.notify.composing import compose
from server.notify.dispatcher import Dispatcher, Neighbours
from server.notify.model import Plan, Recipient, Way
from server.notify.sending import Sender
from server.notify.store import Notifications

NOW = 1_790_000_000.0
FIRST = Recipient("duty/1", (Way("sms", "13800000001"), Way("chat")))
SECOND = Recipient("duty/2", (Way("sms", "13800000002"),))


def an_alert(id_: str = "press-1", **changes: object) -> Alert:
    """Make an alert of a real press that nobody has taken in hand."""
    begun = Alert(
        id=id_,
        rule="one_key_press",
        severity=Severity.CRITICAL,
        state=State.RAISED,
        mode="real",
        school="4507000001",
        gateway="gw-1",
        device="button-1",
        t=NOW,
        rx=NOW,
        version=1,
        updated=NOW,
        flow=Flow.INCIDENT,
        history=(Step(NOW, "raised"),),
    )
    return replace(begun, **changes)  # type: ignore[arg-type]


def subject_of(alert: Alert) -> Subject:
    """Describe an alert without a registry."""
    return Subject(
        alert=alert.id,
        rule=alert.rule,
        severity=alert.severity,
        mode=alert.mode,
        t=alert.t,
        rx=alert.rx,
        school=alert.school,
        school_name="第一小学",
        school_name_en="First Primary",
    )


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = NOW

    def __call__(self) -> float:
        """Give the instant."""
        return self.now


@dataclass
class Told:
    """A channel that does as it is told: each answer once, the last one for ever."""

    name: str
    answers: list[Outcome | str] = field(default_factory=lambda: [Outcome.ACCEPTED])
    kind: str = "test"
    report_seconds: float | None = None
    clock: Callable[[], float] = lambda: NOW
    got: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> Receipt:
        """Take a message."""
        self.got.append(message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "stall":
            await asyncio.Event().wait()
        if answer == "bug":
            raise ZeroDivisionError
        return Receipt(Outcome(answer), self.clock(), reference=f"{self.name}-{len(self.got)}")

    async def close(self) -> None:
        """Do nothing."""


@dataclass
class House:
    """One server's notifications, stepped by hand."""

    store: Notifications
    sender: Sender
    dispatcher: Dispatcher
    alerts: dict[str, Alert]
    clock: Clock

    async def tell(self, alert: Alert, step: int = 0, audiences: Sequence[str] = ("station",)) -> None:
        """Let the engine say that somebody must be told, and put it on record."""
        self.alerts[alert.id] = alert
        self.dispatcher.tell(NotificationDue(alert, step, tuple(audiences)))
        await self.dispatcher.put()

    async def turn(self, seconds: float = 0.0) -> None:
        """Let time pass, and do all that is due then."""
        self.clock.now += seconds
        for _ in range(20):
            more = await self.sender.look()
            await self.sender.idle()
            if not more:
                return


def house(
    database: Database,
    channels: Sequence[Channel],
    plan: Plan | None = ((FIRST,), (SECOND,)),
    *,
    owner: str = "server-1:a",
    clock: Clock | None = None,
    chain: Chain = CRITICAL,
    leads: bool = True,
) -> House:
    """Make a server's notifications over a database."""
    clock = clock or Clock()
    named = {channel.name: channel for channel in channels}
    kinds = {channel.name: channel.kind for channel in channels}
    alerts: dict[str, Alert] = {}
    store = Notifications(database, owner, lambda due, one, now_ms: compose(due, one, now_ms, kinds), clock)
    sender = Sender(store, named, alerts.get, clock)
    ask = Neighbours(
        plan=lambda _alert, _audience, _now: plan,
        about=subject_of,
        chain=lambda _: chain,
        alerts=alerts.values,
        leads=lambda: leads,
    )
    return House(store, sender, Dispatcher(store, ask, sender.wake, clock), alerts, clock)
