"""What the police's own systems say of an alert, beside what people do on our screens."""

from server.api.views.common import View
from server.police.lifecycle import Effect, PoliceState


class PoliceReceiptView(View, frozen=True, kw_only=True):
    """One receipt: `at` by the clock of whoever told it, `rx` by ours when it came, and what it did then."""

    state: PoliceState
    effect: Effect
    at: int
    rx: int
    by: str
    reference: str
    reason: str
    digest: str


class PoliceMessage(View, frozen=True, kw_only=True):
    """How far one message to a system of the police is, with every receipt of it in the order in which they came."""

    message: str
    channel: str
    channel_label: str
    state: PoliceState
    receipts: list[PoliceReceiptView]


class PoliceMessages(View, frozen=True, kw_only=True):
    """Every message of an alert of which the police's side has said anything, the oldest first."""

    items: list[PoliceMessage]


class PoliceTaken(View, frozen=True, kw_only=True):
    """What each posted receipt did: moved, late, repeated, or unknown for a message that was not sent by this channel."""

    outcomes: list[str]
