"""The part of MQTT 3.1.1 that devices use to tell something, as pure functions over bytes.

A connection is read packet by packet: `parse_length` for the header, then `parse` for the whole. Anything else than
connecting, publishing by QoS 0 or 1, subscribing, pinging and leaving is a `MalformedError`, after which the door closes.
"""

import struct
from dataclasses import dataclass, field

ACCEPTED, BAD_VERSION, BAD_IDENTIFIER, UNAVAILABLE, BAD_CREDENTIALS = range(5)  # CONNACK's return codes.
SUBSCRIPTION_REFUSED = 0x80
CONNECT_HEAD = 0x10  # The first byte of every conversation.
LENGTH_BYTES_MAX = 4
_LEVELS = {b"MQIsdp": 3, b"MQTT": 4}  # MQTT 3.1 and 3.1.1.


class MalformedError(Exception):
    """Bytes that are not a packet we serve; the message says what came."""


class UnknownVersionError(MalformedError):
    """A protocol of another version; it deserves an answer that says so."""


@dataclass(frozen=True, slots=True)
class Connect:
    """A client introduces itself. Its will, if any, is read over: what a device's silence means is decided elsewhere."""

    client: str
    user: str
    password: str = field(repr=False)
    keep_alive_seconds: int


@dataclass(frozen=True, slots=True)
class Publish:
    """A client tells something; `packet` is 0 for QoS 0."""

    topic: str
    body: bytes
    packet: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A client has what we published."""

    packet: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A client wants to hear topics."""

    packet: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A client no longer wants to hear topics."""

    packet: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """A client shows that it lives."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """A client leaves in good order."""


Packet = Connect | Publish | Acknowledged | Subscribe | Unsubscribe | Ping | Disconnect


def parse_length(digits: bytes) -> int | None:
    """Give the remaining length from its 1 to 4 bytes; None while more are needed."""
    value = 0
    for place, digit in enumerate(digits):
        value += (digit & 0x7F) << 7 * place
        if digit < 0x80:  # noqa: PLR2004  # The top bit says that another digit follows.
            return value
    if len(digits) >= LENGTH_BYTES_MAX:
        raise MalformedError("a length of more than 4 bytes")
    return None


def parse(head: int, body: bytes) -> Packet:
    """Read a packet from its first byte and what follows the length; raise `MalformedError`, never anything else."""
    reader = _Reader(body)
    match head >> 4:
        case 1:
            packet: Packet = _connect(reader)
        case 3:
            packet = _publish(head, reader)
        case 4:
            packet = Acknowledged(reader.number(2))
        case 8:
            packet = Subscribe(reader.packet(), reader.filters(with_qos=True))
        case 10:
            packet = Unsubscribe(reader.packet(), reader.filters(with_qos=False))
        case 12:
            packet = Ping()
        case 14:
            packet = Disconnect()
        case other:
            raise MalformedError(f"packet type {other}; served: connect, publish, subscribe, ping, disconnect")
    reader.finish()
    return packet


def connack(code: int) -> bytes:
    """Answer a connect; sessions are never kept."""
    return bytes((0x20, 2, 0, code))


def puback(packet: int) -> bytes:
    """Acknowledge a QoS 1 publish."""
    return struct.pack("!BBH", 0x40, 2, packet)


def suback(packet: int, codes: list[int]) -> bytes:
    """Answer a subscribe, one code for each filter."""
    return _framed(0x90, struct.pack("!H", packet) + bytes(codes))


def unsuback(packet: int) -> bytes:
    """Answer an unsubscribe."""
    return struct.pack("!BBH", 0xB0, 2, packet)


def pingresp() -> bytes:
    """Answer a ping."""
    return b"\xd0\x00"


def publish(topic: str, body: bytes) -> bytes:
    """Tell a client something by QoS 0."""
    name = topic.encode()
    return _framed(0x30, struct.pack("!H", len(name)) + name + body)


def _framed(head: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes((head, *digits)) + body


def _connect(reader: "_Reader") -> Connect:
    name = reader.data()
    level = reader.number(1)
    if _LEVELS.get(name) != level:
        raise UnknownVersionError(f"protocol {name[:10]!r} level {level}; served: MQTT 3.1 and 3.1.1")
    flags = reader.number(1)
    keep_alive = reader.number(2)
    client = reader.text()
    if flags & 0x04:
        reader.text()
        reader.data()
    user = reader.text() if flags & 0x80 else ""
    password = reader.text() if flags & 0x40 else ""
    return Connect(client, user, password, keep_alive)


def _publish(head: int, reader: "_Reader") -> Publish:
    qos = head >> 1 & 3
    if qos > 1:
        raise MalformedError(f"a publish by QoS {qos}; served: 0 and 1")
    topic = reader.text()
    packet = reader.packet() if qos else 0
    return Publish(topic, reader.rest(), packet)


class _Reader:
    """Takes fields off a packet's body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def _bytes(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) < count:
            raise MalformedError("a packet that ends within a field")
        self._at += count
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self._bytes(width), "big")

    def packet(self) -> int:
        number = self.number(2)
        if number == 0:
            raise MalformedError("packet id 0")
        return number

    def data(self) -> bytes:
        return self._bytes(self.number(2))

    def text(self) -> str:
        try:
            return self.data().decode()
        except UnicodeDecodeError:
            raise MalformedError("text that is not UTF-8") from None

    def rest(self) -> bytes:
        return self._bytes(len(self._body) - self._at)

    def filters(self, *, with_qos: bool) -> tuple[str, ...]:
        found = []
        while self._at < len(self._body):
            found.append(self.text())
            if with_qos:
                self.number(1)
        if not found:
            raise MalformedError("a subscription to nothing")
        return tuple(found)

    def finish(self) -> None:
        if self._at != len(self._body):
            raise MalformedError("a packet with bytes left over")
