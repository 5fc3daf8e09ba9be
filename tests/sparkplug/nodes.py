"""An edge node in a few words, and a bench on which the adapter is stepped without sockets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contract.batch import Batch, decode_batch
from contract.identity import GatewayId
from contract.messages import Birth, Link, decode_message
from contract.records import Clear, Press, Reading
from server.ingest.doors.sparkplug.adapter import Adapter, Stored
from server.ingest.doors.sparkplug.effects import Bury, Deliver, Effect, Publish
from server.ingest.doors.sparkplug.mapping import Names
from server.ingest.doors.sparkplug.schema import PayloadMessage

NOW = 1_795_478_400.0
MS = int(NOW * 1_000)
BROKER = "broker:1883"
INT32, DOUBLE, BOOLEAN, STRING, UINT64 = 3, 10, 11, 12, 8
TYPES: dict[type, tuple[int, str]] = {
    bool: (BOOLEAN, "boolean_value"),
    int: (INT32, "int_value"),
    float: (DOUBLE, "double_value"),
    str: (STRING, "string_value"),
}


def metric(
    name: str = "", value: object = None, *, alias: int | None = None, typed: bool = True, **given: Any
) -> dict[str, Any]:
    """Describe a metric; `typed` says whether its message names the data type."""
    datatype, field_name = TYPES[type(value)] if value is not None else (INT32, "")
    made: dict[str, Any] = {"timestamp": MS, **given}
    if name:
        made["name"] = name.encode()
    if alias is not None:
        made["alias"] = alias
    if typed:
        made["datatype"] = datatype
    if value is None:
        made["is_null"] = True
    else:
        raw = value.encode() if isinstance(value, str) else value
        made[field_name] = raw & 0xFFFFFFFF if isinstance(raw, int) and not isinstance(raw, bool) else raw
    return made


def payload(metrics: Iterable[dict[str, Any]] = (), seq: int | None = None, **given: Any) -> bytes:
    """Write a payload."""
    message = PayloadMessage(timestamp=MS, **given)
    if seq is not None:
        message.seq = seq
    for one in metrics:
        message.metrics.add(**one)
    return bytes(message.SerializeToString())


@dataclass
class Edge:
    """An edge node: counts its messages as the standard says."""

    group: str = "G1"
    name: str = "Node-1"
    bd_seq: int = 0
    seq: int = 0

    def topic(self, verb: str, device: str = "") -> str:
        """Name a topic of its own."""
        return f"spBv1.0/{self.group}/{verb}/{self.name}" + (f"/{device}" if device else "")

    def birth(self, *metrics: dict[str, Any]) -> tuple[str, bytes]:
        """Be born."""
        self.seq = 0
        told = [metric("bdSeq", self.bd_seq), metric("Node Control/Rebirth", False), *metrics]
        return self.topic("NBIRTH"), payload(told, 0)

    def device_birth(self, device: str, *metrics: dict[str, Any]) -> tuple[str, bytes]:
        """Let a device be born."""
        return self.topic("DBIRTH", device), payload(metrics, self._next())

    def data(self, device: str, *metrics: dict[str, Any]) -> tuple[str, bytes]:
        """Tell data of a device, or of the node itself."""
        return self.topic("DDATA" if device else "NDATA", device), payload(metrics, self._next())

    def device_death(self, device: str) -> tuple[str, bytes]:
        """Lose a device."""
        return self.topic("DDEATH", device), payload((), self._next())

    def death(self, bd_seq: int | None = None) -> tuple[str, bytes]:
        """Leave the will."""
        return self.topic("NDEATH"), payload([metric("bdSeq", self.bd_seq if bd_seq is None else bd_seq)])

    def skip(self) -> None:
        """Lose a message on the way."""
        self._next()

    def _next(self) -> int:
        self.seq = (self.seq + 1) % 256
        return self.seq


@dataclass
class Bench:
    """An adapter on its own: what it delivers is committed at once, unless told otherwise."""

    names: Names = field(default_factory=Names)
    now: float = NOW
    fate: str = "applied"
    reason: str = ""
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        draws = iter(range(1_000_000))
        self.adapter = Adapter(self.names, lambda: next(draws))

    def restore(self, stored: Iterable[Stored], epochs: dict[GatewayId, int] | None = None) -> None:
        """Begin with what was stored."""
        self.adapter.restore(stored, epochs or {}, self.now)

    def connect(self) -> "Bench":
        """Reach the broker."""
        self.carry_out(self.adapter.connected(BROKER, int(self.now * 1_000), self.now))
        return self

    def hear(self, *messages: tuple[str, bytes]) -> None:
        """Hear messages, one right after the other."""
        for topic, body in messages:
            self.carry_out(self.adapter.heard(BROKER, topic, body, self.now))

    def wait(self, seconds: float = 0.2) -> None:
        """Let time pass, ticking as the shell does."""
        end = self.now + seconds
        while self.now < end:
            self.now += 0.2
            self.carry_out(self.adapter.tick(self.now))

    def carry_out(self, effects: list[Effect]) -> None:
        """Do what a shell does."""
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Deliver) and effect.request:
                self.carry_out(self.adapter.finished(effect.request, self.fate, self.reason, self.now))

    # ---------------------------------------------------------------- what came of it

    @property
    def counters(self) -> dict[str, int]:
        """Give the adapter's counters."""
        return self.adapter.counters

    def batches(self, lane: str) -> list[Batch]:
        """Read the batches of a lane."""
        return [decode_batch(one.payload) for one in self.delivered() if one.leaf == f"up/{lane}"]

    def batches_of(self, gateway: str, lane: str) -> list[Batch]:
        """Read the batches of one gateway's lane, as far as they are batches at all."""
        mine = [one for one in self.delivered() if one.gateway == gateway and one.leaf == f"up/{lane}" and one.request]
        return [decode_batch(one.payload) for one in mine]

    def delivered(self) -> list[Deliver]:
        """List what was handed to ingest."""
        return [effect for effect in self.effects if isinstance(effect, Deliver)]

    def readings(self) -> list[Reading]:
        """List the readings of devices, without what is told of every node."""
        found = [record for batch in self.batches("t") for record in batch.records if isinstance(record, Reading)]
        return [one for one in found if "grade" not in one.m and "online" not in one.m]

    def online(self) -> list[tuple[str, object]]:
        """List what was told of devices being there."""
        found = [record for batch in self.batches("t") for record in batch.records if isinstance(record, Reading)]
        return [(one.d, one.m["online"]) for one in found if "online" in one.m]

    def presses(self) -> list[Press]:
        """List the presses."""
        return [record for batch in self.batches("a") for record in batch.records if isinstance(record, Press)]

    def clears(self) -> list[Clear]:
        """List the clears."""
        return [record for batch in self.batches("a") for record in batch.records if isinstance(record, Clear)]

    def births(self) -> list[Birth]:
        """List the births told to ingest."""
        return [decode_message(one.payload, Birth) for one in self.delivered() if one.leaf.startswith("birth")]

    def links(self) -> list[bool]:
        """List the links told to ingest."""
        return [decode_message(one.payload, Link).on for one in self.delivered() if one.leaf == "link"]

    def published(self, part: str) -> list[Publish]:
        """List what was published on topics that hold a part."""
        return [one for one in self.effects if isinstance(one, Publish) and part in one.topic]

    def rebirths(self) -> int:
        """Count the rebirths asked for."""
        return len(self.published("/NCMD/"))

    def buried(self) -> list[Bury]:
        """List the dead letters."""
        return [effect for effect in self.effects if isinstance(effect, Bury)]


ALARM_BIRTH = (metric("Alarm/Active", False), metric("Alarm/EventId", ""), metric("Alarm/PressCount", 0))


def pressed(event: str, count: int, *, active: bool = True, **given: Any) -> tuple[dict[str, Any], ...]:
    """Describe the alarm metrics of a press."""
    return (
        metric("Alarm/Active", active, **given),
        metric("Alarm/EventId", event, **given),
        metric("Alarm/PressCount", count, **given),
    )
