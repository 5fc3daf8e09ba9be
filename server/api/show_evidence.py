"""From the evidence as it is read to what the API says of it."""

from collections.abc import Sequence

from contract.kinds import KINDS
from server.api import views
from server.core.alert import Alert
from server.evidence.holding import stands
from server.evidence.model import Attachment, Entry, Hold, Trace
from server.evidence.timeline import Dossier
from server.registry.accounts import Accounts
from server.registry.model import User
from server.registry.tree import Tree
from server.security.access import Act, Permission, may, may_act

May = Sequence[str]


def evidence_view(dossier: Dossier, tree: Tree, accounts: Accounts, user: User) -> views.Evidence:
    """Show the evidence of an alert."""
    return views.Evidence(
        alert=dossier.alert.id,
        as_of=dossier.until_ms,
        entries=[_entry(entry, accounts) for entry in dossier.entries],
        entries_left_out=dossier.entries_left_out,
        trace=_trace(dossier.trace, frozen=dossier.frozen),
        attachments=[attachment_view(file, accounts) for file in dossier.files],
        hold=hold_view(dossier.hold, dossier.alert.school, tree) if dossier.hold and stands(dossier.hold) else None,
        may=_may(dossier, user),  # type: ignore[arg-type]  # Each is one of the words.
    )


def attachment_view(file: Attachment, accounts: Accounts) -> views.EvidenceAttachment:
    """Show one attachment."""
    return views.EvidenceAttachment(
        id=file.id,
        at=file.at_ms,
        by=file.actor,
        by_display=accounts.display(file.actor),
        name=file.name,
        note=file.note,
        kind=file.kind,
        source=file.source,
        media_type=file.media_type,
        sha256=file.sha256,
        bytes=file.bytes,
        removed_at=file.removed_ms or None,
        removed_by=file.removed_by,
        removed_why=file.removed_why,
        expired=bool(file.expired_ms),
    )


def hold_view(hold: Hold, school: str, tree: Tree) -> views.EvidenceHold:
    """Show a hold that stands."""
    known = tree.schools.get(school)
    return views.EvidenceHold(
        alert=hold.alert,
        school=school if known else "",
        school_name=known.name if known else "",
        school_name_en=known.name_en if known else "",
        placed_at=hold.placed_ms,
        placed_by=hold.placed_by,
        reason=hold.reason,
        asked_at=hold.asked_ms or None,
        asked_by=hold.asked_by,
        asked_why=hold.asked_why,
    )


def may_attach(user: User, alert: Alert) -> bool:
    """Say whether somebody may add to the evidence: whoever may note what they know."""
    return may_act(user, alert, Act.NOTE)


def may_remove(user: User, alert: Alert, file: Attachment) -> bool:
    """Say whether somebody may mark an attachment: their own, or any for whoever answers for the evidence."""
    return may_attach(user, alert) and (file.actor == user.name or may(user, Permission.HOLD_EVIDENCE))


def _may(dossier: Dossier, user: User) -> May:
    held = stands(dossier.hold)
    asked_by = dossier.hold.asked_by if dossier.hold and held else ""
    holds = may(user, Permission.HOLD_EVIDENCE)
    words = {
        "attach": may_attach(user, dossier.alert),
        "remove": not held and any(may_remove(user, dossier.alert, file) for file in dossier.files if not file.removed_ms),
        "take": may(user, Permission.TAKE_EVIDENCE),
        "hold": holds and not held,
        "ask_lift": holds and held and not asked_by,
        "lift": holds and held and asked_by not in ("", user.name),
    }
    return [word for word, so in words.items() if so]


def _entry(entry: Entry, accounts: Accounts) -> views.EvidenceEntry:
    return views.EvidenceEntry(
        t=entry.t,
        rx=entry.rx,
        kind=entry.kind,
        what=entry.what,
        by=entry.by,
        by_display=accounts.display(entry.by) if entry.by and entry.kind != "notification" else entry.by,
        role=entry.role,
        ref=entry.ref,
        note=entry.note,
        detail=entry.detail,
    )


def _trace(trace: Trace, *, frozen: bool) -> views.EvidenceTrace:
    devices = {(one.gateway, one.device): one for one in trace.devices}
    metrics = {(kind.name, metric.name): metric for kind in KINDS.values() for metric in kind.metrics}
    series: list[views.EvidenceSeries] = []
    for one in trace.series:
        device = devices.get((one.gateway, one.device))
        kind = device.kind if device else "gateway" if one.device == "gw" else ""
        metric = metrics.get((kind, one.metric))
        series.append(
            views.EvidenceSeries(
                gateway=one.gateway,
                device=one.device,
                kind=kind,
                name=device.name if device else "",
                place=device.place if device else "",
                metric=one.metric,
                label=metric.label if metric else one.metric,
                label_en=metric.label_en if metric else one.metric,
                unit=metric.unit if metric else "",
                points=one.points,
            )
        )
    return views.EvidenceTrace(
        source=trace.source,
        frozen=frozen,
        taken=trace.taken,
        whole=trace.whole,
        spans=trace.spans,
        spans_left_out=trace.spans_left_out,
        points_left_out=trace.points_left_out,
        devices=len(trace.devices),
        devices_left_out=trace.devices_left_out,
        series=series,
        quiet=[
            views.EvidenceQuiet(
                gateway=one.gateway,
                device=one.device,
                name=devices[one.gateway, one.device].name if (one.gateway, one.device) in devices else "",
                start=one.start,
                end=one.end,
                why=one.why,
                detail=one.detail,
            )
            for one in trace.quiet
        ],
    )
