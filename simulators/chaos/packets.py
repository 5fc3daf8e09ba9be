"""MQTT packets told twice and in the wrong order, as a network with retransmissions and several routes may have it. Pure."""

import random
from dataclasses import dataclass, field

PUBLISH = 3
DUPLICATE_FLAG = 0x08
QUALITY_MASK = 0x06
LENGTH_BYTES_MAX = 4


@dataclass(slots=True)
class Meddler:
    """Takes the bytes of one direction of one connection; gives whole packets, some of them twice or one place later."""

    chance: random.Random
    twice: float  # The share of published messages told twice.
    swapped: float  # The share of published messages that the next one overtakes.
    doubled: int = 0
    reordered: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _held: bytes = b""

    @property
    def holds(self) -> bool:
        """Say whether a message is held back."""
        return bool(self._held)

    def feed(self, data: bytes) -> bytes:
        """Give what goes on now. A message that is held back goes on with the next packet of any kind."""
        self._buffer += data
        out = bytearray()
        while (packet := self._next()) is not None:
            publish = packet[0] >> 4 == PUBLISH
            if publish and not self._held and self.chance.random() < self.swapped:
                self._held = packet
                continue
            out += packet
            if publish and self.chance.random() < self.twice:
                out += self._again(packet)
                self.doubled += 1
            if self._held:
                out += self._held
                self._held = b""
                self.reordered += publish
        return bytes(out)

    def rest(self) -> bytes:
        """Give what was held back; called when nothing else came for a while, and at the end."""
        held, self._held = self._held, b""
        return held

    def _again(self, packet: bytes) -> bytes:
        first = packet[0] | (DUPLICATE_FLAG if packet[0] & QUALITY_MASK else 0)
        return bytes((first,)) + packet[1:]

    def _next(self) -> bytes | None:
        length = shift = 0
        for place in range(1, min(len(self._buffer), LENGTH_BYTES_MAX + 1)):
            digit = self._buffer[place]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                end = place + 1 + length
                if len(self._buffer) < end:
                    return None
                packet = bytes(self._buffer[:end])
                del self._buffer[:end]
                return packet
        return None
