"""Sparkplug B's host application, without its sockets: judges every message of every edge node, and keeps the limits.

Pure: each method gives the effects that the shell carries out in the order given. Every message ends in exactly one of the
counters `taken`, `repeated`, `refused` and `bad`, and they add up to `messages`; nothing that a node sends raises.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from contract.errors import Reason, Refused
from contract.identity import GatewayId, Lane
from server.ingest.doors.sparkplug.address import Address, Node, Verb, command_topic, parse_address, state_topic
from server.ingest.doors.sparkplug.alarms import NAMES
from server.ingest.doors.sparkplug.effects import Bury, Deliver, Effect, Publish, Snapshot
from server.ingest.doors.sparkplug.mapping import Names
from server.ingest.doors.sparkplug.model import Alarmed, Ask, Born, Died, GivenUp, Memory, Message, Sampled, Told
from server.ingest.doors.sparkplug.payload import decode_payload, encode_rebirth
from server.ingest.doors.sparkplug.peer import Peer
from server.ingest.doors.sparkplug.session import RESUME_SECONDS, Session
from server.journal.model import DeadLetter

NODES_MAX = 2_000
REBIRTHS_PER_SECOND_MAX = 20  # Over all nodes: a broker that returns must not be answered by a storm.
QUIET_PROBE_SECONDS = 60.0  # After our connecting: a node that says nothing by then is asked whether it is there.
STATE_SECONDS = 1.0  # How often we say that we are there after all, when somebody says in our name that we are not.
HEAD_BYTES = 4_096  # Of a dead letter.
COUNTERS = (
    "messages", "taken", "repeated", "refused", "bad", "births", "deaths", "stale_deaths", "rebirths_asked",
    "reordered", "gaps", "held", "redecoded", "undecodable", "unmapped", "bad_values", "collapsed", "presses", "clears",
    "shed", "not_taken", "conflicts", "devices_refused", "metrics_refused", "state_rivals",
)  # fmt: skip


class Standing(msgspec.Struct):
    """One broker we are connected to."""

    since: float
    state_ms: int  # The time of our will, by which this connection's STATE is known.
    state_due: float = 0.0


class _State(msgspec.Struct):
    online: bool
    timestamp: int = 0


class Stored(msgspec.Struct, frozen=True):
    """What was stored of one node."""

    node: Node
    memory: Memory
    seq: int | None
    at: float


class Adapter:
    """All that we know as a host application. `draw` gives random numbers for epochs; `counters` go on from before.

    `shared`: other servers follow what we write, and hear nothing of a node but that.
    """

    def __init__(
        self, names: Names, draw: Callable[[], int], counters: dict[str, int] | None = None, *, shared: bool = False
    ) -> None:
        self._shared = shared
        self.counters = counters or dict.fromkeys(COUNTERS, 0)
        self._names = names
        self._draw = draw
        self._peers: dict[Node, Peer] = {}
        self._gateways: dict[GatewayId, Node] = {}
        self._refused: set[Node] = set()
        self._epochs: Mapping[GatewayId, int] = {}
        self._standing: dict[str, Standing] = {}
        self._requests: dict[int, Peer] = {}
        self._last_request = 0
        self._allowance = float(REBIRTHS_PER_SECOND_MAX)
        self._ticked: float | None = None
        self._stored_seqs: dict[Node, int | None] = {}

    # ---------------------------------------------------------------- the start, and what is stored

    def restore(self, stored: Iterable[Stored], epochs: Mapping[GatewayId, int], now: float) -> None:
        """Take in what was known before; `epochs` names the newest epoch counter of each gateway in the journal."""
        self._epochs = epochs
        for one in stored:
            memory = one.memory
            if now - one.at > RESUME_SECONDS:
                memory.sure = False
            self._stored_seqs[one.node] = one.seq
            self._peer(one.node, memory, one.seq)

    def snapshots(self) -> list[Snapshot]:
        """Give what has to be stored since the last time."""
        found = []
        for node, peer in self._peers.items():
            session = peer.session
            if session.changed:
                session.changed = False
                found.append(Snapshot(node, msgspec.json.encode(session.memory), session.seq))
            elif session.seq != self._stored_seqs.get(node):
                found.append(Snapshot(node, None, session.seq))
            self._stored_seqs[node] = session.seq
        return found

    def not_stored(self, snapshots: Iterable[Snapshot]) -> None:
        """Take back what could not be stored."""
        for one in snapshots:
            self._peers[one.node].session.changed = True

    # ---------------------------------------------------------------- connections and our own state

    def connected(self, broker: str, state_ms: int, now: float) -> list[Effect]:
        """Say on a new connection that we are there."""
        self._standing[broker] = Standing(now, state_ms)
        for peer in self._peers.values():
            if peer.broker in ("", broker):
                peer.vouched = False
        return [self._state(broker, online=True, at_ms=state_ms)]

    def lost(self, broker: str) -> None:
        """Note that a connection is gone: nothing more can be said of who speaks by it."""
        self._standing.pop(broker, None)
        for peer in self._peers.values():
            if peer.broker == broker:
                peer.vouched = False

    def leaving(self, broker: str, now: float) -> list[Effect]:
        """Say on a connection that we go."""
        self.lost(broker)
        return [self._state(broker, online=False, at_ms=int(now * 1_000))]

    def _state(self, broker: str, *, online: bool, at_ms: int) -> Publish:
        return Publish(broker, state_topic(self._names.host), state_payload(online=online, at_ms=at_ms), True, True)

    def _heard_state(self, broker: str, payload: bytes, now: float) -> list[Effect]:
        """Contradict whoever says that we are gone: the will of a connection before this one, or a rival."""
        standing = self._standing.get(broker)
        try:
            state = msgspec.json.decode(payload, type=_State)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return []
        if standing is None or (state.online and state.timestamp == standing.state_ms):
            return []
        if state.online:
            self.counters["state_rivals"] += state.timestamp > standing.state_ms
            return []
        if now < standing.state_due:
            return []
        standing.state_due = now + STATE_SECONDS
        return [self._state(broker, online=True, at_ms=standing.state_ms)]

    # ---------------------------------------------------------------- messages

    def heard(self, broker: str, topic: str, payload: bytes, now: float) -> list[Effect]:
        """Take in one message as it came."""
        if topic == state_topic(self._names.host):
            return self._heard_state(broker, payload, now)
        self._counted("messages")
        address: Address | None = None
        try:
            address = parse_address(topic)
            message = Message(address.verb, address.device, decode_payload(payload), payload, int(now * 1_000))
        except Refused as refusal:
            return self._bad(address, topic, payload, refusal, now)
        peer = self._peers.get(address.node) or self._peer(address.node)
        if peer is None:
            self._counted("refused")
            return self._turned_away(address, message)
        repeated = self.counters["repeated"]
        self._counted("births", address.verb.birth)
        self._counted("deaths", address.verb in (Verb.NODE_DEATH, Verb.DEVICE_DEATH))
        effects = peer.heard(broker, address.verb, now)
        effects += self._told(peer, peer.session.take(message, now), now)
        self._counted("taken", self.counters["repeated"] == repeated)
        return effects + peer.offers(now, lambda: self._request(peer), alarms_only=True)

    def finished(self, request: int, fate: str, reason: str, now: float) -> list[Effect]:
        """Take the fate of a batch."""
        peer = self._requests.pop(request, None)
        if peer is None:
            return []
        peer.finished(request, fate, reason, now)
        return peer.offers(now, lambda: self._request(peer))

    def tick(self, now: float) -> list[Effect]:
        """Do what is due: offers, signs of life, what has waited long enough, rebirths within their limits."""
        effects: list[Effect] = []
        passed = 0.0 if self._ticked is None else max(0.0, now - self._ticked)
        self._allowance = min(REBIRTHS_PER_SECOND_MAX, self._allowance + passed * REBIRTHS_PER_SECOND_MAX)
        self._ticked = now
        for peer in self._peers.values():
            if not peer.session.idle:
                effects += self._told(peer, peer.session.tick(now), now)
            effects += peer.beat(now)
            self._probe(peer, now)
            effects += self._rebirth(peer, now)
            effects += peer.offers(now, lambda peer=peer: self._request(peer))  # type: ignore[misc]
        return effects

    # ---------------------------------------------------------------- inside

    def _told(self, peer: Peer, told: Iterable[Told], now: float) -> list[Effect]:
        effects: list[Effect] = []
        for one in told:
            match one:
                case Sampled():
                    peer.sampled(one, now)
                case Alarmed():
                    peer.alarmed(one, now)
                case Born():
                    effects += peer.born(one, now)
                case Died():
                    effects += peer.died(one, now)
                case Ask():
                    peer.wanted = peer.wanted or one.why
                    effects += self._rebirth(peer, now)
                case GivenUp():
                    refusal = Refused(Reason.BAD_SHAPE, "metrics by alias alone, and no birth explained them")
                    effects.append(self._unread(peer, one.message.device, str(peer.node), one.message.body, refusal, now))
        return effects

    def _rebirth(self, peer: Peer, now: float) -> list[Effect]:
        if not peer.may_ask(now) or self._allowance < 1.0 or peer.broker not in self._standing:
            return []
        self._allowance -= 1.0
        self._counted("rebirths_asked")
        peer.ask(now)
        return [Publish(peer.broker, command_topic(peer.node), encode_rebirth(int(now * 1_000)))]

    def _probe(self, peer: Peer, now: float) -> None:
        """Ask a node that we believe in and have not heard since we connected: its death may have passed us by."""
        if peer.vouched or not peer.session.memory.alive:
            return
        due = sorted(name for name, one in self._standing.items() if now - one.since >= QUIET_PROBE_SECONDS)
        if due and now >= peer.ask_at:  # Where it is not known by which broker it will come, each in turn.
            peer.broker, peer.wanted = due[peer.asked % len(due)], peer.wanted or "quiet"

    def _peer(self, node: Node, memory: Memory | None = None, seq: int | None = None) -> Peer | None:
        """Make the peer of a node, unless there are too many, it has no name here, or another node has it already."""
        if node in self._refused:
            return None
        site = self._names.site(node) if len(self._peers) < NODES_MAX else None
        if site is None or self._gateways.setdefault(site.gateway, node) != node:
            if len(self._refused) < NODES_MAX:
                self._refused.add(node)
            return None
        session = Session(self._counted, self._names.reorder_seconds, memory, seq)
        peer = Peer(node, site, session, self._counted, self._epochs.get(site.gateway, -1), self._draw)
        peer.shared = self._shared
        self._peers[node] = peer
        return peer

    def _request(self, peer: Peer) -> int:
        self._last_request += 1
        self._requests[self._last_request] = peer
        return self._last_request

    def _counted(self, name: str, many: int = 1) -> None:
        self.counters[name] += many

    def _bad(self, address: Address | None, topic: str, payload: bytes, refusal: Refused, now: float) -> list[Effect]:
        self._counted("bad")
        peer = self._peers.get(address.node) if address else None
        if peer is None or address is None:
            return [_buried(GatewayId(""), topic, payload, refusal, now)]
        return [self._unread(peer, address.device, topic, payload, refusal, now)]

    def _unread(self, peer: Peer, device: str, topic: str, payload: bytes, refusal: Refused, now: float) -> Effect:
        """Bury what could not be read; where it may have been an alarm, operators are told, as of every alarm lane."""
        if peer.session.tells_alarms(device):
            return _unreadable_alarm(peer.site.gateway, payload)
        return _buried(peer.site.gateway, topic, payload, refusal, now)

    def _turned_away(self, address: Address, message: Message) -> list[Effect]:
        """Tell operators of an alarm by a node that we do not take; a node that nobody listed is nobody's alarm."""
        site = self._names.site(address.node)
        alarm = any(metric.name in NAMES for metric in message.payload.metrics)
        return [_unreadable_alarm(site.gateway, message.body)] if site and alarm else []


def state_payload(*, online: bool, at_ms: int) -> bytes:
    """Write our STATE."""
    return msgspec.json.encode(_State(online, at_ms))


def _unreadable_alarm(gateway: GatewayId, payload: bytes) -> Deliver:
    """Hand the bytes to the alarm lane, which cannot read them either: it buries them and rings for the operators."""
    return Deliver(gateway, f"up/{Lane.ALARM.value}", payload)


def _buried(gateway: GatewayId, topic: str, payload: bytes, refusal: Refused, now: float) -> Bury:
    return Bury(
        DeadLetter(
            gateway=gateway,
            topic=topic[:80],
            reason=refusal.reason.value,
            detail=refusal.detail[:200],
            sha256=hashlib.sha256(payload).digest(),
            head=payload[:HEAD_BYTES],
            rx_ms=int(now * 1_000),
        )
    )
