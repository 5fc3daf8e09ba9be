"""The bytes of one outbox segment: a header that names its stream, then records that each prove themselves.

Header (32 bytes): magic, version, lane, epoch, first position, crc. Record, at a multiple of 8 bytes:
`u32 length | u32 crc | u64 position | body`; a length of 0 is the end. The crc is zlib's CRC-32 of position and body,
begun from a value that belongs to the epoch and lane, so that bytes of an older use of the same blocks never pass.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from contract.identity import EpochId, Lane

MAGIC = b"ANXIAO-S"
VERSION = 1
HEADER_BYTES = 32
ALIGNMENT = 8
RECORD_BYTES_MAX = 65_536  # A record is a few hundred bytes; a longer length is damage.
POSITION_STEP_MAX = 20_000_000  # Positions only jump over holes; a longer jump is damage.

_HEADER = struct.Struct("<8sBc10sQ")
_RECORD = struct.Struct("<IIQ")
_CRC = struct.Struct("<I")
RECORD_HEAD_BYTES = _RECORD.size


_HOLE_START = b'{"k":"hole"'  # How `contract.records.encode_record` begins a hole: the tag comes first.


class _Width(msgspec.Struct):
    n: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One record as it lies in a segment."""

    position: int
    body: bytes

    @property
    def last(self) -> int:
        """Name the last position the record covers."""
        return self.position + positions_of(self.body) - 1


def positions_of(body: bytes) -> int:
    """Say how many positions an encoded record covers: one, or those of a hole."""
    return msgspec.json.decode(body, type=_Width).n if body.startswith(_HOLE_START) else 1


@dataclass(frozen=True, slots=True)
class Scan:
    """What a segment holds, in order of position, and whether anything in it was damaged or torn."""

    records: Sequence[Kept]
    damaged: bool


def segment_name(lane: Lane, epoch: EpochId, first: int) -> str:
    """Name the segment that begins at a position."""
    return f"{lane.value}/{epoch}-{first:012d}.seg"


def encode_header(lane: Lane, epoch: EpochId, first: int) -> bytes:
    """Write a segment's header."""
    head = _HEADER.pack(MAGIC, VERSION, lane.value.encode(), epoch.encode(), first)
    return head + _CRC.pack(zlib.crc32(head))


def record_bytes(body: bytes) -> int:
    """Say how much room a record takes."""
    return -(-(RECORD_HEAD_BYTES + len(body)) // ALIGNMENT) * ALIGNMENT


def encode_records(lane: Lane, epoch: EpochId, records: Iterable[tuple[int, bytes]]) -> bytes:
    """Write records at consecutive places."""
    salt = _salt(lane, epoch)
    pieces: list[bytes] = []
    for position, body in records:
        assert 0 < len(body) <= RECORD_BYTES_MAX
        pieces.append(_RECORD.pack(len(body), _crc(salt, position, body), position))
        pieces.append(body)
        pieces.append(bytes(-(RECORD_HEAD_BYTES + len(body)) % ALIGNMENT))
    return b"".join(pieces)


def scan(lane: Lane, epoch: EpochId, first: int, image: bytes) -> Scan:
    """Read a segment, going on after damage at the next record that proves itself.

    A bad header costs nothing but the knowledge that there was damage: the name tells the same, and records prove
    themselves by the epoch's own crc.
    """
    salt = _salt(lane, epoch)
    damaged = image[:HEADER_BYTES] != encode_header(lane, epoch, first)
    records: list[Kept] = []
    at, last = HEADER_BYTES, first - 1
    end = len(image.rstrip(b"\0"))  # Only reserved zeros follow: the ordinary end. A body never ends in a zero.
    while at < end:
        body = _record_at(salt, image, at, last)
        if body is not None:
            kept = Kept(_RECORD.unpack_from(image, at)[2], body)
            last = kept.last
            records.append(kept)
            at += record_bytes(body)
            continue
        damaged = True
        at += ALIGNMENT
    return Scan(records, damaged)


def _record_at(salt: int, image: bytes, at: int, last: int) -> bytes | None:
    if at + RECORD_HEAD_BYTES > len(image):
        return None
    length, crc, position = _RECORD.unpack_from(image, at)
    if not 0 < length <= RECORD_BYTES_MAX or not last < position <= last + POSITION_STEP_MAX:
        return None
    body = image[at + RECORD_HEAD_BYTES : at + RECORD_HEAD_BYTES + length]
    return body if len(body) == length and _crc(salt, position, body) == crc else None


def _salt(lane: Lane, epoch: EpochId) -> int:
    return zlib.crc32(f"{epoch}{lane.value}".encode())


def _crc(salt: int, position: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(position.to_bytes(8, "little"), salt))
