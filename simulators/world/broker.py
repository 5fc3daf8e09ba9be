"""A broker in the world: it carries what it is given while it feels like it, and keeps nothing that it could lose."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from simulators.world.network import MISSED_SECONDS, Line, Pipe, Way
from simulators.world.process import Process
from simulators.world.wheel import Wheel

WATCH_SECONDS = 5.0  # How often a connection is looked at for ends that have gone.
OVERHEARD_MAX = 100
HANDSHAKE_BYTES = 60

Heard = Callable[[str, bytes], None]


class Broker:
    """One broker. Faults: killed with every session and retained message, acknowledging and forgetting, standing still."""

    def __init__(self, wheel: Wheel, name: str) -> None:
        self.name = name
        self.alive = True
        self.good_since = wheel.now
        self.lost = 0  # Messages it took and forgot.
        self._wheel = wheel
        self._forgetting = 0
        self._stopped = 0
        self._stopped_since = 0.0
        self._sessions: dict[str, Session] = {}
        self._retained: dict[str, bytes] = {}
        self._waiting: list[Callable[[], None]] = []
        self.overheard: deque[tuple[str, bytes]] = deque(maxlen=OVERHEARD_MAX)  # Commands, for whoever plays them again.

    @property
    def good(self) -> bool:
        """Say whether it carries what it is given."""
        return self.alive and not self._forgetting and not self._stopped

    @property
    def stopped_for(self) -> float:
        """Say how long it has stood still."""
        return self._wheel.now - self._stopped_since if self._stopped else 0.0

    def die(self) -> None:
        """End, with every session and all that was retained; nobody's will is told."""
        self.alive = False
        self._retained.clear()
        self._waiting.clear()
        for session in list(self._sessions.values()):
            session.end()
        self._sessions.clear()

    def start(self) -> None:
        """Come back knowing nothing."""
        self.alive = True
        self._stopped = self._forgetting = 0
        self.good_since = self._wheel.now

    def forget(self, *, on: bool) -> None:
        """Take messages, say that they are taken, and throw them away."""
        self._forgetting = max(0, self._forgetting + (1 if on else -1))
        self.good_since = self._wheel.now

    def stop(self, *, on: bool) -> None:
        """Stand still, or go on with all that came meanwhile."""
        self._stopped = max(0, self._stopped + (1 if on else -1))
        self._stopped_since = self.good_since = self._wheel.now
        if not self._stopped:
            waiting, self._waiting = self._waiting, []
            for work in waiting:
                work()

    def take(self, work: Callable[[], None]) -> None:
        """Have something come in; a dead broker hears nothing, one that stands still later."""
        if self._stopped:
            self._waiting.append(work)
        elif self.alive:
            work()

    def connect(self, session: "Session") -> None:
        """Accept a client; one that is there already under the same name is thrown out, as the standard has it."""
        former = self._sessions.pop(session.client, None)
        if former is not None and former is not session:
            former.end()
            self._tell_will(former)
        self._sessions[session.client] = session
        session.accepted()
        for address, payload in list(self._retained.items()):
            if session.wants(address):
                session.deliver(address, payload)

    def disconnect(self, session: "Session") -> None:
        """Notice that a client has gone, and tell its will."""
        if self._sessions.get(session.client) is session:
            del self._sessions[session.client]
            self._tell_will(session)

    def published(self, session: "Session", address: str, payload: bytes, *, retain: bool) -> None:
        """Hand a message on to whoever wants it."""
        if self._sessions.get(session.client) is session:
            self.publish(address, payload, retain=retain)

    def publish(self, address: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand a message on."""
        if address.endswith("/cmd"):
            self.overheard.append((address.split("/")[1], payload))
        if self._forgetting:
            self.lost += 1
            return
        if retain:
            self._retained[address] = payload
        for session in list(self._sessions.values()):
            if session.wants(address):
                session.deliver(address, payload)

    def _tell_will(self, session: "Session") -> None:
        if session.will is not None:
            self.publish(*session.will, retain=True)


class Session:
    """One connection of one process, used once. `stands` is the client's view of it."""

    def __init__(
        self,
        broker: Broker,
        line: Line,
        process: Process,
        client: str,
        topics: Sequence[str],
        heard: Heard,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self.client = client
        self.will = will
        self.stands = False
        self.since = 0.0  # When it began to stand.
        self.up = asyncio.Event()
        self.lost = asyncio.Event()
        self._broker = broker
        self._line = line
        self._process = process
        self._topics = [topic.split("/") for topic in topics]
        self._heard = heard
        self._pipes = {way: Pipe(line, way) for way in Way}
        self._over = False
        self._stopped_since: float | None = None

    def well(self, since: float) -> bool:
        """Say whether it has stood since an instant, with nothing in it that is late by then."""
        return self.stands and self.since <= since and all(pipe.late_until <= since for pipe in self._pipes.values())

    def open(self) -> None:
        """Knock at the broker's door."""
        if not self._broker.alive:
            self.end()
            return
        self._pipes[Way.UP].carry(HANDSHAKE_BYTES, lambda: self._broker.take(self._knocked))
        self._line.wheel.later(WATCH_SECONDS, self._watch)

    def publish(self, address: str, payload: bytes, *, retain: bool) -> None:
        """Hand a message to the line."""
        if self._over:
            return
        self._pipes[Way.UP].carry(
            len(payload) + len(address),
            lambda: self._broker.take(lambda: self._broker.published(self, address, payload, retain=retain)),
        )

    def deliver(self, address: str, payload: bytes) -> None:
        """Bring a message from the broker."""
        if not self._over:
            self._pipes[Way.DOWN].carry(len(payload) + len(address), lambda: self._hear(address, payload))

    def wants(self, address: str) -> bool:
        """Say whether the client has subscribed to an address."""
        parts = address.split("/")
        return any(_matches(topic, parts) for topic in self._topics)

    def accepted(self) -> None:
        """Learn that the broker let the client in."""
        self._pipes[Way.DOWN].carry(HANDSHAKE_BYTES, lambda: self._process.hear(self._opened))

    def end(self) -> None:
        """Break; the client notices as soon as it can notice anything."""
        if not self._over:
            self._over = True
            self.stands = False
            self._process.hear(self._noticed)

    def _noticed(self) -> None:
        self.up.set()  # Whoever still waits to be let in waits no longer.
        self.lost.set()

    def close(self) -> None:
        """Break at both ends: a connection that was cut, or a client that has gone."""
        self.end()
        self._broker.take(lambda: self._broker.disconnect(self))

    def _knocked(self) -> None:
        if not self._over:
            self._broker.connect(self)

    def _opened(self) -> None:
        if not self._over:
            self.stands = True
            self.since = self._line.wheel.now
            self.up.set()

    def _hear(self, address: str, payload: bytes) -> None:
        if not self._over:
            self._process.hear(lambda: None if self._over else self._heard(address, payload))

    def _watch(self) -> None:
        """Find out whether one of the ends, or the line between them, has been silent for too long."""
        if self._over:
            return
        now = self._line.wheel.now
        if self._process.dead:
            return  # Whoever ended it says how soon that is noticed.
        self._stopped_since = (self._stopped_since or now) if self._process.stopped else None
        stopped_for = now - self._stopped_since if self._stopped_since else 0.0
        if max(self._line.silent_for(), self._broker.stopped_for, stopped_for) >= MISSED_SECONDS:
            self.close()
            return
        self._line.wheel.later(WATCH_SECONDS, self._watch)


def _matches(topic: Sequence[str], parts: Sequence[str]) -> bool:
    return len(topic) == len(parts) and all(want in ("+", have) for want, have in zip(topic, parts, strict=True))
