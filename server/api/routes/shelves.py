"""Shelving: a fault is put aside for some hours, with a reason, by whoever may; it comes back by itself."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from server.api import asks, views
from server.api.gate import alert_within, caller_of, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show import alert_detail
from server.core.effects import ActRefused
from server.core.events import ShelveRequested
from server.security.access import covers


def add(router: APIRouter, parts: Parts) -> None:
    """Add the route."""

    @router.post(
        "/api/v1/alerts/{alert_id}/shelf",
        responses=answers(
            views.AlertDetail,
            *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.ILLEGAL_MOVE),
            *(Code.INVALID, Code.UNAVAILABLE),
        ),
        openapi_extra=body(asks.AskShelf),
    )
    async def shelve(
        alert_id: str,
        request: Request,
        idempotency_key: Annotated[str, Header(max_length=64)] = "",
    ) -> Response:
        """Put a fault aside for at most a day, or give it back. Presses and other incidents are never put aside."""
        asked = await read_body(request, asks.AskShelf)
        alert, caller = await alert_within(parts, request, alert_id), caller_of(request)
        if alert.unit and not covers(parts.registry.tree, caller.user.scope, alert.unit):
            raise ApiError(Code.FORBIDDEN, "not all of this area is within reach")
        outcome = await parts.act(
            ShelveRequested(
                alert=alert.id,
                by=caller.user.name,
                role=caller.user.role.value,
                until=None if asked.until is None else asked.until / 1_000,
                reason=asked.reason,
                whole=asked.whole,
                key=idempotency_key,
            )
        )
        tree, accounts = parts.registry.tree, parts.registry.accounts
        if isinstance(outcome, ActRefused):
            current = alert_detail(outcome.alert or alert, tree, accounts, parts.engine, caller.user)
            raise ApiError(Code(outcome.code), outcome.detail, current=current)
        what = "alert_shelved" if asked.until is not None else "alert_unshelved"
        detail = f"until {asked.until}{' whole' if asked.whole else ''}: {asked.reason}"
        await parts.registry.audit.append(parts.clock(), caller.user.name, what, f"alert:{alert.id}", detail)
        shown = alert_detail(outcome, tree, accounts, parts.engine, caller.user)
        return reply(shown, headers={"ETag": f'"{outcome.version}"'})
