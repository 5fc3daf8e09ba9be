"""Reads what can be read of a batch that is not valid JSON as a whole: one spoilt record must not block a lane.

A batch is a fixed head and then records side by side, so the records can be told apart by their brackets even where
one of them holds what JSON forbids, such as NaN. Each is then judged by itself. If even the brackets do not close,
the head alone tells the gateway which batch it was, so that it sends its records in smaller ones.
"""

import re

from contract.batch import Batch, decode_plain_batch
from contract.errors import Refused
from contract.limits import BATCH_RECORDS_MAX

# As `contract.batch.encode_batch` writes it. Another order of keys is legal JSON, and then needs no salvage.
_HEAD = re.compile(
    rb'\{"v":\d{1,9},"g":"([a-z0-9-]{3,40})","ep":"([0-9a-z]{10})","x":"([at])","p":(\d{1,16}),"s":-?\d{1,16},"r":\['
)
# A text that never ends is taken to its end: to look for another one inside it would cost the square of its length.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\],]', re.DOTALL)
_UNREADABLE = b'{"k":"unreadable"}'


class Head:
    """What the head of a batch says, where nothing more could be read."""

    __slots__ = ("epoch", "gateway", "lane", "position")

    def __init__(self, gateway: str, epoch: str, lane: str, position: int) -> None:
        self.gateway = gateway
        self.epoch = epoch
        self.lane = lane
        self.position = position


def read_head(plain: bytes) -> Head | None:
    """Read the head alone."""
    found = _HEAD.match(plain)
    if found is None:
        return None
    gateway, epoch, lane, position = (part.decode() for part in found.groups())
    return Head(gateway, epoch, lane, int(position))


def salvage(plain: bytes) -> tuple[Batch, dict[int, bytes]] | None:
    """Read a batch record by record; says which of them (by place) were not JSON at all, with their bytes.

    Those stand in the batch as records of a kind that nobody knows, so that each still covers its position.
    """
    head = _HEAD.match(plain)
    if head is None:
        return None
    bodies = _bodies(plain, head.end())
    if bodies is None or not all(body.strip() for body in bodies):
        return None
    spoilt: dict[int, bytes] = {}
    for place, body in enumerate(bodies):
        if not _is_record(head.group(), body):
            spoilt[place] = body
            bodies[place] = _UNREADABLE
    try:
        return decode_plain_batch(head.group() + b",".join(bodies) + b"]}"), spoilt
    except Refused:
        return None


def _bodies(plain: bytes, start: int) -> list[bytes] | None:
    """Cut the records apart at the commas between them; None when the brackets do not close where they should."""
    bodies: list[bytes] = []
    depth = 0
    begin = start
    for found in _STRUCTURE.finditer(plain, start):
        sign = found.group()
        if sign in (b"{", b"["):
            depth += 1
        elif depth and sign in (b"}", b"]"):
            depth -= 1
        elif depth == 0 and sign in (b",", b"]"):
            bodies.append(plain[begin : found.start()])
            begin = found.end()
            if sign == b"]":
                return bodies if plain[begin:] == b"}" else None
            if len(bodies) > BATCH_RECORDS_MAX:
                return None
    return None


def _is_record(head: bytes, body: bytes) -> bool:
    """Say whether a record lets a batch of it alone be decoded, good or bad."""
    try:
        decode_plain_batch(head + body + b"]}")
    except Refused:
        return False
    return True
