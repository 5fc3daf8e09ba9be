"""A fact: one appended entry of an alert's life. An alert is nothing but its facts applied in order.

The engine applies each fact as it makes it, and a restart applies the stored ones again: both give the same alert.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import msgspec

from contract.mode import Mode
from server.core.alert import Alert, Attached, Flow, Severity, State, Step
from server.core.chain import Plan

PRESSES_SHOWN_MAX = 500  # Rows in the picture of one incident; older ones stay in the journal and are counted.
HISTORY_SHOWN_MAX = 1_000  # The same for the history.


class What(StrEnum):
    """What can happen to an alert."""

    RAISED = "raised"
    PRESSED = "pressed"  # A later press joined the incident.
    STORED = "stored"
    CLEARED = "cleared"  # The school reset the button; this closes nothing.
    SHOWN = "shown"  # A police screen has drawn a press.
    RECEIPTED = "receipted"  # The police's side has acknowledged a press by its own system.
    PROVEN = "proven"  # A test press has taken every step in time, and is over.
    CONFIRMED = "confirmed"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    ARRIVED = "arrived"
    PROPOSED = "proposed"  # The first of two people asked to close a confirmed incident as not real.
    RESOLVED = "resolved"
    REVIEWED = "reviewed"
    REOPENED = "reopened"
    WORK_ORDERED = "work_ordered"
    RECOVERED = "recovered"
    RELAPSED = "relapsed"  # The condition came back before the work order was closed.
    ENDED = "ended"  # The condition of an alert that people had closed already is over.
    CLOSED = "closed"
    NOTED = "noted"
    ESCALATED = "escalated"
    ACK_EXPIRED = "ack_expired"  # Nobody acted on an acknowledgement in time: it rings again.
    RETIMED = "retimed"  # The clock went back: what is due is due as much earlier.
    SHIFTED = "shifted"  # The severity changed while the condition lasted.
    GROUPED = "grouped"  # It stands under another alert, `ref`, which rings for both.
    UNGROUPED = "ungrouped"  # It rings for itself again.
    COUNTED = "counted"  # Another number of alerts stands under it.
    SHELVED = "shelved"  # A person put it aside, until `t`.
    UNSHELVED = "unshelved"
    PLANNED = "planned"  # The work planned as `ref` explains it, until `t`.
    UNPLANNED = "unplanned"


OF_PRESS = frozenset({What.STORED, What.CLEARED, What.SHOWN, What.RECEIPTED})  # What is said of one press, `ref`.


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry: what, when, by whom and why, with what the kind of entry needs beside."""

    what: What
    at: float
    by: str = ""
    role: str = ""
    note: str = ""
    cause: str = ""
    key: str = ""  # The idempotency key of the request that made it.
    alert: Alert | None = None  # For `raised`: the alert as it began.
    press: Attached | None = None  # For `pressed`.
    ref: str = ""  # Of `OF_PRESS`: which press. For `grouped` and `planned`: under what.
    t: float | None = None  # For `cleared`: when the school did it. For `shelved` and `planned`: until when.
    step: int = 0  # The escalation step reached.
    next_at: float | None = None  # When the next one is due.
    plan: Plan | None = None  # For whatever makes an alert ring anew: who is told and when.
    expires_at: float | None = None  # Until when somebody has to act on an acknowledgement, or until when they had to.
    severity: Severity | None = None  # For `shifted`.
    detail: tuple[tuple[str, str], ...] = ()  # For `shifted` and `relapsed`, where it changed.
    count: int = 0  # For `counted`.


_decoder = msgspec.json.Decoder(Fact)


def encode_fact(fact: Fact) -> bytes:
    """Write a fact as the JSON that the journal keeps."""
    return msgspec.json.encode(fact)


def decode_fact(body: bytes) -> Fact:
    """Read a stored fact; raises `msgspec.DecodeError` for anything else."""
    return _decoder.decode(body)


def brought(fact: Fact) -> str:
    """Name the press that a fact brings to its incident; empty when it brings none."""
    if fact.press is not None:
        return fact.press.id
    return fact.alert.presses[0].id if fact.alert is not None and fact.alert.presses else ""


def renamed(fact: Fact, names: Callable[[str], str]) -> Fact:
    """Give a fact with its press under the name that `names` gives for its id."""
    if fact.alert is not None and fact.alert.presses:
        begun = fact.alert
        first = replace(begun.presses[0], id=names(begun.presses[0].id))
        key = first.id if begun.id == begun.presses[0].id else begun.id
        return msgspec.structs.replace(fact, alert=replace(begun, id=key, presses=(first, *begun.presses[1:])))
    press = replace(fact.press, id=names(fact.press.id)) if fact.press is not None else None
    ref = names(fact.ref) if fact.what in OF_PRESS else fact.ref
    return msgspec.structs.replace(fact, press=press, ref=ref)


def apply(alert: Alert | None, fact: Fact) -> Alert:
    """Give the alert as it stands after a fact."""
    if fact.what is What.RAISED:
        assert fact.alert is not None
        begun = replace(fact.alert, version=1, moved_version=1, updated=fact.at, history=())
        return replace(begun, history=(_step(fact),))
    assert alert is not None, f"{fact.what} before raised"
    before = replace(
        alert,
        version=alert.version + 1,
        updated=fact.at,
        history=(*alert.history, _step(fact))[-HISTORY_SHOWN_MAX:],
    )
    after = _CHANGES[fact.what](before, fact)
    if after.held and after.next_escalation_at is not None:
        return replace(after, next_escalation_at=None)  # Whatever moves it: nobody is called for what is held back.
    return after


def still_to_say(alert: Alert | None, fact: Fact) -> Fact | None:  # noqa: C901, PLR0911  # One line for each kind of fact.
    """Give what is left to be said of a fact that was not taken, for the alert had been moved by another server.

    A press, its confirmation and a note are always said. A person's move is not: what they had seen is not so any more; but
    whoever took an alert that still rings for just that has taken it, which the book knows.
    What the rules find of a fault they find again.
    """
    if alert is None:
        return fact if fact.what is What.RAISED else None
    told = {press.id: press for press in alert.presses}
    match fact.what:
        case What.PRESSED:
            return None if fact.press is not None and fact.press.id in told else fact
        case What.STORED:
            return fact if fact.ref in told and not told[fact.ref].stored else None
        case What.CLEARED:
            return fact if fact.ref in told and told[fact.ref].cleared_at is None else None
        case What.SHOWN:
            return fact if fact.ref in told and told[fact.ref].shown_at is None else None
        case What.RECEIPTED:
            return fact if fact.ref in told and told[fact.ref].receipted_at is None else None
        case What.CONFIRMED:
            return None if alert.confirmed else fact
        case What.NOTED:
            return fact if fact.by else None
        case What.ESCALATED:
            return fact if alert.state is State.RAISED and alert.escalation < fact.step else None
        case What.ACK_EXPIRED:
            same = alert.state is State.ACKNOWLEDGED and alert.ack_expires_at == fact.expires_at
            return fact if same else None
        case _:
            return None


def _step(fact: Fact) -> Step:
    parts = (fact.note, fact.cause, fact.ref or (fact.press.id if fact.press else ""))
    return Step(fact.at, fact.what.value, fact.by, " · ".join(part for part in parts if part))


def _pressed(alert: Alert, fact: Fact) -> Alert:
    """Ring again for a later press: whoever acknowledged the one before has not seen this one."""
    press = fact.press
    assert press is not None
    presses = (*alert.presses, press)[-PRESSES_SHOWN_MAX:]
    return replace(
        _ringing(alert, fact),
        presses=presses,
        press_count=alert.press_count + 1,
        stored=all(each.stored for each in presses),
        late=alert.late or press.late,
    )


def _ringing(alert: Alert, fact: Fact) -> Alert:
    return replace(
        alert,
        state=State.RAISED,
        acknowledged_at=None,
        resolved_at=None,
        ended_at=None,
        cause="",
        escalation=fact.step,
        next_escalation_at=fact.next_at,
        plan=fact.plan or alert.plan,
        ack_expires_at=None,
        ack_expired=fact.what is What.ACK_EXPIRED,
        moved_version=alert.version,
        proposed_by="",
        proposed_cause="",
        rings=alert.rings + 1,
    )


def _stored(alert: Alert, fact: Fact) -> Alert:
    presses = _of_press(alert, fact.ref, stored=True, stored_at=fact.at)
    return replace(alert, presses=presses, stored=all(press.stored for press in presses))


def _of_press(alert: Alert, name: str, **said: object) -> tuple[Attached, ...]:
    return tuple(replace(press, **said) if press.id == name else press for press in alert.presses)  # type: ignore[arg-type]


def _proven(alert: Alert, fact: Fact) -> Alert:
    """End a test press. Nothing else ends by itself, whatever a fact says."""
    if alert.mode != Mode.TEST:
        return alert
    return replace(_closed(alert, fact), state=State.RESOLVED, cause=Mode.TEST.value)


def _cleared(alert: Alert, fact: Fact) -> Alert:
    presses = tuple(replace(press, cleared_at=fact.t) if press.id == fact.ref else press for press in alert.presses)
    return replace(alert, presses=presses)


def _moved_to(state: State) -> Callable[[Alert, Fact], Alert]:
    """Make the change of a person's move: it takes the alert in hand, so the escalation rests."""

    def change(alert: Alert, fact: Fact) -> Alert:
        first = alert.acknowledged_at if alert.acknowledged_at is not None else fact.at
        return replace(
            alert,
            state=state,
            owner=fact.by or alert.owner,
            acknowledged_at=first,
            next_escalation_at=None,
            ack_expires_at=fact.expires_at,
            ack_expired=False,
            moved_version=alert.version,
        )

    return change


def _resolved(alert: Alert, fact: Fact) -> Alert:
    return replace(_moved_to(State.RESOLVED)(alert, fact), resolved_at=fact.at, cause=fact.cause)


def _closed(alert: Alert, fact: Fact) -> Alert:
    return replace(
        alert,
        state=State.CLOSED,
        resolved_at=fact.at,
        cause=fact.cause,
        next_escalation_at=None,
        ack_expires_at=None,
        ack_expired=False,
        moved_version=alert.version,
    )


def _proposed(alert: Alert, fact: Fact) -> Alert:
    held = _held(alert, fact)
    return replace(held, proposed_by=fact.by, proposed_cause=fact.cause, moved_version=alert.version)


def _held(alert: Alert, fact: Fact) -> Alert:
    """Go on as it stands; where somebody acts on an acknowledgement, it holds for longer."""
    return alert if fact.expires_at is None else replace(alert, ack_expires_at=fact.expires_at)


def _escalated(alert: Alert, fact: Fact) -> Alert:
    return replace(_held(alert, fact), escalation=fact.step, next_escalation_at=fact.next_at)


def _retimed(alert: Alert, fact: Fact) -> Alert:
    return replace(alert, next_escalation_at=fact.next_at, ack_expires_at=fact.expires_at)


def _recovered(alert: Alert, fact: Fact) -> Alert:
    return replace(
        alert,
        state=State.RECOVERED,
        ended_at=fact.at,
        next_escalation_at=None,
        ack_expires_at=None,
        ack_expired=False,
        moved_version=alert.version,
    )


def _relapsed(alert: Alert, fact: Fact) -> Alert:
    return replace(alert, state=State.WORK_ORDER, ended_at=None, detail=fact.detail or alert.detail)


def _shifted(alert: Alert, fact: Fact) -> Alert:
    assert fact.severity is not None
    return replace(
        alert,
        severity=fact.severity,
        detail=fact.detail or alert.detail,
        escalation=fact.step,
        next_escalation_at=fact.next_at,
        plan=fact.plan or alert.plan,
        ack_expires_at=alert.ack_expires_at if fact.expires_at is None else fact.expires_at,
        rings=alert.rings + (alert.state is State.RAISED),  # Where somebody has it in hand already, it only stands worse.
    )


def _held_by(**fields: Callable[[Fact], object]) -> Callable[[Alert, Fact], Alert]:
    """Make the change that holds a fault back. An incident is never held back, whatever a fact says."""

    def change(alert: Alert, fact: Fact) -> Alert:
        if alert.flow is Flow.INCIDENT:
            return alert
        return replace(alert, **{name: value(fact) for name, value in fields.items()})  # type: ignore[arg-type]

    return change


def _released(**fields: object) -> Callable[[Alert, Fact], Alert]:
    """Make the change that lets a fault ring for itself again, if nothing else holds it back."""

    def change(alert: Alert, fact: Fact) -> Alert:
        if alert.flow is Flow.INCIDENT:
            return alert
        free = replace(alert, **fields)  # type: ignore[arg-type]
        if free.state is not State.RAISED or free.held:
            return free
        plan = fact.plan or free.plan
        return replace(free, escalation=0, next_escalation_at=fact.next_at, plan=plan, rings=free.rings + 1)

    return change


_CHANGES: dict[What, Callable[[Alert, Fact], Alert]] = {
    What.PRESSED: _pressed,
    What.STORED: _stored,
    What.CLEARED: _cleared,
    What.SHOWN: lambda alert, fact: replace(alert, presses=_of_press(alert, fact.ref, shown_at=fact.t)),
    What.RECEIPTED: lambda alert, fact: replace(alert, presses=_of_press(alert, fact.ref, receipted_at=fact.t)),
    What.PROVEN: _proven,
    What.CONFIRMED: lambda alert, _: replace(alert, confirmed=True),
    What.ACKNOWLEDGED: _moved_to(State.ACKNOWLEDGED),
    What.DISPATCHED: _moved_to(State.DISPATCHED),
    What.ARRIVED: _moved_to(State.ON_SCENE),
    What.PROPOSED: _proposed,
    What.RESOLVED: _resolved,
    What.REVIEWED: lambda alert, _: replace(alert, state=State.REVIEWED, moved_version=alert.version),
    What.REOPENED: _ringing,
    What.WORK_ORDERED: _moved_to(State.WORK_ORDER),
    What.RECOVERED: _recovered,
    What.RELAPSED: _relapsed,
    What.ENDED: lambda alert, fact: replace(alert, ended_at=fact.at),
    What.CLOSED: _closed,
    What.NOTED: _held,
    What.ESCALATED: _escalated,
    What.ACK_EXPIRED: _ringing,
    What.RETIMED: _retimed,
    What.SHIFTED: _shifted,
    What.GROUPED: _held_by(group=lambda fact: fact.ref),
    What.UNGROUPED: _released(group=""),
    What.COUNTED: lambda alert, fact: replace(alert, children=fact.count),
    What.SHELVED: _held_by(
        shelved_until=lambda fact: fact.t, shelved_by=lambda fact: fact.by, shelved_whole=lambda fact: fact.ref == "device"
    ),
    What.UNSHELVED: _released(shelved_until=None, shelved_by="", shelved_whole=False),
    What.PLANNED: _held_by(planned=lambda fact: fact.ref),
    What.UNPLANNED: _released(planned=""),
}
