"""How a receiver behaves, and what it has got; shared by all of them."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

KEPT_MAX = 1_000  # Messages that a receiver remembers; older ones are forgotten.
STALL_SECONDS = 3_600.0


class Manner(StrEnum):
    """What a receiver does with a message."""

    TAKE = "take"
    REFUSE = "refuse"  # For good: a wrong key, an unknown number.
    HURRY = "hurry"  # "Too fast": to be tried again later.
    BUSY = "busy"  # Its own trouble: to be tried again.
    STALL = "stall"  # It listens and never answers.
    LIE = "lie"  # It says yes, and drops the message.
    BREAK = "break"  # It takes the message and breaks off before it answers.
    NONSENSE = "nonsense"  # It answers with something that is no answer.


@dataclass(frozen=True, slots=True)
class Got:
    """One message as it came in; `kept` says whether it reached anybody."""

    at: float
    service: str
    to: str
    text: str
    id: str = ""
    kept: bool = True


@dataclass
class Receiver:
    """One receiver: its manner may be changed at any time, and holds from the next message on."""

    service: str
    manner: Manner = Manner.TAKE
    got: deque[Got] = field(default_factory=lambda: deque(maxlen=KEPT_MAX))
    script: deque[Manner] = field(default_factory=deque)  # For the next messages, one each; then `manner` holds again.

    def next_manner(self) -> Manner:
        """Give the manner for the message that has just come."""
        return self.script.popleft() if self.script else self.manner

    def take(self, manner: Manner, to: str, text: str, id_: str = "") -> None:
        """Write a message down."""
        kept = manner in (Manner.TAKE, Manner.BREAK)
        self.got.append(Got(time.time(), self.service, to, text, id_, kept))

    @property
    def reached(self) -> list[Got]:
        """List what reached somebody."""
        return [one for one in self.got if one.kept]


async def stall() -> None:
    """Stay silent."""
    await asyncio.sleep(STALL_SECONDS)
