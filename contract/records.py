"""The records a gateway sends: one type for each thing that can be told.

On the wire a record is a JSON object whose `k` names its type; a reading has no `k`.
Times are milliseconds UTC as the school's gateway estimated them when the record was appended; they never change.
"""

import msgspec

from contract.errors import Reason, Refused
from contract.identity import parse_device_id, parse_metric_name, parse_press_id
from contract.limits import (
    HOLE_POSITIONS_MAX,
    INTEGER_ABS_MAX,
    METRICS_PER_RECORD_MAX,
    TEXT_BYTES_MAX,
)

Value = bool | int | float | str | None  # None says "known to be absent", which is not the same as not being told.

# Codes of `DeviceAlert`, with what each means. An unknown code is kept and shown as it came.
ALERT_CODES = {
    "duress": "a code given under threat: nothing may sound at the school",
    "ram": "a vehicle hit the gate or barrier",
    "forced": "a gate or door was forced",
    "fire": "a fire or smoke detector went off",
    "sos": "a guard called for help",
    "tamper": "a cover was opened or a device was moved",
    "offline": "a device the gateway talks to fell silent",
    "battery_low": "a battery will not last the next outage",
    "path_down": "one of several paths to the server is down",
    "clock_bad": "the gateway's clock cannot be trusted",
    "disk_low": "the outbox is running out of room",
    "clone": "two boxes claim to be the same gateway",
    "outbox_lost": "records were lost with a damaged disk",
}
# Kinds of `Press` of which nothing may sound or show at the school: a code given under threat, a button made to be silent.
SILENT_PRESSES = frozenset({"duress", "silent"})


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a device measured at one instant; `m` maps metric names to values in the units of the device's kind."""

    d: str
    t: int
    m: dict[str, Value]
    q: int = 3  # Clock quality: 3 synced, 2 real-time clock, 1 interpolated, 0 unknown.
    k: str = ""

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


class CheckIn(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="checkin"):
    """A guard came on post, left, patrolled a point or answered a roll-call; `guard` is a reference, never a name."""

    id: str
    d: str
    t: int
    guard: str
    act: str  # in, out, patrol, answer, here
    q: int = 3
    point: str = ""  # The patrol point, for act=patrol.
    method: str = ""  # card, finger, nfc, qr, phone, …
    skew: int = 0  # By how many ms the clock of the phone it came from was ahead; `t` is put right by it.

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


class Hole(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="hole"):
    """`n` positions that will never come, with the reason: a declared gap instead of a silence."""

    n: int
    why: str  # shed, corrupt, refused, lost
    t0: int = 0  # The span of time the lost records covered, where it is known.
    t1: int = 0

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return self.n


class ClockAnchor(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="clk"):
    """Ties the gateway's monotonic clock of one boot to UTC, with the error of the estimate in milliseconds."""

    boot: str
    mono: int
    utc: int
    err: int

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


class Press(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="press"):
    """Somebody pressed the one-key alarm. `id` is the press's identity from here to the archive."""

    id: str
    d: str
    t: int
    q: int = 3
    n: int | None = None  # The button's own counter, for the record; the server never treats it as a key.
    press: str = "short"  # short, hold, sos, key, …
    mode: str = "real"  # What the device claims. Missing or unknown means real.
    boot: str = ""
    mono: int = 0
    repeats: int = 0  # Radio repeats of the same press that the gateway collapsed.

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


class Clear(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="clear"):
    """The school reset the button of press `id`. It is told to the police and closes nothing."""

    id: str
    d: str
    t: int
    by: str = ""
    q: int = 3

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


class DeviceAlert(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="alert"):
    """A device or the gateway itself reports trouble that must not wait for telemetry; see `ALERT_CODES`."""

    id: str
    d: str
    code: str
    t: int
    on: bool = True  # False says that the condition has ended.
    mode: str = "real"
    text: str = ""
    q: int = 3

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="k", tag="rep"):
    """What became of a command, durable like an alarm; see contract.orders.REPLY_CODES."""

    id: str
    ok: bool
    code: str
    t: int
    text: str = ""

    def positions(self) -> int:
        """Say how many positions this record covers."""
        return 1


TelemetryRecord = Reading | CheckIn | Hole | ClockAnchor
AlarmRecord = Press | Clear | DeviceAlert | Reply | Hole
Record = Reading | CheckIn | Hole | ClockAnchor | Press | Clear | DeviceAlert | Reply

_Tagged = CheckIn | Hole | ClockAnchor | Press | Clear | DeviceAlert | Reply
_tagged_decoder = msgspec.json.Decoder(_Tagged)
_reading_decoder = msgspec.json.Decoder(Reading)


class _Tag(msgspec.Struct):
    k: str = ""


_tag_decoder = msgspec.json.Decoder(_Tag)
_KNOWN_TAGS = frozenset({"checkin", "hole", "clk", "press", "clear", "alert", "rep"})


def decode_record(body: bytes | bytearray | memoryview | msgspec.Raw) -> Record:
    """Read one record and check everything that needs no knowledge of the device; raise `Refused` otherwise."""
    try:
        tag = _tag_decoder.decode(body).k
        if tag and tag not in _KNOWN_TAGS:
            raise Refused(Reason.UNKNOWN_RECORD, f"record kind {tag[:40]!r}; allowed: {', '.join(sorted(_KNOWN_TAGS))}")
        record: Record = _tagged_decoder.decode(body) if tag else _reading_decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refused(Reason.BAD_SHAPE, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Reason.NOT_JSON, str(error)) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP, "nested deeper than any record") from None
    check_record(record)
    return record


def encode_record(record: Record) -> bytes:
    """Write one record as the JSON object that stays the same from the outbox to the archive."""
    return msgspec.json.encode(record)


def check_record(record: Record) -> None:
    """Raise `Refused` when a record of the right shape holds a value outside the contract's limits."""
    if isinstance(record, Reading):
        check_reading(record)
        return
    if isinstance(record, Hole):
        if not 1 <= record.n <= HOLE_POSITIONS_MAX:
            raise Refused(Reason.OUT_OF_RANGE, f"hole of {record.n}; allowed: 1 to {HOLE_POSITIONS_MAX}")
        return
    if isinstance(record, ClockAnchor):
        _check_integers(record.mono, record.utc, record.err)
        _check_texts(record.boot)
        return
    _check_integers(record.t)
    parse_press_id(record.id)
    if not isinstance(record, Reply):
        parse_device_id(record.d)
    if isinstance(record, Press):
        _check_integers(record.mono, record.repeats, record.n or 0)
        _check_texts(record.press, record.mode, record.boot)
    elif isinstance(record, Clear):
        _check_texts(record.by)
    elif isinstance(record, DeviceAlert):
        _check_texts(record.code, record.mode, record.text)
    elif isinstance(record, Reply):
        _check_texts(record.code, record.text)
    else:
        _check_integers(record.skew)
        _check_texts(record.guard, record.act, record.point, record.method)


def check_reading(reading: Reading) -> None:
    """Raise `Refused` when a reading holds a name, number or text outside the contract's limits."""
    if reading.k:
        raise Refused(Reason.UNKNOWN_RECORD, f"record kind {reading.k[:40]!r}")
    parse_device_id(reading.d)
    if not -INTEGER_ABS_MAX <= reading.t <= INTEGER_ABS_MAX:
        _check_integers(reading.t)
    if len(reading.m) > METRICS_PER_RECORD_MAX:
        raise Refused(Reason.OUT_OF_RANGE, f"{len(reading.m)} metrics; allowed: {METRICS_PER_RECORD_MAX}")
    for name, value in reading.m.items():
        parse_metric_name(name)
        kind = type(value)
        if kind is int:
            if not -INTEGER_ABS_MAX <= value <= INTEGER_ABS_MAX:  # type: ignore[operator]
                raise Refused(Reason.OUT_OF_RANGE, f"{name}: integer beyond 2^53")
        elif kind is str and len(value.encode()) > TEXT_BYTES_MAX:  # type: ignore[union-attr]
            raise Refused(Reason.OUT_OF_RANGE, f"{name}: text over {TEXT_BYTES_MAX} bytes")


def _check_integers(*values: int) -> None:
    for value in values:
        if not -INTEGER_ABS_MAX <= value <= INTEGER_ABS_MAX:
            raise Refused(Reason.OUT_OF_RANGE, "integer beyond 2^53")


def _check_texts(*texts: str) -> None:
    for text in texts:
        if len(text.encode()) > TEXT_BYTES_MAX:
            raise Refused(Reason.OUT_OF_RANGE, f"text of {len(text.encode())} bytes; allowed: {TEXT_BYTES_MAX}")
