"""Shift handover: the open matters that the incoming officer must see, and the record of who took over from whom."""

from fastapi import APIRouter, Request, Response

from server.api import asks, views
from server.api.gate import Caller, caller_of, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show import alert_view
from server.core.alert import Alert, Severity
from server.handover.store import Handover
from server.security.access import sees_alert

SHOWN_MAX = 50
URGENT_SHOWN_MAX = 500  # More than any officer can look through; the record says how many were open.


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get(
        "/api/v1/handovers", responses=answers(views.Handovers, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.UNAVAILABLE)
    )
    async def lines(request: Request) -> Response:
        """Show what is open within reach, and the newest handovers of the caller's post."""
        return reply(await _shown(parts, caller_of(request)))

    @router.post(
        "/api/v1/handovers",
        responses=answers(
            views.Handovers,
            *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.INVALID, Code.UNAVAILABLE),
        ),
        openapi_extra=body(asks.AskHandover),
    )
    async def take_over(request: Request) -> Response:
        """Take over from a colleague of the same post; every urgent matter must have been seen. The same id again is one."""
        asked = await read_body(request, asks.AskHandover)
        caller = caller_of(request)
        if asked.outgoing not in {one.name for one in _colleagues(parts, caller)}:
            raise ApiError(Code.INVALID, "outgoing: no other account of this post")
        open_ = _open(parts, caller)
        missing = [alert.id for alert in _urgent(open_) if alert.id not in asked.seen]
        if missing:
            raise ApiError(Code.INVALID, "seen: open matters are not acknowledged as seen", errors=missing[:SHOWN_MAX])
        await parts.handovers.append(
            Handover(
                id=asked.id,
                scope=caller.reach.scope,
                at_ms=parts.now_ms(),
                outgoing=asked.outgoing,
                incoming=caller.user.name,
                open=len(open_),
                seen=tuple(alert.id for alert in _urgent(open_)),
                sound=asked.sound,
                note=asked.note,
            )
        )
        return reply(await _shown(parts, caller))


async def _shown(parts: Parts, caller: Caller) -> views.Handovers:
    accounts, tree = parts.registry.accounts, parts.registry.tree
    open_ = _open(parts, caller)
    return views.Handovers(
        urgent=[alert_view(alert, tree, accounts, parts.engine) for alert in _urgent(open_)],
        open=len(open_),
        colleagues=_colleagues(parts, caller),
        items=[
            views.HandoverView(
                id=one.id,
                at=one.at_ms,
                outgoing=accounts.display(one.outgoing),
                incoming=accounts.display(one.incoming),
                open=one.open,
                seen=list(one.seen),
                sound=one.sound,  # type: ignore[arg-type]  # Only these were ever asked for.
                note=one.note,
            )
            for one in await parts.handovers.of(caller.reach.scope, SHOWN_MAX)
        ],
    )


def _open(parts: Parts, caller: Caller) -> list[Alert]:
    tree = parts.registry.tree
    found = [alert for alert in parts.engine.alerts.values() if alert.open and sees_alert(caller.reach, tree, alert)]
    return sorted(found, key=lambda alert: (alert.severity, alert.rx))


def _urgent(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.severity <= Severity.HIGH][:URGENT_SHOWN_MAX]


def _colleagues(parts: Parts, caller: Caller) -> list[views.Colleague]:
    me = caller.user
    return [
        views.Colleague(name=one.name, display=one.display)
        for one in parts.registry.accounts.all().values()
        if one.scope == me.scope and one.role is me.role and one.name != me.name and not one.disabled
    ]
