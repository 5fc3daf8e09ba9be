"""The plan of tests: what is to be tested when, what the police have agreed to, and what came of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body
from server.api.paging import LIMIT_DEFAULT, LIMIT_MAX, read_cursor, write_cursor
from server.api.parts import Parts
from server.api.places import schools_below
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_tests import round_view
from server.drills.round import Round, RoundEntry, RoundState, confirmed, refused
from server.drills.window import NotMoved
from server.security.access import sees

BACK_MS = 100 * 86_400_000  # A quarter, and the days before it.
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID, Code.UNAVAILABLE)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/test-plan", responses=answers(views.TestPlan, *_READ))
    async def plan(
        request: Request,
        *,
        unit: Annotated[str, Query(max_length=32)] = "",
        state: RoundState | None = None,
        past: bool = False,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
    ) -> Response:
        """List planned tests within reach from now on, or with `past` those of the last hundred days too, the next first."""
        schools = [one.id for one in await schools_below(parts, request, unit or None)]
        since_ms = parts.now_ms() - (BACK_MS if past else 3_600_000)
        start = int(read_cursor(cursor)[0]) if cursor else 0
        if start < 0:
            raise ApiError(Code.INVALID, "cursor: not one of ours")
        found, counts = await parts.rounds.page(schools, since_ms, state, start, limit)
        more = write_cursor(start + len(found), "") if len(found) == limit else None
        user = caller_of(request).user
        items = [round_view(one, parts.registry.accounts, user, parts.now_ms()) for one in found]
        return reply(views.TestPlan(items=items, next=more, counts=dict(counts)))

    @router.post(
        "/api/v1/test-plan/moves",
        responses=answers(views.RoundsMoved, *_READ, Code.CSRF),
        openapi_extra=body(asks.AskRounds),
    )
    async def move(request: Request) -> Response:
        """Agree to planned tests and confirm their notices, or refuse them; each by itself, and each on record."""
        asked = await read_body(request, asks.AskRounds)
        caller, now_ms = caller_of(request), parts.now_ms()
        tree, moved, refusals = parts.registry.tree, 0, {}

        def make(one: Round) -> tuple[Round, RoundEntry]:
            if asked.move == "confirm":
                return confirmed(one, caller.user.name, now_ms)
            return refused(one, caller.user.name, asked.note, now_ms)

        for id_ in asked.rounds:
            known = await parts.rounds.find(id_)
            if known is None or not sees(caller.reach, tree, known.school):
                raise await crossing(parts, request, "round", id_)
            try:
                await parts.rounds.move(id_, make)
                moved += 1
            except NotMoved as error:
                refusals[id_] = error.code
        return reply(views.RoundsMoved(moved=moved, refused=refusals))
