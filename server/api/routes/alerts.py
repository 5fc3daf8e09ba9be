"""Alerts: lists, details and the moves people make."""

import heapq
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response

from contract.mode import Mode
from server.api import asks, views
from server.api.gate import Caller, alert_within, caller_of, crossing, read_body, school_within
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show import alert_detail, alert_view
from server.core.alert import Alert
from server.core.effects import ActRefused
from server.core.events import ActRequested
from server.security.access import as_seen, may_work, sees_alert

_ETAG = re.compile(r'(?:W/)?"(\d{1,15})"')
_KEY = re.compile(r"[0-9A-Za-z-]{8,64}")


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""
    _add_reading(router, parts)

    @router.post(
        "/api/v1/alerts/{alert_id}/acts",
        responses=answers(
            views.AlertDetail,
            *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.VERSION_CONFLICT, Code.ILLEGAL_MOVE),
            *(Code.SECOND_PERSON_REQUIRED, Code.CAUSE_REQUIRED, Code.INVALID, Code.UNAVAILABLE),
        ),
        openapi_extra=body(asks.AskAct),
    )
    async def act(
        alert_id: str,
        request: Request,
        if_match: Annotated[str, Header(max_length=32)],
        idempotency_key: Annotated[str, Header(max_length=64)],
    ) -> Response:
        """Move an alert, seen at the version in `If-Match`; the same `Idempotency-Key` again changes nothing more."""
        asked = await read_body(request, asks.AskAct)
        alert = await alert_within(parts, request, alert_id)
        caller = caller_of(request)
        if not may_work(caller.user, parts.registry.tree, alert, asked.act):
            raise ApiError(Code.FORBIDDEN, f"{caller.user.role.value} may not {asked.act.value} this alert")
        version = _ETAG.fullmatch(if_match.strip())
        if version is None or not _KEY.fullmatch(idempotency_key):
            raise ApiError(Code.INVALID, 'If-Match: "<ver>" and Idempotency-Key: <uuid> are needed')
        outcome = await parts.act(
            ActRequested(
                alert=alert.id,
                act=asked.act.value,
                by=caller.user.name,
                role=caller.user.role.value,
                version=int(version[1]),
                note=asked.note,
                cause=asked.cause,
                key=idempotency_key,
                also=parts.registry.accounts.also(caller.user.name),
            )
        )
        if isinstance(outcome, ActRefused):
            raise _refusal(parts, caller, outcome)
        await parts.registry.audit.append(
            parts.clock(), caller.user.name, f"alert_{asked.act.value}", f"alert:{alert.id}", asked.cause
        )
        return _detail(parts, caller, outcome)


def _add_reading(router: APIRouter, parts: Parts) -> None:
    @router.get(
        "/api/v1/alerts",
        responses=answers(views.AlertPage, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID),
    )
    async def list_alerts(  # noqa: PLR0913, PLR0917  # Each is a filter of the query.
        request: Request,
        state: Literal["open", "all"] = "open",
        severity: Annotated[int | None, Query(ge=1, le=4)] = None,
        school: Annotated[str | None, Query(max_length=10)] = None,
        unit: Annotated[str | None, Query(max_length=32)] = None,
        rule: Annotated[str | None, Query(max_length=40)] = None,
        mode: Mode | None = None,
        group: Annotated[str | None, Query(max_length=80)] = None,
        held: Literal["any", "grouped", "shelved", "planned"] | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List alerts within reach, newest first; `group`: those that stand under one, `held`: those that call nobody."""
        tree, caller = parts.registry.tree, caller_of(request)
        if school is not None:
            await school_within(parts, request, school)
        if unit is not None and unit not in {one.id for one in tree.visible(caller.reach.scope)[0]}:
            raise await crossing(parts, request, "unit", unit)
        below = tree.branch_of_unit(unit) if unit is not None else None
        wanted = [
            alert
            for alert in parts.engine.alerts.values()
            if (state == "all" or alert.open)
            and (severity is None or alert.severity == severity)
            and (school is None or alert.school == school)
            and (below is None or alert.school in below)
            and (rule is None or alert.rule == rule)
            and (mode is None or alert.mode == mode.value)
            and (group is None or alert.group == group)
            and (held is None or alert.held == held or (held == "any" and bool(alert.held)))
            and sees_alert(caller.reach, tree, alert)
        ]
        start = read_cursor(cursor) if cursor else None
        rest = wanted if start is None else [alert for alert in wanted if _key(alert) > start]
        page = heapq.nsmallest(limit, rest, key=_key)
        more = len(rest) > len(page)
        return reply(
            views.AlertPage(
                items=[
                    alert_view(as_seen(caller.reach, alert), tree, parts.registry.accounts, parts.engine) for alert in page
                ],
                next=write_cursor(*_key(page[-1])) if more else None,
                total=len(wanted),
            )
        )

    @router.get(
        "/api/v1/alerts/{alert_id}",
        responses=answers(views.AlertDetail, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND),
    )
    async def show_alert(alert_id: str, request: Request) -> Response:
        """Show one alert with its history, presses and surroundings."""
        return _detail(parts, caller_of(request), await alert_within(parts, request, alert_id))


def _key(alert: Alert) -> tuple[float, str]:
    """Order newest first; the id settles what came at the same instant."""
    return (-alert.rx, alert.id)


def _detail(parts: Parts, caller: Caller, alert: Alert) -> Response:
    return reply(_view(parts, caller, alert), headers={"ETag": f'"{alert.version}"'})


def _view(parts: Parts, caller: Caller, alert: Alert) -> views.AlertDetail:
    seen = as_seen(caller.reach, alert)
    return alert_detail(seen, parts.registry.tree, parts.registry.accounts, parts.engine, caller.user)


def _refusal(parts: Parts, caller: Caller, refused: ActRefused) -> ApiError:
    current = _view(parts, caller, refused.alert) if refused.alert else None
    return ApiError(Code(refused.code), refused.detail, current=current)
