"""From the record of notifications to what the API says: addresses only as their owner knows them again."""

from collections.abc import Sequence

from server.api import views
from server.notify.health import Health
from server.notify.model import Sending
from server.notify.notifying import Notifying
from server.notify.reading import Told
from server.registry.tree import Tree

SHOWN_START, SHOWN_END = 3, 2  # Characters of an address.


def masked(address: str) -> str:
    """Show an address so that its owner knows it again and nobody else learns it."""
    name, at, host = address.rpartition("@")
    if at:
        return f"{name[:1]}***@{host}"
    if len(address) <= SHOWN_START + SHOWN_END:
        return "***" if address else ""
    return f"{address[:SHOWN_START]}****{address[-SHOWN_END:]}"


def due_view(told: Told, tree: Tree) -> views.NotificationDue:
    """Show a due step."""
    due = told.due
    school = tree.schools.get(due.school)
    return views.NotificationDue(
        id=due.id,
        alert=due.alert,
        rule=due.rule,
        sev=due.severity,
        mode=due.mode,
        school=due.school,
        school_name=school.name if school else "",
        school_name_en=school.name_en if school else "",
        ring=due.ring,
        step=due.step,
        audience=due.audience,
        state=due.state,
        why=due.why,
        asked=due.asked,
        at=due.at_ms,
        messages=[_message(one) for one in told.sendings],
        hops=[
            views.NotificationHop(
                at=hop.at_ms,
                what=hop.what,
                message=hop.message,
                channel=hop.channel,
                recipient=hop.recipient,
                by=hop.by.partition(":")[0],
                reference=hop.reference,
                detail=hop.detail,
            )
            for hop in told.hops
        ],
    )


def channel_views(notifying: Notifying, healths: Sequence[Health], now_ms: int) -> list[views.ChannelView]:
    """Show every configured channel."""
    known = {one.name: one for one in healths}
    found = []
    for name, opened in notifying.channels.items():
        health = known.get(name, Health(name))
        found.append(
            views.ChannelView(
                name=name,
                label=opened.label,
                kind=opened.kind.name,
                kind_label=opened.kind.label,
                kind_label_en=opened.kind.label_en,
                dead=health.dead(now_ms),
                failures=health.failures,
                failing_since=health.failing_since_ms or None,
                good=health.good_ms or None,
                detail=health.detail,
            )
        )
    return found


def _message(one: Sending) -> views.NotificationMessage:
    return views.NotificationMessage(
        id=one.id,
        recipient=one.message.recipient,
        channel=one.channel,
        address=masked(one.message.address),
        state=one.state,
        tries=one.tries,
        made=one.made_ms,
        told=one.told_ms or None,
        reference=one.reference,
        subject=one.message.subject,
        body=one.message.body,
    )
