"""One school: its registry, devices, verdicts and alerts, and a metric over time."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from contract.errors import StorageError
from contract.identity import DeviceId, GatewayId
from contract.kinds import KINDS
from server.api import views
from server.api.gate import caller_of, crossing, school_within
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, reply
from server.api.show import alert_view, device_view, gateway_view, school_view, station_view, verdict_view
from server.core.schedule import local_date
from server.registry.model import Device
from server.security.access import Permission, as_seen, sees, sees_alert

DAY_MS = 86_400_000
SPAN_MS_MAX = 400 * DAY_MS  # A school year and its summer.
POINTS_DEFAULT = 300
POINTS_MAX = 2_000  # More than a screen has columns.
ALERTS_MAX = 200  # On a school's page; the list of alerts pages through the rest.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    problems = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND)

    @router.get("/api/v1/schools/{school_id}", responses=answers(views.SchoolPage, *problems))
    async def show_school(school_id: str, request: Request) -> Response:
        """Give everything about one school."""
        school = await school_within(parts, request, school_id)
        tree, engine, caller = parts.registry.tree, parts.engine, caller_of(request)
        station, gateway = tree.stations.get(school.station), tree.gateway_of.get(school.id)
        verdicts = engine.verdicts(school.id)
        alerts = [
            alert
            for alert in engine.alerts.values()
            if alert.school == school.id and alert.open and sees_alert(caller.reach, tree, alert)
        ]
        alerts.sort(key=lambda alert: (alert.severity, -alert.rx))
        return reply(
            views.SchoolPage(
                school=school_view(
                    school,
                    engine.roster.dossier(school.id),
                    local_date(parts.clock()),
                    contact=caller.may(Permission.CONTACT),
                    points=[
                        one.id
                        for one in tree.roster.schools
                        if one.central == school.id and sees(caller.reach, tree, one.id)
                    ],
                ),
                station=station_view(station) if station else None,
                gateway=gateway_view(gateway, engine) if gateway else None,
                devices=[device_view(device, engine) for device in tree.devices_of(school.id)],
                coverage=[
                    views.SchoolCoverage(
                        indicator=one.name,
                        ledger=verdict_view(verdicts[one.name][0] if one.name in verdicts else None),
                        live=verdict_view(verdicts[one.name][1] if one.name in verdicts else None),
                    )
                    for one in engine.indicators
                ],
                alerts=[
                    alert_view(as_seen(caller.reach, alert), tree, parts.registry.accounts, engine)
                    for alert in alerts[:ALERTS_MAX]
                ],
            )
        )

    @router.get(
        "/api/v1/schools/{school_id}/history",
        responses=answers(views.Series, *problems, Code.INVALID, Code.UNAVAILABLE),
    )
    async def show_history(
        school_id: str,
        request: Request,
        device: Annotated[str, Query(max_length=40)],
        metric: Annotated[str, Query(pattern="^[a-z0-9_]{1,32}$")],
        start: Annotated[int, Query(alias="from", ge=0, lt=2**53)],
        end: Annotated[int, Query(alias="to", ge=0, lt=2**53)],
        gateway: Annotated[str | None, Query(max_length=40)] = None,
        points: Annotated[int, Query(ge=2, le=POINTS_MAX)] = POINTS_DEFAULT,
    ) -> Response:
        """Give a metric of one of the school's devices in [from, to), thinned so that no dip or peak is lost."""
        school = await school_within(parts, request, school_id)
        if not 0 < end - start <= SPAN_MS_MAX:
            raise ApiError(Code.INVALID, f"from {start} to {end}; allowed: a span of 1 ms to {SPAN_MS_MAX} ms")
        found = _device(parts, school.id, device, gateway)
        if found is None:
            raise await crossing(parts, request, "device", f"{school.id}/{device}")
        if parts.history is None:
            raise ApiError(Code.UNAVAILABLE, "no history store is set up")
        try:
            series = await parts.history.series(GatewayId(found.gateway), DeviceId(found.id), metric, start, end, points)
        except StorageError as error:
            raise ApiError(Code.UNAVAILABLE, "the history store does not answer") from error
        kind = KINDS.get(found.kind)
        known = kind.metric(metric) if kind else None
        return reply(views.Series(unit=known.unit if known else "", points=series))


def _device(parts: Parts, school: str, device: str, gateway: str | None) -> Device | None:
    """Find a device of the school; without a gateway, the first of that name."""
    mine = parts.registry.tree.devices_of(school)
    return next((one for one in mine if one.id == device and gateway in (None, one.gateway)), None)
