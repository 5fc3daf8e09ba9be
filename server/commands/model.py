"""What an order is on record, and how it stands: told from the record, the gateway's replies and the time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contract.errors import AnxiaoError
from contract.identity import DeviceId, GatewayId, SchoolId, UserName
from contract.limits import COMMAND_SECONDS_MAX
from contract.messages import Argument
from contract.orders import FINAL, ORDERS, Op

COMMAND_SECONDS = COMMAND_SECONDS_MAX - 5  # From signing to its end: both clocks may be a little off. HTTPS asks each 15 s.
CONFIRM_SECONDS = 600  # Later a second person confirms what nobody is thinking of any more.
ANSWER_MS = 5_000  # How long after its end an answer may still be on its way.
CARRY_OUT_MS = 60_000  # How long after its end one that was accepted may still be carried out (30 s), and be told of.
OPENS = frozenset({"barrier", "gate"})  # Kinds of device that must not come open by one person's click.


class CommandState(StrEnum):
    """How an order stands. Those of a reply are the gateway's words (contract.orders.REPLY_CODES)."""

    WAITING = "waiting"  # For a second person.
    LAPSED = "lapsed"  # Nobody confirmed it in time; it was never sent.
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN_DEVICE = "unknown_device"
    BAD_SIG = "bad_sig"
    NO_CLOCK = "no_clock"
    # Its end has come and the gateway has not said what became of it: it never had it, forgot it, or cannot be heard.
    UNANSWERED = "unanswered"


class NotGiven(AnxiaoError):
    """An order that is not given; `code` is the API's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for; `id` is drawn by whoever asks, so that asking again is the same order."""

    id: str
    gateway: GatewayId
    device: str  # Empty for the gateway itself.
    school: SchoolId
    op: Op
    arguments: Mapping[str, Argument]


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply of the gateway, as the journal has it."""

    code: str
    t_ms: int
    rx_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """An order on record. `number`, `issued_ms` and `exp_ms` are 0 until it is signed."""

    asked: Asked
    asked_by: UserName
    asked_ms: int
    confirmed_by: str = ""
    number: int = 0
    issued_ms: int = 0
    exp_ms: int = 0
    answers: Sequence[Answer] = ()

    def state(self, now_ms: int) -> CommandState:
        """Say how it stands. Of two ends, which a killed gateway may tell, the first counts.

        That a signature was wrong may have been said of somebody else's forgery under the same id: it counts alone only.
        """
        if not self.issued_ms:
            return CommandState.LAPSED if now_ms > self.asked_ms + CONFIRM_SECONDS * 1_000 else CommandState.WAITING
        answers = [answer for answer in self.answers if answer.code != CommandState.BAD_SIG] or self.answers
        ends = [answer for answer in answers if answer.code in FINAL]
        if ends:
            return CommandState(min(ends, key=lambda answer: answer.rx_ms).code)
        if now_ms > self.exp_ms + (CARRY_OUT_MS if answers else ANSWER_MS):
            return CommandState.UNANSWERED
        return CommandState.ACCEPTED if answers else CommandState.SENT


def needs_second(op: Op, kind: str) -> bool:
    """Say whether two people are needed: for whatever opens, and whatever else may move a barrier or gate."""
    return ORDERS[op].two_people or (kind in OPENS and op not in (Op.LOCK, Op.SIREN))


def target(asked: Asked) -> DeviceId:
    """Name the device an order is for; the gateway itself is `gw`."""
    return DeviceId(asked.device or "gw")
