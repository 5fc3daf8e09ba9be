"""Alerts: one line, one in full, a page of them."""

from typing import Literal

from contract.mode import Mode
from server.api.views.common import Liveness, View
from server.core.alert import Flow, Severity, State
from server.core.windows import WhyReal
from server.security.access import Act


class Alert(View, frozen=True, kw_only=True):
    """The current picture of one alert; `count` is the number of presses, `stored: false` is not yet in the journal."""

    id: str
    ver: int
    rule: str
    sev: Severity
    state: State
    mode: Mode
    school: str
    unit: str
    station: str
    gateway: str
    device: str
    device_name: str
    place: str
    t: int
    rx: int
    updated: int
    stored: bool
    late: bool
    owner: str
    owner_display: str
    acked_at: int | None
    ended_at: int | None
    resolved_at: int | None
    cause: str
    count: int
    children: int
    escalation: int
    next_escalation_at: int | None
    first_hop: str
    flow: Flow  # An incident is a call for help and worked as one; a fault is a thing to be mended.
    code: str  # The device's own code, for rules that pass one on; else empty.
    held: Literal["", "grouped", "shelved", "planned"]  # Why it calls nobody; an incident is never held back.
    held_until: int | None  # When a shelf gives it back.
    group: str  # The alert it stands under; `unit` is the area where it is itself such a group.
    security: bool  # About people and gates: at severity 1 or 2 no storm folds it away.
    confirmed: bool  # A second signal of the same school spoke within two minutes: false needs two people.
    proposed_by: str  # Who asked first to close it as not real, and with which cause; another person must agree.
    proposed_cause: str
    ack_expires_at: int | None  # Until when somebody has to act on the acknowledgement; then it rings again.
    ack_expired: bool  # It rings again, for nobody acted on an acknowledgement.
    steps: int  # Of its chain; `escalation` is the one reached, from 0.
    shown: int  # How many of its presses a police screen has drawn; `count` when all.
    window: str  # The test or drill that a press is of, or beside which it is real; else empty.
    why_real: WhyReal  # Why a press is real although something speaks of a rehearsal; else empty.


class HistoryStep(View, frozen=True, kw_only=True):
    """One entry of an alert's history."""

    at: int
    what: str
    by: str
    note: str


class PressView(View, frozen=True, kw_only=True):
    """One press of an incident; every press stays a row of its own."""

    id: str
    device: str
    t: int
    rx: int
    press: str
    stored: bool
    late: bool
    cleared_at: int | None
    stored_at: int | None
    shown_at: int | None  # When the first police screen had drawn it.
    receipted_at: int | None  # When a system of the police had acknowledged it.


class HopView(View, frozen=True, kw_only=True):
    """One step of a chain: so many seconds after the ring, these are told."""

    after_s: int
    audiences: list[str]


class PlanView(View, frozen=True, kw_only=True):
    """Who is told and when: `unit` is empty for a chain that is built in; `ack_s` 0 says that taking it holds for ever."""

    name: str
    unit: str
    hops: list[HopView]
    ack_s: int


class Contact(View, frozen=True, kw_only=True):
    """Whom to call."""

    school: str
    phone: str
    address: str
    station: str
    station_phone: str


class RelatedDevice(View, frozen=True, kw_only=True):
    """Another device of the same school, to look at or through."""

    gateway: str
    device: str
    kind: str
    name: str
    place: str
    liveness: Liveness


class AlertDetail(Alert, frozen=True, kw_only=True):
    """One alert with its history, presses and surroundings; `acts` are the moves this user may ask for now."""

    acts: list[Act]
    history: list[HistoryStep]
    presses: list[PressView]
    detail: dict[str, str]
    plan: PlanView  # By which it rang last.
    contact: Contact | None
    related: list[RelatedDevice]


class AlertPage(View, frozen=True, kw_only=True):
    """One page of alerts, newest first; `next` is the cursor of the following page."""

    items: list[Alert]
    next: str | None
    total: int
