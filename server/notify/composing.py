"""From an alert to the messages that tell of it. Pure."""

from collections.abc import Mapping

import msgspec

from contract.mode import Mode
from server.channels.channel import Message, Subject, Text
from server.core.alert import Alert, Severity
from server.core.escalation import SILENT_CODES
from server.notify.model import Due, Sending, message_id
from server.notify.plan import Next
from server.notify.timing import over_after, until_after
from server.notify.words import TRIAL, long, short, title
from server.registry.duty import OF_SCHOOL
from server.registry.tree import Tree

SHORT_KINDS = frozenset({"sms"})  # Kinds of channel that get one line.
BOTH_KINDS = frozenset({"cap"})  # Kinds that carry every language at once.
FOLLOWING_KINDS = frozenset({"cap"})  # Kinds whose messages name the earlier ones of their alert.
LANGUAGES = ("zh", "en")


def about(alert: Alert, tree: Tree) -> Subject:
    """Describe an alert as it stands; what nobody registered stays empty."""
    school = tree.schools.get(alert.school)
    place = school or tree.units.get(alert.unit)  # Of one cause over many schools the unit is named.
    device = tree.device(alert.gateway, alert.device)
    return Subject(
        alert=alert.id,
        rule=alert.rule,
        severity=alert.severity,
        mode=alert.mode,
        t=alert.t if not alert.presses else alert.presses[-1].t,
        rx=alert.rx if not alert.presses else alert.presses[-1].rx,
        code=alert.code,
        state=alert.state.value,
        school=alert.school,
        school_name=place.name if place else "",
        school_name_en=place.name_en if place else "",
        station=school.station if school else "",
        gateway=alert.gateway,
        device=alert.device,
        device_name=device.name if device else "",
        device_kind=device.kind if device else "",
        gb_id=device.gb_id if device else "",
        place=device.place if device else "",
        latitude=school.latitude if school else None,
        longitude=school.longitude if school else None,
        datum=school.datum if school else "",
        late=alert.presses[-1].late if alert.presses else alert.late,
        confirmed=alert.confirmed,
        again=alert.rings > 1,
        press=alert.presses[-1].id if alert.presses else "",
        detail=alert.detail,
    )


def trial(address: str, language: str, now: float) -> Message:
    """Write a message that tries a channel: it says that it is a test, and tells of nothing."""
    told = Subject(alert="", rule="", severity=Severity.LOW, mode=Mode.TEST.value, t=now, rx=now)
    subject, text = TRIAL[0 if language == "zh" else 1]
    return Message(
        id=message_id("trial", address, str(round(now * 1_000))),
        about=told,
        step=0,
        audience="tester",
        recipient="",
        address=address,
        language=language,
        subject=subject,
        body=text,
        made=now,
    )


def compose(due: Due, one: Next, now_ms: int, kinds: Mapping[str, str]) -> Sending:
    """Write the message of a due step to one recipient by one way; `kinds` says of which kind each channel is."""
    language = one.recipient.language
    brief = kinds.get(one.way.channel) in SHORT_KINDS
    told = due.about
    if due.audience in OF_SCHOOL:  # What confirmed it may be a silent call, and somebody there may be watched.
        told = msgspec.structs.replace(told, confirmed=False)
    body = short(told, language) if brief else long(told, due.audience, due.step, language)
    both = tuple(
        Text(one_of, title(told, one_of), long(told, due.audience, due.step, one_of))
        for one_of in LANGUAGES
        if kinds.get(one.way.channel) in BOTH_KINDS
    )
    message = Message(
        id=message_id(due.id, one.recipient.id, one.way.channel),
        about=told,
        step=due.step,
        audience=due.audience,
        recipient=one.recipient.id,
        address=one.way.address,
        language=language,
        subject="" if brief else title(told, language),
        body=body,
        silent=due.about.code in SILENT_CODES,
        made=now_ms / 1_000,
        texts=both,
    )
    return Sending(
        due=due.id,
        channel=one.way.channel,
        message=message,
        made_ms=now_ms,
        next_ms=now_ms,
        over_ms=now_ms + over_after(due.severity),
        until_ms=now_ms + until_after(due.severity),
    )
