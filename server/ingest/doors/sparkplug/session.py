"""One edge node's side of the conversation: births, aliases, sequence, deaths, and what its data mean by them.

Pure: `take(message, now)` and `tick(now)` give what follows. What can be decoded without doubt is told at once; a metric
that is named only by an alias, while its birth cannot be trusted, is held until a rebirth says what it was. An alarm waits
for nothing.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from contract.errors import Refused
from contract.limits import DEVICES_PER_GATEWAY_MAX
from contract.records import Value
from server.ingest.doors.sparkplug.address import Verb
from server.ingest.doors.sparkplug.alarms import ACTIVE, COUNT, EVENT, MODE, NAMES, AlarmTold, Watch
from server.ingest.doors.sparkplug.model import (
    Alarmed,
    Ask,
    Born,
    Died,
    GivenUp,
    Known,
    Memory,
    Message,
    Sample,
    Sampled,
    Table,
    Told,
)
from server.ingest.doors.sparkplug.payload import Metric, Payload, value_of

SEQUENCE = 256  # Numbers run from 0 to 255 and round again.
WAITING_MAX = 64  # Messages that came before the one in front of them; more are not disorder but loss.
HELD_MAX = 2_000  # Metrics that wait for a birth; beyond it the oldest are given up.
HELD_SECONDS = 120.0
RECENT_MAX = 32  # Messages by which a repeat is known.
METRICS_KNOWN_MAX = 20_000  # Of one node with all its devices.
RESUME_SECONDS = 300.0  # After a longer absence of ours an unbroken sequence is no proof: it goes round.
BD_SEQ = "bdSeq"

Count = Callable[[str, int], None]


class Session:
    """Everything known of one edge node. `changed` says that `memory` should be stored again."""

    def __init__(self, count: Count, reorder_seconds: float, memory: Memory | None = None, seq: int | None = None) -> None:
        self.memory = memory or Memory()
        self.seq = seq
        self.changed = False
        self._count = count
        self._reorder_seconds = reorder_seconds
        self._waiting: dict[int, Message] = {}
        self._deadline: float | None = None
        self._held: deque[tuple[Message, Metric]] = deque()
        self._recent: deque[bytes] = deque(maxlen=RECENT_MAX)
        self._last: dict[tuple[str, str], tuple[int, Value]] = {}

    # ---------------------------------------------------------------- what comes

    def take(self, message: Message, now: float) -> list[Told]:
        """Take in one message."""
        if message.verb is Verb.NODE_BIRTH:
            return self._node_birth(message)
        if message.verb is Verb.NODE_DEATH:
            return self._node_death(message)
        if self._repeated(message):
            self._count("repeated", 1)
            return []
        seq = message.payload.seq
        if not self.memory.sure or self.seq is None or seq is None:
            self.seq = self.seq if seq is None else seq
            told = self._apply(message)
            return told if self.memory.sure else [*told, Ask("no_birth" if not self.memory.alive else "gap")]
        if seq != (self.seq + 1) % SEQUENCE:
            return self._out_of_order(message, seq, now)
        self.seq = seq
        return self._apply(message) + self._drained()

    def tick(self, now: float) -> list[Told]:
        """Give up waiting for what is missing, and holding what no birth has explained."""
        told: list[Told] = []
        if self._deadline is not None and now >= self._deadline:
            told += self._give_up()
        while self._held and self._held[0][0].rx_ms < (now - HELD_SECONDS) * 1_000:
            told += self._let_go()
        return told

    @property
    def idle(self) -> bool:
        """Say whether nothing waits, so that `tick` has nothing to do."""
        return self._deadline is None and not self._held

    def tells_alarms(self, device: str) -> bool:
        """Say whether a device is known to tell of alarms."""
        table = self.memory.tables.get(device)
        return device in self.memory.alarms or (table is not None and not NAMES.isdisjoint(table.names))

    # ---------------------------------------------------------------- births and deaths

    def _node_birth(self, message: Message) -> list[Told]:
        told = self._applied_as_they_are()
        memory = self.memory
        memory.tables, memory.living = {"": self._table(message.payload)}, set()
        number = message.payload.metric(BD_SEQ)
        memory.bd_seq = int(number.raw) if number is not None and isinstance(number.raw, int) else None
        memory.alive = memory.sure = self.changed = True
        self.seq = message.payload.seq or 0
        self._recent.clear()
        self._repeated(message)
        return [*told, Born(""), *self._values(message), *self._explained("")]

    def _device_birth(self, message: Message) -> list[Told]:
        memory, device = self.memory, message.device
        if device not in memory.tables and len(memory.tables) > DEVICES_PER_GATEWAY_MAX:
            self._count("devices_refused", 1)
            return []
        memory.tables[device] = self._table(message.payload)
        memory.living.add(device)
        self.changed = True
        return [Born(device), *self._values(message), *self._explained(device)]

    def _node_death(self, message: Message) -> list[Told]:
        """Take a will in, unless it is that of a connection before the one we know."""
        memory = self.memory
        number = message.payload.metric(BD_SEQ)
        raw = number.raw if number is not None else None
        if memory.bd_seq is not None and isinstance(raw, int) and raw != memory.bd_seq:
            self._count("stale_deaths", 1)
            return []
        told = self._applied_as_they_are()
        while self._held:  # Whatever is born next may give the same aliases another meaning.
            told += self._let_go()
        was_alive, memory.alive, memory.sure, self.changed = memory.alive, False, False, True
        memory.living = set()
        self.seq = None
        return [*told, Died("")] if was_alive else told

    def _device_death(self, message: Message) -> list[Told]:
        self.memory.living.discard(message.device)
        self.changed = True
        return [Died(message.device)]

    def _table(self, payload: Payload) -> Table:
        room = METRICS_KNOWN_MAX - sum(len(table.names) for table in self.memory.tables.values())
        named = [metric for metric in payload.metrics if metric.name]
        if len(named) > room:
            self._count("metrics_refused", len(named) - max(0, room))
        table = Table({}, {})
        for metric in named[: max(0, room)]:
            table.names[metric.name] = Known(metric.name, metric.datatype, metric.unit)
            if metric.alias is not None:
                table.aliases[metric.alias] = metric.name
        return table

    # ---------------------------------------------------------------- order

    def _out_of_order(self, message: Message, seq: int, now: float) -> list[Told]:
        told: list[Told] = [*self._alarms_ahead(message)]
        if seq not in self._waiting:
            self._count("reordered", 1)
            self._waiting[seq] = message
        if self._deadline is None:
            self._deadline = now + self._reorder_seconds
        if len(self._waiting) >= WAITING_MAX:
            told += self._give_up()
        return told

    def _drained(self) -> list[Told]:
        """Take what was waiting for the message just taken."""
        told: list[Told] = []
        while self._waiting and self.seq is not None:
            following = self._waiting.pop((self.seq + 1) % SEQUENCE, None)
            if following is None:
                return told
            self.seq = (self.seq + 1) % SEQUENCE
            told += self._apply(following)
        self._deadline = None
        return told

    def _give_up(self) -> list[Told]:
        """Go on without what is missing: it may have been a birth, so from now on an alias proves nothing."""
        self._count("gaps", 1)
        self.memory.sure, self.changed = False, True
        return [*self._applied_as_they_are(), Ask("gap")]

    def _applied_as_they_are(self) -> list[Told]:
        """Take all that waits, in the order of its numbers."""
        base, waiting = self.seq or 0, self._waiting
        self._waiting, self._deadline = {}, None
        told: list[Told] = []
        if waiting:
            self.memory.sure = False
        for seq in sorted(waiting, key=lambda number: (number - base) % SEQUENCE):
            told += self._apply(waiting[seq])
            self.seq = seq
        return told

    def _repeated(self, message: Message) -> bool:
        """Say whether this very message came lately: by two brokers, or once more from one."""
        told = f"{message.verb}/{message.device}/".encode() + message.body
        digest = hashlib.blake2b(told, digest_size=12).digest()
        if digest in self._recent:
            return True
        self._recent.append(digest)
        return False

    # ---------------------------------------------------------------- meaning

    def _apply(self, message: Message) -> list[Told]:
        if message.verb is Verb.DEVICE_BIRTH:
            return self._device_birth(message)
        if message.verb is Verb.DEVICE_DEATH:
            return self._device_death(message)
        held = len(self._held)
        told = self._values(message)
        unborn = message.device not in self.memory.tables or len(self._held) > held
        return [*told, Ask("unborn")] if unborn and self.memory.sure else told

    def _values(self, message: Message) -> list[Told]:
        """Give a message's values and alarms; what cannot be decoded yet is held."""
        found: list[tuple[Metric, Known]] = []
        for metric in message.payload.metrics:
            known = self._known(message, metric, trust=self.memory.sure)
            if known is not None:
                found.append((metric, known))
            elif metric.name == BD_SEQ:
                continue
            elif metric.name or metric.alias is not None:
                self._hold(message, metric)
            else:
                self._count("undecodable", 1)
        alarms: list[Told] = [] if message.alarmed else self._alarmed(message, found)
        return [*alarms, *self._sampled(message, found)]

    def _alarms_ahead(self, message: Message) -> list[Told]:
        """Tell the alarms of a message before its turn, by whatever birth we have."""
        found = [
            (metric, known) for metric in message.payload.metrics if (known := self._known(message, metric, trust=True))
        ]
        told = self._alarmed(message, found)
        message.alarmed = message.alarmed or bool(told)
        return told

    def _known(self, message: Message, metric: Metric, *, trust: bool) -> Known | None:
        """Say what a metric is: by its own name and type, else by the birth."""
        table = self.memory.tables.get(message.device)
        born = table.names.get(metric.name or table.aliases.get(metric.alias or 0, "")) if table else None
        if metric.name:
            datatype = metric.datatype or (born.datatype if born else 0)
            return Known(metric.name, datatype, born.unit if born else metric.unit) if datatype else None
        if born is None or metric.alias is None:
            return None
        if metric.datatype not in (0, born.datatype):
            return None  # Not the metric that this alias was born as.
        return born if trust or born.name in NAMES else None  # An alarm does not wait for a rebirth.

    def _hold(self, message: Message, metric: Metric) -> None:
        self._count("held", 1)
        self._held.append((message, metric))
        if len(self._held) > HELD_MAX:
            self._held.popleft()
            self._count("undecodable", 1)

    def _explained(self, device: str) -> list[Told]:
        """Decode what was held for a birth of this device: no death came between, so the aliases are those of the birth."""
        mine = [(message, metric) for message, metric in self._held if message.device == device]
        if not mine:
            return []
        self._held = deque(pair for pair in self._held if pair[0].device != device)
        messages = {id(message): message for message, _ in mine}
        told: list[Told] = []
        for name, message in messages.items():
            metrics = [metric for one, metric in mine if id(one) == name]
            found = [(metric, known) for metric in metrics if (known := self._known(message, metric, trust=True))]
            self._count("redecoded", len(found))
            told += [*self._alarmed(message, found, late=True), *self._sampled(message, found, late=True)]
            if len(found) < len(metrics):
                self._count("undecodable", len(metrics) - len(found))
                told.append(GivenUp(message))
        return told

    def _let_go(self) -> list[Told]:
        message, _ = self._held.popleft()
        self._count("undecodable", 1)
        if self._held and self._held[0][0] is message:
            return []  # One letter for each message, with its last metric.
        return [GivenUp(message)]

    def _sampled(self, message: Message, found: Iterable[tuple[Metric, Known]], *, late: bool = False) -> list[Told]:
        samples: list[Sample] = []
        for metric, known in found:
            try:
                value = value_of(metric, known.datatype)
            except Refused:
                self._count("bad_values", 1)
                continue
            t_ms, historical = _instant(message, metric), late or metric.historical
            key = (message.device, known.name)
            if not historical:
                if self._last.get(key) == (t_ms, value):
                    self._count("collapsed", 1)
                    continue
                if len(self._last) >= METRICS_KNOWN_MAX:
                    self._last.clear()
                self._last[key] = (t_ms, value)
            samples.append(Sample(message.device, known.name, value, t_ms, historical))
        return [Sampled(samples)] if samples else []

    def _alarmed(self, message: Message, found: Iterable[tuple[Metric, Known]], *, late: bool = False) -> list[Told]:
        mine = [(metric, known) for metric, known in found if known.name in NAMES]
        if not mine:
            return []
        watch = self.memory.alarms.setdefault(message.device, Watch())
        before = msgspec.json.encode(watch)
        historical = [pair for pair in mine if late or pair[0].historical]
        present = [pair for pair in mine if not (late or pair[0].historical)]
        alarms = [alarm for told in _by_instant(message, historical) for alarm in watch.late(told)]
        if present:
            told = _told(present, max(_instant(message, metric) for metric, _ in present))
            alarms += watch.born(told) if message.verb.birth else watch.live(told)
        self.changed = self.changed or msgspec.json.encode(watch) != before
        return [Alarmed(message.device, alarms)] if alarms else []


def _by_instant(message: Message, found: Iterable[tuple[Metric, Known]]) -> list[AlarmTold]:
    groups: dict[int, list[tuple[Metric, Known]]] = {}
    for metric, known in found:
        groups.setdefault(_instant(message, metric), []).append((metric, known))
    return [_told(groups[t_ms], t_ms) for t_ms in sorted(groups)]


def _told(found: Iterable[tuple[Metric, Known]], t_ms: int) -> AlarmTold:
    values = {known.name: metric.raw for metric, known in found if not metric.null}
    active, event, count, mode = values.get(ACTIVE), values.get(EVENT), values.get(COUNT), values.get(MODE)
    return AlarmTold(
        t_ms,
        active if isinstance(active, bool) else bool(active) if isinstance(active, int) else None,
        str(event) if isinstance(event, str | int) else None,
        count if isinstance(count, int) and not isinstance(count, bool) else None,
        mode[:32] if isinstance(mode, str) else "real",
    )


def _instant(message: Message, metric: Metric) -> int:
    """Say when a value was measured: by its own time, its message's, or ours."""
    return metric.t_ms or message.payload.t_ms or message.rx_ms
