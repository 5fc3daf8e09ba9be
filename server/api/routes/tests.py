"""Tests of buttons: what each has proven, and the word of police screens that they have drawn what was pressed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.api import asks, views
from server.api.gate import caller_of, read_body, school_within
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX
from server.api.parts import Parts
from server.api.places import schools_below
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_tests import tests_of
from server.api.views.tests import TestState
from server.core.events import PressShown
from server.security.access import sees_alert

_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/tests", responses=answers(views.ButtonTests, *_READ))
    async def buttons(
        request: Request,
        *,
        unit: Annotated[str, Query(max_length=32)] = "",
        school: Annotated[str, Query(max_length=10)] = "",
        state: TestState | None = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List the buttons within reach with the steps of their newest tests, those first that need a test most."""
        if school:
            schools = [(await school_within(parts, request, school)).id]
        else:
            schools = [one.id for one in await schools_below(parts, request, unit or None)]
        every = tests_of(parts.engine, parts.registry.tree, schools, parts.clock())
        counts = {one.value: sum(line.state is one for line in every) for one in TestState}
        wanted = every if state is None else [line for line in every if line.state is state]
        return reply(views.ButtonTests(items=wanted[:limit], total=len(wanted), counts=counts))

    @router.post(
        "/api/v1/screens/shown",
        status_code=204,
        responses=answers(None, Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.INVALID, status=204),
        openapi_extra=body(asks.AskShown),
    )
    async def shown(request: Request) -> Response:
        """Take a police screen's word that it has drawn presses; the first counts, and saying it again changes nothing."""
        asked = await read_body(request, asks.AskShown)
        caller, now = caller_of(request), parts.clock()
        if caller.reach.scope.kind != "station":
            raise ApiError(Code.FORBIDDEN, "a screen of the police alone can say so")
        for item in asked.items:
            alert = parts.engine.alerts.get(item.alert)
            if alert is not None and alert.presses and sees_alert(caller.reach, parts.registry.tree, alert):
                parts.shown(PressShown(alert.id, item.count, caller.user.name, now - item.ago_ms / 1_000))
        return Response(status_code=204)
