"""What the box needs of a way to the server, so that MQTT, HTTPS and tests are the same to it."""

from collections.abc import Callable
from typing import Protocol

from contract.identity import Lane
from gateway.node_events import PathDown, PathKind, PathUp, Received

Tell = Callable[[PathUp | PathDown | Received], None]

BACK_OFF_SECONDS = (0.5, 30.0)  # First and longest pause between two attempts to connect.
STUCK_BYTES_MAX = 1 << 20  # Of one connection's waiting output; beyond it readings are not handed over any more.


class Uplink(Protocol):
    """One way to the server. It promises nothing about what it is given: only receipts count."""

    @property
    def name(self) -> str:
        """Name the path."""
        ...

    @property
    def kind(self) -> PathKind:
        """Say how it carries messages."""
        ...

    @property
    def dropped(self) -> int:
        """Count the messages that were left to be sent again, because the path took nothing more at the time."""
        ...

    def send(self, leaf: str, payload: bytes, lane: Lane, *, qos: int, retain: bool) -> None:
        """Hand over one message without waiting; it may be lost."""
        ...

    async def run(self) -> None:
        """Serve until cancelled, reconnecting for ever."""
        ...


def back_off(failures: int, jitter: float) -> float:
    """Give the pause before the next attempt: doubling, spread by `jitter` (0 to 1) so that a city never returns at once."""
    first, longest = BACK_OFF_SECONDS
    return min(longest, first * 2.0 ** min(failures, 16)) * (0.5 + jitter)
