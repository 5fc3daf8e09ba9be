"""What is kept of telling people: a due step, its messages, and every hop of each. Instants are milliseconds UTC."""

import hashlib
from enum import StrEnum

import msgspec

from server.channels.channel import Message, Subject


class DueState(StrEnum):
    """How far one audience of one step has been told."""

    OPEN = "open"  # Something is still to be sent.
    TOLD = "told"  # Somebody of it has a message that was accepted or delivered.
    DEAD = "dead"  # Nobody is on duty, or every way to everybody has failed.
    STOPPED = "stopped"  # The alert was taken in hand before anybody was reached.


class MessageState(StrEnum):
    """How far one message is."""

    WAITING = "waiting"  # To be tried, now or later.
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"  # It failed until its time was over.
    UNREPORTED = "unreported"  # Accepted, and the report that always comes did not come in time.
    STOPPED = "stopped"


TOLD = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED})
LOST = frozenset({MessageState.REFUSED, MessageState.GIVEN_UP, MessageState.UNREPORTED})


class Way(msgspec.Struct, frozen=True):
    """One channel of one recipient."""

    channel: str
    address: str = ""


class Recipient(msgspec.Struct, frozen=True):
    """Somebody of an audience, with the ways to reach them in the order in which they are tried."""

    id: str  # The line of the directory; never a person's name.
    ways: tuple[Way, ...]
    language: str = "zh"


Plan = tuple[tuple[Recipient, ...], ...]  # Recipients that are told at once; the next ones when none of them was reached.


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One audience that is to be told of one step of one ring of an alert, exactly once on record."""

    alert: str
    ring: int  # Which ringing of the alert: it rings anew for a later press, and when it is opened again.
    step: int
    audience: str
    school: str
    rule: str
    severity: int
    mode: str
    at_ms: int
    asked: bool = False  # A person asked for it after the alert was taken in hand.
    state: DueState = DueState.OPEN
    plan: Plan = ()
    about: Subject
    why: str = ""  # Why it is dead or stopped, for people.
    updated_ms: int = 0

    @property
    def id(self) -> str:
        """Give its key, the same on every server."""
        return due_id(self.alert, self.ring, self.step, self.audience)


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One message with how far it is. Whoever owns it until `lease_ms` is the only one who may send it."""

    due: str
    channel: str
    message: Message
    state: MessageState = MessageState.WAITING
    tries: int = 0
    made_ms: int
    next_ms: int  # When it is to be tried; while it is accepted, until when its report may come.
    over_ms: int  # After that another way begins beside it …
    until_ms: int  # … and after that a failed try is the last.
    told_ms: int = 0  # When it was accepted, or delivered if that is known.
    reference: str = ""

    @property
    def id(self) -> str:
        """Give the idempotency key of the message."""
        return self.message.id


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a message, or to a due step where `message` is empty. Appended, never changed."""

    due: str
    at_ms: int
    what: str  # A MessageState or DueState, `failed` for a try, or a later state that the other side told.
    message: str = ""
    channel: str = ""
    recipient: str = ""
    by: str = ""  # Which server, or who told it.
    reference: str = ""
    detail: str = ""


def due_id(alert: str, ring: int, step: int, audience: str) -> str:
    """Give the key of a due step."""
    return _digest("due", alert, str(ring), str(step), audience)


def message_id(due: str, recipient: str, channel: str) -> str:
    """Give the idempotency key of a message: of two servers that write it, both write the same one."""
    return _digest("message", due, recipient, channel)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
