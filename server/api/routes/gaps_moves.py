"""One gap: its history, and the moves that people ask for."""

from fastapi import APIRouter, Request, Response

from server.api import asks, views
from server.api.gate import caller_of, crossing, read_body
from server.api.parts import Parts
from server.api.problems import ApiError, Code
from server.api.replies import answers, body, reply
from server.api.show_gaps import Show, verdict_of
from server.gaps.cells import BAD
from server.gaps.model import Asked, Evidence, Gap, Move, NotMoved
from server.security.access import may_move, sees

_REFUSALS = (
    *(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.CSRF, Code.NOT_FOUND, Code.INVALID, Code.VERSION_CONFLICT),
    *(Code.ILLEGAL_MOVE, Code.SECOND_PERSON_REQUIRED, Code.TOO_MANY, Code.UNAVAILABLE),
)
_READ = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.UNAVAILABLE)


def add(router: APIRouter, parts: Parts) -> None:
    """Add the routes."""

    @router.get("/api/v1/gaps/{gap_id}", responses=answers(views.GapDetail, *_READ))
    async def one(gap_id: str, request: Request) -> Response:
        """Give one gap with its history."""
        return reply(await _detail(parts, request, await _within(parts, request, gap_id)))

    @router.post(
        "/api/v1/gaps/{gap_id}/moves",
        responses=answers(views.GapDetail, *_REFUSALS),
        openapi_extra=body(asks.AskMove),
    )
    async def move(gap_id: str, request: Request) -> Response:
        """Move a gap; who, when and why are on record before this answers."""
        asked = await read_body(request, asks.AskMove)
        gap, user = await _within(parts, request, gap_id), caller_of(request).user
        wish = Asked(
            Move(asked.move),
            user.name,
            user.role.value,
            asked.version,
            asked.note,
            asked.owner,
            asked.due,
            tuple(Evidence(one.reference, one.sha256) for one in asked.evidence),
        )
        if not may_move(user, wish.move):
            raise ApiError(Code.FORBIDDEN, f"{user.role.value} may not {asked.move} a gap")
        verdict = verdict_of(parts, gap)
        try:
            still_bad = verdict is not None and verdict.judgement in BAD
            after = await parts.gaps.move(gap.id, wish, parts.now_ms(), still_bad=still_bad)
        except NotMoved as error:
            raise ApiError(Code(error.code), error.detail) from None
        return reply(await _detail(parts, request, after))


async def _within(parts: Parts, request: Request, gap_id: str) -> Gap:
    gap = await parts.gaps.find(gap_id[:80])
    if gap is None or not sees(caller_of(request).reach, parts.registry.tree, gap.school):
        raise await crossing(parts, request, "gap", gap_id)
    return gap


async def _detail(parts: Parts, request: Request, gap: Gap) -> views.GapDetail:
    show = Show(parts, caller_of(request))
    history = await parts.gaps.history(gap.id)
    return views.GapDetail(line=show.line(gap), history=[show.entry(one) for one in history])
