"""From the core's values to what the API says: plain functions, total for whatever is missing from the registry."""

from collections.abc import Sequence
from datetime import date

from server.api import views
from server.api.seams import EngineLike
from server.core.alert import Alert, Attached, Flow
from server.core.chain import Hop, Plan
from server.core.escalation import plan_of
from server.core.events import WindowDeclared
from server.core.guards import roll_of
from server.core.lifecycle import legal_acts
from server.core.noise.holding import is_security
from server.core.verdict import Tally, Verdict
from server.core.windows import WhyReal
from server.registry.accounts import Accounts
from server.registry.coordinates import SHOWN, converted
from server.registry.dossier import Dossier
from server.registry.model import Device, School, Station, Unit, User
from server.registry.sheets.declaration import Declaration
from server.registry.sheets.exemption import Exemption
from server.registry.tree import Tree
from server.security.access import Act, Permission, may, may_work

RELATED_MAX = 100  # Devices shown beside an alert; the school's page has them all.


def ms(seconds: float) -> int:
    """Give an instant in milliseconds."""
    return round(seconds * 1000)


def ms_or_none(seconds: float | None) -> int | None:
    """Give an instant in milliseconds where there is one."""
    return None if seconds is None else round(seconds * 1000)


def liveness(text: str) -> views.Liveness:
    """Give a liveness the screens know; whatever else is unknown, never good."""
    return text if text in ("live", "suspect", "offline", "unknown") else "unknown"  # type: ignore[return-value]


def unit_view(unit: Unit) -> views.UnitView:
    """Show a unit."""
    return views.UnitView(id=unit.id, kind=unit.kind, parent=unit.parent, name=unit.name, name_en=unit.name_en)


def station_view(station: Station) -> views.StationView:
    """Show a station."""
    return views.StationView(
        id=station.id, kind=station.kind, parent=station.parent, name=station.name, name_en=station.name_en
    )


def alert_fields(alert: Alert, tree: Tree, accounts: Accounts, engine: EngineLike) -> dict[str, object]:
    """Collect what is shown of an alert everywhere; a device nobody registered still has its id."""
    school = tree.schools.get(alert.school)
    device = tree.device(alert.gateway, alert.device)
    told = dict(alert.detail)
    return {
        "id": alert.id,
        "ver": alert.version,
        "rule": alert.rule,
        "sev": alert.severity,
        "state": alert.state,
        "mode": alert.mode,
        "school": alert.school if school else "",
        "unit": school.unit if school else alert.unit,
        "station": school.station if school else "",
        "gateway": alert.gateway,
        "device": alert.device,
        "device_name": device.name if device else "",
        "place": device.place if device else "",
        "t": ms(alert.t),
        "rx": ms(alert.rx),
        "updated": ms(alert.updated),
        "stored": alert.stored,
        "late": alert.late,
        "owner": alert.owner,
        "owner_display": accounts.display(alert.owner) if alert.owner else "",
        "acked_at": ms_or_none(alert.acknowledged_at),
        "ended_at": ms_or_none(alert.ended_at),
        "resolved_at": ms_or_none(alert.resolved_at),
        "cause": alert.cause,
        "count": alert.press_count or 1,
        "children": alert.children,
        "escalation": alert.escalation,
        "next_escalation_at": ms_or_none(alert.next_escalation_at),
        "first_hop": engine.first_hop(alert.gateway, alert.device),
        "flow": alert.flow,
        "code": alert.code,
        "held": alert.held,
        "held_until": ms_or_none(alert.shelved_until),
        "group": alert.group if alert.held else "",
        "security": alert.flow is Flow.INCIDENT or is_security(alert),
        "confirmed": alert.confirmed,
        "proposed_by": accounts.display(alert.proposed_by) if alert.proposed_by else "",
        "proposed_cause": alert.proposed_cause,
        "ack_expires_at": ms_or_none(alert.ack_expires_at),
        "ack_expired": alert.ack_expired,
        "steps": len(plan_of(alert).chain),
        "shown": sum(press.shown_at is not None for press in alert.presses) + alert.press_count - len(alert.presses),
        "window": told.get("window", ""),
        "why_real": WhyReal(told.get("why_real", "")),
    }


def press_view(press: Attached) -> views.PressView:
    """Show one press."""
    return views.PressView(
        id=press.id,
        device=press.device,
        t=ms(press.t),
        rx=ms(press.rx),
        press=press.press,
        stored=press.stored,
        late=press.late,
        cleared_at=ms_or_none(press.cleared_at),
        stored_at=ms_or_none(press.stored_at),
        shown_at=ms_or_none(press.shown_at),
        receipted_at=ms_or_none(press.receipted_at),
    )


def alert_view(alert: Alert, tree: Tree, accounts: Accounts, engine: EngineLike) -> views.Alert:
    """Show an alert as lists and the stream have it."""
    return views.Alert(**alert_fields(alert, tree, accounts, engine))  # type: ignore[arg-type]  # The same names.


def alert_detail(alert: Alert, tree: Tree, accounts: Accounts, engine: EngineLike, user: User) -> views.AlertDetail:
    """Show an alert with everything around it; telephone numbers and moves are those the user's role has."""
    school = tree.schools.get(alert.school)
    fields = alert_fields(alert, tree, accounts, engine)
    return views.AlertDetail(
        **fields,  # type: ignore[arg-type]  # The same names as the struct's; a test compares them.
        acts=[Act(act) for act in legal_acts(alert) if may_work(user, tree, alert, Act(act))],
        history=[
            views.HistoryStep(
                at=ms(step.at), what=step.what, by=accounts.display(step.by) if step.by else "", note=step.note
            )
            for step in alert.history
        ],
        presses=[press_view(press) for press in alert.presses],
        detail={**dict(alert.detail), **({"code": alert.code} if alert.code else {})},
        plan=plan_view(plan_of(alert)),
        contact=_contact(school, tree) if school and may(user, Permission.CONTACT) else None,
        related=[_related(device, engine) for device in tree.devices_of(alert.school)[:RELATED_MAX]] if school else [],
    )


def plan_view(plan: Plan) -> views.PlanView:
    """Show who is told of an alert and when."""
    return views.PlanView(
        name=plan.name, unit=plan.unit, hops=[hop_view(hop) for hop in plan.chain], ack_s=round(plan.ack_seconds)
    )


def hop_view(hop: Hop) -> views.HopView:
    """Show one step of a chain."""
    return views.HopView(after_s=round(hop.after_seconds), audiences=list(hop.audiences))


def _contact(school: School, tree: Tree) -> views.Contact:
    station = tree.stations.get(school.station)
    return views.Contact(
        school=school.contact,
        phone=school.contact_phone,
        address=school.address,
        station=station.name if station else "",
        station_phone=station.phone if station else "",
    )


def _related(device: Device, engine: EngineLike) -> views.RelatedDevice:
    state = engine.device(device.gateway, device.id)
    return views.RelatedDevice(
        gateway=device.gateway,
        device=device.id,
        kind=device.kind,
        name=device.name,
        place=device.place,
        liveness=liveness(state.liveness if state else "unknown"),
    )


def school_view(
    school: School, dossier: Dossier, today: date, *, contact: bool, points: Sequence[str] = ()
) -> views.SchoolView:
    """Show a school of the registry, with what its ledger says on a day; its place in the datum of all screens."""
    latitude, longitude = converted(school.latitude, school.longitude, school.datum)
    return views.SchoolView(
        id=school.id,
        name=school.name,
        name_en=school.name_en,
        kind=school.kind,
        area=school.area,
        unit=school.unit,
        station=school.station,
        pupils=school.pupils,
        boarders=school.boarders,
        lat=latitude,
        lon=longitude,
        datum=SHOWN,
        address=school.address,
        contact=school.contact if contact else "",
        contact_phone=school.contact_phone if contact else "",
        gates=school.gates,
        guards_on_roll=roll_of(dossier, today).certified,
        guards_at_peak=school.guards_at_peak,
        opened=school.opened.isoformat() if school.opened else None,
        closed=school.closed.isoformat() if school.closed else None,
        merged_into=school.merged_into,
        central=school.central,
        points=list(points),
        declared={
            said.id: views.DeclarationView(
                in_place=said.in_place,
                evidence=said.evidence,
                dated=said.dated.isoformat() if said.dated else None,
                expires=said.expires.isoformat() if said.expires else None,
            )
            for said in dossier.of(Declaration)
        },
        exemptions=[
            views.ExemptionView(
                indicator=exempt.id,
                document=exempt.document,
                approver=exempt.approver,
                reason=exempt.reason,
                until=exempt.until.isoformat(),
            )
            for exempt in dossier.of(Exemption)
        ],
    )


def device_view(device: Device, engine: EngineLike) -> views.DeviceView:
    """Show a device with what it last said."""
    state = engine.device(device.gateway, device.id)
    return views.DeviceView(
        gateway=device.gateway,
        id=device.id,
        kind=device.kind,
        name=device.name,
        place=device.place,
        at_gate=device.at_gate,
        liveness=liveness(state.liveness if state else "unknown"),
        since=ms_or_none(state.since) if state else None,
        last_rx=ms_or_none(state.last_rx) if state else None,
        metrics={name: views.MetricView(value=value, t=ms(t)) for name, (value, t) in state.metrics.items()}
        if state
        else {},
    )


def gateway_view(gateway: str, engine: EngineLike) -> views.GatewayView:
    """Show a school's box as the server hears it."""
    state = engine.gateway(gateway)
    return views.GatewayView(
        id=gateway,
        liveness=liveness(state.liveness if state else "unknown"),
        since=ms_or_none(state.since) if state else None,
        last_heard=ms_or_none(state.last_heard) if state else None,
        paths=list(state.paths) if state else [],
        lag_seconds=state.lag_seconds if state else None,
        software=state.software if state else "",
    )


def verdict_view(verdict: Verdict | None) -> views.VerdictView:
    """Show a verdict; none where the indicator does not ask."""
    if verdict is None:
        return views.VerdictView(judgement=None, reasons=[], proof_at=None)
    return views.VerdictView(
        judgement=verdict.judgement, reasons=list(verdict.reasons), proof_at=ms_or_none(verdict.proof_at)
    )


def counts(tally: Tally) -> views.Counts:
    """Show a tally."""
    return views.Counts(
        met=tally.met, not_met=tally.not_met, unknown=tally.unknown, exempt=tally.exempt, bp=tally.basis_points
    )


def open_window(window: WindowDeclared) -> views.OpenWindow:
    """Show one that is under way, as every screen of its branch has it."""
    return views.OpenWindow(
        id=window.id,
        mode=window.mode,  # type: ignore[arg-type]  # The core has checked it.
        school=window.school,
        start=ms(window.start),
        until=ms(window.end),
        buttons=len(window.devices),
    )
