"""What the protocol node can be told, and what it asks for. Instants are seconds of the monotonic clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contract.identity import EpochId, Lane
from contract.messages import BirthDevice, Command, OpenPress, Refusal
from contract.records import ClockAnchor, Reading


class PathKind(StrEnum):
    """How a path carries messages."""

    MQTT = "mqtt"  # A connection that is up or down, and brings messages by itself.
    HTTPS = "https"  # A request at a time; always worth trying, and the answer is a receipt.


@dataclass(frozen=True, slots=True)
class PathSpec:
    """One way to the server, in order of preference."""

    name: str
    kind: PathKind


# Events.


@dataclass(frozen=True, slots=True)
class Kept:
    """An earlier epoch left these positions in the outbox; told before anything else."""

    lane: Lane
    epoch: EpochId
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Receipted:
    """An earlier epoch had its receipts up to here, and the outbox may still keep some of it; told after `Kept`."""

    lane: Lane
    epoch: EpochId
    through: int


@dataclass(frozen=True, slots=True)
class ReplayAsked:
    """Somebody entitled to it asks for what was receipted to be offered again, from a position on."""

    epoch: EpochId
    lane: Lane
    position: int


@dataclass(frozen=True, slots=True)
class BirthAsked:
    """Somebody entitled to it asks for the birth to be told again."""


@dataclass(frozen=True, slots=True)
class Appended:
    """A record has its position and is on its way to the disk. Alarms bring their body and are sent at once."""

    lane: Lane
    position: int
    positions: int = 1
    body: bytes = b""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A reading has its position; it is sent when it is durable, and its values are the newest of their metrics."""

    position: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Durable:
    """Everything of the lane up to `position` is on disk, or at least can be read back where no disk is left."""

    lane: Lane
    epoch: EpochId
    position: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The answer to `Load`: consecutive records; none could be read when `last` is before `first`."""

    lane: Lane
    epoch: EpochId
    first: int
    last: int
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """The outbox goes on in a new epoch; of the old one only positions up to `durable` exist."""

    old: EpochId
    durable: Mapping[Lane, int]
    epoch: EpochId
    alarms: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class PathUp:
    """A path's connection for one lane stands."""

    path: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class PathDown:
    """A path's connection for one lane is gone."""

    path: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class Received:
    """A message came: `leaf` is `rc` (receipt or seen note), `cmd`, or `srv` (a server's notice)."""

    path: str
    leaf: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class DevicesChanged:
    """The devices that this gateway serves are these now."""

    devices: tuple[BirthDevice, ...]


@dataclass(frozen=True, slots=True)
class OpenChanged:
    """The presses that the school has not cleared are these now."""

    presses: tuple[OpenPress, ...]


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed; due at `Node.deadline()`."""


Event = (
    Kept
    | Receipted
    | ReplayAsked
    | BirthAsked
    | Appended
    | Sampled
    | Durable
    | Loaded
    | Moved
    | PathUp
    | PathDown
    | Received
    | DevicesChanged
    | OpenChanged
    | Ticked
)


# Effects.


@dataclass(frozen=True, slots=True)
class Send:
    """Send a payload by one path, under the gateway's topic `leaf`. Nothing is asked about its fate."""

    path: str
    leaf: str
    payload: bytes
    lane: Lane  # Whose connection carries it.
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """Read records back from the outbox and answer with `Loaded`."""

    lane: Lane
    epoch: EpochId
    first: int
    last: int
    records_max: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Trim:
    """The server keeps these now: the outbox may forget them."""

    lane: Lane
    epoch: EpochId
    through: int


@dataclass(frozen=True, slots=True)
class Anchored:
    """Append this anchor of the record clock to the telemetry lane."""

    anchor: ClockAnchor


@dataclass(frozen=True, slots=True)
class Seen:
    """A police screen shows these presses, perhaps before they are stored: the button may light its first lamp."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """The server has committed these alarms."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """The server will never take these positions; they lie in its quarantine and count as done."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """Tell the server, on the alarm lane, of trouble of the gateway itself (contract.records.ALERT_CODES)."""

    code: str
    on: bool
    text: str


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command came and is well-formed; whether it is obeyed is decided outside, by `payload`, the JSON that was signed."""

    path: str
    command: Command
    payload: bytes


Effect = Send | Load | Trim | Anchored | Seen | Stored | Turned | Raised | Commanded
