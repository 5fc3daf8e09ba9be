"""Between rows of the tables and the values of `server.notify.model`."""

from typing import Any

import msgspec
from sqlalchemy import Row

from server.channels.channel import Message, Subject
from server.notify.model import Due, DueState, Hop, MessageState, Plan, Sending

_plan = msgspec.json.Decoder(Plan)
_about = msgspec.json.Decoder(Subject)
_message = msgspec.json.Decoder(Message)


def due_row(due: Due) -> dict[str, object]:
    """Write a due step."""
    return {
        "id": due.id,
        "alert": due.alert,
        "ring": due.ring,
        "step": due.step,
        "audience": due.audience,
        "school": due.school,
        "rule": due.rule,
        "severity": due.severity,
        "mode": due.mode,
        "at_ms": due.at_ms,
        "asked": due.asked,
        "state": due.state.value,
        "why": due.why,
        "plan": msgspec.json.encode(due.plan).decode(),
        "about": msgspec.json.encode(due.about).decode(),
        "updated_ms": due.updated_ms,
    }


def read_due(row: Row[Any]) -> Due:
    """Read a due step."""
    return Due(
        alert=row.alert,
        ring=row.ring,
        step=row.step,
        audience=row.audience,
        school=row.school,
        rule=row.rule,
        severity=row.severity,
        mode=row.mode,
        at_ms=row.at_ms,
        asked=bool(row.asked),
        state=DueState(row.state),
        why=row.why,
        plan=_plan.decode(row.plan),
        about=_about.decode(row.about),
        updated_ms=row.updated_ms,
    )


def sending_row(sending: Sending, severity: int) -> dict[str, object]:
    """Write a message that nobody owns yet."""
    return {
        "id": sending.id,
        "due": sending.due,
        "recipient": sending.message.recipient,
        "channel": sending.channel,
        "severity": severity,
        "state": sending.state.value,
        "tries": sending.tries,
        "made_ms": sending.made_ms,
        "next_ms": sending.next_ms,
        "over_ms": sending.over_ms,
        "until_ms": sending.until_ms,
        "told_ms": sending.told_ms,
        "reference": sending.reference,
        "owner": "",
        "lease_ms": 0,
        "message": msgspec.json.encode(sending.message).decode(),
    }


def read_sending(row: Row[Any]) -> Sending:
    """Read a message."""
    return Sending(
        due=row.due,
        channel=row.channel,
        message=_message.decode(row.message),
        state=MessageState(row.state),
        tries=row.tries,
        made_ms=row.made_ms,
        next_ms=row.next_ms,
        over_ms=row.over_ms,
        until_ms=row.until_ms,
        told_ms=row.told_ms,
        reference=row.reference,
    )


def hop_row(hop: Hop) -> dict[str, object]:
    """Write a hop."""
    return {
        "due": hop.due,
        "message": hop.message,
        "at_ms": hop.at_ms,
        "what": hop.what,
        "channel": hop.channel,
        "recipient": hop.recipient,
        "told_by": hop.by,
        "reference": hop.reference,
        "detail": hop.detail,
    }


def read_hop(row: Row[Any]) -> Hop:
    """Read a hop."""
    return Hop(
        due=row.due,
        message=row.message,
        at_ms=row.at_ms,
        what=row.what,
        channel=row.channel,
        recipient=row.recipient,
        by=row.told_by,
        reference=row.reference,
        detail=row.detail,
    )
