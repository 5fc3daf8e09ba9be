"""One screen's queue: bounded in pieces and bytes; one that does not read loses its queue and is told to start again."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from server.security.access import Reach

PIECES_MAX = 1_000
BYTES_MAX = 8 * 1024 * 1024  # Above the largest replay; below what a few hundred stuck screens would cost us.


@dataclass(slots=True, eq=False)
class Subscriber:
    """One open stream; the hub pushes, the response takes."""

    reach: Reach
    session: str  # The session's digest: revoking it closes the stream.
    reset: bytes  # What is told when the queue overflows.
    overflows: int = 0
    closed: bool = False
    _pieces: deque[bytes] = field(default_factory=deque)
    _size: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, piece: bytes) -> None:
        """Queue a piece; beyond the limits everything queued gives way to a reset, never a silent gap."""
        if self.closed:
            return
        if len(self._pieces) >= PIECES_MAX or self._size + len(piece) > BYTES_MAX:
            self._pieces.clear()
            self._pieces.append(self.reset)
            self._size = len(self.reset)
            self.overflows += 1
        self._pieces.append(piece)
        self._size += len(piece)
        self._wake.set()

    def close(self, last: bytes = b"") -> None:
        """End the stream after what is queued and a last word."""
        if last:
            self.push(last)
        self.closed = True
        self._wake.set()

    async def take(self) -> bytes:
        """Wait for something to send and take all of it; empty bytes say that the stream has ended."""
        while not self._pieces:
            if self.closed:
                return b""
            self._wake.clear()
            await self._wake.wait()
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return taken
