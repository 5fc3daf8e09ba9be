"""Identities, parsed once at the wall and trusted afterwards."""

import re
import uuid
from enum import StrEnum
from functools import lru_cache
from typing import NewType

from contract.errors import Reason, Refused

GatewayId = NewType("GatewayId", str)  # 3 to 40 of a-z 0-9 and hyphen; the certificate's common name in production.
DeviceId = NewType("DeviceId", str)  # Unique within its gateway; the same alphabet with dot and underscore.
EpochId = NewType("EpochId", str)  # 10 characters: 6 of a durable counter, 4 random; later epochs sort later.
PressId = NewType("PressId", str)  # A UUID made once, when the press is appended; the press's one identity everywhere.
SchoolId = NewType("SchoolId", str)  # The official 10-digit code of the school.
UnitId = NewType("UnitId", str)  # An organisation unit: GB/T 2260 code, or our own where none exists.
StationId = NewType("StationId", str)  # A police unit.
UserName = NewType("UserName", str)

_GATEWAY = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")
_DEVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_EPOCH = re.compile(r"[0-9a-z]{10}")
_METRIC = re.compile(r"[a-z0-9_]{1,32}")
_SCHOOL = re.compile(r"[0-9]{10}")
_UNIT = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{1,31}")


class Lane(StrEnum):
    """The two streams of a gateway, each with its own positions: one never waits for the other."""

    ALARM = "a"
    TELEMETRY = "t"


def _checked(pattern: re.Pattern[str], text: object, what: str, allowed: str) -> str:
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    raise Refused(Reason.BAD_IDENTITY, f"{what} {str(text)[:60]!r}; allowed: {allowed}")


@lru_cache(maxsize=65_536)
def parse_gateway_id(text: str) -> GatewayId:
    """Promise a well-formed gateway id, or raise `Refused`."""
    return GatewayId(_checked(_GATEWAY, text, "gateway", "3 to 40 of a-z, 0-9 and '-'"))


@lru_cache(maxsize=65_536)
def parse_device_id(text: str) -> DeviceId:
    """Promise a well-formed device id, or raise `Refused`."""
    return DeviceId(_checked(_DEVICE, text, "device", "1 to 40 of a-z, 0-9, '.', '_' and '-'"))


@lru_cache(maxsize=65_536)
def parse_epoch_id(text: str) -> EpochId:
    """Promise a well-formed epoch, or raise `Refused`."""
    return EpochId(_checked(_EPOCH, text, "epoch", "10 of 0-9 and a-z"))


@lru_cache(maxsize=8_192)
def parse_metric_name(text: str) -> str:
    """Promise a well-formed metric name, or raise `Refused`."""
    return _checked(_METRIC, text, "metric", "1 to 32 of a-z, 0-9 and '_'")


def parse_school_id(text: str) -> SchoolId:
    """Promise a 10-digit school code, or raise `Refused`."""
    return SchoolId(_checked(_SCHOOL, text, "school", "10 digits"))


def parse_unit_id(text: str) -> UnitId:
    """Promise a well-formed organisation unit id, or raise `Refused`."""
    return UnitId(_checked(_UNIT, text, "unit", "2 to 32 of 0-9, A-Z, a-z and '-'"))


def parse_press_id(text: str) -> PressId:
    """Promise a UUID in its canonical lower-case form, or raise `Refused`."""
    try:
        value = uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        raise Refused(Reason.BAD_IDENTITY, f"press id {str(text)[:60]!r}; allowed: a UUID") from None
    if str(value) != text:
        raise Refused(Reason.BAD_IDENTITY, f"press id {text[:60]!r}; allowed: a lower-case UUID with hyphens")
    return PressId(text)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def make_epoch_id(counter: int, random_bits: int) -> EpochId:
    """Build an epoch from a durable counter (order) and random bits (uniqueness of clones).

    Later counters sort later as text, so order never depends on a clock.
    Six base-36 digits hold 2.1 thousand million starts; the random part holds 1.6 million values.
    """
    assert 0 <= counter < 36**6
    return EpochId(_base36(counter, 6) + _base36(random_bits % 36**4, 4))


def epoch_counter(epoch: EpochId) -> int:
    """Read the durable counter back out of an epoch."""
    return int(epoch[:6], 36)


def make_press_id(unix_ms: int, random_bits: int) -> PressId:
    """Build a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits."""
    value = (unix_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (random_bits >> 62 & 0xFFF) << 64 | 0b10 << 62
    return PressId(str(uuid.UUID(int=value | random_bits & (1 << 62) - 1)))


def _base36(value: int, width: int) -> str:
    text = ""
    for _ in range(width):
        value, digit = divmod(value, 36)
        text = _DIGITS[digit] + text
    return text
