"""Sparkplug topics: `spBv1.0/{group}/{verb}/{node}[/{device}]` of the nodes, `spBv1.0/STATE/{host}` of the hosts."""

from enum import StrEnum
from typing import NamedTuple

from contract.errors import Reason, Refused

NAMESPACE = "spBv1.0"
IDENTIFIER_MAX = 100  # Characters of a group, node or device; nobody's name is longer.


class Verb(StrEnum):
    """What a message of an edge node tells."""

    NODE_BIRTH = "NBIRTH"
    NODE_DATA = "NDATA"
    NODE_DEATH = "NDEATH"
    DEVICE_BIRTH = "DBIRTH"
    DEVICE_DATA = "DDATA"
    DEVICE_DEATH = "DDEATH"

    @property
    def of_device(self) -> bool:
        """Say whether it tells of a device and not of the node itself."""
        return self in (Verb.DEVICE_BIRTH, Verb.DEVICE_DATA, Verb.DEVICE_DEATH)

    @property
    def birth(self) -> bool:
        """Say whether it is a birth."""
        return self in (Verb.NODE_BIRTH, Verb.DEVICE_BIRTH)


class Node(NamedTuple):
    """An edge node's identity; ids are case-sensitive and are never folded."""

    group: str
    name: str

    def __str__(self) -> str:
        return f"{self.group}/{self.name}"


class Address(NamedTuple):
    """Who tells what; `device` is empty for the node itself."""

    node: Node
    verb: Verb
    device: str


# At-least-once, so that a node that sends its alarms so keeps that on the second leg; what is sent at 0 arrives at 0.
TOPICS = tuple((f"{NAMESPACE}/+/{verb}/+{'/+' if verb.of_device else ''}", 1) for verb in Verb)


def parse_address(topic: str) -> Address:
    """Read the topic of an edge node; raise `Refused` for any other."""
    parts = topic.split("/")
    verb = next((verb for verb in Verb if len(parts) > 2 and parts[2] == verb.value), None)  # noqa: PLR2004
    if parts[0] != NAMESPACE or verb is None or len(parts) != (5 if verb.of_device else 4):
        raise Refused(Reason.BAD_TOPIC, f"topic {topic[:80]!r}; allowed: {NAMESPACE}/<group>/<verb>/<node>[/<device>]")
    names = (parts[1], *parts[3:])
    if any(not 0 < len(name) <= IDENTIFIER_MAX for name in names):
        raise Refused(Reason.BAD_IDENTITY, f"topic {topic[:80]!r}; allowed: names of 1 to {IDENTIFIER_MAX} characters")
    return Address(Node(parts[1], parts[3]), verb, parts[4] if verb.of_device else "")


def state_topic(host: str) -> str:
    """Name the retained topic on which a host says whether it is there."""
    return f"{NAMESPACE}/STATE/{host}"


def command_topic(node: Node) -> str:
    """Name the topic of commands to a node."""
    return f"{NAMESPACE}/{node.group}/NCMD/{node.name}"
