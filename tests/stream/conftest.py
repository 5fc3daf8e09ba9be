"""A hub over the small city, with the clock in the test's hand and screens that are read like a browser reads them."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.api.show import alert_view
from server.core.alert import Alert
from server.core.effects import AlertChanged, AlertGone, LivenessChanged, VerdictChanged
from server.core.verdict import Judgement
from server.registry.accounts import Accounts
from server.registry.tree import Tree
from server.security.access import Reach, reach
from server.stream.hub import Hub, Pulse, Source
from server.stream.subscriber import Subscriber
from tests.api.engine import FakeEngine, verdict
from tests.registry.city import roster, users

EPOCH = "e1"


@dataclass
class Event:
    """One event as a browser gets it."""

    name: str
    data: dict[str, Any]
    id: str = ""


@dataclass
class Screen:
    """One open stream; `last_id` is what its browser would resume from."""

    subscriber: Subscriber
    last_id: str = ""
    heartbeats: int = 0

    async def read(self) -> list[Event]:
        """Take everything that waits, as a browser parses it; nothing when nothing waits."""
        if not self.subscriber._pieces and not self.subscriber.closed:
            return []
        return self.parse(await self.subscriber.take())

    def parse(self, text: bytes) -> list[Event]:
        """Read bytes of the stream."""
        found = []
        for block in text.decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if not fields:
                self.heartbeats += 1
                continue
            self.last_id = fields.get("id", self.last_id)
            found.append(Event(fields["event"], json.loads(fields["data"]), fields.get("id", "")))
        return found

    async def names(self) -> list[str]:
        """Take everything that waits and give the events' names."""
        return [event.name for event in await self.read()]

    async def alerts(self) -> list[str]:
        """Take everything that waits and give the ids of the alerts told, in order."""
        return [alert["id"] for event in await self.read() if event.name == "alerts" for alert in event.data["up"]]


@dataclass
class Neighbours:
    """What the hub reads of the rest of the server."""

    tree: Tree = field(default_factory=lambda: Tree(roster()))
    indicators: dict[str, int] = field(default_factory=lambda: {"t1": 0, "t2": 1})
    alive: set[str] = field(default_factory=lambda: {"s1", "s2"})
    pulse: Pulse = field(default_factory=Pulse)


@dataclass
class House:
    """A hub with everything a test wants to reach into."""

    hub: Hub
    near: Neighbours
    now: float = 1000.0

    def reach(self, name: str) -> Reach:
        """Give the reach of a user of the small city."""
        [user] = [one for one in users() if one.name == name]
        return reach(user, self.near.tree)

    def join(self, name: str = "chief", session: str = "s1", after: str | None = None) -> Screen:
        """Open a stream."""
        subscriber = self.hub.join(self.reach(name), session, after, self.now)
        assert subscriber is not None
        return Screen(subscriber)

    async def watching(self, name: str = "chief", session: str = "s1") -> Screen:
        """Open a stream and read its beginning."""
        screen = self.join(name, session)
        await screen.read()
        return screen

    def tell(self, *alerts: Alert) -> None:
        """Let the engine say that alerts changed."""
        self.hub.effects([AlertChanged(alert, None) for alert in alerts], self.now)

    def gone(self, alert: Alert) -> None:
        """Let the engine say that an alert has been taken up by another one."""
        self.hub.effects([AlertGone(alert)], self.now)

    def judge(self, school: str, indicator: str, judgement: Judgement) -> None:
        """Let the engine say that a live verdict changed."""
        self.hub.effects([VerdictChanged(school, indicator, None, verdict(judgement))], self.now)

    def heard(self, gateway: str, liveness: str, device: str = "") -> None:
        """Let the engine say that a gateway or device changed."""
        self.hub.effects([LivenessChanged(gateway, device, liveness, self.now)], self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass, then tick once."""
        self.now += seconds
        self.hub.tick(self.now)


@pytest.fixture
def house() -> House:
    """Give a hub of the small city, nothing of which has been heard yet."""
    near, engine = Neighbours(), FakeEngine()
    accounts = Accounts(None)  # type: ignore[arg-type]  # No name is looked up.
    source = Source(
        tree=lambda: near.tree,
        show=lambda alert: alert_view(alert, near.tree, accounts, engine),
        indicators=lambda: near.indicators,
        pulse=lambda: near.pulse,
    )
    house = House(Hub(EPOCH, source, lambda session, _: session in near.alive), near)
    house.hub.tick(house.now)
    return house
