"""The messages beside the batches: births, links, heartbeats, receipts, seen notes, commands, server notices."""

from typing import TypeVar

import msgspec

from contract.batch import inflate
from contract.errors import Reason, Refused
from contract.limits import (
    DEVICES_PER_BIRTH_MAX,
    INTEGER_ABS_MAX,
    OLD_EPOCHS_MAX,
    OPEN_PRESSES_MAX,
    VERSION,
    VERSIONS_ACCEPTED,
)
from contract.records import Value

Argument = bool | int | str  # No fractions: two writers of JSON need not agree on how to write one, and a signature must.


class BirthDevice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One device as its gateway describes it; `m` declares a vendor's own metrics as name -> {type, unit}."""

    d: str
    kind: str
    name: str = ""
    loc: str = ""
    fw: str = ""
    first_hop: str = ""  # confirmed, latched or best_effort: how a press reaches the gateway.
    m: dict[str, dict[str, str]] = {}


class Birth(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gateway's description of itself and its devices, in one or several parts of the same generation."""

    v: int
    g: str
    ep: str
    boot: str
    devs: list[BirthDevice]
    sw: str = ""
    model: str = ""
    paths: list[str] = []
    first_hop: str = "best_effort"
    part: int = 1
    of: int = 1
    gen: int = 0


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether one connection of a gateway stands; its `on: false` is left with the broker as the will."""

    on: bool
    ep: str
    boot: str = ""
    path: str = ""


class OpenPress(msgspec.Struct, frozen=True, omit_defaults=True):
    """A press that the school has not cleared, told in every heartbeat so that a miss is found and repaired."""

    id: str
    d: str
    t: int
    mode: str = "real"
    press: str = "short"


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """Sent every 15 s on each path: highest positions appended (`hi`) and receipted (`lo`) by lane, and open presses."""

    v: int
    ep: str
    boot: str
    h: int  # A nonce, echoed in the receipt to measure the clock's offset.
    s: int
    mono: int
    hi: dict[str, int]
    lo: dict[str, int]
    open: list[OpenPress] = []
    path: str = ""
    old: dict[str, dict[str, list[int]]] = {}  # epoch -> lane -> [first, last] still waiting in the outbox.
    kept: dict[str, dict[str, int]] = {}  # epoch -> lane -> last receipted, of earlier epochs; told now and then.


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Positions the server will never take; they are in quarantine and count as done."""

    x: str
    p: int
    n: int
    why: str


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is durable at the server. Sent only after its commit; only this lets the outbox trim."""

    v: int
    ep: str
    st: int  # The server's clock, ms UTC, for the gateway's own.
    c: dict[str, int] = {}  # lane -> cumulative position.
    ids: list[str] = []  # Presses durable out of order.
    h: int | None = None
    rs: dict[str, int] = {}  # lane -> send again from this position: a gap was seen.
    win: int = 4  # Un-receipted telemetry batches allowed in flight.
    no: list[Refusal] = []


class Seen(msgspec.Struct, frozen=True):
    """Presses that a police screen shows already, perhaps before the commit. It never trims."""

    seen: list[str]


class NowReading(msgspec.Struct, frozen=True, omit_defaults=True):
    """Newest values of one device, with the position of the reading that brings them by the telemetry lane later."""

    p: int
    d: str
    t: int
    m: dict[str, Value]
    q: int = 3


class Now(msgspec.Struct, frozen=True, omit_defaults=True):
    """The present beside a backlog: for screens alone, never stored; positions of one device go up."""

    v: int
    g: str
    ep: str
    s: int
    r: list[NowReading]


class Command(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order to one gateway; `sig` is the server's signature of the rest: see contract.signing and contract.orders."""

    v: int
    id: str  # A UUID; a repeat under the same id is the same order.
    op: str
    exp: int  # After this instant of the server's clock it is void, ms UTC.
    n: int  # Above that of every earlier command to the same gateway.
    by: str  # Who gave it, for the record.
    d: str = ""  # The device; empty for the gateway itself.
    a: dict[str, Argument] = {}
    sig: str = ""
    g: str = ""  # The gateway, so that an order to one box means nothing to another.


class ServerNotice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A server instance announces itself; a new `id` tells gateways to send again what has no receipt."""

    on: bool
    id: str = ""
    v: list[int] = []


T = TypeVar("T", Birth, Link, Heartbeat, Receipt, Seen, Now, Command, ServerNotice)


def encode_message(message: msgspec.Struct) -> bytes:
    """Write a message as JSON."""
    return msgspec.json.encode(message)


def decode_message(data: bytes, kind: type[T]) -> T:
    """Read a message of the expected type, or raise `Refused`."""
    plain = inflate(data)
    try:
        message = msgspec.json.decode(plain, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(Reason.BAD_SHAPE, f"{kind.__name__}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Reason.NOT_JSON, str(error)) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP, "nested deeper than any message") from None
    _check(message)
    return message


def _check(message: object) -> None:
    version = getattr(message, "v", VERSION)
    if isinstance(version, int) and version not in VERSIONS_ACCEPTED:
        raise Refused(Reason.WRONG_VERSION, f"version {version}; allowed: {VERSIONS_ACCEPTED}")
    if isinstance(message, Birth) and len(message.devs) > DEVICES_PER_BIRTH_MAX:
        raise Refused(Reason.TOO_MANY_RECORDS, f"{len(message.devs)} devices; allowed: {DEVICES_PER_BIRTH_MAX} in a part")
    if isinstance(message, Heartbeat):
        if len(message.open) > OPEN_PRESSES_MAX or max(len(message.old), len(message.kept)) > OLD_EPOCHS_MAX:
            raise Refused(Reason.TOO_MANY_RECORDS, f"allowed: {OPEN_PRESSES_MAX} open presses, {OLD_EPOCHS_MAX} epochs")
        numbers = [message.h, message.s, message.mono, *message.hi.values(), *message.lo.values()]
        if any(abs(number) > INTEGER_ABS_MAX for number in numbers):
            raise Refused(Reason.OUT_OF_RANGE, "integer beyond 2^53")
