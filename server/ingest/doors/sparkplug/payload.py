"""Reads and writes Sparkplug B payloads: whatever the bytes, a payload or `Refused` comes out, and limits hold."""

import math
import zlib
from collections.abc import Sequence

import msgspec
from google.protobuf.message import DecodeError

from contract.errors import Reason, Refused
from contract.limits import BATCH_BYTES_MAX, INTEGER_ABS_MAX, TEXT_BYTES_MAX
from contract.records import Value
from server.ingest.doors.sparkplug.schema import PayloadMessage

METRICS_MAX = 5_000  # In one payload; a node of two thousand devices has a birth for each of them.
NAME_BYTES_MAX = 256
INFLATED_BYTES_MAX = BATCH_BYTES_MAX  # The same cap as for our own batches: a bomb costs no memory.
COMPRESSED = b"SPBV1.0_COMPRESSED"
REBIRTH = "Node Control/Rebirth"
UNIT_PROPERTY = b"engUnit"  # What the field's own tools name a unit by.
_EITHER_STREAM = 15 + 32  # zlib and gzip are told apart by their first bytes.

# Numbers of the specification's table of data types, as far as a reading can hold them.
BOOLEAN = 11
STRING = 12
DATE_TIME = 13
_SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
_UNSIGNED = {5, 6, 7, 8, DATE_TIME}
_REAL = {9, 10}
_TEXTS = {STRING, 14, 15}
DECLARED = dict.fromkeys((*_SIGNED, *_UNSIGNED), "int") | dict.fromkeys(_REAL, "float") | dict.fromkeys(_TEXTS, "text")
DECLARED[BOOLEAN] = "bool"  # What a birth of ours says of each.


class Metric(msgspec.Struct, frozen=True):
    """One metric as it came: named, by alias, or both. `raw` is what the message holds; `value_of` makes sense of it."""

    name: str
    alias: int | None
    t_ms: int | None
    datatype: int  # 0: not told; then the birth knows it.
    historical: bool
    null: bool
    raw: bool | int | float | str | bytes | None
    unit: str = ""


class Payload(msgspec.Struct, frozen=True):
    """A decoded payload."""

    t_ms: int | None
    seq: int | None
    metrics: Sequence[Metric]

    def metric(self, name: str) -> Metric | None:
        """Find a metric by name."""
        return next((metric for metric in self.metrics if metric.name == name), None)


def decode_payload(data: bytes) -> Payload:
    """Read a payload, inflating a compressed one; raise `Refused` for anything else."""
    message = _parsed(data)
    if message.uuid == COMPRESSED:
        message = _parsed(_inflated(message.body))
        if message.uuid == COMPRESSED:
            raise Refused(Reason.BAD_COMPRESSION, "compressed twice")
    if len(message.metrics) > METRICS_MAX:
        raise Refused(Reason.TOO_MANY_RECORDS, f"{len(message.metrics)} metrics; allowed: {METRICS_MAX}")
    seq = int(message.seq) if message.HasField("seq") else None
    if seq is not None and seq > 255:  # noqa: PLR2004  # The specification's: one byte, then round again.
        raise Refused(Reason.BAD_POSITION, f"seq {seq}; allowed: 0 to 255")
    return Payload(_instant(message), seq, [_metric(one) for one in message.metrics])


def encode_rebirth(now_ms: int) -> bytes:
    """Write the command that asks a node to tell everything about itself again."""
    message = PayloadMessage(timestamp=now_ms)
    message.metrics.add(name=REBIRTH.encode(), timestamp=now_ms, datatype=BOOLEAN, boolean_value=True)
    return bytes(message.SerializeToString())


def value_of(metric: Metric, datatype: int) -> Value:  # One answer for each family of types.
    """Give a metric's value as a reading can hold it; raise `Refused` for a type or value that it cannot."""
    raw = metric.raw
    if metric.null or raw is None:
        return None
    if datatype == BOOLEAN and isinstance(raw, bool):
        return raw
    if datatype in _TEXTS and isinstance(raw, str):
        if len(raw.encode()) > TEXT_BYTES_MAX:
            raise Refused(Reason.OUT_OF_RANGE, f"text over {TEXT_BYTES_MAX} bytes")
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise Refused(Reason.BAD_VALUE, f"data type {datatype} with a value of {type(raw).__name__}")
    if datatype in _REAL:
        if not math.isfinite(raw):
            raise Refused(Reason.OUT_OF_RANGE, "not a finite number")
        return float(raw)
    if isinstance(raw, float) or (datatype not in _SIGNED and datatype not in _UNSIGNED):
        raise Refused(Reason.BAD_VALUE, f"data type {datatype} with a value of {type(raw).__name__}")
    number = _signed(raw, _SIGNED[datatype]) if datatype in _SIGNED else raw
    if abs(number) > INTEGER_ABS_MAX:
        raise Refused(Reason.OUT_OF_RANGE, "integer beyond 2^53")
    return number


def _signed(raw: int, bits: int) -> int:
    """Read two's complement: of 32 or 64 bits as the specification has it, or of the type's own as some clients write it."""
    for width in (bits, 32, 64):
        if raw < 1 << width:
            return raw - (1 << width) if raw >= 1 << (width - 1) else raw
    return raw


def _parsed(data: bytes) -> PayloadMessage:
    if len(data) > BATCH_BYTES_MAX:
        raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes; allowed: {BATCH_BYTES_MAX}")
    try:
        return PayloadMessage.FromString(data)
    except DecodeError:
        raise Refused(Reason.BAD_SHAPE, "not a Sparkplug B payload") from None


def _inflated(body: bytes) -> bytes:
    stream = zlib.decompressobj(_EITHER_STREAM)
    try:
        plain = stream.decompress(body, INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise Refused(Reason.BAD_COMPRESSION, str(error)) from None
    if len(plain) > INFLATED_BYTES_MAX:
        raise Refused(Reason.TOO_LARGE, f"inflates beyond {INFLATED_BYTES_MAX} bytes")
    if not stream.eof:
        raise Refused(Reason.BAD_COMPRESSION, "truncated")
    return plain


def _metric(message: PayloadMessage) -> Metric:
    name = _text(message.name)
    if len(message.name) > NAME_BYTES_MAX:
        raise Refused(Reason.BAD_IDENTITY, f"metric name of {len(message.name)} bytes; allowed: {NAME_BYTES_MAX}")
    which = message.WhichOneof("value")
    raw = getattr(message, which) if which else None
    return Metric(
        name=name,
        alias=int(message.alias) if message.HasField("alias") else None,
        t_ms=_instant(message),
        datatype=message.datatype,
        historical=message.is_historical,
        null=message.is_null,
        raw=_text(message.string_value) if which == "string_value" else raw,
        unit=_unit(message) if message.HasField("properties") else "",
    )


def _unit(message: PayloadMessage) -> str:
    for key, value in zip(message.properties.keys, message.properties.values, strict=False):
        if key == UNIT_PROPERTY:
            return _text(value.string_value)[:40]
    return ""


def _instant(message: PayloadMessage) -> int | None:
    told = int(message.timestamp) if message.HasField("timestamp") else None
    return told if told is not None and told <= INTEGER_ABS_MAX else None


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(Reason.BAD_SHAPE, "a text that is not UTF-8") from None
