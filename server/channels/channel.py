"""What a notification channel is: it takes a message for one recipient and says what became of it.

A channel keeps nothing. Whether a message was sent, must be tried again or goes another way is kept by `server.notify`,
which gives the same message, under the same id, as often as it takes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from server.core.alert import Severity
from server.police.lifecycle import PoliceState

REFERENCE_CHARACTERS_MAX = 120
DETAIL_CHARACTERS_MAX = 200


class Outcome(StrEnum):
    """What became of one try."""

    ACCEPTED = "accepted"  # The other side has it and answers for it from here; nobody has surely got it yet.
    DELIVERED = "delivered"  # It is where it was to go: a handset, a mailbox of the recipient, a siren that sounds.
    REFUSED = "refused"  # It will never be taken: a wrong address, a wrong key. Trying again is of no use.
    FAILED = "failed"  # Not taken now: no answer, too busy. It is tried again, and may arrive twice.


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel says of one try. `detail` is for people and holds no secret and no address."""

    outcome: Outcome
    at: float  # Seconds UTC, by this server's clock.
    reference: str = ""  # The other side's own number of the message, by which it tells later what became of it.
    detail: str = ""
    retry_seconds: float | None = None  # Where the other side says how long it wants to be left alone.
    police: PoliceState | None = None  # How far the call is with the police, as the answer itself says; None for all others.
    digest: str = ""  # SHA-256 of that answer, in hex.

    def __post_init__(self) -> None:
        object.__setattr__(self, "reference", self.reference[:REFERENCE_CHARACTERS_MAX])
        object.__setattr__(self, "detail", self.detail[:DETAIL_CHARACTERS_MAX])


class Subject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The alert that a message tells of, as it stood when the message was written. Instants are seconds UTC."""

    alert: str
    rule: str
    severity: Severity
    mode: str  # real, test or drill, as the server decided; nothing else is ever told as real.
    t: float  # When it happened, by the school's clock …
    rx: float  # … and when we knew.
    code: str = ""
    state: str = "raised"
    school: str = ""
    school_name: str = ""
    school_name_en: str = ""
    station: str = ""
    gateway: str = ""
    device: str = ""
    device_name: str = ""
    device_kind: str = ""
    gb_id: str = ""  # The 20-digit GB/T 28181 id of the device, where it has one.
    place: str = ""
    latitude: float | None = None  # In the datum named beside.
    longitude: float | None = None
    datum: str = ""
    late: bool = False
    confirmed: bool = False  # A second signal of the same school spoke within minutes.
    again: bool = False  # It rings anew: a later press, or it was opened again.
    press: str = ""  # The id of the newest press, for incidents.
    detail: tuple[tuple[str, str], ...] = ()  # What the rule tells: value, threshold, …


class Text(msgspec.Struct, frozen=True):
    """The words of a message in one language."""

    language: str
    subject: str
    body: str


class Earlier(msgspec.Struct, frozen=True):
    """A message of the same alert that the same channel has given the same recipient before."""

    id: str
    made: float


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message for one recipient by one channel.

    `id` is the idempotency key: it is the same at every try and after every restart, and a channel hands it on wherever the
    other side can use it to drop a second copy. `silent` says that nothing may sound or show at the school (duress).
    """

    id: str
    about: Subject
    step: int
    audience: str
    recipient: str  # The line of the directory; never a person's name.
    address: str = ""  # A telephone number, a mailbox …; empty where the channel has but one.
    language: str = "zh"
    subject: str = ""
    body: str = ""
    silent: bool = False
    made: float = 0.0  # When it was written, seconds UTC; the same at every try.
    texts: tuple[Text, ...] = ()  # In every language, for a channel that carries several at once.
    earlier: tuple[Earlier, ...] = ()  # For a channel that says what it follows.


class Channel(Protocol):
    """One configured way out. `send` may be called several times at once, and is cancelled when it takes too long."""

    @property
    def name(self) -> str:
        """Give the name that the settings and the directory call it by; it is logged and shown."""
        ...

    @property
    def kind(self) -> str:
        """Give the name of its kind, such as sms or webhook."""
        ...

    @property
    def report_seconds(self) -> float | None:
        """Say within which time an accepted message is reported as delivered; None where no such report ever comes.

        A message that is accepted and not reported in time is taken as not delivered, and goes another way too.
        """
        ...

    async def send(self, message: Message) -> Receipt:
        """Try once. Raises nothing that the other side or the network can cause: that is `refused` or `failed`."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads."""
        ...
