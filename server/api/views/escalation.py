"""The chains of escalation: those of the ledger and those that are built in."""

from server.api.views.alerts import HopView
from server.api.views.common import View


class AudienceView(View, frozen=True, kw_only=True):
    """Who can be told, by both names."""

    name: str
    label: str
    label_en: str
    police: bool


class ChainView(View, frozen=True, kw_only=True):
    """One chain. Empty or null matches everything; `unit` is empty for one that is built in, whose `name` says what for."""

    name: str
    unit: str
    severity: int | None
    rule: str
    mode: str
    context: str
    from_time: str
    until_time: str
    hops: list[HopView]
    ack_s: int | None  # How long an acknowledgement holds on which nobody acts; null: as built in for the severity.
    document: str


class AckView(View, frozen=True, kw_only=True):
    """How long an acknowledgement holds by severity, built in, for calls for help and for faults."""

    severity: int
    call_s: int
    fault_s: int


class Escalations(View, frozen=True, kw_only=True):
    """Every chain that may hold for the schools within reach: the nearest unit first, then those that are built in."""

    chains: list[ChainView]
    acks: list[AckView]
    audiences: list[AudienceView]
