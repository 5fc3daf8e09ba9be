"""The first paint: everything within the user's reach at one instant, and the stream that goes on from it."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from server.api import views
from server.api.gate import Caller, caller_of
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, reply
from server.api.show import alert_view, liveness, station_view, unit_view
from server.core.alert import Alert, Severity
from server.registry.coordinates import converted
from server.registry.model import School
from server.registry.tree import Tree
from server.security.access import as_seen, sees_alert
from server.stream.hub import letter_of
from server.stream.response import EventStream

REST_MAX = 500  # Of open alerts of severity 3 and 4; those of 1 and 2 always come, all of them.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/bootstrap", responses=answers(views.Bootstrap, Code.UNAUTHENTICATED, Code.FORBIDDEN))
    async def bootstrap(request: Request) -> Response:
        """Give everything for the first paint, cut to the user's scope."""
        return reply(picture(parts, caller_of(request)))

    @router.get(
        "/api/v1/stream",
        responses={200: {"description": "Server-Sent Events", "content": {"text/event-stream": {}}}},
    )
    async def stream(
        request: Request,
        after: Annotated[str | None, Query(max_length=64)] = None,
        last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    ) -> Response:
        """Tell what changes from here on; `after` does for a first connection what `Last-Event-ID` does for later ones."""
        caller = caller_of(request)
        subscriber = parts.hub.join(caller.reach, caller.session.digest, last_event_id or after, parts.clock())
        if subscriber is None:
            raise ApiError(Code.TOO_MANY, "too many open streams", headers={"Retry-After": "10"})
        return EventStream(parts.hub, subscriber)


def picture(parts: Parts, caller: Caller) -> views.Bootstrap:
    """Draw the whole picture of a caller, without waiting for anything: it is of one instant."""
    tree, engine = parts.registry.tree, parts.engine
    schools = [tree.schools[school] for school in tree.branch(caller.reach.scope).schools]
    units, stations = tree.visible(caller.reach.scope)
    gateways = [tree.gateway_of.get(school.id, "") for school in schools]
    states = [engine.gateway(gateway) if gateway else None for gateway in gateways]
    return views.Bootstrap(
        epoch=parts.hub.epoch,
        seq=parts.hub.seq,
        server_ms=parts.now_ms(),
        units=[unit_view(unit) for unit in units],
        stations=[station_view(station) for station in stations],
        schools=_columns(schools, gateways),
        liveness=[liveness(state.liveness) if state else "unknown" for state in states],
        indicators=[
            views.IndicatorView(
                id=one.name,
                label=one.label,
                label_en=one.label_en,
                formula=one.formula,
                formula_en=one.formula_en,
                source=one.source,
                source_en=one.source_en,
                headline=one.headline,
                group=one.group,
                counts=one.counts[0],
                counts_en=one.counts[1],
                believed=one.believed[0],
                believed_en=one.believed[1],
                ledger_only=one.ledger_only,
                made_of_items=bool(one.items),
            )
            for one in engine.indicators
        ],
        coverage=_letters(parts, schools),
        alerts=[
            alert_view(as_seen(caller.reach, alert), tree, parts.registry.accounts, engine)
            for alert in _worth_showing(parts, caller, tree)
        ],
        summary=parts.hub.summary(caller.reach, parts.clock()),
    )


def _columns(schools: list[School], gateways: list[str]) -> views.SchoolColumns:
    places = [converted(school.latitude, school.longitude, school.datum) for school in schools]
    return views.SchoolColumns(
        id=[school.id for school in schools],
        name=[school.name for school in schools],
        name_en=[school.name_en for school in schools],
        kind=[school.kind for school in schools],
        area=[school.area for school in schools],
        unit=[school.unit for school in schools],
        station=[school.station for school in schools],
        lat=[place[0] for place in places],
        lon=[place[1] for place in places],
        gateway=gateways,
    )


def _letters(parts: Parts, schools: Iterable[School]) -> views.CoverageLetters:
    names = [one.name for one in parts.engine.indicators]
    ledger: list[str] = []
    live: list[str] = []
    for school in schools:
        verdicts = parts.engine.verdicts(school.id)
        for name in names:
            pair = verdicts.get(name)
            ledger.append(letter_of(pair[0] if pair else None))
            live.append(letter_of(pair[1] if pair else None))
    return views.CoverageLetters(ledger="".join(ledger), live="".join(live))


def _worth_showing(parts: Parts, caller: Caller, tree: Tree) -> list[Alert]:
    mine = [alert for alert in parts.engine.alerts.values() if alert.open and sees_alert(caller.reach, tree, alert)]
    mine.sort(key=lambda alert: (-alert.rx, alert.id))
    urgent = [alert for alert in mine if alert.severity <= Severity.HIGH]
    rest = [alert for alert in mine if alert.severity > Severity.HIGH]
    rest.sort(key=lambda alert: bool(alert.held))  # What has a row of its own comes first.
    return urgent + rest[:REST_MAX]
