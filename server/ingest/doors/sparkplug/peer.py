"""One edge node inside the adapter: its session, its names, and the lanes by which it goes into the journal. Pure."""

from collections.abc import Callable

from contract.batch import encode_batch
from contract.identity import EpochId, Lane, make_epoch_id
from contract.limits import VERSION
from contract.messages import Link, Now, encode_message
from server.ingest.doors.sparkplug.address import Node, Verb
from server.ingest.doors.sparkplug.effects import Deliver, Effect
from server.ingest.doors.sparkplug.feed import Feed, Offer
from server.ingest.doors.sparkplug.mapping import OWN_DEVICE, Site
from server.ingest.doors.sparkplug.model import Alarmed, Born, Died, Sampled
from server.ingest.doors.sparkplug.records import GRADE, Names, alarm, births, own_reading, reading, readings
from server.ingest.doors.sparkplug.session import Count, Session

BEAT_SECONDS = 15.0  # As a gateway of ours speaks.
QUIET_SECONDS = 60.0  # How often a device that says nothing is told to be there, where the mapping trusts the session.
REBIRTH_SECONDS_MIN = 10.0
REBIRTH_SECONDS_MAX = 300.0  # A node that answers none is asked ever less often.
PATH = "sparkplug"


class Peer:
    """Everything of one edge node. The epochs are ours: a newer one at each start, the older of two for what is history."""

    def __init__(
        self, node: Node, site: Site, session: Session, count: Count, counter: int, draw: Callable[[], int]
    ) -> None:
        self.node = node
        self.site = site
        self.session = session
        self.shared = False  # Signs of life go into the journal, by which other servers hear of it.
        self.broker = ""
        self.vouched = False  # Heard since we are connected: before that, the broker may have told us of no death.
        self.beat_at = 0.0
        self.wanted = ""  # Why a rebirth is wanted.
        self.ask_at = 0.0
        self.asked = 0
        self._names = Names(site)
        self._count = count
        self._counter = counter
        self._draw = draw
        self._describe = False
        self._spoke: dict[str, float] = {}  # Device -> when it last said something.
        self._feeds: list[Feed] = []
        self._requests: dict[int, tuple[Feed, Offer]] = {}

    def heard(self, broker: str, verb: Verb, now: float) -> list[Effect]:
        """Note that the node speaks, and by which broker; the first time since we are connected, its gateway is there."""
        again, self.broker, self.vouched = self.vouched, broker, True
        if again or not self.session.memory.alive or verb in (Verb.NODE_DEATH, Verb.NODE_BIRTH):
            return []
        if self.wanted == "quiet":
            self.wanted, self.asked = "", 0
        self._describe = True
        return [self._link(self._live(now).epoch, there=True)]

    # ---------------------------------------------------------------- what the session tells

    def sampled(self, told: Sampled, now: float) -> None:
        """Take values."""
        live, past, unnamed = readings(told.samples, self._names)
        if unnamed:
            self._count("unmapped", unnamed)
        for sample in told.samples:
            self._spoke[sample.device] = now
        self._add(self._live(now), live)
        self._add(self._past(now), past)

    def alarmed(self, told: Alarmed, now: float) -> None:
        """Take presses and clears; a device that has no name here stands under the node itself rather than nowhere."""
        device = self._names.device(told.device) or self._names.device("")
        assert device is not None
        self._live(now)
        self._add(self._feeds[2], [alarm(self.node, told.device, device, one) for one in told.alarms])
        for one in told.alarms:
            self._count("presses" if one.what == "press" else "clears", 1)

    def born(self, told: Born, now: float) -> list[Effect]:
        """Take a birth: the gateway is there, and is described again; a device is there, by the word of its node."""
        self.asked, self.wanted, self._describe = 0, "", True
        live = self._live(now)
        if told.device:
            self._spoke[told.device] = now
            self._online(told.device, now, there=True)
            return []
        self._names.forget()
        self._spoke.clear()
        return [self._link(live.epoch, there=True)]

    def died(self, told: Died, now: float) -> list[Effect]:
        """Take a death: of a device, that it cannot be reached; of the node, that nothing can be said of any of them."""
        live = self._live(now)
        if told.device:
            self._online(told.device, now, there=False)
            return []
        return [self._link(live.epoch, there=False)]

    # ---------------------------------------------------------------- what goes to ingest

    def offers(self, now: float, request: Callable[[], int], *, alarms_only: bool = False) -> list[Effect]:
        """Give the batches whose turn it is, and the description where it has changed."""
        effects: list[Effect] = []
        for feed in reversed(self._feeds):  # Alarms first.
            while (not alarms_only or feed.lane is Lane.ALARM) and (offer := feed.offer(now)):
                number = request()
                self._requests[number] = (feed, offer)
                body = encode_batch(
                    self.site.gateway, feed.epoch, feed.lane, offer.first, int(now * 1_000), offer.bodies, grade=GRADE
                )
                effects.append(Deliver(self.site.gateway, f"up/{feed.lane.value}", body, number))
        if self._describe and self.vouched and not alarms_only:
            self._describe = False
            tables = self.session.memory.tables
            told = births(self.site.gateway, self._live(now).epoch, tables, self._names, self.site)
            leaves = ["birth"] if len(told) == 1 else [f"birth/{one.part}" for one in told]
            effects += [
                Deliver(self.site.gateway, leaf, encode_message(one)) for leaf, one in zip(leaves, told, strict=True)
            ]
        return effects

    def finished(self, number: int, fate: str, reason: str, now: float) -> None:
        """Take the fate of a batch."""
        found = self._requests.pop(number, None)
        if found is None or found[0] not in self._feeds:
            return
        feed, offer = found
        behind = fate == "gap" and offer.first == feed.first  # The journal has less than it had: it was restored.
        if fate in ("applied", "duplicate"):
            feed.committed(offer.last)
        elif behind or (fate == "refused" and reason == "position_conflict"):
            self._renew()
        elif fate == "dead" or (fate == "refused" and reason != "busy"):
            self._count("not_taken", feed.drop())
        else:
            feed.failed(now)

    def owns(self, number: int) -> bool:
        """Say whether a request is one of ours."""
        return number in self._requests

    def beat(self, now: float) -> list[Effect]:
        """Say that the node is there while its session stands: a node that reports by exception may be silent for hours."""
        if not (self.session.memory.alive and self.vouched):
            return []
        if self.site.quiet_is_alive:
            for device in self.session.memory.living:
                if now - self._spoke.get(device, 0.0) >= QUIET_SECONDS:
                    self._spoke[device] = now
                    self._online(device, now, there=True)
        if now < self.beat_at:
            return []
        self.beat_at = now + BEAT_SECONDS
        if self.shared:
            self._add(self._live(now), [reading(OWN_DEVICE, int(now * 1_000), {"session": True})])
            return []
        told = Now(VERSION, self.site.gateway, self._live(now).epoch, int(now * 1_000), [])
        return [Deliver(self.site.gateway, "now", encode_message(told))]

    def may_ask(self, now: float) -> bool:
        """Say whether a rebirth is wanted and may be asked for."""
        return bool(self.wanted) and now >= self.ask_at and bool(self.broker)

    def ask(self, now: float) -> None:
        """Note that it is being asked for."""
        self.asked += 1
        self.ask_at = now + min(REBIRTH_SECONDS_MAX, REBIRTH_SECONDS_MIN * 2 ** min(self.asked - 1, 5))

    # ---------------------------------------------------------------- inside

    def _online(self, device: str, now: float, *, there: bool) -> None:
        known = self._names.device(device)
        if known is not None:
            self._add(self._live(now), [reading(known, int(now * 1_000), {"online": there})])

    def _link(self, epoch: EpochId, *, there: bool) -> Deliver:
        return Deliver(self.site.gateway, "link", encode_message(Link(there, epoch, path=PATH)))

    def _add(self, feed: Feed, bodies: list[bytes]) -> None:
        if bodies and (given_up := feed.add(bodies)):
            self._count("shed", given_up)

    def _past(self, now: float) -> Feed:
        self._live(now)
        return self._feeds[0]

    def _live(self, now: float) -> Feed:
        """Give the feed of readings of now; the first time, open the epochs."""
        if not self._feeds:
            self._open()
            self._feeds[1].add([own_reading(self.node, int(now * 1_000))])
        return self._feeds[1]

    def _open(self) -> None:
        past, live = (make_epoch_id(self._counter + step, self._draw()) for step in (1, 2))
        self._counter += 2
        self._feeds = [Feed(past, Lane.TELEMETRY), Feed(live, Lane.TELEMETRY), Feed(live, Lane.ALARM)]

    def _renew(self) -> None:
        """Go on in new epochs with what has no commit."""
        old = self._feeds
        self._open()
        for feed, other in zip(old, self._feeds, strict=True):
            feed.move_to(other)
        self._requests.clear()
        self._count("conflicts", 1)
