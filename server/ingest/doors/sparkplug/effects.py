"""What the adapter asks of its shell, as plain values, to be carried out in the order given."""

import msgspec

from contract.identity import GatewayId
from server.ingest.doors.sparkplug.address import Node
from server.journal.model import DeadLetter


class Deliver(msgspec.Struct, frozen=True):
    """Hand a CS1 message to ingest. `request` is 0 where its fate changes nothing."""

    gateway: GatewayId
    leaf: str
    payload: bytes
    request: int = 0


class Publish(msgspec.Struct, frozen=True):
    """Publish at one broker."""

    broker: str
    topic: str
    payload: bytes
    sure: bool = False
    retain: bool = False


class Bury(msgspec.Struct, frozen=True):
    """Keep a message that could not be read."""

    letter: DeadLetter


class Snapshot(msgspec.Struct, frozen=True):
    """What is to be stored of one node, for the next start: its memory, and the last number of its sequence."""

    node: Node
    body: bytes | None  # None: as it was; only the number has moved.
    seq: int | None


Effect = Deliver | Publish | Bury
