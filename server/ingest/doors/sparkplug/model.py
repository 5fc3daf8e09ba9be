"""What a session remembers of an edge node, what it takes in, and what it tells, as plain values."""

import msgspec

from contract.records import Value
from server.ingest.doors.sparkplug.address import Verb
from server.ingest.doors.sparkplug.alarms import Alarm, Watch
from server.ingest.doors.sparkplug.payload import Payload


class Known(msgspec.Struct, frozen=True):
    """What a birth says of one metric."""

    name: str
    datatype: int
    unit: str = ""


class Table(msgspec.Struct):
    """The birth of the node itself or of one device."""

    names: dict[str, Known] = {}
    aliases: dict[int, str] = {}


class Memory(msgspec.Struct):
    """What outlives a restart of ours."""

    tables: dict[str, Table] = {}  # Device -> its birth; the node itself is "".
    alarms: dict[str, Watch] = {}
    living: set[str] = set()
    bd_seq: int | None = None
    alive: bool = False
    sure: bool = False  # Every message since the birth was heard, in order.


class Message(msgspec.Struct):
    """One message of the node, decoded."""

    verb: Verb
    device: str
    payload: Payload
    body: bytes
    rx_ms: int
    alarmed: bool = False  # Its alarms have been told already, ahead of its turn.


class Sample(msgspec.Struct, frozen=True):
    """One value of one metric, under the names of Sparkplug."""

    device: str
    name: str
    value: Value
    t_ms: int
    historical: bool = False


class Sampled(msgspec.Struct, frozen=True):
    """The values of one message."""

    samples: list[Sample]


class Alarmed(msgspec.Struct, frozen=True):
    """Presses and clears of one device."""

    device: str
    alarms: list[Alarm]


class Born(msgspec.Struct, frozen=True):
    """The node (device empty) or a device has told what it is."""

    device: str


class Died(msgspec.Struct, frozen=True):
    """The node (device empty) or a device is gone."""

    device: str


class Ask(msgspec.Struct, frozen=True):
    """Only a rebirth helps."""

    why: str


class GivenUp(msgspec.Struct, frozen=True):
    """Metrics of a message that nothing could decode."""

    message: Message


Told = Sampled | Alarmed | Born | Died | Ask | GivenUp
