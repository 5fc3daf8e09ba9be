"""The batch: records of one gateway, epoch and lane at consecutive positions, the same bytes over MQTT and HTTPS.

A plain batch begins with `{`; one above 1 KiB is the zlib stream of the same JSON.
A record that breaks the contract does not spoil its neighbours: it comes out as a `BadRecord` at its own position.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from contract.errors import Reason, Refused
from contract.identity import EpochId, GatewayId, Lane, parse_epoch_id, parse_gateway_id
from contract.limits import (
    BATCH_BYTES_MAX,
    BATCH_RECORDS_MAX,
    COMPRESS_ABOVE_BYTES,
    INTEGER_ABS_MAX,
    VERSION,
    VERSIONS_ACCEPTED,
)
from contract.records import (
    CheckIn,
    Clear,
    ClockAnchor,
    DeviceAlert,
    Hole,
    Press,
    Reading,
    Record,
    Reply,
    check_reading,
    decode_record,
)

GRADES = frozenset({"telemetry"})  # Another word is passed over, as unknown keys are.


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that breaks the contract; it still covers its position, and its bytes are kept in quarantine."""

    raw: bytes
    reason: Reason
    detail: str

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded batch; the first record stands at `first_position`, each next one after the positions of those before."""

    gateway: GatewayId
    epoch: EpochId
    lane: Lane
    first_position: int
    sent_at_ms: int
    records: Sequence[Record | BadRecord]
    positions: int  # How many positions the records cover together.
    grade: str = ""  # "telemetry": told by one whom no receipt reaches, so that what was lost on the way is not known.

    @property
    def last_position(self) -> int:
        """Name the last position covered."""
        return self.first_position + self.positions - 1


class _Head(msgspec.Struct):
    v: int
    g: str
    ep: str
    x: str
    p: int
    s: int
    grade: str = ""


class _Fast(_Head, kw_only=True):
    r: list[Reading]


class _Slow(_Head, kw_only=True):
    r: list[msgspec.Raw]


class _Version(msgspec.Struct):
    v: int = 0


_fast_decoder = msgspec.json.Decoder(_Fast)
_slow_decoder = msgspec.json.Decoder(_Slow)
_version_decoder = msgspec.json.Decoder(_Version)

_ALARM_TYPES = (Press, Clear, DeviceAlert, Reply, Hole)
_TELEMETRY_TYPES = (Reading, CheckIn, ClockAnchor, Hole)


def encode_batch(
    gateway: GatewayId,
    epoch: EpochId,
    lane: Lane,
    first_position: int,
    sent_at_ms: int,
    bodies: Sequence[bytes],
    *,
    grade: str = "",
) -> bytes:
    """Frame already encoded records; compress when that pays."""
    head = f'{{"v":{VERSION},"g":"{gateway}","ep":"{epoch}","x":"{lane.value}","p":{first_position},"s":{sent_at_ms},"r":['
    tail = f'],"grade":"{grade}"}}' if grade else "]}"
    plain = head.encode() + b",".join(bodies) + tail.encode()
    return deflate(plain)


def deflate(plain: bytes) -> bytes:
    """Compress JSON when that pays."""
    return zlib.compress(plain, 6) if len(plain) > COMPRESS_ABOVE_BYTES else plain


def inflate(data: bytes) -> bytes:
    """Give the JSON of a payload, inflating it with a cap so that a bomb costs no memory; raise `Refused`."""
    if len(data) > BATCH_BYTES_MAX:
        raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes; allowed: {BATCH_BYTES_MAX}")
    first = data[:1]
    if first == b"{":
        return data
    if first != b"\x78":
        raise Refused(Reason.NOT_JSON, f"first byte {first.hex() or 'missing'}; allowed: 7b (JSON) or 78 (zlib)")
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, BATCH_BYTES_MAX + 1)
    except zlib.error as error:
        raise Refused(Reason.BAD_COMPRESSION, str(error)) from None
    if len(plain) > BATCH_BYTES_MAX:
        raise Refused(Reason.TOO_LARGE, f"inflates beyond {BATCH_BYTES_MAX} bytes")
    if not stream.eof or stream.unused_data:
        raise Refused(Reason.BAD_COMPRESSION, "truncated or followed by other bytes")
    return plain


def decode_batch(data: bytes) -> Batch:
    """Read a batch, or raise `Refused`; nothing else ever comes out, whatever the bytes."""
    return decode_plain_batch(inflate(data))


def decode_plain_batch(plain: bytes) -> Batch:
    """Read a batch whose JSON is already inflated."""
    try:
        fast = _fast_decoder.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_each(plain)  # Something is not a plain reading: look at each record by itself.
    if fast.x != Lane.TELEMETRY.value:
        return _decode_each(plain)
    try:
        for reading in fast.r:
            check_reading(reading)
    except Refused:
        return _decode_each(plain)
    return _framed(fast, fast.r)


def _decode_each(plain: bytes) -> Batch:
    try:
        slow = _slow_decoder.decode(plain)
    except msgspec.ValidationError as error:
        raise _refusal(plain, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Reason.NOT_JSON, str(error)) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP, "nested deeper than any batch") from None
    allowed = _ALARM_TYPES if slow.x == Lane.ALARM.value else _TELEMETRY_TYPES
    return _framed(slow, [_decode_one(bytes(raw), allowed) for raw in slow.r[: BATCH_RECORDS_MAX + 1]])


def _decode_one(raw: bytes, allowed: tuple[type, ...]) -> Record | BadRecord:
    try:
        record = decode_record(raw)
    except Refused as refusal:
        return BadRecord(raw, refusal.reason, refusal.detail)
    if not isinstance(record, allowed):
        return BadRecord(raw, Reason.WRONG_LANE, f"{type(record).__name__} does not travel on this lane")
    return record


def _framed(head: _Head, records: Sequence[Record | BadRecord]) -> Batch:
    if head.v not in VERSIONS_ACCEPTED:
        raise Refused(Reason.WRONG_VERSION, f"version {head.v}; allowed: {VERSIONS_ACCEPTED}")
    if head.x not in ("a", "t"):
        raise Refused(Reason.WRONG_LANE, f"lane {head.x[:10]!r}; allowed: a, t")
    if not 1 <= len(records) <= BATCH_RECORDS_MAX:
        raise Refused(Reason.TOO_MANY_RECORDS, f"{len(records)} records; allowed: 1 to {BATCH_RECORDS_MAX}")
    positions = sum(record.positions() for record in records)
    if head.p < 1 or head.p + positions > INTEGER_ABS_MAX or abs(head.s) > INTEGER_ABS_MAX:
        raise Refused(Reason.BAD_POSITION, f"position {head.p}; allowed: 1 to 2^53")
    return Batch(
        gateway=parse_gateway_id(head.g),
        epoch=parse_epoch_id(head.ep),
        lane=Lane(head.x),
        first_position=head.p,
        sent_at_ms=head.s,
        records=records,
        positions=positions,
        grade=head.grade if head.grade in GRADES else "",
    )


def _refusal(plain: bytes, detail: str) -> Refused:
    """Prefer "wrong version" to "bad shape": a newer gateway may well have another shape."""
    try:
        version = _version_decoder.decode(plain).v
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refused(Reason.BAD_SHAPE, detail)
    if version not in VERSIONS_ACCEPTED:
        return Refused(Reason.WRONG_VERSION, f"version {version}; allowed: {VERSIONS_ACCEPTED}")
    return Refused(Reason.BAD_SHAPE, detail)
