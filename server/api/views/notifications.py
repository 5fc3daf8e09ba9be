"""Who was told of an alert by other ways than the screens, and how the channels do."""

from server.api.views.common import View
from server.notify.model import DueState, MessageState


class NotificationHop(View, frozen=True, kw_only=True):
    """One thing that happened: a try, a receipt, a later word of the other side. `message` is empty for the step itself."""

    at: int
    what: str
    message: str
    channel: str
    recipient: str
    by: str
    reference: str
    detail: str


class NotificationMessage(View, frozen=True, kw_only=True):
    """One message to one recipient by one channel; of its address only so much is shown that its owner knows it again."""

    id: str
    recipient: str
    channel: str
    address: str
    state: MessageState
    tries: int
    made: int
    told: int | None
    reference: str
    subject: str
    body: str


class NotificationDue(View, frozen=True, kw_only=True):
    """One audience of one step of one ringing of an alert, with its messages and every hop, oldest first."""

    id: str
    alert: str
    rule: str
    sev: int
    mode: str
    school: str
    school_name: str
    school_name_en: str
    ring: int
    step: int
    audience: str
    state: DueState
    why: str
    asked: bool
    at: int
    messages: list[NotificationMessage]
    hops: list[NotificationHop]


class Notifications(View, frozen=True, kw_only=True):
    """One page of due steps, the newest first; those of one alert are the oldest first, and whole."""

    items: list[NotificationDue]
    next: str | None
    total: int


class ChannelView(View, frozen=True, kw_only=True):
    """One configured channel. Nothing of its options is ever shown."""

    name: str
    label: str
    kind: str
    kind_label: str
    kind_label_en: str
    dead: bool
    failures: int
    failing_since: int | None
    good: int | None
    detail: str


class Channels(View, frozen=True, kw_only=True):
    """Every configured channel, and whether the ledger has any rota by which somebody could be told."""

    items: list[ChannelView]
    rotas: bool


class ChannelTried(View, frozen=True, kw_only=True):
    """What became of a try of a channel."""

    outcome: str
    at: int
    reference: str
    detail: str


class ReceiptTaken(View, frozen=True, kw_only=True):
    """How many of the reported messages are known."""

    known: int
